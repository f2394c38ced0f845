"""The data folder: ours, one process at a time, of a format we know."""

import json
from pathlib import Path

import pytest

from afluente.store.data_folder import DataFolder, DataFolderError


def test_open_makes_the_folder_and_empties_tmp(tmp_path: Path) -> None:
    DataFolder(tmp_path / "lake").close()
    (tmp_path / "lake" / "tmp" / "half").write_text("half")
    folder = DataFolder(tmp_path / "lake")
    assert list(folder.tmp.iterdir()) == []
    folder.close()


def test_open_a_foreign_folder_is_refused_and_untouched(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(DataFolderError, match="not an Afluente data folder"):
        DataFolder(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_open_goes_on_where_a_crash_interrupted_the_first_start(tmp_path: Path) -> None:
    (tmp_path / "afluente.new").write_text("")
    DataFolder(tmp_path).close()
    assert json.loads((tmp_path / "afluente.json").read_text()) == {"format": 2}


def test_open_twice_is_refused(tmp_path: Path) -> None:
    first = DataFolder(tmp_path)
    with pytest.raises(DataFolderError, match="in use"):
        DataFolder(tmp_path)
    first.close()
    DataFolder(tmp_path).close()


@pytest.mark.parametrize("version", [1, 99])
def test_open_another_format_says_which(tmp_path: Path, version: int) -> None:
    (tmp_path / "afluente.json").write_text(json.dumps({"format": version}))
    with pytest.raises(DataFolderError, match=f"has format {version}; this Afluente has format 2"):
        DataFolder(tmp_path)


@pytest.mark.parametrize("mark", ["{", "[]"])
def test_open_an_unknown_format_is_refused(tmp_path: Path, mark: str) -> None:
    (tmp_path / "afluente.json").write_text(mark)
    with pytest.raises(DataFolderError):
        DataFolder(tmp_path)


def test_open_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataFolderError, match="cannot be used"):
        DataFolder(tmp_path / "file")
