"""The JSON objects in a record, read exactly: what Jackson takes is taken, what it refuses fails the record.

Numbers stay as they are spelled, since the SerDes look at the spelling.
"""

import json
import re
from collections.abc import Callable
from typing import Any, NoReturn

from afluente.services.firehose.conversion.failure import MALFORMED_DATA, RecordFailure, malformed_json, mismatch

BYTE_ORDER_MARK = "\ufeff"
_SPACE = re.compile(r"[ \t\n\r]*")


class Number(str):
    """A JSON number, as it is spelled."""

    __slots__ = ()


Hook = Callable[[list[tuple[str, Any]]], Any]
"""Makes an object of its members, in order, doubles included."""


def decoder(hook: Hook) -> json.JSONDecoder:
    """A decoder whose objects `hook` makes."""
    return json.JSONDecoder(object_pairs_hook=hook, parse_int=Number, parse_float=Number, parse_constant=_refuse)


def objects(data: bytes, reader: json.JSONDecoder) -> list[Any]:
    """The objects in `data`, one after the other with or without space between. Raises RecordFailure."""
    try:
        text = data.decode().removeprefix(BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        raise malformed_json(f"Invalid UTF-8 byte 0x{data[error.start]:02x} at offset {error.start}") from None
    found: list[Any] = []
    position = _after_space(text, 0)
    while position < len(text):
        _check_start(text, position)
        try:
            value, end = reader.raw_decode(text, position)
        except json.JSONDecodeError as error:
            raise malformed_json(str(error)) from None
        except RecursionError:
            raise malformed_json("The document is nested too deeply") from None
        found.append(value)
        position = _after_space(text, end)
    if not found:
        raise RecordFailure(MALFORMED_DATA, "The record was empty or contained only whitespace.")
    return found


def _after_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    assert match is not None  # noqa: S101  # it matches the empty text
    return match.end()


def _check_start(text: str, position: int) -> None:
    first = text[position]
    if first == "{":
        return
    if first == "[":
        raise mismatch("An array of JSON documents is not a valid input. Send them one after the other: {...}{...}")
    if first in '"-0123456789' or text.startswith(("true", "false", "null"), position):
        raise RecordFailure(
            MALFORMED_DATA,
            "The input JSON contained a primitive at the top level. The top level must be an object or array.",
        )
    raise malformed_json(f"Unexpected character ({first!r} (code {ord(first)})) at offset {position}")


def _refuse(name: str) -> NoReturn:
    raise malformed_json(f"Non-standard token '{name}'")
