"""Array functions."""

from sqlglot import exp

from afluente.services.athena.error import QueryFailure
from afluente.services.athena.sql.function.entry import (
    INVALID,
    Arguments,
    Entries,
    by_type,
    first_of_each,
    is_a,
    refusal,
)
from afluente.services.athena.sql.quote import identifier

FROM_ONE = refusal("'SQL array indices start at 1'")


def _cardinality(args: Arguments) -> str:
    return "CAST(cardinality({0}) AS BIGINT)" if is_a(args[0], "map") else "len({0})"  # of a HyperLogLog's hashes, too


def _element_at(args: Arguments) -> str:
    if is_a(args[0], "map"):
        return "({0})[{1}]"
    return f"CASE WHEN ({{1}}) = 0 THEN {FROM_ONE} ELSE ({{0}})[{{1}}] END"


def _sequence(args: Arguments) -> str:
    if len(args) == 2:
        if is_a(args[0], "date"):
            return "list_transform(generate_series({0}, {1}, INTERVAL '1' DAY), lambda _x: CAST(_x AS DATE))"
        return "generate_series({0}, {1}, CASE WHEN {0} <= {1} THEN 1 ELSE -1 END)"
    if len(args) == 3:
        return "list_transform(generate_series({0}, {1}, {2}), lambda _x: cast_to_type(_x, {0}))"
    raise IndexError


def _combinations(args: Arguments) -> str:
    """As many nested loops as the literal second argument says."""
    size = args[1].name
    if not (size.isdecimal() and 1 <= int(size) <= 5):
        raise QueryFailure(INVALID, "combinations of size 1 to 5 are supported")
    body = "[" + ", ".join(f"({{0}})[_c{place}]" for place in range(int(size))) + "]"
    indices = "range(1, len({0}) + 1)"
    for place in reversed(range(int(size))):
        ordered = f"list_filter({indices}, lambda _n{place}: _n{place} > _c{place - 1})" if place else indices
        inner = f"list_transform({ordered}, lambda _c{place}: {body})"
        body = inner if place == int(size) - 1 else f"flatten({inner})"
    return body


def _sort(args: Arguments) -> str:
    """With a comparator each element is put behind those that come before it; equal ones keep their order."""
    if len(args) == 1:
        return "list_sort({0}, 'ASC', 'NULLS LAST')"
    if len(args) != 2 or not isinstance(args[1], exp.Lambda) or len(args[1].expressions) != 2:
        raise IndexError
    other, own = (identifier(name.name) for name in args[1].expressions)
    before = f"list_filter({{0}}, lambda {other}, _j: _j <> _i AND (({{1}}) < 0 OR (({{1}}) = 0 AND _j < _i)))"
    ranked = f"list_transform({{0}}, lambda {own}, _i: {{{{'r': len({before}), 'v': {own}}}}})"
    return f"list_transform(list_sort({ranked}), lambda _e: _e.v)"


SLICE_FROM = "CASE WHEN ({1}) < 0 THEN len({0}) + ({1}) + 1 ELSE ({1}) END"

FUNCTIONS: Entries = {
    "cardinality": (_cardinality, "bigint"),
    "element_at": (_element_at, "element"),
    "contains": (
        by_type(
            "CASE WHEN list_contains({0}, {1}) THEN true WHEN len(list_filter({0}, lambda _x: _x IS NULL)) > 0 "
            "THEN NULL ELSE list_contains({0}, {1}) END",
            varchar="athena_in_network({0}, {1})",
        ),
        "boolean",
    ),
    "contains_sequence": (
        "list_bool_or(list_transform(range(1, len({0}) - len({1}) + 2), "
        "lambda _i: list_slice({0}, _i, _i + len({1}) - 1) = {1}))",
        "boolean",
    ),
    "combinations": (_combinations, "array"),
    "ngrams": (
        "CASE WHEN len({0}) <= {1} THEN [{0}] ELSE "
        "list_transform(range(1, len({0}) - {1} + 2), lambda _i: list_slice({0}, _i, _i + {1} - 1)) END",
        "array",
    ),
    "array_join": (
        {
            2: "array_to_string({0}, {1})",
            3: "array_to_string(list_transform({0}, lambda _x: coalesce(CAST(_x AS VARCHAR), {2})), {1})",
        },
        "varchar",
    ),
    "array_distinct": (first_of_each("{0}"), "=0"),
    "array_sort": (_sort, "=0"),
    "array_first": ("({0})[1]", "element"),
    "array_last": ("({0})[-1]", "element"),
    "array_histogram": ("map_from_entries(list_transform(list_distinct({0}), "
        "lambda _x: {{'k': _x, 'v': len(list_filter({0}, lambda _y: _y = _x))}}))", "map"),
    "array_max": ("CASE WHEN len(list_filter({0}, lambda _x: _x IS NULL)) = 0 THEN list_max({0}) END", "element"),
    "array_min": ("CASE WHEN len(list_filter({0}, lambda _x: _x IS NULL)) = 0 THEN list_min({0}) END", "element"),
    "array_position": (
        {
            2: "CAST(coalesce(list_position({0}, {1}), 0) AS BIGINT)",
            3: "CAST(coalesce(list_filter(range(1, len({0}) + 1), lambda _i: ({0})[_i] = {1})[{2}], 0) AS BIGINT)",
        },
        "bigint",
    ),
    "array_remove": ("list_filter({0}, lambda _x: _x IS DISTINCT FROM {1})", "=0"),
    "array_union": (first_of_each("list_concat({0}, {1})"), "=0"),
    "array_intersect": (f"list_filter({first_of_each('{0}')}, lambda _z: list_contains({{1}}, _z))", "=0"),
    "array_except": (f"list_filter({first_of_each('{0}')}, lambda _z: NOT list_contains({{1}}, _z))", "=0"),
    "arrays_overlap": (
        "CASE WHEN list_has_any({0}, {1}) THEN true WHEN len(list_filter(list_concat({0}, {1}), "
        "lambda _x: _x IS NULL)) > 0 THEN NULL ELSE list_has_any({0}, {1}) END",
        "boolean",
    ),
    "flatten": ("flatten({0})", "element"),
    "sequence": (_sequence, "array"),
    "shuffle": ("list_transform(list_sort(list_transform({0}, lambda _x: {{'r': random(), 'v': _x}})), "
        "lambda _p: _p.v)", "=0"),
    "slice": (
        f"CASE WHEN ({{1}}) = 0 THEN {FROM_ONE} "
        f"ELSE list_slice({{0}}, {SLICE_FROM}, {SLICE_FROM} + ({{2}}) - 1) END",
        "=0",
    ),
    "trim_array": ("list_slice({0}, 1, len({0}) - {1})", "=0"),
    "repeat": ("list_transform(range(CAST({1} AS BIGINT)), lambda _i: {0})", "array"),
    "zip": ("list_zip({*})", "array"),
    "zip_with": ("list_transform(list_zip({0}, {1}), {2})", "array"),
    "transform": ("list_transform({0}, {1})", "array"),
    "filter": ("list_filter({0}, {1})", "=0"),
    "reduce": ("list_transform([list_reduce({0}, {2}, {1})], {3})[1]", ""),
    "any_match": ("athena_any(list_transform({0}, {1}))", "boolean"),
    "all_match": ("athena_all(list_transform({0}, {1}))", "boolean"),
    "none_match": ("NOT athena_any(list_transform({0}, {1}))", "boolean"),
    "euclidean_distance": ("list_distance({0}, {1})", "double"),
    "dot_product": ("list_dot_product({0}, {1})", "double"),
}  # fmt: skip
