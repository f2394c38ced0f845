"""Files that are like one before are not looked at closely: the outcome must be the same as if they were."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from afluente.services.glue.crawler import classify
from afluente.services.glue.crawler.classify import Classifier
from afluente.services.glue.crawler.grouping import mismatch
from afluente.services.glue.crawler.json_expectation import JsonExpectation
from afluente.services.glue.crawler.schema import merge

scalars = st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False) | st.sampled_from("xy")
values = scalars | st.lists(scalars, max_size=2) | st.dictionaries(st.sampled_from("abA"), scalars, max_size=2)
records = st.dictionaries(st.sampled_from(["a", "b", "c", "d", "A", 'q"']), values, max_size=5)
files = st.lists(records, min_size=1, max_size=4)


def written(
    folder: Path, name: str, documents: list[dict[str, Any]], between: str = "\n", *, zipped: bool = False
) -> tuple[str, int]:
    path = folder / name
    data = between.join(map(json.dumps, documents)).encode()
    path.write_bytes(gzip.compress(data) if zipped else data)
    return str(path), path.stat().st_size


@given(files, files, st.sampled_from(["\n", ""]), st.booleans(), st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_outcome_is_that_of_a_close_look(
    tmp_path: Path, one: Any, other: Any, between: str, first_zipped: bool, second_zipped: bool
) -> None:
    first = written(tmp_path, "one", one, between, zipped=first_zipped)
    second = written(tmp_path, "other", other, between, zipped=second_zipped)
    quick, close = Classifier(), Classifier()
    before = quick(*first)
    found, expected = quick(*second), close(*second)
    assert found.by == expected.by
    assert found.statistics == expected.statistics
    assert found.schema.format == expected.schema.format
    assert dict(found.schema.columns) == dict(expected.schema.columns)  # it may be in another table than the first
    assert set(found.schema.paths) == set(expected.schema.paths)
    assert merge([before.schema, found.schema]) == merge([before.schema, expected.schema])
    schemas = [before.schema, found.schema], [before.schema, expected.schema]
    assert mismatch(schemas[0], combine=False) == mismatch(schemas[1], combine=False)


@pytest.mark.parametrize("zipped", [False, True])
def test_files_like_one_before_are_not_looked_at_closely(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zipped: bool
) -> None:
    classifier = Classifier()
    first: list[dict[str, Any]] = [{"id": 1, "at": {"x": [1]}, "text": "x"}, {"id": 2, "text": None}]
    classifier(*written(tmp_path, "one", first, zipped=zipped))
    monkeypatch.setattr(classify, "read_head", lambda *_: 1 / 0)
    like = written(tmp_path, "like", [{"text": 5, "id": 3}, {"id": 2, "text": "y", "at": {"x": [2, 3]}}], zipped=zipped)
    assert classifier(*like).statistics.record_count == 2
    for unlike in ({"id": 1.5, "text": "", "at": None}, {"id": 1, "text": "", "at": None, "new": 1}, {"id": 1}):
        with pytest.raises(ZeroDivisionError):
            classifier(*written(tmp_path, "unlike", [unlike], zipped=zipped))


def test_a_file_written_anew_since_it_was_listed(tmp_path: Path) -> None:
    classifier = Classifier()
    path, size = written(tmp_path, "one", [{"id": 1}])
    classifier(path, size)
    assert classifier(path, size + 5).statistics.sampled_records == 1
    (tmp_path / "one").unlink()
    with pytest.raises(FileNotFoundError):
        classifier(path, size)


def test_data_that_is_always_new_is_not_remembered_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    classifier = Classifier()
    for number in range(classify.MOST_IN_VAIN + 1):
        classifier(*written(tmp_path, "one", [{f"key{number}": 1}]))
    monkeypatch.setattr(JsonExpectation, "of", lambda *_: 1 / 0)
    classifier(*written(tmp_path, "one", [{"another": 1}]))


@pytest.mark.parametrize("wide", ["x", 1.5, 2**40])
def test_a_file_of_narrower_types_has_them(tmp_path: Path, wide: Any) -> None:
    classifier = Classifier()
    classifier(*written(tmp_path, "one", [{"a": wide}, {"a": None}]))
    found = classifier(*written(tmp_path, "narrow", [{"a": 1}, {"a": None}]))
    assert [(name, str(kind)) for name, kind in found.schema.columns] == [("a", "int")]
