"""Date and time functions.

A moment with a time zone is kept as the moment alone; its zone is part of its type, where the query says it (see
`zone.py`). Functions in LOCAL are given the local time there.
"""

from afluente.services.athena.error import QueryFailure
from afluente.services.athena.sql import pattern
from afluente.services.athena.sql.function.entry import (
    INVALID,
    Arguments,
    Entries,
    by_type,
    is_a,
    kind_of,
    quoted,
    text_of,
)
from afluente.services.athena.sql.value import timestamp_text
from afluente.services.athena.sql.zone import digits_of, instant, local, offset_text, zone_of

DATE_UNITS = frozenset({"day", "week", "month", "quarter", "year"})
UNITS = DATE_UNITS | {"millisecond", "second", "minute", "hour"}

LOCAL = frozenset({
    "date", "date_format", "date_trunc", "day", "day_of_month", "day_of_week", "day_of_year", "dow", "doy",
    "format_datetime", "hour", "last_day_of_month", "millisecond", "minute", "month", "quarter", "second",
    "to_char", "to_iso8601", "week", "week_of_year", "year", "year_of_week", "yow",
})  # fmt: skip


def _unit(args: Arguments, function: str, value: int) -> str:
    unit = text_of(args[0], function).lower()
    allowed = DATE_UNITS if is_a(args[value], "date") else UNITS
    if unit not in allowed:
        kind = kind_of(args[value])
        shown = "DATE" if kind is None or kind.name == "date" else kind.name.partition(" ")[0].upper()
        raise QueryFailure(INVALID, f"'{unit}' is not a valid {shown} field")
    return unit


def _date_format(args: Arguments) -> str:
    return f"strftime({{0}}, {quoted(pattern.mysql(text_of(args[1], 'date_format')))})"


def _date_parse(args: Arguments) -> str:
    wanted = pattern.mysql(text_of(args[1], "date_parse"))
    return _parsed("{0}", wanted)


def _parsed(value: str, wanted: str) -> str:
    """What the pattern leaves out is that of 1970-01-01; DuckDB takes 1900's."""
    if any(letter in wanted for letter in ("%Y", "%y", "%G")):
        return f"strptime({value}, {quoted(wanted)})"
    return f"strptime('1970 ' || {value}, {quoted('%Y ' + wanted)})"


def _format_datetime(args: Arguments) -> str:
    zone = zone_of(args[0]) or "UTC"
    pieces = []
    for piece in pattern.joda_pieces(text_of(args[1], "format_datetime")):
        if piece in pattern.ZONE_TOKENS:
            shown = f"'{zone}'" if piece == "z" else offset_text("{0}", zone)
            pieces.append(f"replace({shown}, ':', '')" if piece == "Z" else shown)
        else:
            pieces.append(f"strftime({{0}}, {quoted(piece)})")
    return "(" + " || ".join(pieces) + ")"


def _parse_datetime(args: Arguments) -> str:
    wanted = pattern.joda(text_of(args[1], "parse_datetime"))
    return f"CAST({_parsed('{0}', wanted)} AS TIMESTAMPTZ)"


def _date_add(args: Arguments) -> str:
    return f"cast_to_type({{2}} + to_{_unit(args, 'date_add', 2)}s(CAST({{1}} AS BIGINT)), {{2}})"


def _date_diff(args: Arguments) -> str:
    """Trino counts whole units that have passed (DuckDB's date_sub), not boundaries crossed."""
    return f"date_sub('{_unit(args, 'date_diff', 1)}', {{1}}, {{2}})"


def _date_trunc(args: Arguments) -> str:
    cut = f"date_trunc('{_unit(args, 'date_trunc', 1)}', {{1}})"
    if is_a(args[1], "timestamp with time zone"):
        return instant(cut, zone_of(args[1]) or "UTC")
    return f"cast_to_type({cut}, {{1}})"


def _with_timezone(args: Arguments) -> str:
    zone = args[1]
    return instant("{0}", zone.name) if zone.is_string else "timezone({1}, {0})"


