"""Arrays. What they keep is in the order it was in."""

from typing import Any

from afluente.services.glue.job.runtime.spark.function.nested import of_each


def _aggregate(values: str, start: str, merge: str, finish: str = "") -> str:
    folded = f"list_reduce({values}, {merge}, {start})"
    return f"list_transform([{folded}], {finish})[1]" if finish else folded


def _arrays_zip(*arrays: str) -> str:
    length = f"greatest({', '.join(f'len({each})' for each in arrays)})"
    fields = ", ".join(f"{_field(each, place)} := {each}[spark_i]" for place, each in enumerate(arrays))
    return f"list_transform(range(1, {length} + 1), lambda spark_i: struct_pack({fields}))"


def _field(sql: str, place: int) -> str:
    name = sql.rpartition(".")[2]
    return name if name.replace("_", "a").isalnum() and not name[0].isdigit() else f'"{place}"'


def _zip_with(left: str, right: str, function: str) -> str:
    pairs = (
        f"list_transform(range(1, greatest(len({left}), len({right})) + 1), "
        f"lambda spark_i: {{'l': {left}[spark_i], 'r': {right}[spark_i]}})"
    )
    return f"list_transform({pairs}, lambda spark_p: {of_each(function, 'spark_p.l', 'spark_p.r')})"


def _array_sort(values: str, *comparator: str) -> str:
    if comparator:
        raise NotImplementedError("array_sort() by a function of two values is not supported")
    return f"list_sort({values}, 'ASC', 'NULLS LAST')"


def _in_select(name: str) -> Any:
    def sql(*_: str) -> str:
        raise NotImplementedError(f"{name}() is supported in DataFrame.select() alone")

    return sql


FUNCTIONS: dict[str, Any] = {
    "aggregate": ("col, initialValue, merge(), finish()=None", _aggregate),
    "reduce": ("col, initialValue, merge(), finish()=None", _aggregate),
    "array_distinct": ("col", "spark_distinct({0})"),
    "array_except": ("col1, col2", "list_filter(spark_distinct({0}), lambda spark_e: NOT spark_has({1}, spark_e))"),
    "array_intersect": ("col1, col2", "list_filter(spark_distinct({0}), lambda spark_e: spark_has({1}, spark_e))"),
    "array_union": ("col1, col2", "spark_distinct(list_concat({0}, {1}))"),
    "arrays_overlap": ("a1, a2", "list_has_any({0}, {1})"),
    "arrays_zip": ("*cols", _arrays_zip),
    "array_insert": ("arr, pos, value:", "spark_insert({0}, CAST({1} AS INTEGER), {2})"),
    "array_sort": ("col, comparator()=None", _array_sort),
    "transform": ("col, f()", "list_transform({0}, {1})"),
    "filter": ("col, f()", "list_filter({0}, {1})"),
    "inline": ("col", "unnest({0}, max_depth := 2)"),
    "array_max": ("col", "list_max({0})"),
    "array_min": ("col", "list_min({0})"),
    "array_position": ("col, value:", "CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN "
                                      "coalesce(list_position({0}, {1}), 0) END", "BIGINT"),
    "array_remove": ("col, element:", "list_filter({0}, lambda spark_e: spark_e IS DISTINCT FROM {1})"),
    "array_repeat": ("col, count", "list_transform(range(greatest(CAST({1} AS BIGINT), 0)), lambda spark_i: {0})"),
    "cardinality": ("col", "coalesce(cardinality({0}), -1)", "INTEGER"),
    "size": ("col", "coalesce(cardinality({0}), -1)", "INTEGER"),
    "array_size": ("col", "cardinality({0})", "INTEGER"),
    "get": ("col, index", "CASE WHEN {1} >= 0 THEN {0}[{1} + 1] END"),
    "element_at": ("col, extraction:", "{0}[{1}]"),
    "exists": ("col, f()", "spark_any(list_transform({0}, {1}))"),
    "forall": ("col, f()", "NOT spark_any(list_transform(list_transform({0}, {1}), lambda spark_b: NOT spark_b))"),
    "sequence": ("start, stop, step=None", {2: "spark_sequence({0}, {1})", 3: "spark_stepped({0}, {1}, {2})"}),
    "shuffle": ("col", "list_transform(list_sort(list_transform({0}, "
                       "lambda spark_e: {{'r': random(), 'e': spark_e}})), lambda spark_s: spark_s.e)"),
    "zip_with": ("left, right, f()", _zip_with),
    "explode_outer": ("col", "unnest(spark_outer({0}))"),
    "posexplode_outer": ("col", _in_select("posexplode_outer")),
    "inline_outer": ("col", _in_select("inline_outer")),
}  # fmt: skip
