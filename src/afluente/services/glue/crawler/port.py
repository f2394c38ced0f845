"""What crawlers need of the other services."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol


class StoredFile(Protocol):
    """An object of S3, on disk."""

    @property
    def key(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def path(self) -> str: ...


class Objects(Protocol):
    """S3: what a crawler lists and reads."""

    def bucket_exists(self, bucket: str) -> bool: ...
    def iter_files(self, bucket: str, prefix: str = "") -> Iterator[StoredFile]: ...


class Roles(Protocol):
    """IAM: whether Glue may assume the crawler's role, and what the role may do."""

    def role_exists(self, role_arn: str) -> bool: ...
    def can_assume(self, role_arn: str, service_principal: str, source_arn: str | None = None) -> bool: ...
    def check_role(
        self, role_arn: str, session_name: str, action: str, resource: str, context: Mapping[str, str] | None = None
    ) -> None:
        """Raises AccessDeniedException, in AWS's words, unless the policies of role and resource allow it."""

    def role_may_below(self, role_arn: str, session_name: str, action: str, prefix: str) -> bool:
        """Whether that is surely allowed for all whose ARN begins with `prefix`; otherwise each is asked about."""


class Queues(Protocol):
    """SQS: the messages of a queue by numbers that grow. `remove` and `hand_over` join an open transaction."""

    def is_queue(self, arn: str) -> bool: ...
    def peek(self, arn: str, after: int, limit: int) -> list[tuple[int, str]]:
        """(number, body) of up to `limit` messages that can be received now, those after the number `after`."""

    def remove(self, arn: str, numbers: Sequence[int]) -> None: ...
    def hand_over(self, arn: str, target: str, numbers: Sequence[int]) -> None: ...


class Logs(Protocol):
    """CloudWatch Logs: where a crawl tells what it did and why."""

    def needed_to_append(self, account: str, region: str, group: str, stream: str) -> list[tuple[str, str]]: ...

    def append(self, account: str, region: str, group: str, stream: str, events: Sequence[tuple[int, str]]) -> None: ...
