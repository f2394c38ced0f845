"""Dates and times. Texts are read as such; times are in UTC without a zone."""

import re
from typing import Any

from afluente.services.glue.job.runtime.spark.function.entry import literal
from afluente.services.glue.job.runtime.spark.function.time_pattern import strftime

D, T = "spark_date({0})", "spark_timestamp({0})"
PATTERN = "'yyyy-MM-dd HH:mm:ss'"
TRUNCATED = {
    **dict.fromkeys(("year", "yyyy", "yy"), "year"), **dict.fromkeys(("month", "mon", "mm"), "month"),
    "quarter": "quarter", "week": "week",
}  # fmt: skip
TRUNCATED_TIMES = {
    **TRUNCATED, "day": "day", "dd": "day", "hour": "hour", "minute": "minute", "second": "second",
    "millisecond": "millisecond", "microsecond": "microsecond",
}  # fmt: skip
INTERVAL = re.compile(r"\s*(\d+)\s*(millisecond|second|minute|hour|day|week)s?\s*", re.IGNORECASE)


def _part(function: str) -> tuple[str, str, str]:
    return "col", f"{function}({T})", "INTEGER"


def _formatted(value: str, pattern: str) -> str:
    return f"strftime(spark_timestamp({value}), {strftime(literal('date_format', pattern))})"


def _parsed(value: str, pattern: str) -> str:
    form = strftime(literal("to_timestamp", pattern), reads=True)
    return f"TRY_CAST(try_strptime(spark_string({value}), {form}) AS TIMESTAMP)"


def _to_date(value: str, pattern: str) -> str:
    return f"CAST({_parsed(value, pattern)} AS DATE)"


def _seconds(value: str = "now()", pattern: str = PATTERN) -> str:
    if value == "now()":
        return "CAST(floor(epoch(now())) AS BIGINT)"
    return f"spark_seconds({value}, {_parsed(value, pattern)})"


def _from_unixtime(seconds: str, pattern: str = PATTERN) -> str:
    return _formatted(f"make_timestamp(spark_long({seconds}) * 1000000)", pattern)


def _trunc(date: str, unit: str) -> str:
    found = TRUNCATED.get(literal("trunc", unit).lower())
    return f"CAST(date_trunc('{found}', spark_date({date})) AS DATE)" if found else "CAST(NULL AS DATE)"


def _date_trunc(unit: str, time: str) -> str:
    found = TRUNCATED_TIMES.get(literal("date_trunc", unit).lower())
    return f"CAST(date_trunc('{found}', spark_timestamp({time})) AS TIMESTAMP)" if found else "CAST(NULL AS TIMESTAMP)"


def _next_day(date: str, day: str) -> str:
    names = ("mo", "tu", "we", "th", "fr", "sa", "su")
    given = literal("next_day", day).lower()
    if given[:2] not in names:
        return "CAST(NULL AS DATE)"
    number = names.index(given[:2]) + 1
    return f"spark_date({date}) + CAST((({number} - isodow(spark_date({date})) + 6) % 7) + 1 AS INTEGER)"


def _window(time: str, width: str, *more: str) -> str:
    if any(each not in {"NULL", width} for each in more):
        raise NotImplementedError("window() is supported without a slide and a start")
    match = INTERVAL.fullmatch(literal("window", width))
    if match is None:
        raise NotImplementedError(f"window() of {width} is not supported; '5 minutes' is")
    span = f"INTERVAL {match[1]} {match[2].upper()}"
    start = f"time_bucket({span}, spark_timestamp({time}), TIMESTAMP '1970-01-01')"
    return f'struct_pack("start" := {start}, "end" := {start} + {span})'


def _date_part(field: str, source: str) -> str:
    word = literal("date_part", field).lower()
    value = f"date_part({field}, {source})"
    return (
        f"CAST({value} AS INTEGER)"
        if not word.startswith("s")
        else (f"CAST(microsecond({source}) / 1000000.0 AS DECIMAL(8, 6))")
    )


def _by_unit(two: str, name: str, three: str) -> Any:
    """`date_add(date, days)` and `date_add(DAY, number, date)` are one name in Spark SQL."""

    def sql(*given: str) -> str:
        if len(given) == 2:
            return two.format(*given)
        unit, *others = given
        word = unit.strip("\"'").lower().rstrip("s")
        if word not in {"year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond"}:
            raise NotImplementedError(f"{name}() by {unit} is not supported")
        return three.format(word, *others)

    return sql


ADD = _by_unit(
    f"CAST({D} + CAST({{1}} AS INTEGER) AS DATE)", "dateadd",
    "CAST(spark_timestamp({2}) + CAST({1} AS BIGINT) * INTERVAL 1 {0} AS TIMESTAMP)",
)  # fmt: skip
DIFFERENCE = _by_unit(
    "CAST(date_diff('day', spark_date({1}), spark_date({0})) AS INTEGER)", "datediff",
    "date_sub('{0}', spark_timestamp({1}), spark_timestamp({2}))",
)  # fmt: skip

