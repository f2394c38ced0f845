"""Time zones of moments. DuckDB's moments have none, so a moment's zone is kept in its type, where the query says it.

A zone is a name (`America/Sao_Paulo`) or an offset (`-03:00`). What is not said is UTC, the session's zone.
"""

import re

from sqlglot import exp

from afluente.services.athena.sql.quote import literal
from afluente.services.athena.sql.trino_type import MILLISECONDS, MOMENT, TrinoType

OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)?")
TRAILING = re.compile(r"\d\d:\d\d(?::\d\d(?:\.\d+)?)?\s*(Z|[A-Za-z]+(?:/[\w+\-]+)*|[+-]\d\d(?::?\d\d)?)$")


def zone_of(node: exp.Expr) -> str:
    """The zone of an expression's type; empty where the query does not say one."""
    kind: TrinoType | None = node.meta.get("trino")
    return kind.zone if kind is not None else ""


def digits_of(node: exp.Expr) -> int:
    """The digits after the second of an expression's type."""
    kind: TrinoType | None = node.meta.get("trino")
    return kind.precision if kind is not None and kind.is_time else MILLISECONDS


def moment(zone: str, digits: int = MILLISECONDS) -> TrinoType:
    """The type of a moment in `zone`, with so many digits after the second."""
    return TrinoType(MOMENT, digits, zone="" if zone.upper() in {"UTC", "Z", "+00:00"} else zone)


def zone_in(text: str) -> str:
    """The zone at the end of a timestamp's text; empty when there is none."""
    match = TRAILING.search(text)
    if match is None:
        return ""
    offset = OFFSET.fullmatch(match[1])
    return f"{offset[1]}{offset[2]}:{offset[3] or '00'}" if offset else match[1]


def _minutes(zone: str) -> int | None:
    match = OFFSET.fullmatch(zone)
    if match is None:
        return None
    size = int(match[2]) * 60 + int(match[3] or 0)
    return -size if match[1] == "-" else size


def local(value: str, zone: str) -> str:
    """The local time in `zone` of the moment `value`, an SQL expression."""
    minutes = _minutes(zone)
    if minutes is None:
        return f"timezone({literal(zone or 'UTC')}, {value})"
    return f"(timezone('UTC', {value}) + to_minutes({minutes}))"


def instant(value: str, zone: str) -> str:
    """The moment of the local time `value` in `zone`."""
    minutes = _minutes(zone)
    if minutes is None:
        return f"timezone({literal(zone or 'UTC')}, CAST({value} AS TIMESTAMP))"
    return f"timezone('UTC', CAST({value} AS TIMESTAMP) - to_minutes({minutes}))"


def offset_text(local_time: str, zone: str) -> str:
    """The offset of `zone` at a local time there, such as `-03:00`, as an SQL expression."""
    if _minutes(zone) is not None:
        return literal(zone)
    return f"athena_offset_text({local_time}, timezone({literal(zone or 'UTC')}, {local_time}))"
