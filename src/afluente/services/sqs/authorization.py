"""What each operation of SQS takes: an action of its own name, but that a batch takes the action of its entries.

Source: "Amazon SQS API permissions: Actions and resource reference", Amazon SQS Developer Guide.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from afluente.core.call import Call
from afluente.core.error import AwsError
from afluente.core.permission import Permission, each, local
from afluente.services.sqs.address import key_of
from afluente.services.sqs.move_task import parse_handle

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


def source(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The queue that messages are moved from."""
    return (request["SourceArn"],)


def destination(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The queue that they are moved to, where one is named."""
    return (request["DestinationArn"],) if "DestinationArn" in request else ()


def of_task(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The queue that a task moves messages from; of a handle that is none, none."""
    try:
        return (parse_handle(request["TaskHandle"])[1],)
    except AwsError:
        return ()


PERMISSIONS: dict[str, tuple[Permission, ...]] = {
    **each(
        queue, "sqs", "AddPermission", "ChangeMessageVisibility", "DeleteMessage", "DeleteQueue", "GetQueueAttributes",
        "ListDeadLetterSourceQueues", "ListQueueTags", "PurgeQueue", "ReceiveMessage", "RemovePermission",
        "SendMessage", "SetQueueAttributes", "TagQueue", "UntagQueue",
    ),
    **each(named, "sqs", "GetQueueUrl"),
    **each(queues, "sqs", "ListQueues"),
    **each(source, "sqs", "ListMessageMoveTasks"),
    **each(of_task, "sqs", "CancelMessageMoveTask"),
    "StartMessageMoveTask": (
        Permission("sqs:StartMessageMoveTask", source), Permission("sqs:ReceiveMessage", source),
        Permission("sqs:DeleteMessage", source), Permission("sqs:SendMessage", destination),
    ),
    "CreateQueue": (Permission("sqs:CreateQueue", named), Permission("sqs:TagQueue", tagged)),
    "ChangeMessageVisibilityBatch": (Permission("sqs:ChangeMessageVisibility", queue),),
    "DeleteMessageBatch": (Permission("sqs:DeleteMessage", queue),),
    "SendMessageBatch": (Permission("sqs:SendMessage", queue),),
}  # fmt: skip