FUNCTIONS: dict[str, Any] = {
    "year": _part("year"), "month": _part("month"), "day": _part("day"), "dayofmonth": _part("day"),
    "hour": _part("hour"), "minute": _part("minute"), "second": _part("second"), "quarter": _part("quarter"),
    "weekofyear": _part("weekofyear"), "dayofyear": _part("dayofyear"),
    "dayofweek": ("col", f"dayofweek({T}) + 1", "INTEGER"),
    "weekday": ("col", f"isodow({T}) - 1", "INTEGER"),
    "add_months": ("start, months", f"CAST({D} + to_months(CAST({{1}} AS INTEGER)) AS DATE)"),
    "date_add": ("start, days", ADD),
    "dateadd": ("start, days", ADD),
    "date_sub": ("start, days", f"CAST({D} - CAST({{1}} AS INTEGER) AS DATE)"),
    "datediff": ("end, start", DIFFERENCE),
    "date_diff": ("end, start", DIFFERENCE),
    "timestampadd": ("-", ADD),
    "timestampdiff": ("-", DIFFERENCE),
    "date_format": ("date, format:", _formatted),
    "date_trunc": ("format:, timestamp", _date_trunc),
    "trunc": ("date, format:", _trunc),
    "last_day": ("date", f"last_day({D})"),
    "next_day": ("date, dayOfWeek:", _next_day),
    "months_between": ("date1, date2, roundOff:=True", {
        2: "round(spark_months(spark_timestamp({0}), spark_timestamp({1})), 8)",
        3: "CASE WHEN {2} THEN round(spark_months(spark_timestamp({0}), spark_timestamp({1})), 8) "
           "ELSE spark_months(spark_timestamp({0}), spark_timestamp({1})) END"}),
    "to_date": ("col, format:=None", {1: D, 2: _to_date}),
    "to_timestamp": ("col, format:=None", {1: T, 2: _parsed}),
    "to_timestamp_ltz": ("timestamp, format:=None", {1: T, 2: _parsed}),
    "to_timestamp_ntz": ("timestamp, format:=None", {1: T, 2: _parsed}),
    "try_to_timestamp": ("col, format:=None", {1: T, 2: _parsed}),
    "unix_timestamp": ("timestamp=None, format:='yyyy-MM-dd HH:mm:ss'", _seconds),
    "to_unix_timestamp": ("timestamp, format:=None", _seconds),
    "from_unixtime": ("timestamp, format:='yyyy-MM-dd HH:mm:ss'", _from_unixtime),
    "from_utc_timestamp": ("timestamp, tz:", "timezone({1}, timezone('UTC', spark_timestamp({0})))"),
    "to_utc_timestamp": ("timestamp, tz:", "CAST(timezone('UTC', timezone({1}, spark_timestamp({0}))) AS TIMESTAMP)"),
    "convert_timezone": ("sourceTz, targetTz, sourceTs", {
        2: "timezone({0}, timezone('UTC', spark_timestamp({1})))",
        3: "timezone({1}, timezone({0}, spark_timestamp({2})))"}),
    "make_date": ("year, month, day", "TRY(make_date(CAST({0} AS BIGINT), CAST({1} AS BIGINT), CAST({2} AS BIGINT)))"),
    "make_timestamp": ("years, months, days, hours, mins, secs, timezone=None", {
        6: "spark_make_timestamp({all})",
        7: "CAST(timezone('UTC', timezone({6}, spark_make_timestamp({0}, {1}, {2}, {3}, {4}, {5}))) AS TIMESTAMP)"}),
    "make_timestamp_ltz": ("years, months, days, hours, mins, secs, timezone=None", {
        6: "spark_make_timestamp({all})",
        7: "CAST(timezone('UTC', timezone({6}, spark_make_timestamp({0}, {1}, {2}, {3}, {4}, {5}))) AS TIMESTAMP)"}),
    "make_timestamp_ntz": ("years, months, days, hours, mins, secs", "spark_make_timestamp({all})"),
    "timestamp_seconds": ("col", "make_timestamp(CAST(CAST(spark_number({0}) AS DECIMAL(30, 6)) * 1000000 AS BIGINT))"),
    "timestamp_millis": ("col", "make_timestamp(CAST({0} AS BIGINT) * 1000)"),
    "timestamp_micros": ("col", "make_timestamp(CAST({0} AS BIGINT))"),
    "unix_seconds": ("col", f"CAST(floor(epoch({T})) AS BIGINT)"),
    "unix_millis": ("col", f"epoch_ms({T})"),
    "unix_micros": ("col", f"epoch_us({T})"),
    "unix_date": ("col", f"CAST(date_diff('day', DATE '1970-01-01', {D}) AS INTEGER)"),
    "date_from_unix_date": ("days", "DATE '1970-01-01' + CAST({0} AS INTEGER)"),
    "current_timestamp": ("", "CAST(now() AS TIMESTAMP)"),
    "now": ("", "CAST(now() AS TIMESTAMP)"),
    "localtimestamp": ("", "CAST(now() AS TIMESTAMP)"),
    "current_date": ("", "CAST(now() AS DATE)"),
    "curdate": ("", "CAST(now() AS DATE)"),
    "current_timezone": ("", "'UTC'"),
    "date_part": ("field, source", _date_part),
    "datepart": ("field, source", _date_part),
    "window": ("timeColumn, windowDuration:, slideDuration:=None, startTime:=None", _window),
}  # fmt: skip
