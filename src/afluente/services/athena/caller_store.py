"""S3 as a query's caller may use it: what Athena lists, reads and writes, it does in the caller's name."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from afluente.core.call import Call
from afluente.core.error import AwsError
from afluente.services.athena.error import QueryFailure
from afluente.services.athena.port import Check, ObjectStore, Stored, StoredFile, StoredObject

PathT = TypeVar("PathT")


@dataclass(frozen=True, slots=True)
class CallerStore:
    """`store`, as far as `check` lets the caller of `call`. Refusals fail the query, in Athena's words."""

    store: ObjectStore
    call: Call
    check: Check

    def __post_init__(self) -> None:
        through_athena = replace(self.call, via=(*self.call.via, "athena.amazonaws.com"))
        object.__setattr__(self, "call", through_athena)

    def bucket_exists(self, bucket: str) -> bool:
        return self.store.bucket_exists(bucket)

    def put_object(
        self, bucket: str, key: str, data: bytes, *, content_type: str = "binary/octet-stream",
        content_encoding: str | None = None,
    ) -> StoredObject:  # fmt: skip
        self.check_output(bucket, key)
        return self.store.put_object(bucket, key, data, content_type=content_type, content_encoding=content_encoding)

    def put_file(
        self, bucket: str, key: str, path: Path, *, content_type: str = "binary/octet-stream",
        content_encoding: str | None = None,
    ) -> StoredObject:  # fmt: skip
        self.check_output(bucket, key)
        return self.store.put_file(bucket, key, path, content_type=content_type, content_encoding=content_encoding)

    def get_object(self, bucket: str, key: str) -> StoredObject:
        self._permit("s3:GetObject", bucket, key)
        return self.store.get_object(bucket, key)

    def iter_objects(self, bucket: str, prefix: str = "", start_after: str = "") -> Iterator[StoredObject]:
        self._permit("s3:ListBucket", bucket, None, {"s3:prefix": prefix})
        for stored in self.store.iter_objects(bucket, prefix, start_after):
            yield _Callers(stored, bucket, self._permit)

    def iter_files(self, bucket: str, prefix: str = "") -> Iterator[StoredFile]:
        self._permit("s3:ListBucket", bucket, None, {"s3:prefix": prefix})
        for stored in self.store.iter_files(bucket, prefix):
            yield _Callers(stored, bucket, self._permit)

    def delete_object(self, bucket: str, key: str) -> None:
        self._permit("s3:DeleteObject", bucket, key)
        self.store.delete_object(bucket, key)

    def check_output(self, bucket: str, key: str) -> None:
        """May the caller write this object? Raises QueryFailure."""
        try:
            self.check(self.call, "s3:PutObject", f"arn:aws:s3:::{bucket}/{key}")
        except AwsError:
            raise QueryFailure(
                "", f"Access denied when writing output to url: s3://{bucket}/{key} . Please ensure you are allowed to "
                "access the S3 bucket. If you are encrypting query results with KMS key, please ensure you are allowed "
                "to access your KMS key",
            ) from None  # fmt: skip

    def _permit(self, action: str, bucket: str, key: str | None, conditions: Mapping[str, str] | None = None) -> None:
        resource = bucket if key is None else f"{bucket}/{key}"
        try:
            self.check(self.call, action, f"arn:aws:s3:::{resource}", conditions)
        except AwsError as refusal:
            path = f"{bucket}/{(conditions or {}).get('s3:prefix', '')}" if key is None else resource
            raise QueryFailure(
                "PERMISSION_DENIED", f"Permission denied on S3 path: s3://{path}. {refusal.message}"
            ) from None


@dataclass(frozen=True, slots=True)
class _Callers(Generic[PathT]):
    """An object whose path is given to who may read it."""

    stored: Stored[PathT]
    bucket: str
    permit: Callable[..., Any]

    @property
    def key(self) -> str:
        return self.stored.key

    @property
    def size(self) -> int:
        return self.stored.size

    @property
    def last_modified_ms(self) -> int:
        return self.stored.last_modified_ms

    @property
    def path(self) -> PathT:
        self.permit("s3:GetObject", self.bucket, self.stored.key)
        return self.stored.path
