"""One value of a record beside one value of a table's column: as a condition of SQL, and compared.

A record's values are JSON's; a column's are of Hive's types, read as Python's or as the texts of Athena's answers.
"""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

MILLISECOND = timedelta(milliseconds=1)
UNREADABLE = (ValueError, TypeError, OverflowError, InvalidOperation)
"""What a reader raises of a value that is none of its type."""


def term(column: str, kind: str, item: Any) -> str | None:
    """The condition that the column has this value; None where that cannot be said of its type."""
    if item is None:
        return f"{column} IS NULL"
    typed = read(kind, item)
    if typed is None:
        return None
    if isinstance(typed, datetime):
        start = typed.replace(
            microsecond=typed.microsecond // 1000 * 1000
        )  # Athena's are of milliseconds, files may not
        return f"{column} >= {_timestamp(start)} AND {column} < {_timestamp(start + MILLISECOND)}"
    return f"{column} = {_literal(kind, typed)}"


def same(kind: str, stored: Any, item: Any) -> bool:
    """Whether a column's value is what a record says. Times to the millisecond, which is what all engines keep."""
    if stored is None or item is None:
        return stored is None and item is None
    left, right = read(kind, stored), read(kind, item)
    if left is None or right is None:
        return bool(stored == item)
    if isinstance(left, datetime) and isinstance(right, datetime):
        return abs(left - right) < MILLISECOND
    if base(kind) in {"float", "real"}:
        return math.isclose(left, right, rel_tol=1e-6)
    return bool(left == right)


def read(kind: str, item: Any) -> Any:
    """The value as one of the column's type, in Python; None when it is none, or of a type with parts."""
    reader = READERS.get(base(kind))
    if reader is None or isinstance(item, dict | list):
        return None
    try:
        return reader(item)
    except UNREADABLE:
        return None


def base(kind: str) -> str:
    """The type without its length or precision."""
    return kind.partition("(")[0]


def moment(item: Any) -> datetime:
    """A time, without a zone: UTC where it says one. Raises ValueError."""
    found = item if isinstance(item, datetime) else datetime.fromisoformat(str(item))
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found


def text(item: Any) -> str:
    """A JSON value as a string column has it."""
    return str(item).lower() if isinstance(item, bool) else str(item)


def _whole(item: Any) -> int | None:
    return int(item) if not isinstance(item, float) or item.is_integer() else None


def _real(item: Any) -> float | None:
    return None if isinstance(item, bool) else float(item)


def _truth(item: Any) -> bool | None:
    return item if isinstance(item, bool) else {"true": True, "false": False}.get(str(item).lower())


def _date(item: Any) -> date:
    return item if isinstance(item, date) and not isinstance(item, datetime) else date.fromisoformat(str(item))


READERS: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("tinyint", "smallint", "int", "integer", "bigint"), _whole),
    **dict.fromkeys(("double", "float", "real"), _real),
    **dict.fromkeys(("string", "varchar", "char"), text),
    "decimal": lambda item: Decimal(str(item)),
    "boolean": _truth,
    "timestamp": moment,
    "date": _date,
}


def _literal(kind: str, typed: Any) -> str:
    match base(kind):
        case "double" | "float" | "real":
            return f"CAST('{typed!r}' AS {'double' if base(kind) == 'double' else 'real'})"
        case "decimal":
            return f"CAST('{typed}' AS {kind})"
        case "date":
            return f"DATE '{typed}'"
        case "string" | "varchar" | "char":
            return "'" + str(typed).replace("'", "''") + "'"
    return str(typed).lower()


def _timestamp(at: datetime) -> str:
    return f"TIMESTAMP '{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d}'"
