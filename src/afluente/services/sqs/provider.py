"""The operations of SQS."""

from collections.abc import Mapping
from typing import ClassVar

from afluente.core.arn import Arn
from afluente.core.provider import Provider
from afluente.services.sqs.authorization import PERMISSIONS
from afluente.services.sqs.message_operation import MessageOperations

_LISTS = ("StringListValues", "BinaryListValues")
_VALUES = ("MessageAttributes.*", "MessageSystemAttributes.*")


class SqsProvider(MessageOperations, Provider):
    """SQS over `SqsEngine`."""

    service = "sqs"
    operations = (
        "AddPermission", "CancelMessageMoveTask", "ChangeMessageVisibility", "ChangeMessageVisibilityBatch",
        "CreateQueue", "DeleteMessage", "DeleteMessageBatch", "DeleteQueue", "GetQueueAttributes", "GetQueueUrl",
        "ListDeadLetterSourceQueues", "ListMessageMoveTasks", "ListQueueTags", "ListQueues", "PurgeQueue",
        "ReceiveMessage", "RemovePermission", "SendMessage", "SendMessageBatch", "SetQueueAttributes",
        "StartMessageMoveTask", "TagQueue", "UntagQueue",
    )  # fmt: skip
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "CreateQueue": ("Attributes.KmsDataKeyReusePeriodSeconds", "Attributes.KmsMasterKeyId"),
        "ReceiveMessage": ("ReceiveRequestAttemptId",),
        "SendMessage": tuple(f"{value}.{name}" for value in _VALUES for name in _LISTS),
        "SendMessageBatch": tuple(f"Entries.*.{value}.{name}" for value in _VALUES for name in _LISTS),
        "SetQueueAttributes": ("Attributes.KmsDataKeyReusePeriodSeconds", "Attributes.KmsMasterKeyId"),
    }
    permissions = PERMISSIONS

    def tags_of(self, resource: Arn) -> Mapping[str, str]:
        return self._engine.queue((resource.account, resource.region, resource.resource)).tags
