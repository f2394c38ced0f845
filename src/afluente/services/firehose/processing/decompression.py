"""The Decompression processor: gzip envelopes as CloudWatch Logs sends them, unpacked.

Source: "Decompress CloudWatch Logs", Firehose developer guide. What comes out must be JSON.
"""

import zlib

import msgspec

from afluente.services.firehose.processing.unit import Failure, Outcome, Unit
from afluente.services.firehose.route import DECOMPRESSION_FAILED

CODE = "Decompression failed."
"""AWS's errorCode, which does read like this."""

LONGEST = 64 << 20
"""An envelope that unpacks to more is refused: CloudWatch Logs sends at most 1 MiB packed."""

GZIP_WINDOW = 31


def decompress(unit: Unit) -> Outcome:
    """The unit with its data unpacked, or a failure that has the data as it came."""
    unpacker = zlib.decompressobj(GZIP_WINDOW)
    try:
        data = unpacker.decompress(unit.data, LONGEST)
        if not unpacker.eof:
            return failed(unit, "The gzip data ends too early, or unpacks to more than 64 MiB.")
        msgspec.json.decode(data)
    except zlib.error as error:
        return failed(unit, f"The record is not in gzip format: {error}")
    except msgspec.DecodeError as error:
        return failed(unit, f"The decompressed record is not JSON: {error}")
    return Outcome([unit.changed(data=data)])


def failed(unit: Unit, message: str) -> Outcome:
    """A failure of this processor, or of the one that works on what it unpacks."""
    return Outcome(failures=[Failure(unit, DECOMPRESSION_FAILED, CODE, message)])
