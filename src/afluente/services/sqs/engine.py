"""SQS's state and rules, for the provider and for other services: queues, and the messages on their way through them.

Every answer leaves after a commit; sends that come together share one. Long polls are in poll.py.
"""

import uuid
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from afluente.core.clock import Clock
from afluente.core.loop import Loop
from afluente.core.metric import Metrics
from afluente.services.sqs import attribute, receipt
from afluente.services.sqs.error import (
    MessageNotInflight,
    PurgeQueueInProgress,
    QueueDeletedRecently,
    QueueDoesNotExist,
    QueueNameExists,
    bad_value,
)
from afluente.services.sqs.message import Message, message_of
from afluente.services.sqs.metric import QueueMetrics
from afluente.services.sqs.move_task import MoveTasks
from afluente.services.sqs.poll import Polls
from afluente.services.sqs.queue import Key, Queue, Queues
from afluente.services.sqs.schema import STEPS
from afluente.services.sqs.store import Counts, Messages, StoredMessage
from afluente.store.database import Database

DEDUPLICATION_MS = 300_000
MINUTE_MS = 60_000
EXPIRY_INTERVAL_MS = 600_000
"""What has expired is not given any more; its row goes within ten minutes."""
LONGEST_VISIBILITY_S = 43_200
FIRST_SEQUENCE_NUMBER = 18_850_000_000_000_000_000
"""AWS's have 20 digits."""
NOTHING: Mapping[str, Any] = {}
ATTEMPTS = 10
"""How often a receive looks again when all that it found went to the dead-letter queue."""


class Sent(NamedTuple):
    """What a send gave. `sequence_number` is a FIFO queue's."""

    message_id: str
    sequence_number: str | None


