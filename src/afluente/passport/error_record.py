"""Error objects: what Firehose could not process or convert, a JSON object a line, with the record in base64."""

import base64
import binascii
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from afluente.passport.body import Body, pieces
from afluente.passport.reading import Place


class ErrorRecord(NamedTuple):
    """One line: the record that it is of, and why it is here."""

    raw: bytes
    code: str
    message: str
    sequence_number: str
    place: Place


def read(body: Body) -> Iterator[ErrorRecord]:
    """The error records of an object; lines that are none are passed over."""
    every = pieces(body.data)
    for index, piece in enumerate(every):
        place = body.place(piece, index, len(every))
        try:
            told: dict[str, Any] = json.loads(place.data)
            raw = base64.b64decode(told["rawData"])
        except (ValueError, KeyError, TypeError, binascii.Error):
            continue
        code = told.get("errorCode") or told.get("lastErrorCode") or ""
        message = told.get("errorMessage") or told.get("lastErrorMessage") or ""
        yield ErrorRecord(raw, str(code), str(message), str(told.get("sequenceNumber", "")), place)
