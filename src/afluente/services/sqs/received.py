"""A received message in AWS's shape, with as many of its attributes as were asked for."""

from typing import Any

from afluente.services.sqs import digest
from afluente.services.sqs.engine import sequence_number
from afluente.services.sqs.queue import Queue
from afluente.services.sqs.receipt import Receipt
from afluente.services.sqs.store import StoredMessage

SYSTEM_ATTRIBUTES = frozenset({
    "All", "SenderId", "SentTimestamp", "ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp",
    "SequenceNumber", "MessageDeduplicationId", "MessageGroupId", "AWSTraceHeader", "DeadLetterQueueSourceArn",
})  # fmt: skip


def shown(queue: Queue, message: StoredMessage, system: list[str], names: list[str]) -> dict[str, Any]:
    """The message with the system attributes of these names, and the message attributes of those."""
    told: dict[str, Any] = {
        "MessageId": message.message_id,
        "ReceiptHandle": Receipt(queue.id, message.id, message.received).handle(),
        "MD5OfBody": digest.of_body(message.body),
        "Body": message.body,
    }
    known = _system(queue, message)
    chosen = known if "All" in system else {name: known[name] for name in known if name in system}
    if chosen:
        told["Attributes"] = chosen
    attributes = {
        name: value for name, value in message.message_attributes().items() if any(_names(each, name) for each in names)
    }
    if attributes:
        told["MD5OfMessageAttributes"] = digest.of_attributes(attributes)
        told["MessageAttributes"] = attributes
    return told


def _system(queue: Queue, message: StoredMessage) -> dict[str, str]:
    known = {
        "SenderId": message.sender,
        "SentTimestamp": str(message.sent_at_ms),
        "ApproximateReceiveCount": str(message.received),
        "ApproximateFirstReceiveTimestamp": str(message.first_received_at_ms),
        "MessageGroupId": message.group_id,
        "MessageDeduplicationId": message.deduplication_id,
        "SequenceNumber": sequence_number(message.id) if queue.is_fifo else None,
        "AWSTraceHeader": message.trace_header,
        "DeadLetterQueueSourceArn": message.source,
    }
    return {name: value for name, value in known.items() if value is not None}


def _names(asked: str, name: str) -> bool:
    """`All` and `.*` ask for every attribute, `prefix.*` for those that begin so."""
    if asked in ("All", ".*"):
        return True
    return name.startswith(asked[:-2]) if asked.endswith(".*") else name == asked
