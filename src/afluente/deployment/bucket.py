"""Buckets: how much they hold, and emptying them, old versions and unfinished uploads included."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from afluente.deployment.error import DeploymentError, code_of
from afluente.deployment.target import Client

MOST_AT_ONCE = 1000
"""DeleteObjects takes no more keys."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a bucket, or a prefix in it, holds; of versions only the current ones.

    source: "" when it was counted; "least" when there is more; "CloudWatch" for its figures of the whole bucket, which
    are up to two days old.
    """

    objects: int = 0
    size_bytes: int = 0
    newest_key: str = ""
    newest_at: datetime | None = None
    source: str = ""


def contents(s3: Client, bucket: str, prefix: str = "", most: int | None = None) -> Contents:
    """Count it, by listing `most` objects of it, or all; nothing of a bucket that is not there."""
    found = Contents()
    try:
        for item in _objects(s3, bucket, prefix):
            if found.objects == most:
                return replace(found, source="least")
            is_newest = found.newest_at is None or item["LastModified"] >= found.newest_at
            found = Contents(
                found.objects + 1,
                found.size_bytes + item["Size"],
                item["Key"] if is_newest else found.newest_key,
                item["LastModified"] if is_newest else found.newest_at,
            )
    except ClientError as error:
        if code_of(error) == "NoSuchBucket":
            return Contents()
        raise
    return found


def newest_folder(s3: Client, bucket: str, prefix: str) -> str:
    """The last of the folders below `prefix`, which of folders by date is the newest; `prefix` when there is none."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, Delimiter="/")
    return max((str(item["Prefix"]) for page in pages for item in page.get("CommonPrefixes", [])), default=prefix)


def empty(s3: Client, bucket: str) -> int:
    """Delete everything in the bucket for good; how much that was. A bucket that is not there is empty."""
    try:
        is_versioned = "Status" in s3.get_bucket_versioning(Bucket=bucket)
        doomed = _versions(s3, bucket) if is_versioned else ({"Key": item["Key"]} for item in _objects(s3, bucket))
        count = 0
        while some := list(islice(doomed, MOST_AT_ONCE)):
            count += _delete(s3, bucket, some)
        _abort_uploads(s3, bucket)
    except ClientError as error:
        if code_of(error) == "NoSuchBucket":
            return 0
        raise
    return count


def _objects(s3: Client, bucket: str, prefix: str = "") -> Iterator[Any]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from page.get("Contents", [])


def _versions(s3: Client, bucket: str) -> Iterator[dict[str, str]]:
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for item in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
            yield {"Key": item["Key"], "VersionId": item["VersionId"]}


def _delete(s3: Client, bucket: str, doomed: list[dict[str, str]]) -> int:
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": doomed, "Quiet": True})
    for failed in answer.get("Errors", []):
        raise DeploymentError(f"s3://{bucket}/{failed['Key']} cannot be deleted: {failed.get('Message')}")
    return len(doomed)


def _abort_uploads(s3: Client, bucket: str) -> None:
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
        for upload in page.get("Uploads", []):
            s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
