from pathlib import Path
from typing import Any

import pytest

from afluente.services.s3.error import NoSuchBucket, NoSuchKey


def test_put_object_and_get_object(s3: Any) -> None:
    put = s3.engine.put_object("b-1", "x/y", b"data", content_type="text/csv", content_encoding="gzip")
    assert put == s3.engine.get_object("b-1", "x/y")
    assert (put.size, put.content_type, put.content_encoding) == (4, "text/csv", "gzip")
    assert put.path == s3.root / "b-1" / "x" / "y"
    assert put.last_modified_ms == s3.clock.now_ms()
    assert s3.head_object(Bucket="b-1", Key="x/y")["ETag"] == f'"{put.etag}"'


def test_get_object_of_nothing(s3: Any) -> None:
    with pytest.raises(NoSuchKey):
        s3.engine.get_object("b-1", "x")
    with pytest.raises(NoSuchBucket):
        s3.engine.get_object("missing", "x")
    with pytest.raises(NoSuchBucket):
        s3.engine.put_object("missing", "x", b"")
    assert not s3.engine.bucket_exists("missing")
    assert s3.engine.bucket_exists("b-1")


def test_put_file_moves(s3: Any, tmp_path: Path) -> None:
    file = tmp_path / "finished"
    file.write_bytes(b"data")
    number = file.stat().st_ino
    stored = s3.engine.put_file("b-1", "k", file)
    assert not file.exists()
    assert stored.path.stat().st_ino == number
    assert s3.get("k") == b"data"


def test_put_file_into_no_bucket_leaves_the_file(s3: Any, tmp_path: Path) -> None:
    (tmp_path / "finished").write_bytes(b"data")
    with pytest.raises(NoSuchBucket):
        s3.engine.put_file("missing", "k", tmp_path / "finished")
    assert (tmp_path / "finished").exists()


def test_iter_objects_over_many(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afluente.services.s3.engine.ITERATION", 3)
    keys = [f"p/{number}" for number in range(7)]
    for key in ("a", *keys, "q"):
        s3.put(key)
    assert [each.key for each in s3.engine.iter_objects("b-1", "p/")] == keys
    assert [each.key for each in s3.engine.iter_objects("b-1", "p/", "p/4")] == keys[5:]
    assert [each.key for each in s3.engine.iter_objects("b-1", start_after="p/6")] == ["q"]
    with pytest.raises(NoSuchBucket):
        list(s3.engine.iter_objects("missing"))


def test_iter_objects_while_the_bucket_changes(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afluente.services.s3.engine.ITERATION", 1)
    for key in ("a", "b", "c"):
        s3.put(key)
    seen = []
    for each in s3.engine.iter_objects("b-1"):
        seen.append(each.key)
        s3.engine.delete_object("b-1", each.key)
    assert seen == ["a", "b", "c"]


def test_subscribers_hear_of_each_put_once_it_is_committed(s3: Any, tmp_path: Path) -> None:
    heard: list[tuple[str, str, bytes]] = []
    s3.engine.subscribe(lambda bucket, key: heard.append((bucket, key, s3.get(key))))
    s3.put("a", b"1")
    s3.copy_object(Bucket="b-1", Key="b", CopySource="b-1/a")
    with s3.database.write():
        s3.engine.put_object("b-1", "c", b"3")
        assert len(heard) == 2
    assert heard == [("b-1", "a", b"1"), ("b-1", "b", b"1"), ("b-1", "c", b"3")]


def test_a_subscriber_that_fails_disturbs_nobody(s3: Any, caplog: pytest.LogCaptureFixture) -> None:
    def fail(bucket: str, key: str) -> None:
        raise RuntimeError("broken")

    s3.engine.subscribe(fail)
    s3.put("a", b"1")
    assert s3.get("a") == b"1"
    assert "a listener failed" in caplog.text


def test_iter_files(s3: Any) -> None:
    """What many-file readers get: every key below the prefix in order, and the file it lies in, aside or not."""
    for key in ("a/b", "a", "a/\u00e9", "a/..", "b"):
        s3.engine.put_object("b-1", key, key.encode())
    found = list(s3.engine.iter_files("b-1", "a"))
    assert [one.key for one in found] == ["a", "a/..", "a/b", "a/\u00e9"]
    assert [Path(one.path).read_bytes() for one in found] == [one.key.encode() for one in found]
    assert [one.size for one in found] == [len(one.key.encode()) for one in found]
    assert [one.key for one in s3.engine.iter_files("b-1")] == ["a", "a/..", "a/b", "a/\u00e9", "b"]
    with pytest.raises(NoSuchBucket):
        list(s3.engine.iter_files("missing"))
