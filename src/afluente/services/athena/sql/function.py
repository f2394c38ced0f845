"""Trino's functions in DuckDB's words: the one table of them. What is not in it does not exist, for a query.

An entry is a template: `{0}` is the first argument, `{*}` all of them; or templates by number of arguments; or a
function of the arguments for those that depend on a literal. The second member is the result's type: a Trino type's
name, `=0` for that of the first argument, or "" when it is not known before the query is bound.

Sources: Trino's documentation ("Functions and operators"), DuckDB's ("Functions").
"""

import re
from collections.abc import Callable, Sequence

from sqlglot import exp

from afluente.services.athena.error import QueryFailure
from afluente.services.athena.sql import pattern

Template = str | dict[int, str] | Callable[[Sequence[exp.Expr]], str]


def _text(node: exp.Expr, function: str) -> str:
    """The text of a literal argument. Athena takes any expression; what depends on it is fixed before a query runs."""
    if not isinstance(node, exp.Literal) or not node.is_string:
        raise QueryFailure("NOT_SUPPORTED", f"Afluente's {function} takes a constant pattern only")
    return str(node.this)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''").replace("{", "{{").replace("}", "}}") + "'"


def _date_format(args: Sequence[exp.Expr]) -> str:
    return f"strftime({{0}}, {_quoted(pattern.mysql(_text(args[1], 'date_format')))})"


def _date_parse(args: Sequence[exp.Expr]) -> str:
    return f"strptime({{0}}, {_quoted(pattern.mysql(_text(args[1], 'date_parse')))})"


def _format_datetime(args: Sequence[exp.Expr]) -> str:
    return f"strftime({{0}}, {_quoted(pattern.joda(_text(args[1], 'format_datetime')))})"


def _parse_datetime(args: Sequence[exp.Expr]) -> str:
    return f"CAST(strptime({{0}}, {_quoted(pattern.joda(_text(args[1], 'parse_datetime')))}) AS TIMESTAMPTZ)"


def _regexp_replace(args: Sequence[exp.Expr]) -> str:
    """Java's `$1` is RE2's `\\1`."""
    if len(args) == 2:
        return "regexp_replace({0}, {1}, '', 'g')"
    if not isinstance(args[2], exp.Literal):
        return "regexp_replace({0}, {1}, regexp_replace({2}, '\\$(\\d)', '\\\\\\1', 'g'), 'g')"
    replacement = re.sub(r"\$(\d)", r"\\\1", _text(args[2], "regexp_replace"))
    return f"regexp_replace({{0}}, {{1}}, {_quoted(replacement)}, 'g')"


def _json_path(args: Sequence[exp.Expr], function: str) -> str:
    """A JSON path literal; Trino's `$["a b"]` is DuckDB's `$."a b"`."""
    path = _text(args[1], function)
    return _quoted(re.sub(r"""\[\s*(["'])(.*?)\1\s*\]""", r'."\2"', path))


def _json_extract(args: Sequence[exp.Expr]) -> str:
    return f"CASE WHEN json_valid({{0}}) THEN json_extract({{0}}, {_json_path(args, 'json_extract')}) END"


def _json_extract_scalar(args: Sequence[exp.Expr]) -> str:
    path = _json_path(args, "json_extract_scalar")
    nested = f"json_type({{0}}, {path}) IN ('OBJECT', 'ARRAY')"
    return f"CASE WHEN json_valid({{0}}) AND NOT {nested} THEN json_extract_string({{0}}, {path}) END"


UNITS = {"millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year"}


def _unit(args: Sequence[exp.Expr], function: str) -> str:
    unit = _text(args[0], function).lower()
    if unit not in UNITS:
        raise QueryFailure("INVALID_FUNCTION_ARGUMENT", f"'{unit}' is not a valid DATE field")
    return unit


def _date_add(args: Sequence[exp.Expr]) -> str:
    return f"cast_to_type({{2}} + to_{_unit(args, 'date_add')}s(CAST({{1}} AS BIGINT)), {{2}})"


def _date_diff(args: Sequence[exp.Expr]) -> str:
    """Trino counts whole units that have passed (DuckDB's date_sub), not boundaries crossed."""
    return f"date_sub('{_unit(args, 'date_diff')}', {{1}}, {{2}})"


def _date_trunc(args: Sequence[exp.Expr]) -> str:
    return f"cast_to_type(date_trunc('{_unit(args, 'date_trunc')}', {{1}}), {{1}})"


def _same(name: str) -> str:
    return f"{name}({{*}})"


