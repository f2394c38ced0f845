"""Partition projection: a table's partitions computed from its properties, instead of kept in the catalog.

Source: AWS's "Partition projection with Amazon Athena" pages. Each column's values are narrowed by the query's
conditions on that column before they are combined, so that a range of years by the hour costs what is asked for.
"""

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlglot import exp

from afluente.services.athena.catalog import Column, Table
from afluente.services.athena.error import QueryFailure
from afluente.services.athena.sql import pattern

MOST_PARTITIONS = 1_000_000
NOW = re.compile(r"NOW(?:\s*([+-])\s*(\d+)\s*(YEAR|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND)S?)?", re.IGNORECASE)
SECONDS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86_400, "WEEK": 604_800}
MONTHS = {"MONTH": 1, "YEAR": 12}

Narrow = Callable[[Column, Sequence[str]], Sequence[str]]
"""Those of a column's values that the query's conditions on it allow."""


def is_projected(table: Table) -> bool:
    """Whether the table's partitions are computed."""
    return table.parameters.get("projection.enabled", "").strip().lower() == "true"


def partitions(table: Table, conditions: Sequence[exp.Expr], narrow: Narrow, now: datetime) -> Iterator[dict[str, Any]]:
    """The partitions as Glue would list them: values and location. Raises QueryFailure for a broken configuration."""
    keys = table.partition_keys
    missing = [key.name for key in keys if _option(table, key, "type") is None]
    if missing:
        raise QueryFailure(
            "HIVE_METASTORE_ERROR",
            f"Table {table.database}.{table.name} is configured for partition projection, but the following partition "
            f"columns are missing projection configuration: [{', '.join(missing)}] "
            f"(table {table.database}.{table.name})",
        )
    columns = [narrow(key, _values(table, key, conditions, now)) for key in keys]
    size = 1
    for values in columns:
        size *= len(values)
    if size > MOST_PARTITIONS:
        message = f"The query would read {size} projected partitions; the most is {MOST_PARTITIONS}"
        raise QueryFailure("HIVE_EXCEEDED_PARTITION_LIMIT", message)
    for values in itertools.product(*columns):
        location = _location(table, values)
        yield {"Values": list(values), "StorageDescriptor": {**table.storage, "Location": location}}


def _option(table: Table, key: Column, name: str) -> str | None:
    return table.parameters.get(f"projection.{key.name}.{name}")


def _needed(table: Table, key: Column, name: str) -> str:
    value = _option(table, key, name)
    if value is None:
        raise _broken(table, key, f"missing required property 'projection.{key.name}.{name}'")
    return value


def _broken(table: Table, key: Column, reason: str) -> QueryFailure:
    message = f"Invalid partition projection of column {key.name} in table {table.database}.{table.name}: {reason}"
    return QueryFailure("INVALID_TABLE_PROPERTY", message)


def _values(table: Table, key: Column, conditions: Sequence[exp.Expr], now: datetime) -> Sequence[str]:
    kind = _needed(table, key, "type").strip().lower()
    if kind == "injected":
        return _injected(key, conditions)
    if kind not in KINDS:
        raise _broken(table, key, f"unknown type '{kind}'")
    return KINDS[kind](table, key, now)


def _enum(table: Table, key: Column, _: datetime) -> Sequence[str]:
    return _needed(table, key, "values").split(",")


def _integer(table: Table, key: Column, _: datetime) -> Sequence[str]:
    bounds = _needed(table, key, "range").split(",")
    try:
        low, high = (int(bound) for bound in bounds)
        step, digits = int(_option(table, key, "interval") or 1), int(_option(table, key, "digits") or 0)
    except ValueError:
        raise _broken(table, key, f"'{','.join(bounds)}' is no range of integers") from None
    return [str(value).zfill(digits) for value in range(low, high + 1, step)]


