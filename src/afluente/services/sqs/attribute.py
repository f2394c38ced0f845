"""The attributes of queues: which there are, what they may be, and what a queue has that was given none.

Sources: CreateQueue and SetQueueAttributes, Amazon SQS API Reference; texts as recorded from AWS.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from afluente.services.sqs import policy
from afluente.services.sqs.error import InvalidAttributeName, InvalidAttributeValue, InvalidParameterValue, bad_value

RANGES = {
    "DelaySeconds": (0, 900),
    "MaximumMessageSize": (1024, 1_048_576),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
}
DEFAULTS = {
    "VisibilityTimeout": "30",
    "MaximumMessageSize": "1048576",
    "MessageRetentionPeriod": "345600",
    "DelaySeconds": "0",
    "ReceiveMessageWaitTimeSeconds": "0",
    "SqsManagedSseEnabled": "true",
}
FIFO_DEFAULTS = {
    "FifoQueue": "true",
    "ContentBasedDeduplication": "false",
    "DeduplicationScope": "queue",
    "FifoThroughputLimit": "perQueue",
}
CHOICES = {
    "ContentBasedDeduplication": ("true", "false"),
    "DeduplicationScope": ("queue", "messageGroup"),
    "FifoQueue": ("true",),
    "FifoThroughputLimit": ("perQueue", "perMessageGroupId"),
    "SqsManagedSseEnabled": ("true", "false"),
}
ONLY_FIFO = frozenset(FIFO_DEFAULTS)
KMS = ("KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds")
DOCUMENTS = ("Policy", "RedrivePolicy", "RedriveAllowPolicy")
COUNTED = (
    "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed",
)  # fmt: skip
SHOWN = ("QueueArn", *COUNTED, "CreatedTimestamp", "LastModifiedTimestamp")
KNOWN = frozenset({"All", *SHOWN, *RANGES, *CHOICES, *DOCUMENTS, *KMS})

MOST_RECEIVES = 1000
_STANDARD_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
_FIFO_NAME = re.compile(r"(?=.{1,80}\Z)[A-Za-z0-9_-]+\.fifo")


def check_name(name: str, *, is_fifo: bool) -> None:
    """Raises InvalidParameterValue for what no queue can be called."""
    if is_fifo and not _FIFO_NAME.fullmatch(name):
        raise InvalidParameterValue(
            "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with "
            ".fifo suffix and be 1 to 80 in length"
        )
    if not is_fifo and not _STANDARD_NAME.fullmatch(name):
        raise InvalidParameterValue(
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
        )


def check(given: Mapping[str, str], *, is_fifo: bool) -> None:
    """Raises InvalidAttributeName, InvalidAttributeValue, InvalidParameterValue for what a queue cannot have."""
    for name, value in given.items():
        if name not in KNOWN or name == "All" or name in SHOWN:
            raise InvalidAttributeName(f"Unknown Attribute {name}.")
        if name in ONLY_FIFO and not is_fifo:
            raise InvalidAttributeName(f"You can specify the {name} only when FifoQueue is set to true.")
        if not _fits(name, value):
            raise InvalidAttributeValue(f"Invalid value for the parameter {name}.")
        if name == "Policy" and value:
            policy.check(value)
    per_group = given.get("FifoThroughputLimit") == "perMessageGroupId"
    if per_group and given.get("DeduplicationScope", "queue") != "messageGroup":
        raise InvalidAttributeValue(
            "The perMessageGroupId value for FifoThroughputLimit is allowed only when the value for DeduplicationScope "
            "is messageGroup."
        )


def _fits(name: str, value: str) -> bool:
    if name in RANGES:
        low, high = RANGES[name]
        return value.isascii() and value.isdigit() and len(value) < 10 and low <= int(value) <= high
    return name not in CHOICES or value in CHOICES[name]


def redrive_target(text: str) -> str:
    """The ARN of the dead-letter queue that a redrive policy names. Raises InvalidParameterValue."""
    policy = _document(text, "RedrivePolicy", "Redrive policy")
    for member in ("deadLetterTargetArn", "maxReceiveCount"):
        if member not in policy:
            reason = f"Redrive policy does not contain mandatory attribute: {member}."
            raise bad_value(text, "RedrivePolicy", reason)
    count = str(policy["maxReceiveCount"])
    if not (count.isascii() and count.isdigit() and len(count) < 10 and 1 <= int(count) <= MOST_RECEIVES):
        reason = f"Invalid value for maxReceiveCount: {count}, valid values are from 1 to 1000 both inclusive."
        raise bad_value(text, "RedrivePolicy", reason)
    target = policy["deadLetterTargetArn"]
    if not isinstance(target, str) or not re.fullmatch(r"arn:aws:sqs:[a-z0-9-]+:\d{12}:[A-Za-z0-9._-]+", target):
        raise bad_value(text, "RedrivePolicy", "Invalid value for deadLetterTargetArn.")
    return target


def check_redrive_allow(text: str) -> None:
    """Raises InvalidParameterValue for what is no RedriveAllowPolicy."""
    policy = _document(text, "RedriveAllowPolicy", "Redrive allow policy")
    permission, sources = policy.get("redrivePermission"), policy.get("sourceQueueArns")
    if permission not in ("allowAll", "denyAll", "byQueue"):
        raise bad_value(text, "RedriveAllowPolicy", "Invalid value for redrivePermission.")
    by_queue = permission == "byQueue"
    is_listed = isinstance(sources, list) and 1 <= len(sources) <= 10 and all(isinstance(arn, str) for arn in sources)
    if (by_queue and not is_listed) or (not by_queue and sources is not None):
        raise bad_value(text, "RedriveAllowPolicy", "Invalid value for sourceQueueArns.")


def allows_redrive(text: str | None, source: str) -> bool:
    """Whether a dead-letter queue's RedriveAllowPolicy lets the queue `source` use it."""
    policy = msgspec.json.decode(text) if text else {"redrivePermission": "allowAll"}
    return policy["redrivePermission"] == "allowAll" or source in policy.get("sourceQueueArns", ())


def _document(text: str, name: str, what: str) -> dict[str, Any]:
    try:
        document = msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeEncodeError):
        document = None
    if not isinstance(document, dict):
        raise bad_value(text, name, f"{what} is not a valid JSON map.")
    return document
