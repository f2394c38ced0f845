"""Messages as they are sent: what one may be.

Sources: SendMessage and "Amazon SQS message quotas", Amazon SQS documentation; texts as recorded from AWS.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from afluente.services.sqs.error import InvalidMessageContents, InvalidParameterValue, bad_value, missing
from afluente.services.sqs.queue import Queue

Attributes = Mapping[str, Mapping[str, Any]]

MOST_ATTRIBUTES = 10
LONGEST_DELAY_S = 900
TRACE_HEADER = "AWSTraceHeader"
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAME = re.compile(r"(?!(?i:aws\.|amazon\.)|\.)(?!.*\.\.)[A-Za-z0-9_.-]{1,256}(?<!\.)")
_TYPE = re.compile("(String|Number|Binary)(\\.[^\ud800-\udfff]{1,256})?")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_ID = re.compile(r"[A-Za-z0-9!-/:-@\[-`{-~]{1,128}")


@dataclass(frozen=True, slots=True)
class Message:
    """A message that may be sent. `deduplication_id` and `group_id` are a FIFO queue's; others may have a group."""

    body: str
    attributes: Attributes
    system: Attributes
    delay_s: int | None = None
    group_id: str | None = None
    deduplication_id: str | None = None

    @property
    def size(self) -> int:
        """Bytes that count: the body, and of the attributes names, types and values."""
        return len(self.body.encode()) + sum(_size(name, value) for name, value in self.attributes.items())

    @property
    def trace_header(self) -> str | None:
        return self.system[TRACE_HEADER]["StringValue"] if TRACE_HEADER in self.system else None


def message_of(given: Mapping[str, Any], queue: Queue) -> Message:
    """The message of a SendMessage request, or of a batch's entry, to `queue`. Raises what SQS says of a bad one."""
    message = Message(
        given["MessageBody"], given.get("MessageAttributes", {}), given.get("MessageSystemAttributes", {}),
        given.get("DelaySeconds"), given.get("MessageGroupId"), given.get("MessageDeduplicationId"),
    )  # fmt: skip
    _check_body(message.body)
    _check_attributes(message.attributes)
    _check_system(message.system)
    most = queue.number("MaximumMessageSize")
    if message.size > most:
        raise InvalidParameterValue(
            f"One or more parameters are invalid. Reason: Message must be shorter than {most} bytes."
        )
    _check_delay(message.delay_s, queue)
    for name in ("MessageGroupId", "MessageDeduplicationId"):
        if name in given and not _ID.fullmatch(given[name]):
            reason = f"{name} can only include alphanumeric and punctuation characters. 1 to 128 in length."
            raise bad_value(given[name], name, reason)
    if not queue.is_fifo:
        if message.deduplication_id is not None:
            reason = "The request includes a parameter that is not valid for this queue type."
            raise bad_value(message.deduplication_id, "MessageDeduplicationId", reason)
        return message
    return _deduplicated(message, queue)


def _deduplicated(message: Message, queue: Queue) -> Message:
    if message.group_id is None:
        raise missing("MessageGroupId")
    identifier = message.deduplication_id
    if identifier is None:
        if queue.attributes.get("ContentBasedDeduplication") != "true":
            raise InvalidParameterValue(
                "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
                "explicitly"
            )
        identifier = hashlib.sha256(message.body.encode()).hexdigest()
    return Message(message.body, message.attributes, message.system, None, message.group_id, identifier)


def _check_body(body: str) -> None:
    if not body:
        raise missing("MessageBody")
    found = _UNWRITABLE.search(body)
    if found:
        raise InvalidMessageContents(
            f"Invalid binary character '#x{ord(found[0]):x}' was found in the message body, the set of allowed values "
            "is #x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | [#x10000-#x10FFFF]"
        )


def _check_delay(delay_s: int | None, queue: Queue) -> None:
    if delay_s is None:
        return
    if not 0 <= delay_s <= LONGEST_DELAY_S:
        raise bad_value(delay_s, "DelaySeconds", "DelaySeconds must be >= 0 and <= 900.")
    if queue.is_fifo and delay_s:
        reason = "The request include parameter that is not valid for this queue type."
        raise bad_value(delay_s, "DelaySeconds", reason)


def _check_attributes(attributes: Attributes) -> None:
    if len(attributes) > MOST_ATTRIBUTES:
        raise InvalidParameterValue(
            f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum [{MOST_ATTRIBUTES}]."
        )
    for name, value in attributes.items():
        if not _NAME.fullmatch(name):
            raise InvalidParameterValue(
                f"Invalid attribute name '{name}'. It can contain only alphanumeric characters, hyphens, underscores "
                "and periods, and must not begin with AWS. or Amazon., nor begin, end or repeat with a period."
            )
        _check_value(name, value)


def _check_system(system: Attributes) -> None:
    for name, value in system.items():
        if name != TRACE_HEADER:
            raise InvalidParameterValue(f"Message system attribute name '{name}' is invalid.")
        if value["DataType"] != "String":
            raise InvalidParameterValue(f"The message system attribute '{name}' must be of type 'String'.")
        _check_value(name, value)


def _check_value(name: str, value: Mapping[str, Any]) -> None:
    kind = _TYPE.fullmatch(value["DataType"])
    if not kind:
        raise InvalidParameterValue(
            f"The message attribute '{name}' has an invalid message attribute type, the set of supported type prefixes "
            "is Binary, Number, and String."
        )
    content = value.get("BinaryValue" if kind[1] == "Binary" else "StringValue")
    if not content:
        raise InvalidParameterValue(
            f"The message attribute '{name}' must contain non-empty message attribute value for message attribute type "
            f"'{value['DataType']}'."
        )
    if kind[1] == "Number" and not _NUMBER.fullmatch(content):
        raise InvalidParameterValue(f"Can't cast the value of message (user) attribute '{name}' to a number.")
    if kind[1] != "Binary" and _UNWRITABLE.search(content):
        raise InvalidParameterValue(f"Invalid binary character was found in the message attribute '{name}'.")


def _size(name: str, value: Mapping[str, Any]) -> int:
    content = value.get("StringValue")
    data = content.encode() if content is not None else value.get("BinaryValue", b"")
    return len(name.encode()) + len(value["DataType"].encode()) + len(data)
