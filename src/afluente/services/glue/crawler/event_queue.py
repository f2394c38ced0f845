"""Which folders have changed, by the events of S3 that lie in a queue.

A crawl looks at the messages, and takes them out in the transaction that writes what it found; so one that fails, or is
killed, leaves them to the next.
Source: "Accelerating crawls using Amazon S3 event notifications", AWS Glue Developer Guide.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus

import msgspec

from afluente.services.glue.crawler.definition import Members
from afluente.services.glue.crawler.permission import Permission
from afluente.services.glue.crawler.port import Queues

MOST_MESSAGES = 100_000
PAGE = 1000
CHANGING = ("ObjectCreated:", "ObjectRemoved:", "LifecycleExpiration:")
"""Events of other kinds change nothing that a crawl sees."""

Place = tuple[str, str]
"""A bucket, and a folder in it with a slash at its end, or nothing for the bucket itself."""


@dataclass(slots=True)
class Changes:
    """What the queue told: the folders that have changed, the messages that said so, and those that are no events."""

    folders: set[Place] = field(default_factory=set)
    told: list[int] = field(default_factory=list)
    strange: list[int] = field(default_factory=list)


class EventQueue:
    """The queue of a crawler in event mode, and the one for messages that it cannot use, if there is one."""

    def __init__(self, queues: Queues, members: Members, permission: Permission) -> None:
        targets: list[dict[str, Any]] = members["Targets"]["S3Targets"] + members["Targets"]["CatalogTargets"]
        target = targets[0]  # there is no other
        self._queues = queues
        self._permission = permission
        self.arn: str = target["EventQueueArn"]
        self.dead_letters: str | None = target.get("DlqEventQueueArn")

    def missing(self) -> str | None:
        """The ARN of the queue that is not there, if one is not."""
        return next((arn for arn in (self.arn, self.dead_letters) if arn and not self._queues.is_queue(arn)), None)

    def read(self, check: Callable[[], None]) -> Changes:
        """What the messages say that can be received now. Raises AccessDeniedException, and what `check` raises."""
        for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage"):
            self._permission.check(action, self.arn)
        if self.dead_letters is not None:
            self._permission.check("sqs:SendMessage", self.dead_letters)
        changes = Changes()
        for identifier, body in self._messages(check):
            folders = changed_folders(body)
            (changes.strange if folders is None else changes.told).append(identifier)
            changes.folders |= folders or set()
        return changes

    def settle(self, changes: Changes) -> None:
        """Take out what was told. What is no event goes to the dead letters, or else stays. In an open transaction."""
        self._queues.remove(self.arn, changes.told)
        if self.dead_letters is not None:
            self._queues.hand_over(self.arn, self.dead_letters, changes.strange)

    def _messages(self, check: Callable[[], None]) -> Iterator[tuple[int, str]]:
        after = 0
        for _ in range(MOST_MESSAGES // PAGE):
            check()
            page = self._queues.peek(self.arn, after, PAGE)
            yield from page
            if len(page) < PAGE:
                return
            after = page[-1][0]


def changed_folders(body: str) -> set[Place] | None:
    """The folders of the objects that a message tells of; None when it is no message of S3."""
    try:
        message = msgspec.json.decode(body)
        if message.get("Event") == "s3:TestEvent":
            return set()
        records: list[Mapping[str, Any]] = message["Records"]
        return {_place(record["s3"]) for record in records if record["eventName"].startswith(CHANGING)}
    except (msgspec.MsgspecError, AttributeError, KeyError, TypeError, UnicodeEncodeError):
        return None


def _place(told: Mapping[str, Any]) -> Place:
    key = unquote_plus(told["object"]["key"])
    return told["bucket"]["name"], key[: key.rfind("/") + 1]
