"""Operations on queues: their life, attributes, permissions and tags."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from afluente.core.call import Call
from afluente.core.policy_principal import PolicyPrincipals
from afluente.core.provider import Request, Response
from afluente.services.sqs import attribute, policy
from afluente.services.sqs.address import key_of, url_of
from afluente.services.sqs.engine import SqsEngine
from afluente.services.sqs.error import InvalidAttributeName, InvalidAttributeValue, InvalidParameterValue, bad_value
from afluente.services.sqs.queue import Queue

PAGE = 1000
MOST_TAGS = 50
MOST_TASKS = 10
GRANTED = (
    "*", "ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl", "PurgeQueue",
    "ReceiveMessage", "SendMessage", "ListDeadLetterSourceQueues",
)  # fmt: skip
"""What AddPermission can let others do."""


class QueueOperations:
    """The group's base: the engine, and whom policies name."""

    def __init__(self, engine: SqsEngine, principals: PolicyPrincipals) -> None:
        self._engine = engine
        self._principals = principals

    def create_queue(self, call: Call, request: Request) -> Response:
        key = call.account, call.region, request["QueueName"]
        tags = request.get("tags", {})
        _check_tags(tags)
        self._engine.create(key, self._kept(request.get("Attributes", {})), tags)
        return {"QueueUrl": url_of(call, key)}

    def delete_queue(self, call: Call, request: Request) -> Response:
        self._engine.delete(key_of(call, request))
        return {}

    def get_queue_url(self, call: Call, request: Request) -> Response:
        name = request["QueueName"]
        attribute.check_name(name, is_fifo=name.endswith(".fifo"))
        key = request.get("QueueOwnerAWSAccountId", call.account), call.region, name
        return {"QueueUrl": url_of(call, self._engine.queue(key).key)}

    def list_queues(self, call: Call, request: Request) -> Response:
        limit = _page_size(request)
        found = self._engine.queues.page(
            call.account, call.region, request.get("QueueNamePrefix", ""), _after(request), limit + 1
        )
        return _page(call, found, request, limit, "QueueUrls")

    def list_dead_letter_source_queues(self, call: Call, request: Request) -> Response:
        target, limit, after = self._queue(call, request), _page_size(request), _after(request)
        found = [
            queue
            for queue in self._engine.queues.page(target.account, target.region, "", after, -1)
            if queue.redrive and queue.redrive.arn == target.arn
        ]
        return {"queueUrls": [], **_page(call, found[: limit + 1], request, limit, "queueUrls")}

    def get_queue_attributes(self, call: Call, request: Request) -> Response:
        queue = self._queue(call, request)
        names = request.get("AttributeNames", [])
        for name in names:
            if name not in attribute.KNOWN:
                raise InvalidAttributeName(f"Unknown Attribute {name}.")
        if not names:
            return {}
        shown = self._shown(queue)
        chosen = shown if "All" in names else {name: shown[name] for name in names if name in shown}
        return {"Attributes": chosen} if chosen else {}

    def _shown(self, queue: Queue) -> dict[str, str]:
        return {
            "QueueArn": queue.arn,
            **dict(zip(attribute.COUNTED, map(str, self._engine.counts(queue)), strict=True)),
            "CreatedTimestamp": str(queue.created_at_ms // 1000),
            "LastModifiedTimestamp": str(queue.modified_at_ms // 1000),
            **attribute.DEFAULTS,
            **(attribute.FIFO_DEFAULTS if queue.is_fifo else {}),
            **queue.attributes,
            **({"Policy": self._principals.shown(queue.attributes["Policy"])} if "Policy" in queue.attributes else {}),
        }

    def set_queue_attributes(self, call: Call, request: Request) -> Response:
        self._engine.set_attributes(key_of(call, request), self._kept(request["Attributes"]))
        return {}

    def _kept(self, attributes: Mapping[str, str]) -> Mapping[str, str]:
        """The attributes, with the unique ids of those whom a policy among them names."""
        text = attributes.get("Policy")
        if not text:
            return attributes
        policy.check(text)
        try:
            return {**attributes, "Policy": self._principals.kept(text)}
        except LookupError:
            raise InvalidAttributeValue("Invalid value for the parameter Policy.") from None

    def purge_queue(self, call: Call, request: Request) -> Response:
        self._engine.purge(key_of(call, request))
        return {}

    def start_message_move_task(self, call: Call, request: Request) -> Response:
        del call
        handle = self._engine.move_tasks.start(
            request["SourceArn"], request.get("DestinationArn"), request.get("MaxNumberOfMessagesPerSecond")
        )
        return {"TaskHandle": handle}

    def list_message_move_tasks(self, call: Call, request: Request) -> Response:
        del call
        limit = request.get("MaxResults", 1)
        if not 1 <= limit <= MOST_TASKS:
            raise bad_value(limit, "MaxResults", f"Must be between 1 and {MOST_TASKS}, if provided.")
        found = self._engine.move_tasks.page(request["SourceArn"], limit)
        return {"Results": found} if found else {}

    def cancel_message_move_task(self, call: Call, request: Request) -> Response:
        del call
        return {"ApproximateNumberOfMessagesMoved": self._engine.move_tasks.cancel(request["TaskHandle"])}

    def add_permission(self, call: Call, request: Request) -> Response:
        queue, label = self._queue(call, request), request["Label"]
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,80}", label):
            reason = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
            raise bad_value(label, "Label", reason)
        for action in request["Actions"]:
            if action not in GRANTED:
                raise bad_value(f"SQS:{action}", "ActionName", "Only the queue owner is allowed to invoke this action.")
        for account in request["AWSAccountIds"]:
            if not re.fullmatch(r"\d{12}", account):
                raise bad_value(f"[{account}]", "PrincipalId", "Unable to verify.")
        text = policy.with_permission(
            queue.attributes.get("Policy", ""), queue.arn, label, request["AWSAccountIds"], request["Actions"]
        )
        self._engine.set_attributes(queue.key, {"Policy": text})
        return {}

    def remove_permission(self, call: Call, request: Request) -> Response:
        queue = self._queue(call, request)
        text = policy.without_permission(queue.attributes.get("Policy", ""), request["Label"])
        self._engine.set_attributes(queue.key, {"Policy": text})
        return {}

    def tag_queue(self, call: Call, request: Request) -> Response:
        queue = self._queue(call, request)
        _check_tags({**queue.tags, **request["Tags"]})
        self._engine.set_tags(queue.key, request["Tags"], [])
        return {}

    def untag_queue(self, call: Call, request: Request) -> Response:
        self._engine.set_tags(key_of(call, request), {}, request["TagKeys"])
        return {}

    def list_queue_tags(self, call: Call, request: Request) -> Response:
        tags = self._queue(call, request).tags
        return {"Tags": tags} if tags else {}

    def _queue(self, call: Call, request: Mapping[str, Any]) -> Queue:
        return self._engine.queue(key_of(call, request))


def _check_tags(tags: Mapping[str, str]) -> None:
    if len(tags) > MOST_TAGS:
        raise InvalidParameterValue(f"Too many tags added for queue. Maximum number of tags allowed is {MOST_TAGS}.")
    for key, value in tags.items():
        if not 1 <= len(key) <= 128:
            raise InvalidParameterValue("Tag keys must be between 1 and 128 characters in length.")
        if key.lower().startswith("aws:"):
            raise InvalidParameterValue("The tag keys that start with 'aws:' are reserved for system use.")
        if len(value) > 256:
            raise InvalidParameterValue("Tag values must be between 0 and 256 characters in length.")


def _page_size(request: Mapping[str, Any]) -> int:
    size: int = request.get("MaxResults", PAGE)
    if not 1 <= size <= PAGE:
        raise InvalidParameterValue("Value for parameter MaxResults is invalid. Reason: Must be between 1 and 1000.")
    if "NextToken" in request and "MaxResults" not in request:
        raise InvalidParameterValue("MaxResults is a mandatory parameter when you provide a value for NextToken.")
    return size


def _page(call: Call, found: list[Queue], request: Mapping[str, Any], limit: int, member: str) -> Response:
    if not found:
        return {}
    page: Response = {member: [url_of(call, queue.key) for queue in found[:limit]]}
    if len(found) > limit and "MaxResults" in request:
        page["NextToken"] = base64.urlsafe_b64encode(found[limit - 1].name.encode()).decode()
    return page


def _after(request: Mapping[str, Any]) -> str:
    try:
        return base64.b64decode(request.get("NextToken", ""), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        raise bad_value(request["NextToken"], "NextToken", "Invalid NextToken.") from None
