"""Message move tasks: dead letters go back to where they came from, or to another queue, at a rate.

A task moves what can be received; so many messages and its count are one transaction, and a restart goes on with it.
Source: StartMessageMoveTask, Amazon SQS API Reference.
"""

import base64
import binascii
import json
import uuid
from collections.abc import Iterator
from functools import partial
from typing import Any

from afluente.core.clock import Clock
from afluente.core.loop import Loop
from afluente.services.sqs.error import ResourceNotFoundException, UnsupportedOperation, bad_value
from afluente.services.sqs.poll import Polls
from afluente.services.sqs.queue import Key, Queue, Queues
from afluente.services.sqs.store import Messages, StoredMessage
from afluente.store.database import Database
from afluente.store.document import Documents

Task = dict[str, Any]
"""`Status` and the other members of a listing, but for the handle; `id`."""
TaskKey = tuple[str, str, str, str]
"""The source queue's, and the newest first."""

SECOND_MS = 1000
BATCH = 500
"""Messages that are moved at once; AWS moves up to 500 per second."""
LAST_MS = 10**15


class MoveTasks:
    """The tasks of all queues."""

    def __init__(self, database: Database, queues: Queues, messages: Messages, polls: Polls, clock: Clock) -> None:
        self._database = database
        self._queues = queues
        self._messages = messages
        self._polls = polls
        self._clock = clock
        self._tasks = Documents(database, "sqs_move_task")
        self._loop = Loop("sqs-move", self._step, clock)

    def start_moving(self) -> None:
        """Go on with the tasks that a former process has left."""
        self._loop.start()

    def stop_moving(self) -> None:
        self._loop.stop()

    def start(self, source_arn: str, target_arn: str | None, rate: int | None) -> str:
        """Begin a task; its handle. Raises ResourceNotFoundException, InvalidParameterValue, UnsupportedOperation."""
        with self._database.write():
            source = self._source(source_arn)
            if target_arn is not None and self._queues.by_arn(target_arn) is None:
                raise _missing("DestinationArn")
            if rate is not None and not 1 <= rate <= BATCH:
                raise bad_value(rate, "MaxNumberOfMessagesPerSecond", f"Must be between 1 and {BATCH}, if provided.")
            if any(task["Status"] == "RUNNING" for _, task in self._of(source)):
                raise UnsupportedOperation(
                    "There is already a task running. Only one active task is allowed for a source queue arn at a "
                    "given time."
                )
            now_ms, identifier = self._clock.now_ms(), str(uuid.uuid4())
            task: Task = {
                "id": identifier, "Status": "RUNNING", "SourceArn": source_arn, "StartedTimestamp": now_ms,
                "ApproximateNumberOfMessagesMoved": 0,
                "ApproximateNumberOfMessagesToMove": self._messages.counts(source, now_ms).visible,
            }  # fmt: skip
            task |= {"DestinationArn": target_arn} if target_arn else {}
            task |= {"MaxNumberOfMessagesPerSecond": rate} if rate else {}
            self._tasks.put((*source.key, f"{LAST_MS - now_ms:016d}"), task)
        self._loop.wake()
        return _handle(task)

    def page(self, source_arn: str, limit: int) -> list[Task]:
        """The newest tasks of a queue. Raises ResourceNotFoundException."""
        source = self._queues.by_arn(source_arn)
        if source is None:
            raise _missing("SourceArn")
        found = [task for _, task in self._of(source)][:limit]
        return [_shown(task) for task in found]

    def cancel(self, handle: str) -> int:
        """End a task; how many messages it has moved. Raises ResourceNotFoundException, UnsupportedOperation."""
        identifier, source_arn = parse_handle(handle)
        with self._database.write():
            source = self._queues.by_arn(source_arn)
            for key, task in self._of(source) if source else ():
                if task["id"] != identifier:
                    continue
                if task["Status"] != "RUNNING":
                    raise UnsupportedOperation("Only active tasks can be cancelled.")
                self._tasks.put(key, task | {"Status": "CANCELLED"})
                return int(task["ApproximateNumberOfMessagesMoved"])
        raise ResourceNotFoundException("Task does not exist.")

    def forget(self, key: Key) -> None:
        """The queue is deleted. In an open transaction."""
        self._tasks.delete_under(key)

    def _source(self, arn: str) -> Queue:
        source = self._queues.by_arn(arn)
        if source is None:
            raise _missing("SourceArn")
        others = self._queues.page(source.account, source.region, "", "", -1)
        if not any(queue.redrive and queue.redrive.arn == arn for queue in others):
            raise bad_value(arn, "SourceArn", "Source queue must be configured as a Dead Letter Queue.")
        return source

    def _of(self, source: Queue) -> Iterator[tuple[TaskKey, Task]]:
        yield from self._tasks.scan(source.key)  # type: ignore[misc]  # as they were put

    def _step(self) -> int | None:
        """So many messages of each task; again at once, or, of one that has a rate, in a second."""
        upcoming: list[int] = []
        for key, task in list(self._tasks.scan()):
            if task["Status"] == "RUNNING" and self._move(key):
                rate = task.get("MaxNumberOfMessagesPerSecond")
                upcoming.append(self._clock.now_ms() + (SECOND_MS if rate else 0))
        return min(upcoming, default=None)

    def _move(self, key: tuple[str, ...]) -> bool:
        """Whether there may be more."""
        with self._database.write():
            task, source = self._tasks.get(key), self._queues.find((key[0], key[1], key[2]))
            if task is None or source is None or task["Status"] != "RUNNING":
                return False
            now_ms = self._clock.now_ms()
            found = self._messages.pick(source, task.get("MaxNumberOfMessagesPerSecond", BATCH), now_ms)
            moved = self._move_each(task, found, now_ms)
            task["ApproximateNumberOfMessagesMoved"] += moved
            if moved < len(found):
                task |= {"Status": "FAILED", "FailureReason": "CouldNotDetermineMessageSource"}
            elif not found:
                task["Status"] = "COMPLETED"
            self._tasks.put(key, task)
            return bool(task["Status"] == "RUNNING")

    def _move_each(self, task: Task, messages: list[StoredMessage], now_ms: int) -> int:
        """How many could be moved: up to the first that has nowhere to go."""
        for number, message in enumerate(messages):
            arn = task.get("DestinationArn") or message.source
            target = self._queues.by_arn(arn) if arn else None
            if target is None:
                return number
            self._messages.renew(message, target, str(uuid.uuid4()), now_ms)
            self._database.after_commit(partial(self._polls.arrived, target.id))
        return len(messages)


def _handle(task: Task) -> str:
    told = {"taskId": task["id"], "sourceArn": task["SourceArn"]}
    return base64.urlsafe_b64encode(json.dumps(told).encode()).decode()


def parse_handle(handle: str) -> tuple[str, str]:
    """(id, the source's ARN) of a task's handle. Raises ResourceNotFoundException."""
    try:
        told = json.loads(base64.b64decode(handle, altchars=b"-_", validate=True))
        return str(told["taskId"]), str(told["sourceArn"])
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise ResourceNotFoundException("Task does not exist.") from None


def _shown(task: Task) -> Task:
    """Only what runs has a handle, to cancel it by."""
    told = {name: value for name, value in task.items() if name != "id"}
    return {"TaskHandle": _handle(task), **told} if task["Status"] == "RUNNING" else told


def _missing(parameter: str) -> ResourceNotFoundException:
    return ResourceNotFoundException(f"The resource that you specified for the {parameter} parameter doesn't exist.")
