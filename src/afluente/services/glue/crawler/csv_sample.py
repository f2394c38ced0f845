"""Delimited text: which delimiter, whether the first row is a header, and the types of the columns."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

from afluente.core.hive_type import HiveType
from afluente.services.glue.crawler.column_type import BIGINT, BOOLEAN, DOUBLE, STRING, VOID, Columns

DELIMITERS = (",", "|", "\t", ";", "\x01")
MOST_ROWS = 1000
LONGEST_HEADER = 150
HEADER_NAME = re.compile(r"[^\x00-\x1f]+")
INTEGER = re.compile(r"[+-]?\d{1,18}")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


WHOLE_COLUMNS = (
    (re.compile(rf"{INTEGER.pattern}(?:\n{INTEGER.pattern})*"), BIGINT),
    (re.compile(rf"{NUMBER.pattern}(?:\n{NUMBER.pattern})*"), DOUBLE),
    (re.compile(r"(?i:true|false)(?:\n(?i:true|false))*"), BOOLEAN),
)
"""The types of columns whose fields, a line each, are all of a kind; a string takes everything."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a classifier says of its files; the built-in one says nothing. `has_header` None leaves it to the data.

    header: the columns' names, whether the files have them or not. types: the columns' types, in their order.
    """

    delimiters: Sequence[str] = DELIMITERS
    quote: str = '"'
    has_header: bool | None = None
    header: Sequence[str] = ()
    types: Sequence[HiveType] = ()
    trims: bool = True
    fewest_columns: int = 2


BUILT_IN = Dialect()


@dataclass(frozen=True, slots=True)
class Rows:
    """What a sample holds: rows of equal length, the first perhaps a header, and the bytes they take."""

    delimiter: str
    quoted: bool
    header: bool
    columns: Columns
    count: int
    size: int


def read(data: bytes, *, truncated: bool, dialect: Dialect = BUILT_IN) -> Rows | None:
    """The first rows of `data`; None when it is no delimited text as `dialect` has it."""
    try:
        text = data.decode("utf-8-sig", errors="ignore" if truncated else "strict")
    except UnicodeDecodeError:
        return None
    if "\x00" in text:
        return None
    if truncated:
        text = text[: text.rfind("\n") + 1]
    for delimiter in dialect.delimiters:
        rows = _rows(text, delimiter, dialect)
        if rows is not None:
            return _describe(rows, text, delimiter, dialect)
    return None


def _rows(text: str, delimiter: str, dialect: Dialect) -> list[list[str]] | None:
    """The rows, when `delimiter` cuts all of them into the same number of columns."""
    rows: list[list[str]] = []
    try:
        lines = text.splitlines(keepends=True)
        for row in csv.reader(lines, delimiter=delimiter, quotechar=dialect.quote, strict=True):
            if not row:
                continue
            if rows and len(row) != len(rows[0]):
                return None
            rows.append(row)
            if len(rows) == MOST_ROWS:
                break
    except csv.Error:
        return None
    return rows if len(rows) >= 2 and len(rows[0]) >= dialect.fewest_columns else None


def _describe(rows: list[list[str]], text: str, delimiter: str, dialect: Dialect) -> Rows | None:
    width = len(rows[0])
    if any(given and len(given) != width for given in (dialect.header, dialect.types)):
        return None
    header = _is_header(rows) if dialect.has_header is None else dialect.has_header
    body = rows[1:] if header else rows
    found = dialect.header or (rows[0] if header else [""] * width)
    kinds = dialect.types or [_kind(column, trims=dialect.trims) for column in zip(*body, strict=True)]
    names = _names(found)
    quoted = f"{dialect.quote}{delimiter}" in text or f"{delimiter}{dialect.quote}" in text
    shown = text if len(rows) < MOST_ROWS else "".join(text.splitlines(keepends=True)[:MOST_ROWS])
    return Rows(delimiter, quoted, header, tuple(zip(names, kinds, strict=True)), len(body), len(shown.encode()))


def _kind(column: Sequence[str], *, trims: bool) -> HiveType:
    """The type that holds all of a column's fields; white space around a number makes a text of it unless trimmed."""
    fields = [field.strip() for field in column]
    if not trims and fields != list(column):
        return STRING
    text = "\n".join(filter(None, fields))
    if not text:
        return VOID
    return next((kind for pattern, kind in WHOLE_COLUMNS if pattern.fullmatch(text)), STRING)


def _is_header(rows: Sequence[list[str]]) -> bool:
    """Is the first row a header: names only, and not of the kind that the other rows are?"""
    first, body = rows[0], rows[1:]
    trailing_empty = not any(row[-1] for row in rows)
    names = first[:-1] if trailing_empty else first
    if not all(of_text(name) is STRING and HEADER_NAME.fullmatch(name) for name in names):
        return False
    if any(len(name) >= LONGEST_HEADER for name in names[:-1]) or len({name.lower() for name in names}) < len(names):
        return False
    return any(of_text(value) not in {STRING, VOID} for row in body for value in row)


def _names(header: Sequence[str]) -> list[str]:
    return [name.strip().lower() or f"col{number}" for number, name in enumerate(header)]


def of_text(text: str) -> HiveType:
    """The type of a field; VOID when it is empty."""
    text = text.strip()
    if not text:
        return VOID
    if INTEGER.fullmatch(text):
        return BIGINT
    if NUMBER.fullmatch(text):
        return DOUBLE
    return BOOLEAN if text.lower() in {"true", "false"} else STRING
