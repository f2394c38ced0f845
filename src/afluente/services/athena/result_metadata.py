"""The `.metadata` object beside a result: AWS's protobuf message of the columns, which its JDBC driver reads.

Fields: 1 query id, 2 update type, 3 update count, 4 a column each: 1 catalog, 4 name, 5 label, 6 type, 7 precision,
8 scale, 9 nullable (3: unknown), 10 case sensitive.
"""

from collections.abc import Iterable
from typing import Any


def encode(
    query_id: str, columns: Iterable[dict[str, Any]], update_type: str = "", update_count: int | None = None
) -> bytes:
    """The message for columns given as ColumnInfo structures."""
    parts = [_text(1, query_id)]
    if update_type:
        parts.append(_text(2, update_type))
    if update_count is not None:
        parts.append(_number(3, update_count))
    parts += [_bytes(4, _column(column)) for column in columns]
    return b"".join(parts)


def _column(column: dict[str, Any]) -> bytes:
    return b"".join((
        _text(1, column["CatalogName"]),
        _text(4, column["Name"]),
        _text(5, column["Label"]),
        _text(6, column["Type"]),
        _number(7, column["Precision"]),
        _number(8, column["Scale"]),
        _number(9, 3),
        _number(10, int(column["CaseSensitive"])),
    ))  # fmt: skip


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())
