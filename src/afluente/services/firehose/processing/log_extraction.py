"""The CloudWatchLogProcessing processor: the messages of a CloudWatch Logs envelope, each followed by LF.

Source: "Extract messages from CloudWatch Logs", Firehose developer guide. An envelope stays one record; a control
message becomes an empty one.
"""

import msgspec

from afluente.services.firehose.processing.decompression import failed
from afluente.services.firehose.processing.unit import Outcome, Unit


class LogEvent(msgspec.Struct):
    """One event of an envelope."""

    message: str


class Envelope(msgspec.Struct, rename="camel"):
    """What CloudWatch Logs sends to a subscriber."""

    message_type: str
    log_events: list[LogEvent]


def extract(unit: Unit) -> Outcome:
    """The unit with the messages of its envelope for data, or a failure."""
    try:
        envelope = msgspec.json.decode(unit.data, type=Envelope)
    except msgspec.DecodeError as error:
        return failed(unit, f"The record is not a CloudWatch Logs envelope: {error}")
    if envelope.message_type != "DATA_MESSAGE":
        return Outcome([unit.changed(data=b"")])
    messages = "".join(f"{event.message}\n" for event in envelope.log_events)
    return Outcome([unit.changed(data=messages.encode())])
