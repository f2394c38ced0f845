"""Operations on buckets themselves."""

import re
from typing import Any
from urllib.parse import urlsplit

from afluente.core.call import Call
from afluente.core.clock import utc
from afluente.core.provider import Request, Response
from afluente.services.s3 import acl, listing, tag
from afluente.services.s3.bucket import ALL_BLOCKED, Bucket
from afluente.services.s3.error import (
    IllegalLocationConstraintException,
    InvalidLocationConstraint,
    invalid_argument,
)
from afluente.services.s3.operation import Operations
from afluente.services.s3.owner import owner

MOST_BUCKETS = 10_000
_REGION = re.compile(r"EU|[a-z]{2}(-[a-z]+)+-[0-9]")


class BucketOperations(Operations):
    """CreateBucket to GetBucketLocation."""

    def create_bucket(self, call: Call, request: Request) -> Response:
        configuration = request.get("CreateBucketConfiguration", {})
        region = location(call.region, configuration.get("LocationConstraint"))
        bucket = Bucket(
            name=request["Bucket"],
            account=call.account,
            region=region,
            created_at_ms=call.arrived_at_ms,
            tags=tag.from_set(configuration.get("Tags", []), tag.MOST_OF_BUCKET) or None,
            ownership=request.get("ObjectOwnership", "BucketOwnerEnforced"),
            public_access_block=dict(ALL_BLOCKED),
        )
        bucket.acl = acl.of_new_bucket(request, bucket)
        if request.get("ObjectLockEnabledForBucket"):
            bucket.object_lock, bucket.versioning = {"ObjectLockEnabled": "Enabled"}, "Enabled"
        self._engine.create_bucket(bucket)
        return {"Location": _location(call, bucket), "BucketArn": bucket.arn}

    def head_bucket(self, call: Call, request: Request) -> Response:
        bucket = self._bucket(call, request)
        return {"BucketRegion": bucket.region, "BucketArn": bucket.arn, "AccessPointAlias": False}

    def list_buckets(self, call: Call, request: Request) -> Response:
        limit = request.get("MaxBuckets", MOST_BUCKETS)
        if not 1 <= limit <= MOST_BUCKETS:
            raise invalid_argument(
                f"Argument max-buckets must be an integer between 1 and {MOST_BUCKETS}", "max-buckets", limit
            )
        prefix, region = request.get("Prefix", ""), request.get("BucketRegion")
        after = listing.read_token(request["ContinuationToken"]) if request.get("ContinuationToken") else ""
        found = [
            bucket
            for bucket in self._engine.buckets
            if bucket.account == call.account
            and bucket.name.startswith(prefix)
            and bucket.name > after
            and region in {None, bucket.region}
        ]
        response: dict[str, Any] = {"Buckets": [_shown(each) for each in found[:limit]], "Owner": owner(call.account)}
        if len(found) > limit:
            response["ContinuationToken"] = listing.token(found[limit - 1].name)
        if "Prefix" in request:
            response["Prefix"] = prefix
        return response

    def delete_bucket(self, call: Call, request: Request) -> Response:
        self._engine.delete_bucket(self._bucket(call, request).name)
        return {}

    def get_bucket_location(self, call: Call, request: Request) -> Response:
        region = self._bucket(call, request).region
        return {} if region == "us-east-1" else {"LocationConstraint": region}


def location(region: str, constraint: str | None) -> str:
    """The region of a new bucket. Raises InvalidLocationConstraint, IllegalLocationConstraintException.

    `region` is that of the endpoint: us-east-1's makes buckets in every region, the others only in their own.
    """
    if region == "us-east-1":
        if constraint is not None and (constraint == region or not _REGION.fullmatch(constraint)):
            raise InvalidLocationConstraint(
                "The specified location-constraint is not valid", LocationConstraint=constraint
            )
        return constraint or region
    if constraint != region:
        raise IllegalLocationConstraintException(
            f"The {constraint or 'unspecified'} location constraint is incompatible for the region specific endpoint "
            "this request was sent to."
        )
    return region


def _location(call: Call, bucket: Bucket) -> str:
    if bucket.region == "us-east-1":
        return f"/{bucket.name}"
    address = urlsplit(call.endpoint)
    return f"{address.scheme}://{bucket.name}.{address.netloc}/"


def _shown(bucket: Bucket) -> dict[str, Any]:
    return {
        "Name": bucket.name,
        "CreationDate": utc(bucket.created_at_ms // 1000 * 1000),
        "BucketRegion": bucket.region,
        "BucketArn": bucket.arn,
    }
