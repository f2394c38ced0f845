"""Runs jq queries, in a process of its own: some queries abort the process that runs them, or never end.

The protocol is `child`'s. First message: the query; answer: what is wrong with it, or nothing. Every other message:
records (their number, their lengths, 4 bytes each, little-endian, and their bytes); answer: a JSON list with an object
of keys for each record, or a text that says why there is none.
"""

import json
import os
import resource
import struct
import sys
from typing import Any, BinaryIO

import jq

MEMORY_BYTES = 1 << 30
LENGTH = struct.Struct(">I")
NOT_JSON = "Non JSON record provided"


def main() -> None:
    """Answer until standard input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    source, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    query = _message(source)
    if query is None:
        return
    try:
        program = jq.compile(query.decode())
        program.input_text("null")
    except ValueError as error:
        _answer(answers, str(error).encode())
        return
    _answer(answers, b"")
    while (message := _message(source)) is not None:
        _answer(answers, json.dumps([_keys(program, record) for record in _records(message)]).encode())


def _message(source: BinaryIO) -> bytes | None:
    head = source.read(LENGTH.size)
    return source.read(LENGTH.unpack(head)[0]) if len(head) == LENGTH.size else None


def _answer(answers: BinaryIO, data: bytes) -> None:
    answers.write(LENGTH.pack(len(data)) + data)
    answers.flush()


def _records(message: bytes) -> list[bytes]:
    (count,) = struct.unpack_from("<I", message)
    lengths = struct.unpack_from(f"<{count}I", message, 4)
    records, position = [], 4 + 4 * count
    for length in lengths:
        records.append(message[position : position + length])
        position += length
    return records


def _keys(program: Any, record: bytes) -> dict[str, Any] | str:
    try:
        text = record.decode()
        found = next(iter(program.input_text(text)), None)
    except (UnicodeDecodeError, ValueError) as error:
        return NOT_JSON if _is_parse_error(error) else str(error)
    except StopIteration:
        return NOT_JSON
    return found if isinstance(found, dict) else NOT_JSON if found is None else "the query gave no object"


def _is_parse_error(error: Exception) -> bool:
    return isinstance(error, UnicodeDecodeError) or str(error).startswith("parse error")


if __name__ == "__main__":
    main()
