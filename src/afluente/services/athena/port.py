"""What Athena needs of S3: where the objects of a table lie on disk, and a place to put results."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Protocol, TypeVar

from afluente.core.call import Call

PathT_co = TypeVar("PathT_co", covariant=True)


class Stored(Protocol[PathT_co]):
    """An object that is there."""

    @property
    def key(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def last_modified_ms(self) -> int: ...
    @property
    def path(self) -> PathT_co: ...


StoredObject = Stored[Path]
StoredFile = Stored[str]
"""The little of an object that a query over thousands of them needs."""


class ObjectStore(Protocol):
    """S3's data plane, as the composition root hands it in."""

    def bucket_exists(self, bucket: str) -> bool: ...
    def put_object(
        self, bucket: str, key: str, data: bytes, *, content_type: str = ..., content_encoding: str | None = ...
    ) -> StoredObject: ...
    def put_file(
        self, bucket: str, key: str, path: Path, *, content_type: str = ..., content_encoding: str | None = ...
    ) -> StoredObject: ...
    def get_object(self, bucket: str, key: str) -> StoredObject: ...
    def iter_objects(self, bucket: str, prefix: str = "", start_after: str = "") -> Iterator[StoredObject]: ...
    def iter_files(self, bucket: str, prefix: str = "") -> Iterator[StoredFile]: ...
    def delete_object(self, bucket: str, key: str) -> None: ...


class Check(Protocol):
    """Whether a caller may do something in S3."""

    def __call__(self, call: Call, action: str, resource: str, conditions: Mapping[str, str] | None = None) -> None:
        """Raises AwsError unless the caller may do `action` to `resource`."""


def allow(call: Call, action: str, resource: str, conditions: Mapping[str, str] | None = None) -> None:
    """Everybody may do everything."""


StoreOf = Callable[[Call], ObjectStore]
"""S3 as the caller of a call may use it."""
