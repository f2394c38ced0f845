"""The errors of SQS. Their codes in the Query protocol, which clients still go by, are in `wire/correction.py`."""

from afluente.core.error import AwsError


class BatchEntryIdsNotDistinct(AwsError):
    """Two entries of a batch have the same id."""


class BatchRequestTooLong(AwsError):
    """The messages of a batch are too large together."""


class EmptyBatchRequest(AwsError):
    """A batch without entries."""


class InvalidAddress(AwsError):
    """A queue URL that is none."""


class InvalidAttributeName(AwsError):
    """There is no such attribute, or this kind of queue does not have it."""


class InvalidAttributeValue(AwsError):
    """An attribute of a queue that cannot be so."""


class InvalidBatchEntryId(AwsError):
    """An entry's id with other characters, or too many."""


class InvalidMessageContents(AwsError):
    """A body with characters that XML does not have."""


class InvalidParameterValue(AwsError):
    """A parameter that cannot be so."""


class MessageNotInflight(AwsError):
    """Its visibility cannot be changed: nobody is working on it."""


class MissingParameter(AwsError):
    """A parameter that this request needs."""


class PurgeQueueInProgress(AwsError):
    """The queue was purged less than a minute ago."""


class QueueDeletedRecently(AwsError):
    """The name is free again a minute after its queue was deleted."""


class QueueDoesNotExist(AwsError):
    """No such queue."""


class QueueNameExists(AwsError):
    """There is a queue of that name with other attributes."""


class ReceiptHandleIsInvalid(AwsError):
    """A text that is no receipt handle of this queue."""


class ResourceNotFoundException(AwsError):
    """No such queue, or task, where an ARN or a handle names it."""


class TooManyEntriesInBatchRequest(AwsError):
    """More than ten entries."""


class UnsupportedOperation(AwsError):
    """It cannot be done now."""


def bad_value(value: object, parameter: str, reason: str) -> InvalidParameterValue:
    """In SQS's words."""
    return InvalidParameterValue(f"Value {value} for parameter {parameter} is invalid. Reason: {reason}")


def missing(parameter: str) -> MissingParameter:
    """In SQS's words."""
    return MissingParameter(f"The request must contain the parameter {parameter}.")
