"""Maps, and JSON, which is told as maps and structs."""

import re
from typing import Any

from afluente.core.hive_type import HiveType
from afluente.core.hive_type import parse as parse_type
from afluente.services.glue.job.runtime.spark.ddl import columns_of
from afluente.services.glue.job.runtime.spark.function.entry import literal


def of_each(function: str, first: str, second: str) -> str:
    """What a function of two arguments, as SQL, gives for the values `first` and `second`."""
    head, _, body = function.partition(":")
    left, right = re.sub(r"(?i)^\s*lambda\s", "", head).strip(" ()").split(",")
    return f"list_transform([{first}], lambda {left}: list_transform([{second}], lambda {right}:{body})[1])[1]"


def _map_filter(given: str, function: str) -> str:
    inner = of_each(function, "spark_e.key", "spark_e.value")
    return f"map_from_entries(list_filter(map_entries({given}), lambda spark_e: {inner}))"


def _transform_keys(given: str, function: str) -> str:
    key = of_each(function, "spark_e.key", "spark_e.value")
    return f"map_from_entries(list_transform(map_entries({given}), lambda spark_e: {{'k': {key}, 'v': spark_e.value}}))"


def _transform_values(given: str, function: str) -> str:
    value = of_each(function, "spark_e.key", "spark_e.value")
    return f"map_from_entries(list_transform(map_entries({given}), lambda spark_e: {{'k': spark_e.key, 'v': {value}}}))"


def _from_json(value: str, schema: str, options: str = "") -> str:
    text = literal("from_json", schema)
    try:
        kind = parse_type(text)
    except ValueError:
        kind = HiveType("struct", (), columns_of(text))
    return f"CASE WHEN json_valid({value}) THEN from_json({value}, '{_shape(kind)}') END"


def _shape(kind: HiveType) -> str:
    """The type as from_json of DuckDB takes it."""
    if kind.name == "struct":
        inner = ",".join(f'"{name}":{_shape(each)}' for name, each in kind.fields)
        return f"{{{inner}}}"
    if kind.name == "array":
        return f"[{_shape(kind.fields[0][1])}]"
    return f'"{kind.duckdb()}"'


def _get_json_object(value: str, path: str) -> str:
    return f"CASE WHEN json_valid({value}) THEN json_extract_string({value}, {path}) END"


FUNCTIONS: dict[str, Any] = {
    "map_concat": ("*cols", "map_concat({all})"),
    "map_contains_key": ("col, value:", "map_contains({0}, {1})"),
    "map_entries": ("col", "map_entries({0})"),
    "map_from_entries": ("col", "map_from_entries({0})"),
    "map_keys": ("col", "map_keys({0})"),
    "map_values": ("col", "map_values({0})"),
    "map_filter": ("col, f()", _map_filter),
    "transform_keys": ("col, f()", _transform_keys),
    "transform_values": ("col, f()", _transform_values),
    "from_json": ("col, schema:, options:=None", _from_json),
    "get_json_object": ("col, path:", _get_json_object),
    "json_array_length": ("col", "CASE WHEN json_valid({0}) THEN json_array_length({0}) END", "INTEGER"),
    "to_json": ("col, options:=None", "CAST(json_merge_patch('{{}}', to_json({0})) AS VARCHAR)"),
}  # fmt: skip
