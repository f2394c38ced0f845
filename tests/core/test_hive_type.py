"""Hive's type texts read and written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afluente.core.hive_type import HiveType, parse

PRIMITIVES = st.sampled_from(["int", "bigint", "double", "string", "boolean", "date", "timestamp", "binary"]).map(
    HiveType
)
DECIMALS = st.tuples(st.integers(1, 38), st.integers(0, 10)).map(lambda pair: HiveType("decimal", pair))
NAMES = st.text(min_size=1, max_size=8)


def nested(inner: st.SearchStrategy[HiveType]) -> st.SearchStrategy[HiveType]:
    arrays = inner.map(lambda kind: HiveType("array", (), (("element", kind),)))
    maps = st.tuples(PRIMITIVES, inner).map(lambda pair: HiveType("map", (), (("key", pair[0]), ("value", pair[1]))))
    structs = st.lists(st.tuples(NAMES, inner), min_size=1, max_size=3).map(
        lambda fields: HiveType("struct", (), tuple(fields))
    )
    return arrays | maps | structs


@given(st.recursive(PRIMITIVES | DECIMALS, nested, max_leaves=8))
def test_parse_what_was_written_is_the_same_type(kind: HiveType) -> None:
    assert parse(str(kind)) == kind


@pytest.mark.parametrize(
    ("text", "duckdb"),
    [
        ("array<struct<a:int,B:decimal(10,2)>>", 'STRUCT("a" INTEGER, "B" DECIMAL(10,2))[]'),
        ("map<string, array<double>>", "MAP(VARCHAR, DOUBLE[])"),
        ("decimal", "DECIMAL(10,0)"),
        ("decimal(5)", "DECIMAL(5,0)"),
        ("VARCHAR(20)", "VARCHAR"),
        ("long", "BIGINT"),
        ("double precision", "DOUBLE"),
        ("struct<`a b`:string>", 'STRUCT("a b" VARCHAR)'),
    ],
)
def test_duckdb_words(text: str, duckdb: str) -> None:
    assert parse(text).duckdb() == duckdb


@pytest.mark.parametrize(
    "text", ["", "array", "array<int", "array<int>>", "struct<a>", "map<int>", "decimal(x)", "uniontype<int>", "in t"]
)
def test_parse_of_what_is_no_type_says_so(text: str) -> None:
    with pytest.raises(ValueError, match="is not a Hive type"):
        parse(text)