def _typed(body: str) -> str:
    """DuckDB widens; Trino gives back the argument's type."""
    return f"cast_to_type({body}, {{0}})"


def _null_if_any(name: str) -> Callable[[Sequence[exp.Expr]], str]:
    """Trino's greatest and least are NULL when an argument is; DuckDB's pass over it."""

    def template(args: Sequence[exp.Expr]) -> str:
        nulls = " OR ".join(f"({{{index}}}) IS NULL" for index in range(len(args)))
        return f"CASE WHEN {nulls} THEN NULL ELSE {name}({{*}}) END"

    return template


def _concat(args: Sequence[exp.Expr]) -> str:
    if len(args) < 2:
        raise QueryFailure("INVALID_FUNCTION_ARGUMENT", "There must be two or more concatenation arguments")
    return "(" + " || ".join(f"{{{index}}}" for index in range(len(args))) + ")"


def _approx_percentile(args: Sequence[exp.Expr]) -> str:
    many = len(args) > 1 and isinstance(args[1], exp.Array)
    return f"approx_quantile({{0}}, CAST({{1}} AS FLOAT{'[]' if many else ''}))"


def _repeat(_: Sequence[exp.Expr]) -> str:
    return "list_transform(range(CAST({1} AS BIGINT)), lambda _i: {0})"


def _distinct(array: str) -> str:
    """The first of each element, in their order; DuckDB's list_distinct keeps none."""
    return f"list_filter({array}, lambda _x, _i: list_position({array}, _x) = _i)"


