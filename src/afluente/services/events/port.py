"""What EventBridge needs of other services, to tell them of events. `app.py` hands in their engines."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from afluente.core.call import Principal


class Queues(Protocol):
    """SQS: the queues that events, and dead letters, go to."""

    def is_queue(self, arn: str) -> bool: ...

    def deliver(
        self, arn: str, body: str, sender: str, *, group_id: str | None = ..., attributes: Mapping[str, Any] = ...
    ) -> bool:
        """Send a message, joining an open transaction. False: no such queue. AwsError: it does not take this."""


class Permissions(Protocol):
    """IAM: what a resource's policy lets a service do on behalf of its own resource `source_arn`."""

    def service_may(
        self, service: str, action: str, resource: str, *, source_arn: str, source_account: str
    ) -> bool: ...


class Roles(Protocol):
    """IAM: whether EventBridge may take on a target's role, and who it is then."""

    def can_assume(self, role_arn: str, service_principal: str, source_arn: str | None = None) -> bool: ...

    def acting(self, role_arn: str, session_name: str) -> Principal: ...

    def check_role(
        self, role_arn: str, session_name: str, action: str, resource: str, context: Mapping[str, str] | None = None
    ) -> None:
        """Raises AccessDeniedException, in AWS's words, unless the policies of role and resource allow it."""


class LogSink(Protocol):
    """CloudWatch Logs: takes (milliseconds, message) events; makes group and stream when missing."""

    def append(self, account: str, region: str, group: str, stream: str, events: Sequence[tuple[int, str]]) -> None: ...


class Workflows(Protocol):
    """Glue: takes an event for a workflow. Raises AwsError when it has no trigger of the type EVENT that is on."""

    def notify(self, account: str, region: str, workflow: str, event_id: str) -> None: ...