def _to_iso8601(args: Arguments) -> str:
    if is_a(args[0], "date"):
        return "CAST({0} AS VARCHAR)"
    if not is_a(args[0], "timestamp with time zone"):
        return _iso8601(digits_of(args[0]))
    zone = zone_of(args[0]) or "UTC"
    offset = "'Z'" if zone == "UTC" else offset_text("{0}", zone)
    return f"{_iso8601(digits_of(args[0]))} || {offset}"


def _iso8601(digits: int) -> str:
    return f"replace({timestamp_text('{0}', digits)}, ' ', 'T')"


FUNCTIONS: Entries = {
    "date": ("CAST({0} AS DATE)", "date"),
    "date_add": (_date_add, "=2"),
    "date_diff": (_date_diff, "bigint"),
    "date_trunc": (_date_trunc, "=1"),
    "date_format": (_date_format, "varchar"),
    "date_parse": (_date_parse, "timestamp"),
    "format_datetime": (_format_datetime, "varchar"),
    "parse_datetime": (_parse_datetime, "timestamp with time zone"),
    "from_iso8601_timestamp": ("CAST(replace({0}, 'T', ' ') AS TIMESTAMPTZ)", "timestamp with time zone"),
    "from_iso8601_date": (
        "CASE WHEN regexp_full_match({0}, '\\d{{4}}-\\d\\d-\\d\\d') THEN CAST({0} AS DATE) "
        "ELSE CAST(athena_iso_date({0}) AS DATE) END",
        "date",
    ),
    "to_iso8601": (_to_iso8601, "varchar"),
    "from_unixtime": (
        {1: "to_timestamp({0})", 2: "to_timestamp({0})", 3: "to_timestamp({0})"},
        "timestamp with time zone",
    ),
    "from_unixtime_nanos": ("make_timestamptz(CAST({0} // 1000 AS BIGINT))", "timestamp with time zone"),
    "to_unixtime": ("epoch({0})", "double"),
    "at_timezone": ({2: "CAST({0} AS TIMESTAMPTZ)"}, "timestamp with time zone"),
    "with_timezone": (_with_timezone, "timestamp with time zone"),
    "current_timezone": ("'UTC'", "varchar"),
    "timezone": (lambda args: quoted(zone_of(args[0]) or "UTC"), "varchar"),
    "now": ("now()", "timestamp with time zone"),  # the binder puts the query's own time in its place
    "last_day_of_month": ("last_day({0})", "date"),
    "human_readable_seconds": ("athena_readable_seconds(CAST({0} AS DOUBLE))", "varchar"),
    "parse_duration": ("to_milliseconds(CAST(athena_duration_ms({0}) AS BIGINT))", "interval day to second"),
    "to_milliseconds": ("CAST(epoch_ms({0}) AS BIGINT)", "bigint"),
    "year": ("year({0})", "bigint"),
    "quarter": ("quarter({0})", "bigint"),
    "month": ("month({0})", "bigint"),
    "week": ("weekofyear({0})", "bigint"),
    "week_of_year": ("weekofyear({0})", "bigint"),
    "day": (
        by_type("day({0})", **{"interval day to second": "CAST(epoch_ms({0}) // 86400000 AS BIGINT)"}),
        "bigint",
    ),
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
    "timezone_hour": (lambda args: f"({offset_minutes(args)} // 60)", "bigint"),
    "timezone_minute": (lambda args: f"({offset_minutes(args)} % 60)", "bigint"),
    # Teradata's
    "to_char": (lambda args: f"strftime({{0}}, {quoted(pattern.teradata(text_of(args[1], 'to_char')))})", "varchar"),
    "to_date": (lambda args: f"CAST({_teradata(args, 'to_date')} AS DATE)", "date"),
    "to_timestamp": (lambda args: _teradata(args, "to_timestamp"), "timestamp"),
}


def offset_minutes(args: Arguments) -> str:
    """The offset of the first argument's zone at its moment, in minutes."""
    return f"athena_offset({{0}}, {local('{0}', zone_of(args[0]) or 'UTC')})"


def _teradata(args: Arguments, function: str) -> str:
    return _parsed("{0}", pattern.teradata(text_of(args[1], function)))
