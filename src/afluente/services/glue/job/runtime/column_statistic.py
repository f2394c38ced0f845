"""Statistics of a table's columns, computed of its rows and written into the catalog as the run's role.

What they hold: https://docs.aws.amazon.com/glue/latest/webapi/API_ColumnStatisticsData.html
"""

import base64
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from afluente.core.hive_type import HiveType, parse
from afluente.services.glue.job.runtime import connection as sql
from afluente.services.glue.job.runtime.cast import plain_cast
from afluente.services.glue.job.runtime.catalog import get_table, glue
from afluente.services.glue.job.runtime.run import current

AT_ONCE = 25
"""As many columns does one UpdateColumnStatisticsForTable take."""


class Kind(NamedTuple):
    """A kind of statistics: its name, the aggregates by member, and how to write their values."""

    name: str
    aggregates: Mapping[str, str]
    write: Callable[[Any], Any] = lambda value: value


RANGE = {
    "MinimumValue": "min({0})", "MaximumValue": "max({0})", "NumberOfNulls": "count(*) - count({0})",
    "NumberOfDistinctValues": "count(DISTINCT {0})",
}  # fmt: skip
LENGTHS = {
    "MaximumLength": "coalesce(max({1}({0})), 0)", "AverageLength": "coalesce(avg({1}({0})), 0)",
    "NumberOfNulls": "count(*) - count({0})",
}  # fmt: skip


def analyze(frame: Any, database: str, table: str, columns: Sequence[str]) -> None:
    """Write the statistics of the `columns` of a table whose rows `frame` has; nested ones have none."""
    kinds = {each["Name"]: parse(each["Type"]) for each in get_table(database, table)["StorageDescriptor"]["Columns"]}
    wanted = {name: kinds[name] for name in columns if _kind(kinds[name]) is not None}
    found = statistics(frame.query, wanted, current().order.started_ms)
    for start in range(0, len(found), AT_ONCE):
        part = found[start : start + AT_ONCE]
        answer = glue(
            "UpdateColumnStatisticsForTable", DatabaseName=database, TableName=table, ColumnStatisticsList=part
        )
        if answer["Errors"]:
            raise RuntimeError(f"the statistics of a column were refused: {answer['Errors'][0]['Error']}")


def statistics(query: str, columns: Mapping[str, HiveType], now_ms: int) -> list[dict[str, Any]]:
    """The ColumnStatistics of columns, in marked JSON (see catalog/json_value.py)."""
    known = {name.lower(): name for name, _ in sql.schema(query)}
    wanted = {name: (hive, kind) for name, hive in columns.items() if (kind := _kind(hive)) is not None}
    selected = [
        aggregate.format(_value(known.get(name.lower()), hive), "octet_length" if kind.name == "Binary" else "length")
        for name, (hive, kind) in wanted.items()
        for aggregate in kind.aggregates.values()
    ]
    values = iter(sql.rows(f"SELECT {', '.join(selected)} FROM ({query})")[0] if selected else ())
    return [
        {
            "ColumnName": name,
            "ColumnType": str(hive),
            "AnalyzedTime": {"$ms": now_ms},
            "StatisticsData": {"Type": kind.name.upper(), f"{kind.name}ColumnStatisticsData": _data(kind, values)},
        }
        for name, (hive, kind) in wanted.items()
    ]


def _data(kind: Kind, values: Any) -> dict[str, Any]:
    found = {member: next(values) for member in kind.aggregates}
    return {
        member: kind.write(value) if member in {"MinimumValue", "MaximumValue"} else value
        for member, value in found.items()
        if value is not None
    }


def _value(name: str | None, hive: HiveType) -> str:
    return "NULL" if name is None else plain_cast(sql.identifier(name), hive)


def _kind(hive: HiveType) -> Kind | None:
    return KINDS.get(hive.name)


def _moment(value: dt.date) -> dict[str, int]:
    at = value if isinstance(value, dt.datetime) else dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001
    return {"$ms": round(at.replace(tzinfo=dt.UTC).timestamp() * 1000)}


def _decimal(value: Decimal) -> dict[str, Any]:
    sign, digits, exponent = value.as_tuple()
    unscaled = int("".join(map(str, digits))) * (-1 if sign else 1)
    data = unscaled.to_bytes(unscaled.bit_length() // 8 + 1, "big", signed=True)
    return {"UnscaledValue": {"$bytes": base64.b64encode(data).decode()}, "Scale": -int(exponent)}


TEXT = Kind("String", {**LENGTHS, "NumberOfDistinctValues": "count(DISTINCT {0})"})
TIME = Kind("Date", RANGE, _moment)
KINDS: dict[str, Kind] = {
    **dict.fromkeys(("tinyint", "smallint", "int", "bigint"), Kind("Long", RANGE)),
    **dict.fromkeys(("float", "double"), Kind("Double", RANGE)),
    **dict.fromkeys(("string", "varchar", "char"), TEXT),
    **dict.fromkeys(("date", "timestamp"), TIME),
    "decimal": Kind("Decimal", RANGE, _decimal),
    "binary": Kind("Binary", LENGTHS),
    "boolean": Kind("Boolean", {
        "NumberOfTrues": "count(*) FILTER (WHERE {0})", "NumberOfFalses": "count(*) FILTER (WHERE NOT {0})",
        "NumberOfNulls": "count(*) - count({0})",
    }),
}  # fmt: skip
