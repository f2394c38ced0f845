"""What each operation of SQS takes: an action of its own name, but that a batch takes the action of its entries.

Source: "Amazon SQS API permissions: Actions and resource reference", Amazon SQS Developer Guide.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from afluente.core.call import Call
from afluente.core.error import AwsError
from afluente.core.permission import Permission, each, local
from afluente.services.sqs.address import key_of

Request = Mapping[str, Any]


def queue(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """By its URL."""
    try:
        account, region, name = key_of(call, request)
    except AwsError:
        return ()
    return (f"arn:aws:sqs:{region}:{account}:{name}",)


def named(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """By its name, of the caller's account or of another."""
    owner = request.get("QueueOwnerAWSAccountId", call.account)
    return (f"arn:aws:sqs:{call.region}:{owner}:{request['QueueName']}",)


def tagged(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """By its name, where the request has tags."""
    return named(provider, call, request) if request.get("tags") else ()


def queues(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """Lists are of all queues."""
    return (local("sqs", call, "*"),)


PERMISSIONS: dict[str, tuple[Permission, ...]] = {
    **each(
        queue, "sqs", "AddPermission", "ChangeMessageVisibility", "DeleteMessage", "DeleteQueue", "GetQueueAttributes",
        "ListDeadLetterSourceQueues", "ListQueueTags", "PurgeQueue", "ReceiveMessage", "RemovePermission",
        "SendMessage", "SetQueueAttributes", "TagQueue", "UntagQueue",
    ),
    **each(named, "sqs", "GetQueueUrl"),
    **each(queues, "sqs", "ListQueues"),
    "CreateQueue": (Permission("sqs:CreateQueue", named), Permission("sqs:TagQueue", tagged)),
    "ChangeMessageVisibilityBatch": (Permission("sqs:ChangeMessageVisibility", queue),),
    "DeleteMessageBatch": (Permission("sqs:DeleteMessage", queue),),
    "SendMessageBatch": (Permission("sqs:SendMessage", queue),),
}  # fmt: skip
