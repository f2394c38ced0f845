import hashlib
import itertools
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from afluente.services.s3.error import PreconditionFailed
from afluente.store.blob import Blobs
from afluente.store.key_path import object_path

AWKWARD = [
    "a", "a/b", "a/b/c", "a//b", "a/", "/a", "/", "//", ".", "..", "../a", "a/../b", "./a", "x" * 300, "é" * 500,
    "\0", "a\nb", "a\\b", ".afluente", ".afluente/a", ".afluente/a%2Fb", "a%2Fb", "%2E", "\uffff", "日本/ü .txt",
]  # fmt: skip


@pytest.mark.parametrize("order", [AWKWARD, AWKWARD[::-1]], ids=["forwards", "backwards"])
def test_awkward_keys_live_together_and_come_back_exactly(s3: Any, order: list[str]) -> None:
    for key in order:
        s3.put(key, key.encode())
    assert s3.listed() == sorted(AWKWARD, key=str.encode)
    for key in AWKWARD:
        assert s3.get(key) == key.encode()
        assert object_path(s3.root, "b-1", key).read_bytes() == key.encode()
    outside = [
        path for path in s3.root.parent.rglob("*") if not path.is_dir() and not path.is_relative_to(s3.root / "b-1")
    ]
    assert {path.name.partition("-")[0] for path in outside} <= {"meta.db"}
    for key in order:
        s3.delete_object(Bucket="b-1", Key=key)
    assert s3.files() == []


def test_an_object_stays_where_it_is_while_it_is_replaced(s3: Any) -> None:
    s3.put("a/b")
    s3.put("a", b"1")
    s3.delete_object(Bucket="b-1", Key="a/b")
    s3.put("a", b"2")
    assert s3.files() == ["b-1/.afluente/a"]
    s3.delete_object(Bucket="b-1", Key="a")
    s3.put("a", b"3")
    assert s3.files() == ["b-1/a"]


STEPS = st.lists(st.tuples(st.sampled_from(["put", "delete"]), st.sampled_from(["a", "a/b", "a/b/c", "a/d", "b"])))


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(STEPS)
def test_whatever_is_put_and_deleted_disk_and_rows_agree(s3: Any, steps: list[tuple[str, str]]) -> None:
    for key in s3.listed():
        s3.delete_object(Bucket="b-1", Key=key)
    expected: dict[str, bytes] = {}
    for number, (verb, key) in enumerate(steps):
        if verb == "put":
            expected[key] = str(number).encode()
            s3.put(key, expected[key])
        else:
            expected.pop(key, None)
            s3.delete_object(Bucket="b-1", Key=key)
    assert {key: s3.get(key) for key in s3.listed()} == expected
    assert {key: object_path(s3.root, "b-1", key).read_bytes() for key in expected} == expected
    assert len(s3.files()) == len(expected)


@pytest.mark.parametrize("steps", [*itertools.permutations(["a", "a/b", "-a", "-a/b"], 3)])
def test_many_changes_in_one_transaction(s3: Any, steps: tuple[str, ...]) -> None:
    s3.put("a", b"old")
    expected = {"a": b"old"}
    with s3.database.write():
        for step in steps:
            if step.startswith("-"):
                s3.engine.delete_object("b-1", step[1:])
                expected.pop(step[1:], None)
            else:
                s3.engine.put_object("b-1", step, step.encode())
                expected[step] = step.encode()
    assert {key: s3.get(key) for key in s3.listed()} == expected
    assert len(s3.files()) == len(expected)


def test_a_transaction_that_fails_changes_nothing(s3: Any) -> None:
    s3.put("a", b"old")
    heard: list[str] = []
    s3.engine.subscribe(lambda _, key: heard.append(key))

    def fail() -> None:
        with s3.database.write():
            s3.engine.put_object("b-1", "a", b"new")
            s3.engine.delete_object("b-1", "a")
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        fail()
    assert s3.get("a") == b"old"
    assert not heard


def test_foreign_files_are_no_objects_and_in_nobodys_way(s3: Any) -> None:
    (s3.root / "b-1" / "folder").mkdir(parents=True)
    (s3.root / "b-1" / "file").write_bytes(b"foreign")
    (s3.root / "b-1" / "link").symlink_to("/nowhere")
    for key in ("folder", "file/x", "link/x"):
        s3.put(key, b"ours")
        assert s3.get(key) == b"ours"
    assert s3.listed() == ["file/x", "folder", "link/x"]
    assert (s3.root / "b-1" / "file").read_bytes() == b"foreign"


