"""The RecordDeAggregation processor: several records in one, taken apart by delimiter or as JSON objects.

Source: "Apply dynamic partitioning to aggregated data", Firehose developer guide: at most 500 in one record, beyond
which it stays whole; JSON objects stand back to back or on lines of their own.
"""

import codecs
import json
from collections.abc import Callable

from afluente.services.firehose.processing.unit import Unit

MOST = 500
SPACE = " \t\r\n"


def splitter(delimiter: bytes | None) -> Callable[[Unit], list[Unit]]:
    """What takes records apart: at `delimiter`, or without one as JSON objects."""

    def split(unit: Unit) -> list[Unit]:
        found = _objects(unit.data) if delimiter is None else _delimited(unit.data, delimiter)
        if not 1 < len(found) <= MOST:
            return [unit] if len(found) != 1 else [unit.changed(data=found[0])]
        return [unit.changed(data=data, raw=data) for data in found]

    return split


def _delimited(data: bytes, delimiter: bytes) -> list[bytes]:
    return [part for part in data.split(delimiter) if part]


def _objects(data: bytes) -> list[bytes]:
    """The JSON objects in `data`, as they are spelled there; nothing when it is anything but objects and space."""
    try:
        text = codecs.decode(data, "utf-8")
    except UnicodeDecodeError:
        return []
    decoder, position = json.JSONDecoder(), _skip_space(text, 0)
    found: list[bytes] = []
    while position < len(text):
        if text[position] != "{" or len(found) > MOST:
            return []
        try:
            _, end = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            return []
        found.append(text[position:end].encode())
        position = _skip_space(text, end)
    return found


def _skip_space(text: str, position: int) -> int:
    while position < len(text) and text[position] in SPACE:
        position += 1
    return position
