"""Aggregate functions. What DuckDB has no aggregate for is gathered into a list, and made of that."""

from sqlglot import exp

from afluente.services.athena.error import QueryFailure
from afluente.services.athena.sql.function.entry import Arguments, Entries, kind_of


def _percentile(args: Arguments) -> str:
    """Of plain values DuckDB's T-Digest; with a weight in the middle, of all of them."""
    many = isinstance(args[-1], exp.Array)
    if len(args) == 2:
        return f"approx_quantile({{0}}, CAST({{1}} AS FLOAT{'[]' if many else ''}))"
    if len(args) != 3:
        raise IndexError
    shares = "CAST({2} AS DOUBLE[])" if many else "[CAST({2} AS DOUBLE)]"
    values = f"CAST({VALUES_AND_WEIGHTS} AS STRUCT(v DOUBLE, w DOUBLE)[])"
    parts = ", ".join(f"list_transform({values}, lambda _e: _e.{name})" for name in "vw")
    found = f"athena_weighted_percentiles({parts}, {shares})"
    return f"cast_to_type({found}, [min({{0}}) {{F}}])" if many else f"cast_to_type({found}[1], min({{0}}) {{F}})"


VALUES_AND_WEIGHTS = "list_filter(list({{'v': {0}, 'w': {1}}}) {F}, lambda _e: _e.v IS NOT NULL AND _e.w IS NOT NULL)"


def _numeric_histogram(args: Arguments) -> str:
    if len(args) not in {2, 3}:
        raise IndexError
    pair = f"{{{{'v': {{1}}, 'w': {'{2}' if len(args) == 3 else '1'}}}}}"
    values = f"list_filter(list({pair}) {{F}}, lambda _e: _e.v IS NOT NULL AND _e.w IS NOT NULL)"
    parts = ", ".join(f"CAST(list_transform({values}, lambda _e: _e.{name}) AS DOUBLE[])" for name in "vw")
    return f"athena_numeric_histogram({{0}}, {parts})"


HASHES = {
    **dict.fromkeys(("tinyint", "smallint", "integer", "bigint", "boolean"), "athena_hash_bigint(CAST({0} AS BIGINT))"),
    "double": "athena_hash_double({0})",
    "varchar": "athena_hash_bytes(encode({0}))",
    "varbinary": "athena_hash_bytes({0})",
    "date": "athena_hash_bigint(CAST(date_diff('day', DATE '1970-01-01', {0}) AS BIGINT))",
    "timestamp": "athena_hash_bigint(epoch_us({0}))",
}
"""What `checksum` hashes a value to, by Trino's name of its type."""


def _checksum(args: Arguments) -> str:
    kind = kind_of(args[0])
    if kind is None or kind.name not in HASHES:
        raise QueryFailure("NOT_SUPPORTED", f"Afluente's checksum does not take values of type {kind or 'unknown'}")
    total = f"coalesce(CAST(sum({HASHES[kind.name]}) {{F}} AS HUGEINT), 0)"
    rows, given = "count(*) {F}", "count({0}) {F}"
    return f"CASE WHEN {rows} > 0 THEN athena_checksum({total}, {rows} - {given}) END"


def _average(args: Arguments) -> str:
    """The average of decimals is a decimal of their scale."""
    kind = kind_of(args[0])
    if kind is not None and kind.name == "decimal":
        return f"CAST(avg({{0}}) {{F}} AS DECIMAL({kind.precision}, {kind.scale}))"
    return "avg({0})"


def _bits(name: str) -> str:
    return f"CAST({name}({{0}}) {{F}} AS BIGINT)"


GATHERED = "list({{'k': {0}, 'v': {1}}}) {F}"
KEYS = f"list_transform({GATHERED}, lambda _e: _e.k)"
VALUES = f"list_transform({GATHERED}, lambda _e: _e.v)"

FUNCTIONS: Entries = {
    "count": ({0: "count(*)", 1: "count({0})"}, "bigint"),
    "count_if": ("count(CASE WHEN {0} THEN 1 END)", "bigint"),
    "sum": ("sum({0})", "sum"),
    "avg": (_average, ""),
    "min": ({1: "min({0})", 2: "min({0}, {1})"}, "=0"),
    "max": ({1: "max({0})", 2: "max({0}, {1})"}, "=0"),
    "min_by": ({2: "arg_min_null({0}, {1})", 3: "arg_min({0}, {1}, {2})"}, "=0"),
    "max_by": ({2: "arg_max_null({0}, {1})", 3: "arg_max({0}, {1}, {2})"}, "=0"),
    "arbitrary": ("any_value({0})", "=0"),
    "any_value": ("any_value({0})", "=0"),
    "array_agg": ("array_agg({0})", "array"),
    "bool_and": ("bool_and({0})", "boolean"),
    "bool_or": ("bool_or({0})", "boolean"),
    "every": ("bool_and({0})", "boolean"),
    "approx_distinct": ({1: "approx_count_distinct({0})", 2: "approx_count_distinct({0})"}, "bigint"),
    "checksum": (_checksum, "varbinary"),
    "numeric_histogram": (_numeric_histogram, "map"),
    "approx_percentile": (_percentile, ""),
    "geometric_mean": ("geomean({0})", "double"),
    "histogram": ("histogram({0})", "map"),
    "map_agg": (f"athena_map_of({KEYS}, {VALUES})", "map"),
    "multimap_agg": (f"athena_multimap({KEYS}, {VALUES})", "map"),
    "map_union": (
        "athena_map_of(flatten(list_transform(list({0}) {F}, lambda _m: map_keys(_m))), "
        "flatten(list_transform(list({0}) {F}, lambda _m: map_values(_m))))",
        "map",
    ),
    "approx_most_frequent": ({3: "athena_most_frequent(histogram({1}) {F}, {0})"}, "map"),
    "entropy": ("athena_entropy(list(CAST({0} AS DOUBLE)) {F})", "double"),
    "stddev": ("stddev_samp({0})", "double"),
    "stddev_samp": ("stddev_samp({0})", "double"),
    "stddev_pop": ("stddev_pop({0})", "double"),
    "variance": ("var_samp({0})", "double"),
    "var_samp": ("var_samp({0})", "double"),
    "var_pop": ("var_pop({0})", "double"),
    "corr": ("corr({0}, {1})", "double"),
    "covar_pop": ("covar_pop({0}, {1})", "double"),
    "covar_samp": ("covar_samp({0}, {1})", "double"),
    "regr_slope": ("regr_slope({0}, {1})", "double"),
    "regr_intercept": ("regr_intercept({0}, {1})", "double"),
    "skewness": ("skewness({0})", "double"),
    "kurtosis": ("kurtosis({0})", "double"),
    "bitwise_and_agg": (_bits("bit_and"), "bigint"),
    "bitwise_or_agg": (_bits("bit_or"), "bigint"),
    "bitwise_xor_agg": (_bits("bit_xor"), "bigint"),
    "reduce_agg": ({4: "list_reduce(list({0}) {F}, {2}, {1})"}, ""),
    "grouping": ("CAST(grouping({*}) AS INTEGER)", "integer"),
}
