"""Buckets: their names, what is remembered of each, and where they are stored."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from afluente.services.s3.error import InvalidBucketName, no_such_bucket
from afluente.services.s3.traits import Grant
from afluente.store.database import Database
from afluente.store.document import Documents

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
_BAD_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
_BAD_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")

ALL_BLOCKED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


class Bucket(msgspec.Struct, kw_only=True):
    """A bucket. Configurations are in AWS's shapes; None: there is none.

    lifecycle: rules, with dates in milliseconds.
    blocked_encryption: kinds that may not be asked for; those that can be named here never may.
    versioning: Enabled or Suspended once it was enabled.
    transition_minimum: how small objects are that lifecycle rules leave in their storage class.
    logging: LoggingEnabled: where the lines about its requests go.
    acl: whom it grants what, while its ownership allows ACLs.
    object_lock: what ObjectLockConfiguration holds; a bucket with one has versioning for good.
    """

    name: str
    account: str
    region: str
    created_at_ms: int
    tags: dict[str, str] | None = None
    ownership: str | None = "BucketOwnerEnforced"
    public_access_block: dict[str, bool] | None = None
    policy: str | None = None
    lifecycle: list[dict[str, Any]] | None = None
    transition_minimum: str = "all_storage_classes_128K"
    bucket_key_enabled: bool = False
    blocked_encryption: list[str] | None = None
    versioning: str | None = None
    cors: list[dict[str, Any]] | None = None
    notification: dict[str, Any] | None = None
    object_lock: dict[str, Any] | None = None
    acl: tuple[Grant, ...] | None = None
    logging: dict[str, Any] | None = None

    @property
    def arn(self) -> str:
        return f"arn:aws:s3:::{self.name}"


class Buckets:
    """The stored buckets. Writes join the thread's open transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._documents = Documents(database, "s3_bucket")

    def find(self, name: str) -> Bucket | None:
        document = self._documents.get((name,))
        return None if document is None else msgspec.convert(document, Bucket)

    def get(self, name: str) -> Bucket:
        """Raises NoSuchBucket."""
        bucket = self.find(name)
        if bucket is None:
            raise no_such_bucket(name)
        return bucket

    def put(self, bucket: Bucket) -> None:
        self._documents.put((bucket.name,), msgspec.to_builtins(bucket))

    def change(self, name: str, change: Callable[[Bucket], None]) -> None:
        """Read, `change` and write back. Raises NoSuchBucket."""
        with self._database.write():
            bucket = self.get(name)
            change(bucket)
            self.put(bucket)

    def delete(self, name: str) -> None:
        self._documents.delete((name,))

    def __iter__(self) -> Iterator[Bucket]:
        for _, document in self._documents.scan():
            yield msgspec.convert(document, Bucket)


def check_name(name: str) -> None:
    """Raises InvalidBucketName.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    """
    if (
        not _NAME.fullmatch(name)
        or ".." in name
        or _ADDRESS.fullmatch(name)
        or name.startswith(_BAD_STARTS)
        or name.endswith(_BAD_ENDS)
    ):
        raise InvalidBucketName("The specified bucket is not valid.", BucketName=name)
