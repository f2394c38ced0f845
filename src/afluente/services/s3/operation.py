"""What the groups of S3 operations have in common: the bucket a call is about, and who owns it."""

import functools
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from afluente.core.call import Call
from afluente.core.policy_principal import PolicyPrincipals
from afluente.core.provider import Request, Response
from afluente.services.s3 import version_id
from afluente.services.s3.bucket import Bucket
from afluente.services.s3.engine import S3Engine
from afluente.services.s3.error import AccessDenied, InvalidBucketOwnerAWSAccountID, NoSuchKey
from afluente.services.s3.multipart import Multipart
from afluente.services.s3.object_row import NULL, ObjectRow

_ACCOUNT = re.compile(r"\d{12}")

SSE_C = ("SSECustomerAlgorithm", "SSECustomerKey", "SSECustomerKeyMD5")
SSE_KMS = ("SSEKMSKeyId", "SSEKMSEncryptionContext", "BucketKeyEnabled")
EVENT_HOLDS = ("ObjectLockEventHold", "ObjectLockEventHoldDurationDays", "ObjectLockEventHoldDurationYears")
OTHER_CHECKSUMS = ("ChecksumSHA512", "ChecksumMD5", "ChecksumXXHASH64", "ChecksumXXHASH3", "ChecksumXXHASH128")


Check = Callable[[Call, str, str], None]
"""check(call, action, resource): raises AccessDenied unless the caller may do this."""


def allow(call: Call, action: str, resource: str) -> None:
    """Everybody may do everything."""


class Operations:
    """The base of the groups. `check` is for what the operations take beyond `authorization.py`."""

    def __init__(self, engine: S3Engine, check: Check, principals: PolicyPrincipals) -> None:
        self._engine = engine
        self._check = check
        self._principals = principals
        self._multipart = Multipart(engine)

    def _bucket(self, call: Call, request: Mapping[str, Any]) -> Bucket:
        """The call's bucket. Raises NoSuchBucket, and AccessDenied when it is another account's."""
        bucket = self._engine.buckets.get(request["Bucket"])
        check_owner(bucket, call, request.get("ExpectedBucketOwner"))
        return bucket


Group = TypeVar("Group", bound=Operations)


def hides_missing(method: Callable[[Group, Call, Request], Response]) -> Callable[[Group, Call, Request], Response]:
    """An operation that says of an object that it is not there only to who may list the bucket; others are denied."""

    @functools.wraps(method)
    def hiding(self: Group, call: Call, request: Request) -> Response:
        try:
            return method(self, call, request)
        except NoSuchKey:
            self._check(call, "s3:ListBucket", f"arn:aws:s3:::{request['Bucket']}")
            raise

    return hiding


def check_owner(bucket: Bucket, call: Call, expected: str | None) -> None:
    """Raises AccessDenied, InvalidBucketOwnerAWSAccountID."""
    if expected is not None and not _ACCOUNT.fullmatch(expected):
        raise InvalidBucketOwnerAWSAccountID(
            f"The value of the expected bucket owner parameter must be an AWS Account ID... [{expected}]"
        )
    if bucket.account != call.account or bucket.account != (expected or bucket.account):
        raise AccessDenied("Access Denied")


def version_of(bucket: Bucket, request: Mapping[str, Any]) -> str | None:
    """The version that is asked for; None for the latest. Raises InvalidArgument."""
    return version_id.check(request.get("VersionId"), bucket.versioning)


def shown_version(bucket: Bucket, row: ObjectRow) -> dict[str, str]:
    """The `VersionId` member of answers about `row`."""
    return {"VersionId": row.version} if bucket.versioning else {}


def new_version(bucket: Bucket, row: ObjectRow) -> dict[str, str]:
    """The `VersionId` member of answers to what made `row`: S3 does not speak of the null version there."""
    return {} if row.version == NULL else shown_version(bucket, row)
