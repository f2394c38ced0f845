"""Operations on access control lists. What they mean: acl.py."""

from msgspec.structs import replace

from afluente.core.call import Call
from afluente.core.provider import Request, Response
from afluente.services.s3 import acl
from afluente.services.s3.bucket import Bucket
from afluente.services.s3.event import GRANTED, cause_of
from afluente.services.s3.operation import Operations, hides_missing, version_of


class AclOperations(Operations):
    """GetBucketAcl to PutObjectAcl."""

    def get_bucket_acl(self, call: Call, request: Request) -> Response:
        bucket = self._bucket(call, request)
        return acl.shown(bucket, bucket.acl)

    def put_bucket_acl(self, call: Call, request: Request) -> Response:
        bucket = self._bucket(call, request)
        grants = acl.replaced(request, bucket.account)

        def change(bucket: Bucket) -> None:
            acl.check_allowed(bucket, grants, call.principal, "s3:PutBucketAcl", bucket.arn)
            bucket.acl = grants

        self._engine.buckets.change(bucket.name, change)
        return {}

    @hides_missing
    def get_object_acl(self, call: Call, request: Request) -> Response:
        bucket = self._bucket(call, request)
        row = self._engine.head(bucket.name, request["Key"], version_of(bucket, request))
        return acl.shown(bucket, row.traits.acl)

    def put_object_acl(self, call: Call, request: Request) -> Response:
        bucket, key = self._bucket(call, request), request["Key"]
        grants = acl.replaced(request, bucket.account)
        acl.check_allowed(bucket, grants, call.principal, "s3:PutObjectAcl", f"{bucket.arn}/{key}")
        self._engine.change(
            bucket.name,
            key,
            version_of(bucket, request),
            lambda row: replace(row, traits=replace(row.traits, acl=grants)),
            cause_of(call, GRANTED, "Put"),
        )
        return {}
