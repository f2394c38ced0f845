"""What S3 needs of other services, to tell them of events. `app.py` hands in their engines."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


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


class EventBus(Protocol):
    """EventBridge: takes events in, joining an open transaction."""

    def emit(  # noqa: PLR0917  # what an event is made of
        self, account: str, region: str, source: str, detail_type: str, detail: Mapping[str, Any],
        resources: Sequence[str] = ...,
    ) -> str: ...  # fmt: skip