class SqsEngine:
    """The queues of every account."""

    def __init__(self, database: Database, clock: Clock, metrics: Metrics | None = None) -> None:
        database.migrate("sqs", STEPS)
        self.database = database
        self.clock = clock
        self.queues = Queues(database)
        self.messages = Messages(database)
        self.polls = Polls(clock)
        self.move_tasks = MoveTasks(database, self.queues, self.messages, self.polls, clock)
        self.metrics = QueueMetrics(metrics or Metrics(clock))
        self._upkeep = Loop("sqs-upkeep", self._keep_up, clock)
        self._expire_at_ms = 0

    def start(self) -> None:
        """Start expiring, moving and measuring messages, and waking long polls."""
        self.polls.start()
        self._upkeep.start()
        self.move_tasks.start_moving()

    def stop(self) -> None:
        """Stop all of it."""
        self.move_tasks.stop_moving()
        self._upkeep.stop()
        self.polls.stop()

    # The port: what other services use

    def resource_policy(self, arn: str) -> tuple[str, str | None] | None:
        """(account, policy) of a queue's ARN; None: no such queue."""
        queue = self.queues.by_arn(arn)
        return None if queue is None else (queue.account, queue.attributes.get("Policy"))

    def is_queue(self, arn: str) -> bool:
        """Whether there is such a queue."""
        return self.queues.by_arn(arn) is not None

    def is_fifo(self, arn: str) -> bool:
        """Whether it is a FIFO queue."""
        queue = self.queues.by_arn(arn)
        return queue is not None and queue.is_fifo

    def deliver(
        self, arn: str, body: str, sender: str, *, group_id: str | None = None, attributes: Mapping[str, Any] = NOTHING
    ) -> bool:
        """Send what a service has to say. Joins an open transaction. False: there is no such queue any more.

        Raises what SQS says of a message that the queue does not take.
        """
        queue = self.queues.by_arn(arn)
        if queue is not None:
            given = {"MessageBody": body, "MessageAttributes": attributes}
            named = {} if group_id is None else {"MessageGroupId": group_id}
            self.send(queue, message_of({**given, **named}, queue), sender)
        return queue is not None

    def peek(self, arn: str, after: int, limit: int) -> list[tuple[int, str]]:
        """(number, body) of up to `limit` messages that can be received now, those after the number `after`.

        For who takes them out, by `remove`, in the transaction of what they caused: nobody has them in flight.
        """
        queue = self.queues.by_arn(arn)
        return [] if queue is None else self.messages.peek(queue, after, limit, self.clock.now_ms())

    def remove(self, arn: str, numbers: Sequence[int]) -> None:
        """Delete these. Joins an open transaction."""
        queue = self.queues.by_arn(arn)
        if queue is not None and numbers:
            with self.database.write():
                self.messages.remove(queue, numbers)
                self.database.after_commit(partial(self._taken_out, queue, len(numbers)))

    def hand_over(self, arn: str, target: str, numbers: Sequence[int]) -> None:
        """Move these to another queue. Joins an open transaction."""
        source, other = self.queues.by_arn(arn), self.queues.by_arn(target)
        if source is None or other is None:
            return
        with self.database.write():
            for message in filter(None, (self.messages.find(source, number) for number in numbers)):
                self._bury(message, source, other, self.clock.now_ms())

    # Queues

    def queue(self, key: Key) -> Queue:
        """Raises QueueDoesNotExist."""
        queue = self.queues.find(key)
        if queue is None:
            raise QueueDoesNotExist("The specified queue does not exist.")
        return queue

    def create(self, key: Key, attributes: Mapping[str, str], tags: Mapping[str, str]) -> None:
        """Make the queue; one that is there with the same attributes is left alone."""
        is_fifo = attributes.get("FifoQueue") == "true"
        attribute.check_name(key[2], is_fifo=is_fifo)
        attribute.check(attributes, is_fifo=is_fifo)
        with self.database.write():
            existing = self.queues.find(key)
            if existing is not None:
                _check_alike(existing, attributes)
                return
            now_ms = self.clock.now_ms()
            if self.queues.deleted_since(key, now_ms - MINUTE_MS):
                raise QueueDeletedRecently(
                    "You must wait 60 seconds after deleting a queue before you can create another with the same name."
                )
            account, region, name = key
            self._check_redrive(f"arn:aws:sqs:{region}:{account}:{name}", attributes, is_fifo=is_fifo)
            self.queues.add(key, now_ms, _kept(attributes), dict(tags))

    def set_attributes(self, key: Key, attributes: Mapping[str, str]) -> None:
        """Replace some; an empty policy removes it."""
        with self.database.write():
            queue = self.queue(key)
            attribute.check(attributes, is_fifo=queue.is_fifo)
            self.messages.expire(queue, self.clock.now_ms())  # a longer retention brings nothing back
            self._check_redrive(queue.arn, attributes, is_fifo=queue.is_fifo)
            self.queues.set(
                queue, attributes=_kept({**queue.attributes, **attributes}), modified_at_ms=self.clock.now_ms()
            )
            if queue.is_fifo and "DelaySeconds" in attributes:
                self.messages.delay(queue, int(attributes["DelaySeconds"]))
            self.database.after_commit(partial(self.polls.arrived, queue.id))

    def set_tags(self, key: Key, add: Mapping[str, str], remove: list[str]) -> None:
        with self.database.write():
            queue = self.queue(key)
            kept = {name: value for name, value in queue.tags.items() if name not in remove}
            self.queues.set(queue, tags={**kept, **add})

    def delete(self, key: Key) -> None:
        """With all its messages."""
        with self.database.write():
            queue = self.queue(key)
            self.queues.delete(queue, self.clock.now_ms())
            self.move_tasks.forget(key)
            self.database.after_commit(partial(self.polls.arrived, queue.id))
            self.database.after_commit(partial(self.metrics.forget, queue))

    def purge(self, key: Key) -> None:
        """Delete all its messages."""
        with self.database.write():
            queue, now_ms = self.queue(key), self.clock.now_ms()
            if queue.purged_at_ms is not None and queue.purged_at_ms > now_ms - MINUTE_MS:
                raise PurgeQueueInProgress(
                    f"Only one PurgeQueue operation on {queue.name} is allowed every 60 seconds."
                )
            self.queues.set(queue, purged_at_ms=now_ms)
            self.messages.purge(queue)

    def counts(self, queue: Queue) -> Counts:
        """How many messages it has."""
        return self.messages.counts(queue, self.clock.now_ms())

    def _check_redrive(self, arn: str, attributes: Mapping[str, str], *, is_fifo: bool) -> None:
        if attributes.get("RedriveAllowPolicy"):
            attribute.check_redrive_allow(attributes["RedriveAllowPolicy"])
        text = attributes.get("RedrivePolicy")
        if not text:
            return
        target = self.queues.by_arn(attribute.redrive_target(text))
        if target is None or target.arn.split(":")[3:5] != arn.split(":")[3:5]:
            raise bad_value(text, "RedrivePolicy", "Dead letter target does not exist.")
        if target.is_fifo is not is_fifo:
            raise bad_value(text, "RedrivePolicy", "Dead-letter queue must be same type of queue as the source.")
        if not attribute.allows_redrive(target.attributes.get("RedriveAllowPolicy"), arn):
            raise bad_value(text, "RedrivePolicy", "The dead-letter queue does not allow this queue as its source.")

    # Messages

    def send(self, queue: Queue, message: Message, sender: str) -> Sent:
        """Durable when this returns, or with the open transaction that it joins."""
        (sent,) = self.send_all(queue, [message], sender)
        return sent

    def send_all(self, queue: Queue, messages: list[Message], sender: str) -> list[Sent]:
        """The same for the messages of a batch, in one transaction."""

        def put() -> list[Sent]:
            self.database.after_commit(partial(self.polls.arrived, queue.id))
            return [self._put(queue, message, sender) for message in messages]

        return self.database.write_together(put)

    def _put(self, queue: Queue, message: Message, sender: str) -> Sent:
        now_ms, identifier = self.clock.now_ms(), message.deduplication_id
        message_id = str(uuid.uuid4())
        if identifier is None:
            self.messages.add(queue, message_id, message, sender, now_ms=now_ms)
            self.database.after_commit(partial(self.metrics.sent, queue, message.size))
            return Sent(message_id, None)
        by_group = queue.attributes.get("DeduplicationScope") == "messageGroup"
        scope = (message.group_id or "") if by_group else ""
        sent = self.messages.sent_before(queue, scope, identifier, now_ms - DEDUPLICATION_MS)
        if sent is None:
            sent = self.messages.add(queue, message_id, message, sender, now_ms=now_ms), message_id
            self.messages.remember(queue, scope, identifier, sent, now_ms)
            self.database.after_commit(partial(self.metrics.sent, queue, message.size))
        else:
            self.database.after_commit(partial(self.metrics.deduplicated, queue))
        return Sent(sent[1], sequence_number(sent[0]))

    def receive(self, key: Key, limit: int, visibility_s: int | None = None) -> list[StoredMessage]:
        """Messages to work on, each for so long, or as long as the queue says. Raises QueueDoesNotExist."""
        queue = self.queue(key)
        if not self.messages.pick(queue, 1, self.clock.now_ms()):
            return []  # without taking part in the writers' turns
        return self.database.write_together(partial(self._receive, key, limit, visibility_s))

    def _receive(self, key: Key, limit: int, visibility_s: int | None) -> list[StoredMessage]:
        queue, now_ms = self.queue(key), self.clock.now_ms()
        visible_at_ms = now_ms + 1000 * (queue.number("VisibilityTimeout") if visibility_s is None else visibility_s)
        target = self.queues.by_arn(queue.redrive.arn) if queue.redrive else None
        received: list[StoredMessage] = []
        for _ in range(ATTEMPTS):
            picked = self.messages.pick(queue, limit, now_ms)
            for message in picked:
                if target is not None and queue.redrive is not None and message.receives >= queue.redrive.most:
                    self._bury(message, queue, target, now_ms)
                else:
                    received.append(self.messages.take(message, visible_at_ms, now_ms))
            if received or not picked:
                break
        return received

    def _bury(self, message: StoredMessage, queue: Queue, target: Queue, now_ms: int) -> None:
        self.messages.move(message, target, queue.arn, now_ms)
        self.database.after_commit(partial(self.polls.arrived, target.id))

    def next_visible_ms(self, key: Key) -> int | None:
        """When a message becomes visible by itself."""
        return self.messages.next_visible_ms(self.queue(key), self.clock.now_ms())

    def delete_message(self, queue: Queue, handle: str) -> None:
        """Only the handle of the last receive deletes; others are taken and do nothing, as on AWS."""
        given = receipt.parse(handle, queue.id)

        def change() -> None:
            message = self.messages.find(queue, given.message)
            if message is None or message.received != given.time:
                self.database.after_commit(partial(self.metrics.deleted, queue))
                return
            if queue.is_fifo and message.visible_at_ms <= self.clock.now_ms():
                raise bad_value(handle, "ReceiptHandle", "The receipt handle has expired.")
            self.messages.delete(message)
            self.database.after_commit(partial(self.metrics.deleted, queue))
            self.database.after_commit(partial(self.polls.arrived, queue.id))  # a group is free again

        self.database.write_together(change)

    def change_visibility(self, queue: Queue, handle: str, seconds: int) -> None:
        """From now on, somebody works on it for so long; with 0 it is visible at once."""
        if not 0 <= seconds <= LONGEST_VISIBILITY_S:
            reason = "Must be between 0 and 43200, if provided."
            raise bad_value(seconds, "VisibilityTimeout", reason)
        given = receipt.parse(handle, queue.id)

        def change() -> None:
            message, now_ms = self.messages.find(queue, given.message), self.clock.now_ms()
            if message is None or message.received != given.time:
                reason = "Message does not exist or is not available for visibility timeout change."
                raise bad_value(handle, "ReceiptHandle", reason)
            if message.visible_at_ms <= now_ms:
                raise MessageNotInflight
            self.messages.show_at(message, now_ms + seconds * 1000)
            self.database.after_commit(partial(self.polls.arrived, queue.id))

        self.database.write_together(change)

    def _taken_out(self, queue: Queue, messages: int) -> None:
        self.metrics.received(queue, messages)
        self.metrics.deleted(queue, messages)
        self.polls.arrived(queue.id)

    def _keep_up(self) -> int:
        now_ms = self.clock.now_ms()
        if now_ms >= self._expire_at_ms:
            self._expire(now_ms)
            self._expire_at_ms = now_ms + EXPIRY_INTERVAL_MS
        for queue in self.queues:
            oldest_ms = self.messages.oldest_ms(queue, now_ms)
            if oldest_ms is not None or self.metrics.is_active(queue):
                self.metrics.level(queue, self.messages.counts(queue, now_ms), oldest_ms)
        return now_ms + MINUTE_MS

    def _expire(self, now_ms: int) -> None:
        for queue in self.queues:
            with self.database.write():
                self.messages.expire(queue, now_ms)
        with self.database.write():
            self.messages.forget(now_ms - DEDUPLICATION_MS)
            self.queues.forget_deleted(now_ms - MINUTE_MS)


def sequence_number(row: int) -> str:
    """The sequence number of the message in that row: larger for a later one."""
    return str(FIRST_SEQUENCE_NUMBER + row)


def _kept(attributes: Mapping[str, str]) -> dict[str, str]:
    """What is remembered: an empty document is none."""
    return {name: value for name, value in attributes.items() if value or name not in attribute.DOCUMENTS}


def _check_alike(queue: Queue, attributes: Mapping[str, str]) -> None:
    defaults = {**attribute.DEFAULTS, **(attribute.FIFO_DEFAULTS if queue.is_fifo else {})}
    for name, value in attributes.items():
        if queue.attributes.get(name, defaults.get(name, "")) != value:
            raise QueueNameExists(
                f"A queue already exists with the same name and a different value for attribute {name}"
            )