def _restarted(s3: Any) -> Any:
    """The same folder, opened by another process: nothing of the old one's memory is left."""
    return type(s3)(s3.root.parent, s3.clock)


def test_after_a_crash_between_commit_and_move_the_object_is_moved(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    s3.put("a", b"old")
    with monkeypatch.context() as crashing:
        crashing.setattr(Blobs, "place", lambda *_: None)
        s3.put("a", b"new")
        s3.put("x/y", b"1")
    assert (s3.root / "b-1" / "a").read_bytes() == b"old"
    assert s3.get("a") == b"new", "what was acknowledged is read from its staged file"
    assert s3.engine.get_object("b-1", "a").path.read_bytes() == b"new"
    again = _restarted(s3)
    assert again.files() == ["b-1/a", "b-1/x/y"]
    assert (again.get("a"), again.get("x/y")) == (b"new", b"1")
    again.close()


def test_after_a_crash_between_commit_and_removal_the_file_goes(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    s3.put("x/a", b"old")
    s3.put("x/b", b"old")
    with monkeypatch.context() as crashing:
        crashing.setattr(Blobs, "remove", lambda *_: None)
        s3.delete_object(Bucket="b-1", Key="x/a")
        s3.delete_object(Bucket="b-1", Key="x/b")
        s3.put("x/b", b"new")
    again = _restarted(s3)
    assert again.files() == ["b-1/x/b"]
    assert again.get("x/b") == b"new"
    again.close()


def test_after_a_crash_before_the_commit_nothing_is_left(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    s3.put("a", b"old")
    with monkeypatch.context() as crashing:
        crashing.setattr(Blobs, "discard", lambda *_: None)
        with pytest.raises(PreconditionFailed):
            s3.put("a", b"new", IfNoneMatch="*")
    assert len(s3.files()) == 2
    again = _restarted(s3)
    assert again.files() == ["b-1/a"]
    assert again.get("a") == b"old"
    again.close()


def test_parts_outlive_a_restart(s3: Any) -> None:
    upload = s3.create_multipart_upload(Bucket="b-1", Key="k")["UploadId"]
    part = s3.upload_part(Bucket="b-1", Key="k", UploadId=upload, PartNumber=1, Body=b"part")
    again = _restarted(s3)
    wanted = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    again.complete_multipart_upload(Bucket="b-1", Key="k", UploadId=upload, MultipartUpload=wanted)
    assert again.get("k") == b"part"
    again.close()


def test_what_could_not_be_moved_is_moved_when_it_can_be(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("No space left on device")

    s3.engine.start()
    s3.clock.settle(2)
    with monkeypatch.context() as crashing:
        crashing.setattr(Blobs, "place", full)
        s3.put("a", b"1")
        s3.clock.settle(2)
    assert s3.get("a") == b"1"
    s3.clock.advance(5, waiters=2)
    assert s3.files() == ["b-1/a"]


def test_settling_leaves_no_marks(s3: Any) -> None:
    s3.put("x/a")
    s3.put("x/b")
    s3.delete_object(Bucket="b-1", Key="x/b")
    s3.put("y")
    s3.delete_object(Bucket="b-1", Key="y")
    s3.put("y/z")  # a folder takes the place of a file that is not settled yet
    s3.engine.start()
    s3.clock.settle(2)
    s3.put("c")
    s3.clock.advance(5, waiters=2)
    db = s3.database.read()
    assert db.execute("SELECT count(*) FROM object WHERE staged").fetchone() == (0,)
    assert db.execute("SELECT count(*) FROM trash").fetchone() == (0,)


def test_etags_are_those_of_the_files(s3: Any, tmp_path: Path) -> None:
    data = os.urandom(300_000)
    (tmp_path / "finished").write_bytes(data)
    stored = s3.engine.put_file("b-1", "x", tmp_path / "finished")
    assert hashlib.md5(stored.path.read_bytes()).hexdigest() == stored.etag == hashlib.md5(data).hexdigest()
