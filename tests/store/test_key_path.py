import os
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from afluente.store.key_path import ASIDE, aside_path, object_path, plain_path

ROOT = Path("/lake")

KEYS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60),
    st.lists(st.sampled_from(["", ".", "..", "a", "b", ASIDE, "%2E", "~", "+", "\0", "é", "x" * 300]), min_size=1).map(
        "/".join
    ),
).filter(bool)


@pytest.mark.parametrize(
    "key",
    [
        "part.parquet",
        "date=2026-01-01/type=x/part-0000.snappy.parquet",
        "with space/and+plus/100%/ümläut/日本",
        "ts=2026-01-01 10%3A00/x",
        ".hidden/_SUCCESS",
        "a/...",
        "x/.afluente/y",
    ],
)
def test_an_ordinary_key_is_its_path(key: str) -> None:
    assert str(object_path(ROOT, "b", key)) == f"/lake/b/{key}"


@pytest.mark.parametrize(
    "key",
    [
        "a//b",
        "/a",
        "a/",
        "/",
        ".",
        "..",
        "a/../b",
        "../../etc/passwd",
        "a/./b",
        "a\0b",
        "x" * 256,
        ".afluente",
        ".afluente/a",
    ],
)
def test_an_awkward_key_lies_aside(key: str) -> None:
    assert plain_path(ROOT, "b", key) is None
    assert object_path(ROOT, "b", key).parent == ROOT / "b" / ASIDE


@given(KEYS)
@example("." * 2)
@example("\0")
@example("é" * 500)
def test_no_path_leads_out_of_the_buckets_folder(key: str) -> None:
    for path in (plain_path(ROOT, "b", key), aside_path(ROOT, "b", key)):
        if path is not None:
            assert Path(os.path.normpath(path)) == path
            assert path.is_relative_to(ROOT / "b")
            assert path != ROOT / "b"
            assert all(0 < len(os.fsencode(part)) <= 255 and "\0" not in part for part in path.parts[1:])


@given(KEYS, KEYS)
@example("x" * 300, "x" * 301)
@example(".", "%2E")
@example("a/b", "a%2Fb")
def test_two_keys_never_share_a_path(one: str, other: str) -> None:
    def places(key: str) -> set[Path | None]:
        return {plain_path(ROOT, "b", key), aside_path(ROOT, "b", key)} - {None}

    assert one == other or not places(one) & places(other)


@pytest.mark.parametrize("bucket", ["", ".", "..", ".staged", "a/b", "a\0"])
def test_a_hostile_bucket_name_has_no_path(bucket: str) -> None:
    with pytest.raises(ValueError, match="not the name of a bucket"):
        object_path(ROOT, bucket, "key")


def test_the_disk_says_which_of_the_two_places_it_is(tmp_path: Path) -> None:
    plain, aside = tmp_path / "b" / "a", aside_path(tmp_path, "b", "a")
    aside.parent.mkdir(parents=True)
    assert object_path(tmp_path, "b", "a") == plain
    aside.write_bytes(b"")
    assert object_path(tmp_path, "b", "a") == aside
    plain.mkdir()
    assert object_path(tmp_path, "b", "a") == aside
    plain.rmdir()
    aside.unlink()
    plain.write_bytes(b"")
    assert object_path(tmp_path, "b", "a") == plain


def test_below_a_file_an_object_lies_aside(tmp_path: Path) -> None:
    aside = aside_path(tmp_path, "b", "a/b")
    aside.parent.mkdir(parents=True)
    aside.write_bytes(b"")
    (tmp_path / "b" / "a").write_bytes(b"")
    assert object_path(tmp_path, "b", "a/b") == aside
