"""Functions over rows: those that become SQL hold for the same rows as in Python."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from afluente.services.glue.job.runtime import connection as sql
from afluente.services.glue.job.runtime import row_function, run
from afluente.services.glue.job.runtime.order import Order

Function = Callable[[Any], Any]
ROWS = [
    {"n": n, "s": s, "b": n % 2 == 0, "x": {"y": n + 0.5}, "o": None if n % 3 else "set"}
    for n, s in enumerate(["", "abc", "a'b", "ABC", " padded ", "é"])
]
LIMIT = 3


@pytest.fixture(autouse=True)
def _run(tmp_path: Path) -> Iterator[None]:
    sql.connection.cache_clear()
    order = Order(
        script="", location="", arguments=[], modules=[], shell=False, job="j", run_id="jr", started_ms=0, stamp_ms=0,
        account="", region="", work=str(tmp_path), threads=1, memory_mib=256, bookmark="job-bookmark-disable",
        bookmark_sources={}, run_number=1, catalog=False, engine="duckdb", channel=0, lifeline=0,
    )  # fmt: skip
    run.begin(run.Run.__new__(run.Run))
    run.current().__init__(order, None)  # type: ignore[misc]  # no server: nothing here asks it
    yield
    sql.connection().close()
    sql.connection.cache_clear()


def source() -> str:
    values = ", ".join(f"('{json.dumps(row).replace(chr(39), chr(39) * 2)}'::JSON)" for row in ROWS)
    shape = '{"n":"BIGINT","s":"VARCHAR","b":"BOOLEAN","x":{"y":"DOUBLE"},"o":"VARCHAR"}'
    return f"SELECT unnest(json_transform(v, '{shape}')) FROM (VALUES {values}) AS t(v)"


TRANSLATED: list[Function] = [
    lambda row: row["n"] > 1,
    lambda row: row["n"] >= LIMIT and row["s"] != "ABC",
    lambda row: row["n"] < 1 or row["s"] == "a'b",
    lambda row: not (row["n"] > 2),
    lambda row: row["s"] in ["abc", "é"],
    lambda row: row["n"] not in (1, 2),
    lambda row: row["b"],
    lambda row: row["b"] and row["x"]["y"] > 2,
    lambda row: row["o"] == None,  # noqa: E711  # as Glue Studio writes it
    lambda row: row["o"] != None,  # noqa: E711  # the same
    lambda row: row["s"],
    lambda row: "b" in row["s"],
    lambda row: row["s"].startswith("a") or row["s"].lower() == "abc",
    lambda row: row["s"].strip() == "padded",
    lambda row: (row["n"] > 1) & (row["n"] <= 4),
    lambda row: True if row["n"] == 1 else row["s"] == "é",
    lambda row: 1 < row["n"] < 4,
    lambda row: row["x"]["y"] > row["n"],
]
UNTRANSLATED: list[Function] = [
    lambda row: len(row["s"]) == 3,
    lambda row: str(row["n"]) == "1",
    lambda row: row["o"] is None,
    lambda row: row["n"] % 2 == 1,
    lambda row: row.get("nothing") is None,
    lambda row: isinstance(row["n"], int),
    lambda row: f"{row['n']}" == "2",
    lambda row: sum([row["n"], 1]) > 2,
    lambda row: row["n"] == "1",
]


@pytest.mark.parametrize("number", range(len(TRANSLATED)))
def test_filter_translated(number: int) -> None:
    function = TRANSLATED[number]
    query = row_function.filtered(source(), sql.schema(source()), function)
    assert "arrow" not in query
    found = [n for (n,) in sql.rows(f"SELECT n FROM ({query}) ORDER BY n")]
    assert found == [row["n"] for row in ROWS if function(row)]


@pytest.mark.parametrize("number", range(len(UNTRANSLATED)))
def test_filter_in_python(number: int) -> None:
    function = UNTRANSLATED[number]
    query = row_function.filtered(source(), sql.schema(source()), function)
    assert "arrow" in query
    found = [n for (n,) in sql.rows(f"SELECT n FROM ({query}) ORDER BY n")]
    assert found == [row["n"] for row in ROWS if function(row)]


def test_filter_that_compares_what_is_not_there_fails_as_in_python() -> None:
    query = row_function.filtered(source(), sql.schema(source()), lambda row: row["o"] > "a")
    with pytest.raises(Exception, match="TypeError"):
        sql.rows(query)


def test_map_makes_new_rows_and_counts_those_that_fail() -> None:
    def work(row: dict[str, Any]) -> dict[str, Any]:
        return {"double": row["n"] * 2, "inverse": 1 / row["n"]}

    query, failed = row_function.mapped(source(), sql.schema(source()), work)
    assert sorted(sql.rows(f"SELECT double FROM ({query})")) == [(2,), (4,), (6,), (8,), (10,)]
    assert [each.message for each in failed] == ["ZeroDivisionError: division by zero"]
