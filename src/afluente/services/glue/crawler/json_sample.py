"""JSON in all its forms: a record per line, records back to back on one line, printed over many lines, in an array."""

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import msgspec

from afluente.core.hive_type import HiveType
from afluente.services.glue.classifier.json_path import ALL, JsonPath
from afluente.services.glue.crawler.column_type import PLAIN, VOID, Columns, merge, of_value

MOST_RECORDS = 1000
WHITESPACE = " \t\r\n"

_lines = msgspec.json.Decoder()


@dataclass(frozen=True, slots=True)
class Records:
    """What a sample holds: its values, which are alike unless a path led to them, and the bytes they take."""

    values: list[Any]
    size: int


def read(data: bytes, *, truncated: bool) -> Records | None:
    """The first records of `data`; None when it is no JSON of objects or arrays.

    truncated: `data` is the head of something longer, so that its last record may be cut off.
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    if data.lstrip()[:1] not in {b"{", b"["}:
        return None
    records = _read_lines(data, truncated) or _read_stream(data, truncated)
    if records is None or not records.values:
        return None
    kinds = set(map(type, records.values))
    return records if kinds <= {dict} or kinds <= {list} else None


def _read_lines(data: bytes, truncated: bool) -> Records | None:
    """The quick way, for a record per line or records without anything between them."""
    lines = data.replace(b"}{", b"}\n{").split(b"\n", MOST_RECORDS)
    if truncated or len(lines) > MOST_RECORDS:
        lines.pop()
    head = b"\n".join(lines)
    try:
        values = _lines.decode_lines(head)
    except (msgspec.DecodeError, RecursionError):
        return None
    return Records(values, len(head) if b"\n" in data else len(head) - len(lines) + 1)


def _read_stream(data: bytes, truncated: bool) -> Records | None:
    """The thorough way: one value after the other, whatever the white space between and within them."""
    try:
        text = data.decode(errors="ignore" if truncated else "strict")
    except UnicodeDecodeError:
        return None
    decoder = json.JSONDecoder()
    values: list[Any] = []
    consumed, at = 0, _skip(text, 0)
    while at < len(text) and len(values) < MOST_RECORDS:
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            if truncated:
                break
            return None
        values.append(value)
        consumed, at = at, _skip(text, at)
    return Records(values, len(text[:consumed].encode(errors="replace")))


def read_path(data: bytes, path: JsonPath, *, truncated: bool) -> Records | None:
    """The first of what `path` leads to in the documents of `data`; None when it is no JSON, or leads nowhere."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    if data.lstrip()[:1] not in {b"{", b"["}:
        return None
    documents = _elements(data, truncated) if path.steps[:1] == (ALL,) else None
    rest = path if documents is None else JsonPath(path.steps[1:])
    documents = documents or _read_lines(data, truncated) or _read_stream(data, truncated)
    if documents is None:
        return None
    values = list(itertools.islice(rest.find(documents.values), MOST_RECORDS))
    return Records(values, documents.size) if values else None


def _elements(data: bytes, truncated: bool) -> Records | None:
    """The first elements of one array; they are found even when the array's end is not in `data`."""
    try:
        text = data.decode(errors="ignore" if truncated else "strict")
    except UnicodeDecodeError:
        return None
    at = _skip(text, 0)
    if text[at] != "[":
        return None
    decoder, values = json.JSONDecoder(), list[Any]()
    while at < len(text) and text[at] in "[,]" and len(values) < MOST_RECORDS:
        if text[at] == "]":
            return None if _skip(text, at + 1) < len(text) else Records(values, len(data))  # else: many arrays
        try:
            value, at = decoder.raw_decode(text, _skip(text, at + 1))
        except (ValueError, RecursionError):
            break
        values.append(value)
        at = _skip(text, at)
    return Records(values, len(text[:at].encode(errors="replace"))) if values else None


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in WHITESPACE:
        at += 1
    return at


def columns(records: Records) -> tuple[Columns, tuple[str, ...]]:
    """(columns, the keys as they are written): what is no object is one column, `array` or `record`, as on AWS."""
    kinds = set(map(type, records.values))
    if kinds == {dict}:
        return _object_columns(records.values)
    name = "array" if kinds == {list} else "record"
    kind = VOID
    for value in records.values:
        kind = merge(kind, of_value(value))
    return ((name, kind),), (name,)


def _object_columns(objects: Sequence[dict[str, Any]]) -> tuple[Columns, tuple[str, ...]]:
    # one record of each shape tells all, but for numbers and nested values: of those every one counts
    one_of_each = {(*record, *map(type, record.values())): record for record in objects}
    found: dict[str, HiveType] = {}
    to_check: dict[str, None] = {}
    for record in one_of_each.values():
        for name, value in record.items():
            found[name] = merge(found.get(name, VOID), of_value(value))
            if type(value) not in PLAIN:
                to_check[name] = None
    if len(one_of_each) < len(objects):
        for name in to_check:
            found[name] = _of_all([record[name] for record in objects if name in record])
    return _lower(found), tuple(found)


def _of_all(values: Sequence[Any]) -> HiveType:
    types = {*map(type, values)}
    if types & {dict, list}:
        return reduce(merge, map(of_value, values), VOID)
    kinds = [PLAIN[kind] for kind in types - {int}]
    if int in types:  # of integers the extremes tell all
        integers = [value for value in values if type(value) is int]
        kinds += [of_value(min(integers)), of_value(max(integers))]
    return reduce(merge, kinds, VOID)


def _lower(found: dict[str, HiveType]) -> Columns:
    lowered: dict[str, HiveType] = {}
    for name, kind in found.items():
        lowered[name.lower()] = merge(lowered.get(name.lower(), VOID), kind)
    return tuple(lowered.items())
