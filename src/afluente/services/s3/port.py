"""What S3 needs of other services, to tell them of events. `app.py` hands in their engines."""

from collections.abc import Sequence
from typing import Protocol


class Queues(Protocol):
    """SQS: the queues that events go to."""

    def is_queue(self, arn: str) -> bool: ...

    def is_fifo(self, arn: str) -> bool: ...

    def deliver(self, arn: str, body: str, sender: str) -> bool:
        """Send a message, joining an open transaction. False: there is no such queue."""


class Permissions(Protocol):
    """IAM: what a resource's policy lets a service do on behalf of its own resource `source_arn`."""

    def service_may(
        self, service: str, action: str, resource: str, *, source_arn: str, source_account: str
    ) -> bool: ...


class LogSink(Protocol):
    """CloudWatch Logs: takes (milliseconds, message) events; makes group and stream when missing."""

    def append(self, account: str, region: str, group: str, stream: str, events: Sequence[tuple[int, str]]) -> None: ...