SCALAR: dict[str, tuple[Template, str]] = {
    # conditions
    "coalesce": ("coalesce({*})", "=0"),
    "nullif": ("nullif({0}, {1})", "=0"),
    "if": ({2: "CASE WHEN {0} THEN {1} END", 3: "CASE WHEN {0} THEN {1} ELSE {2} END"}, "=1"),
    "try": ("try({0})", "=0"),
    "greatest": (_null_if_any("greatest"), "=0"),
    "least": (_null_if_any("least"), "=0"),
    "typeof": ("lower(typeof({0}))", "varchar"),
    # strings
    "length": ("length({0})", "bigint"),
    "lower": ("lower({0})", "varchar"),
    "upper": ("upper({0})", "varchar"),
    "trim": ("trim({0})", "varchar"),
    "ltrim": ({1: "ltrim({0})", 2: "ltrim({0}, {1})"}, "varchar"),
    "rtrim": ({1: "rtrim({0})", 2: "rtrim({0}, {1})"}, "varchar"),
    "substr": (_same("substring"), "varchar"),
    "substring": (_same("substring"), "varchar"),
    "strpos": (
        {2: "strpos({0}, {1})", 3: "CASE WHEN len(string_split({0}, {1})) > {2} THEN "
         "length(array_to_string(string_split({0}, {1})[:{2}], {1})) + 1 ELSE 0 END"},
        "bigint",
    ),
    "position": ("strpos({1}, {0})", "bigint"),
    "replace": ({2: "replace({0}, {1}, '')", 3: "replace({0}, {1}, {2})"}, "varchar"),
    "reverse": (_same("reverse"), "=0"),
    "lpad": ("lpad({0}, CAST({1} AS INTEGER), {2})", "varchar"),
    "rpad": ("rpad({0}, CAST({1} AS INTEGER), {2})", "varchar"),
    "split": ({2: "string_split({0}, {1})"}, "array"),
    "split_part": (
        "nullif(split_part({0}, {1}, {2}), CASE WHEN len(string_split({0}, {1})) < {2} THEN '' END)",
        "varchar",
    ),
    "concat": (_concat, "=0"),
    "concat_ws": (_same("concat_ws"), "varchar"),
    "starts_with": (_same("starts_with"), "boolean"),
    "ends_with": (_same("ends_with"), "boolean"),
    "chr": ("chr(CAST({0} AS INTEGER))", "varchar"),
    "codepoint": ("ord({0})", "integer"),
    "translate": (_same("translate"), "varchar"),
    "levenshtein_distance": ("levenshtein({0}, {1})", "bigint"),
    "hamming_distance": ("hamming({0}, {1})", "bigint"),
    "regexp_like": ("regexp_matches({0}, {1})", "boolean"),
    "regexp_extract": (
        {2: "CASE WHEN regexp_matches({0}, {1}) THEN regexp_extract({0}, {1}) END",
         3: "CASE WHEN regexp_matches({0}, {1}) THEN regexp_extract({0}, {1}, {2}) END"},
        "varchar",
    ),
    "regexp_extract_all": (_same("regexp_extract_all"), "array"),
    "regexp_replace": (_regexp_replace, "varchar"),
    "regexp_split": ("string_split_regex({0}, {1})", "array"),
    "regexp_count": ("len(regexp_extract_all({0}, {1}))", "bigint"),
    "to_utf8": ("encode({0})", "varbinary"),
    "from_utf8": ("decode({0})", "varchar"),
    "to_hex": ("hex({0})", "varchar"),
    "from_hex": ("unhex({0})", "varbinary"),
    "to_base64": ("to_base64({0})", "varchar"),
    "from_base64": ("from_base64({0})", "varbinary"),
    "md5": ("unhex(md5({0}))", "varbinary"),
    "sha1": ("unhex(sha1({0}))", "varbinary"),
    "sha256": ("unhex(sha256({0}))", "varbinary"),
    "url_encode": ("url_encode({0})", "varchar"),
    "url_decode": ("url_decode({0})", "varchar"),
    "url_extract_host": (
        "nullif(regexp_extract({0}, '^[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/?#@]*@)?([^/:?#]*)', 1), '')",
        "varchar",
    ),
    "url_extract_protocol": ("nullif(regexp_extract({0}, '^([a-zA-Z][a-zA-Z0-9+.-]*):', 1), '')", "varchar"),
    "url_extract_path": ("regexp_extract({0}, '^[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]*([^?#]*)', 1)", "varchar"),
    "url_extract_query": ("nullif(regexp_extract({0}, '\\?([^#]*)', 1), '')", "varchar"),
    "uuid": ("uuid()", "uuid"),
    "format": ("printf({*})", "varchar"),
    "url_extract_parameter": (
        "nullif(url_decode(regexp_extract({0}, '[?&]' || regexp_escape({1}) || '=([^&#]*)', 1)), '')",
        "varchar",
    ),
    # numbers
    "abs": (_same("abs"), "=0"),
    "round": (_same("round"), "=0"),
    "truncate": ({1: _typed("trunc({0})"), 2: "trunc({0}, {1})"}, "=0"),
    "floor": (_typed("floor({0})"), "=0"),
    "ceil": (_typed("ceil({0})"), "=0"),
    "ceiling": (_typed("ceil({0})"), "=0"),
    "sign": (_typed("sign({0})"), "=0"),
    "mod": ("({0}) % ({1})", "=0"),
    "power": ("power({0}, {1})", "double"),
    "pow": ("power({0}, {1})", "double"),
    "sqrt": ("sqrt({0})", "double"),
    "cbrt": ("cbrt({0})", "double"),
    "exp": ("exp({0})", "double"),
    "ln": ("ln({0})", "double"),
    "log2": ("log2({0})", "double"),
    "log10": ("log10({0})", "double"),
    "log": ("log({0}, {1})", "double"),
    "e": ("exp(1)", "double"),
    "pi": ("pi()", "double"),
    "infinity": ("CAST('Infinity' AS DOUBLE)", "double"),
    "nan": ("CAST('NaN' AS DOUBLE)", "double"),
    "is_nan": ("isnan(CAST({0} AS DOUBLE))", "boolean"),
    "is_finite": ("isfinite(CAST({0} AS DOUBLE))", "boolean"),
    "is_infinite": ("isinf(CAST({0} AS DOUBLE))", "boolean"),
    **{name: (_same(name), "double") for name in (
        "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "degrees", "radians")},
    "rand": ({0: "random()", 1: "CAST(floor(random() * {0}) AS BIGINT)"}, ""),
    "random": ({0: "random()", 1: "CAST(floor(random() * {0}) AS BIGINT)"}, ""),
    "to_base": ("lower(to_base({0}, {1}))", "varchar"),
    "width_bucket": (
        "CAST(CASE WHEN {0} < {1} THEN 0 WHEN {0} >= {2} THEN {3} + 1 "
        "ELSE floor(({0} - {1}) * {3} / CAST({2} - {1} AS DOUBLE)) + 1 END AS BIGINT)",
        "bigint",
    ),
    "bitwise_and": ("({0}) & ({1})", "bigint"),
    "bitwise_or": ("({0}) | ({1})", "bigint"),
    "bitwise_xor": ("xor({0}, {1})", "bigint"),
    "bitwise_not": ("~({0})", "bigint"),
    # dates and times
    "date": ("CAST({0} AS DATE)", "date"),
    "date_add": (_date_add, "=2"),
    "date_diff": (_date_diff, "bigint"),
    "date_trunc": (_date_trunc, "=1"),
    "date_format": (_date_format, "varchar"),
    "date_parse": (_date_parse, "timestamp"),
    "format_datetime": (_format_datetime, "varchar"),
    "parse_datetime": (_parse_datetime, "timestamp with time zone"),
    "from_iso8601_timestamp": ("CAST({0} AS TIMESTAMPTZ)", "timestamp with time zone"),
    "from_iso8601_date": ("CAST({0} AS DATE)", "date"),
    "to_iso8601": ("athena_iso8601({0})", "varchar"),
    "from_unixtime": ({1: "to_timestamp({0})", 2: "timezone({1}, to_timestamp({0}))"}, "timestamp with time zone"),
    "to_unixtime": ("epoch({0})", "double"),
    "at_timezone": ("timezone({1}, CAST({0} AS TIMESTAMPTZ))", "timestamp"),
    "with_timezone": ("timezone({1}, {0})", "timestamp with time zone"),
    "now": ("now()", "timestamp with time zone"),  # the binder puts the query's own time in its place
    "last_day_of_month": ("last_day({0})", "date"),
    "year": ("year({0})", "bigint"),
    "quarter": ("quarter({0})", "bigint"),
    "month": ("month({0})", "bigint"),
    "week": ("weekofyear({0})", "bigint"),
    "week_of_year": ("weekofyear({0})", "bigint"),
    "day": ("day({0})", "bigint"),
    "day_of_month": ("day({0})", "bigint"),
    "day_of_week": ("isodow({0})", "bigint"),
    "dow": ("isodow({0})", "bigint"),
    "day_of_year": ("dayofyear({0})", "bigint"),
    "doy": ("dayofyear({0})", "bigint"),
    "year_of_week": ("isoyear({0})", "bigint"),
    "yow": ("isoyear({0})", "bigint"),
    "hour": ("hour({0})", "bigint"),
    "minute": ("minute({0})", "bigint"),
    "second": ("second({0})", "bigint"),
    "millisecond": ("millisecond({0}) % 1000", "bigint"),
    "to_milliseconds": ("CAST(epoch_ms({0}) AS BIGINT)", "bigint"),
    # JSON
    "json_extract": (_json_extract, "json"),
    "json_extract_scalar": (_json_extract_scalar, "varchar"),
    "json_parse": ("CAST({0} AS JSON)", "json"),
    "json_format": ("CAST({0} AS VARCHAR)", "varchar"),
    "json_array_length": ("CAST(json_array_length({0}) AS BIGINT)", "bigint"),
    "json_array_contains": ("json_contains({0}, to_json({1}))", "boolean"),
    "json_array_get": ("json_extract({0}, '$[' || ({1}) || ']')", "json"),
    "json_size": (
        "CASE json_type({0}, {1}) WHEN 'OBJECT' THEN len(json_keys({0}, {1})) WHEN 'ARRAY' THEN "
        "CAST(json_array_length({0}, {1}) AS BIGINT) ELSE 0 END",
        "bigint",
    ),
    # arrays, maps, rows
    "row": ("row({*})", "row"),
    "cardinality": ("len({0})", "bigint"),
    "element_at": ("({0})[{1}]", ""),
    "contains": ("list_contains({0}, {1})", "boolean"),
    "array_join": (
        {2: "array_to_string({0}, {1})",
         3: "array_to_string(list_transform({0}, lambda _x: coalesce(CAST(_x AS VARCHAR), {2})), {1})"},
        "varchar",
    ),
    "array_distinct": (_distinct("{0}"), "array"),
    "array_sort": ({1: "list_sort({0}, 'ASC', 'NULLS LAST')"}, "array"),
    "array_max": ("list_max({0})", ""),
    "array_min": ("list_min({0})", ""),
    "array_position": ("CAST(coalesce(list_position({0}, {1}), 0) AS BIGINT)", "bigint"),
    "array_remove": ("list_filter({0}, lambda _x: _x <> {1})", "array"),
    "array_union": (_distinct("list_concat({0}, {1})"), "array"),
    "array_intersect": ("list_intersect({0}, {1})", "array"),
    "array_except": ("list_filter(list_distinct({0}), lambda _x: NOT list_contains({1}, _x))", "array"),
    "arrays_overlap": ("list_has_any({0}, {1})", "boolean"),
    "flatten": ("flatten({0})", "array"),
    "sequence": (
        {2: "generate_series({0}, {1})",
         3: "list_transform(generate_series({0}, {1}, {2}), lambda _x: cast_to_type(_x, {0}))"},
        "array",
    ),
    "slice": ("list_slice({0}, {1}, {1} + {2} - 1)", "array"),
    "repeat": (_repeat, "array"),
    "zip": ("list_zip({*})", "array"),
    "transform": ("list_transform({0}, {1})", "array"),
    "filter": ("list_filter({0}, {1})", "array"),
    "any_match": ("coalesce(list_bool_or(list_transform({0}, {1})), false)", "boolean"),
    "all_match": ("coalesce(list_bool_and(list_transform({0}, {1})), true)", "boolean"),
    "none_match": ("NOT coalesce(list_bool_or(list_transform({0}, {1})), false)", "boolean"),
    "map": ({0: "MAP {{}}", 2: "map({0}, {1})"}, "map"),
    "map_keys": ("map_keys({0})", "array"),
    "map_values": ("map_values({0})", "array"),
    "map_concat": ("map_concat({*})", "map"),
    "map_entries": ("map_entries({0})", "array"),
    "map_from_entries": ("map_from_entries({0})", "map"),
    "split_to_map": (
        "map_from_entries(list_transform(string_split({0}, {1}), "
        "lambda _x: {{'k': split_part(_x, {2}, 1), 'v': split_part(_x, {2}, 2)}}))",
        "map",
    ),
}  # fmt: skip

AGGREGATE: dict[str, tuple[Template, str]] = {
    "count": ({0: "count(*)", 1: "count({0})"}, "bigint"),
    "count_if": ("count(CASE WHEN {0} THEN 1 END)", "bigint"),
    "sum": ("sum({0})", "sum"),
    "avg": ("avg({0})", "double"),
    "min": ("min({0})", "=0"),
    "max": ("max({0})", "=0"),
    "min_by": ({2: "arg_min_null({0}, {1})"}, "=0"),
    "max_by": ({2: "arg_max_null({0}, {1})"}, "=0"),
    "arbitrary": ("any_value({0})", "=0"),
    "any_value": ("any_value({0})", "=0"),
    "array_agg": ("array_agg({0})", "array"),
    "bool_and": ("bool_and({0})", "boolean"),
    "bool_or": ("bool_or({0})", "boolean"),
    "every": ("bool_and({0})", "boolean"),
    "approx_distinct": ("approx_count_distinct({0})", "bigint"),
    "approx_percentile": (_approx_percentile, ""),
    "geometric_mean": ("geomean({0})", "double"),
    "histogram": ("histogram({0})", "map"),
    "map_agg": ("map(list({0}), list({1}))", "map"),
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
    "bitwise_and_agg": ("bit_and({0})", "bigint"),
    "bitwise_or_agg": ("bit_or({0})", "bigint"),
    "bitwise_xor_agg": ("bit_xor({0})", "bigint"),
}

WINDOW: dict[str, tuple[Template, str]] = {
    "row_number": ("row_number()", "bigint"),
    "rank": ("rank()", "bigint"),
    "dense_rank": ("dense_rank()", "bigint"),
    "percent_rank": ("percent_rank()", "double"),
    "cume_dist": ("cume_dist()", "double"),
    "ntile": ("ntile({0})", "bigint"),
    "lag": ("lag({*})", "=0"),
    "lead": ("lead({*})", "=0"),
    "first_value": ("first_value({0})", "=0"),
    "last_value": ("last_value({0})", "=0"),
    "nth_value": ("nth_value({0}, {1})", "=0"),
}

FUNCTIONS = {**SCALAR, **AGGREGATE, **WINDOW}


def template(name: str, args: Sequence[exp.Expr]) -> str:
    """The template of a call. Raises QueryFailure when the function does not take that many arguments."""
    entry = FUNCTIONS[name][0]
    if callable(entry):
        return _checked(name, entry, args)
    if isinstance(entry, str):
        wanted = {int(digit) for digit in re.findall(r"(?<!\{)\{(\d)\}", entry)}
        if "{*}" not in entry and wanted and max(wanted) + 1 != len(args):
            raise unexpected_parameters(name, len(args))
        return entry
    if len(args) not in entry:
        raise unexpected_parameters(name, len(args))
    return entry[len(args)]


def _checked(name: str, entry: Callable[[Sequence[exp.Expr]], str], args: Sequence[exp.Expr]) -> str:
    try:
        return entry(args)
    except IndexError:
        raise unexpected_parameters(name, len(args)) from None


def unexpected_parameters(name: str, count: int) -> QueryFailure:
    """A call that no signature of the function takes."""
    return QueryFailure("FUNCTION_NOT_FOUND", f"Unexpected parameters ({count} of them) for function {name}")
