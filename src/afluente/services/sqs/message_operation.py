"""Operations on messages: sent, received, kept for longer, deleted; one by one, and in batches."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from afluente.core.call import Call
from afluente.core.error import AwsError
from afluente.core.provider import Request, Response
from afluente.services.sqs import batch, digest
from afluente.services.sqs.address import key_of
from afluente.services.sqs.engine import Sent
from afluente.services.sqs.error import BatchRequestTooLong, InvalidAttributeName, bad_value
from afluente.services.sqs.message import TRACE_HEADER, Message, message_of
from afluente.services.sqs.poll import Poll
from afluente.services.sqs.queue import Queue
from afluente.services.sqs.queue_operation import QueueOperations
from afluente.services.sqs.received import SYSTEM_ATTRIBUTES, shown
from afluente.services.sqs.store import StoredMessage

MOST_BATCH_BYTES = 1_048_576
MOST_MESSAGES = 10
LONGEST_WAIT_S = 20
LONGEST_VISIBILITY_S = 43_200


class MessageOperations(QueueOperations):
    """The messages of the queues."""

    def send_message(self, call: Call, request: Request) -> Response:
        queue = self._queue(call, request)
        message = message_of(request, queue)
        sent = self._engine.send(queue, message, call.principal.user_id)
        return _described(message, sent, "MD5OfMessageBody")

    def send_message_batch(self, call: Call, request: Request) -> Response:
        queue, entries = self._queue(call, request), request["Entries"]
        batch.check(entries, "SendMessageBatchRequestEntry")
        good: list[tuple[str, Message]] = []
        bad: list[dict[str, Any]] = []
        for entry in entries:
            try:
                good.append((entry["Id"], message_of(entry, queue)))
            except AwsError as error:
                bad.append(batch.failed(entry, error))
        size = sum(message.size for _, message in good)
        if size > MOST_BATCH_BYTES:
            raise BatchRequestTooLong(
                f"Batch requests cannot be longer than {MOST_BATCH_BYTES} bytes. You have sent {size} bytes."
            )
        messages = [message for _, message in good]
        sent = self._engine.send_all(queue, messages, call.principal.user_id) if good else []
        return {
            "Successful": [
                {"Id": identifier, **_described(message, each, "MD5OfMessageBody")}
                for (identifier, message), each in zip(good, sent, strict=True)
            ],
            "Failed": bad,
        }

    async def receive_message(self, call: Call, request: Request) -> Response:
        limit, visibility_s, wait_s = _checked(request)
        key, loop = key_of(call, request), asyncio.get_running_loop()
        polls, clock = self._engine.polls, self._engine.clock
        receive = partial(self._engine.receive, key, limit, visibility_s)
        queue = await loop.run_in_executor(polls.pool, self._engine.queue, key)
        if wait_s is None:
            wait_s = queue.number("ReceiveMessageWaitTimeSeconds")
        end_ms = call.arrived_at_ms + wait_s * 1000
        with Poll(polls, queue.id) as poll:
            while True:
                found = await loop.run_in_executor(polls.pool, receive)
                if found or polls.has_ended or clock.now_ms() >= end_ms:
                    self._engine.metrics.received(queue, len(found))
                    return {"Messages": _shown(queue, found, request)} if found else {}
                next_ms = await loop.run_in_executor(polls.pool, self._engine.next_visible_ms, key)
                await poll.wait(end_ms if next_ms is None else min(end_ms, next_ms))

    def delete_message(self, call: Call, request: Request) -> Response:
        self._engine.delete_message(self._queue(call, request), request["ReceiptHandle"])
        return {}

    def delete_message_batch(self, call: Call, request: Request) -> Response:
        queue = self._queue(call, request)
        return self._each(
            request, "DeleteMessageBatchRequestEntry",
            lambda entry: self._engine.delete_message(queue, entry["ReceiptHandle"]),
        )  # fmt: skip

    def change_message_visibility(self, call: Call, request: Request) -> Response:
        queue = self._queue(call, request)
        self._engine.change_visibility(queue, request["ReceiptHandle"], request["VisibilityTimeout"])
        return {}

    def change_message_visibility_batch(self, call: Call, request: Request) -> Response:
        queue = self._queue(call, request)
        default_s = queue.number("VisibilityTimeout")
        return self._each(
            request, "ChangeMessageVisibilityBatchRequestEntry",
            lambda entry: self._engine.change_visibility(
                queue, entry["ReceiptHandle"], entry.get("VisibilityTimeout", default_s)
            ),
        )  # fmt: skip

    def _each(self, request: Request, kind: str, change: Callable[[Mapping[str, Any]], None]) -> Response:
        """Do it to every entry, in one transaction."""
        batch.check(request["Entries"], kind)
        good: list[dict[str, Any]] = []
        bad: list[dict[str, Any]] = []

        def change_all() -> None:
            for entry in request["Entries"]:
                try:
                    change(entry)
                    good.append({"Id": entry["Id"]})
                except AwsError as error:
                    bad.append(batch.failed(entry, error))

        self._engine.database.write_together(change_all)
        return {"Successful": good, "Failed": bad}


def _checked(request: Mapping[str, Any]) -> tuple[int, int | None, int | None]:
    """(messages, visibility, seconds to wait) that a ReceiveMessage asks for."""
    limit, visibility_s = request.get("MaxNumberOfMessages", 1), request.get("VisibilityTimeout")
    wait_s = request.get("WaitTimeSeconds")
    if not 1 <= limit <= MOST_MESSAGES:
        raise bad_value(limit, "MaxNumberOfMessages", "Must be between 1 and 10, if provided.")
    if wait_s is not None and not 0 <= wait_s <= LONGEST_WAIT_S:
        raise bad_value(wait_s, "WaitTimeSeconds", "Must be >= 0 and <= 20, if provided.")
    if visibility_s is not None and not 0 <= visibility_s <= LONGEST_VISIBILITY_S:
        raise bad_value(visibility_s, "VisibilityTimeout", "Must be >= 0 and <= 43200, if provided.")
    for name in _system_names(request):
        if name not in SYSTEM_ATTRIBUTES:
            raise InvalidAttributeName(f"Unknown Attribute {name}.")
    return limit, visibility_s, wait_s


def _system_names(request: Mapping[str, Any]) -> list[str]:
    return [*request.get("AttributeNames", []), *request.get("MessageSystemAttributeNames", [])]


def _shown(queue: Queue, found: list[StoredMessage], request: Mapping[str, Any]) -> list[dict[str, Any]]:
    system, names = _system_names(request), request.get("MessageAttributeNames", [])
    return [shown(queue, message, system, names) for message in found]


def _described(message: Message, sent: Sent, body: str) -> Response:
    described: Response = {"MessageId": sent.message_id, body: digest.of_body(message.body)}
    if message.attributes:
        described["MD5OfMessageAttributes"] = digest.of_attributes(message.attributes)
    if TRACE_HEADER in message.system:
        described["MD5OfMessageSystemAttributes"] = digest.of_attributes(message.system)
    if sent.sequence_number is not None:
        described["SequenceNumber"] = sent.sequence_number
    return described
