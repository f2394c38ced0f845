"""What Firehose needs of other services. `app.py` hands in their engines."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol


class ObjectStore(Protocol):
    """S3: takes finished objects. `put_object` and `put_file` are atomic; an AwsError means that nothing was stored."""

    def bucket_exists(self, bucket: str) -> bool: ...

    def put_object(
        self, bucket: str, key: str, data: bytes, *, content_type: str = ..., content_encoding: str | None = None
    ) -> Any: ...

    def put_file(
        self, bucket: str, key: str, path: Path, *, content_type: str = ..., content_encoding: str | None = None
    ) -> Any: ...


class Shard(Protocol):
    """One shard of a Kinesis stream, and where its records lie in the record log."""

    @property
    def shard_id(self) -> str: ...

    @property
    def parents(self) -> Sequence[str]: ...

    @property
    def partition(self) -> int: ...

    @property
    def next_position(self) -> int: ...


class SourceRecord(Protocol):
    """One record of a shard."""

    @property
    def data(self) -> bytes: ...

    @property
    def partition_key(self) -> str: ...

    @property
    def sequence_number(self) -> str: ...

    @property
    def arrived_at_ms(self) -> int: ...


class NamedShard(Protocol):
    """A shard, by its name."""

    @property
    def shard_id(self) -> str: ...


class SourceBatch(Protocol):
    """Records of a shard, one after the other, up to `next_position`."""

    @property
    def shard(self) -> NamedShard: ...

    @property
    def records(self) -> Sequence[SourceRecord]: ...

    @property
    def next_position(self) -> int: ...


class SourceStreams(Protocol):
    """Kinesis: the shards of a stream, their records, and a wake-up when records have come."""

    def read(self, partition: int, position: int, limit_bytes: int) -> SourceBatch: ...

    def shards(self, account: str, region: str, stream: str) -> Sequence[Shard]: ...

    def locate(self, account: str, region: str, stream: str, sequence_number: str) -> tuple[str, int, int]:
        """The shard's id, its partition, and the record's position. Raises AwsError for a number of another stream."""

    def subscribe(self, account: str, region: str, stream: str, wake: Callable[[], None]) -> Callable[[], None]: ...


class Roles(Protocol):
    """IAM: may a service take on a role, on behalf of its resource `source_arn`? What may the role then do?"""

    def can_assume(self, role_arn: str, service_principal: str, source_arn: str | None = None) -> bool: ...

    def check_role(
        self, role_arn: str, session_name: str, action: str, resource: str, context: Mapping[str, str] | None = None
    ) -> None:
        """Raises AccessDeniedException, in AWS's words, unless the policies of role and resource allow it."""


class LogSink(Protocol):
    """CloudWatch Logs: takes (milliseconds, message) events; makes group and stream when missing."""

    def append(self, account: str, region: str, group: str, stream: str, events: Sequence[tuple[int, str]]) -> None: ...