def _date(table: Table, key: Column, now: datetime) -> Sequence[str]:
    text = _needed(table, key, "format")
    shape = pattern.joda(text)
    low, high = (_bound(table, key, bound, shape, now) for bound in _bounds(table, key))
    unit = (_option(table, key, "interval.unit") or _precision(table, key, text)).upper().rstrip("S")
    count = int(_option(table, key, "interval") or 1)
    if unit not in SECONDS and unit not in MONTHS:
        raise _broken(table, key, f"unknown interval unit '{unit}'")
    found: list[str] = []
    for number in itertools.count():
        value = _later(low, number * count, unit)
        if value > high:
            return list(dict.fromkeys(found))
        found.append(value.strftime(shape))
        if number > MOST_PARTITIONS:
            raise _broken(table, key, "the range has too many values")
    raise AssertionError  # the loop returns


def _bounds(table: Table, key: Column) -> Sequence[str]:
    bounds = [bound.strip() for bound in _needed(table, key, "range").split(",")]
    if len(bounds) != 2:
        raise _broken(table, key, "the range takes two bounds")
    return bounds


def _bound(table: Table, key: Column, text: str, shape: str, now: datetime) -> datetime:
    match = NOW.fullmatch(text)
    if match is None:
        try:
            return datetime.strptime(text, shape).replace(tzinfo=UTC)
        except ValueError:
            raise _broken(table, key, f"'{text}' does not fit the format") from None
    start = _cut(now, shape)
    if match[2] is None:
        return start
    return _later(start, int(match[1] + match[2]), match[3].upper())


def _cut(now: datetime, shape: str) -> datetime:
    """Now, as precise as the format is."""
    return datetime.strptime(now.strftime(shape), shape).replace(tzinfo=UTC)


def _later(time: datetime, count: int, unit: str) -> datetime:
    if unit in SECONDS:
        return time + timedelta(seconds=count * SECONDS[unit])
    months = time.year * 12 + time.month - 1 + count * MONTHS[unit]
    return time.replace(year=months // 12, month=months % 12 + 1)


def _precision(table: Table, key: Column, text: str) -> str:
    """Formats to the day or the month need no unit."""
    if re.search(r"[HhKkmsSnA]", text):
        raise _broken(table, key, f"missing required property 'projection.{key.name}.interval.unit'")
    return "DAYS" if re.search(r"[dD]", text) else "MONTHS" if re.search(r"[ML]", text) else "YEARS"


def _injected(key: Column, conditions: Sequence[exp.Expr]) -> Sequence[str]:
    """The values that the query itself names."""
    for condition in conditions:
        if isinstance(condition, exp.EQ):
            sides = (condition.left, condition.right)
            column = next((side for side in sides if isinstance(side, exp.Column)), None)
            value = next((side for side in sides if isinstance(side, exp.Literal)), None)
            if column is not None and value is not None and column.name.lower() == key.name:
                return [value.name]
        if isinstance(condition, exp.In) and isinstance(condition.this, exp.Column):
            literal = all(isinstance(item, exp.Literal) for item in condition.expressions)
            if condition.this.name.lower() == key.name and condition.expressions and literal:
                return [item.name for item in condition.expressions]
    raise QueryFailure(
        "CONSTRAINT_VIOLATION",
        f"For the injected projected partition column {key.name}, the WHERE clause must contain only static equality "
        "conditions, and at least one such condition must be present.",
    )


def _location(table: Table, values: Sequence[str]) -> str:
    template = table.parameters.get("storage.location.template")
    named = dict(zip((key.name for key in table.partition_keys), values, strict=True))
    if template is None:
        root = table.storage.get("Location", "").rstrip("/")
        return f"{root}/{'/'.join(f'{name}={value}' for name, value in named.items())}/"
    return _filled(template, named)


def _filled(template: str, named: Mapping[str, str]) -> str:
    for name, value in named.items():
        mark = re.compile(re.escape("${" + name + "}"), re.IGNORECASE)
        if mark.search(template) is None:
            message = f"storage.location.template must have ${{{name}}}: {template}"
            raise QueryFailure("INVALID_TABLE_PROPERTY", message)
        template = mark.sub(lambda _, value=value: value, template)  # type: ignore[misc]  # bound at once
    return template


KINDS: Mapping[str, Callable[[Table, Column, datetime], Sequence[str]]] = {
    "enum": _enum,
    "integer": _integer,
    "date": _date,
}
