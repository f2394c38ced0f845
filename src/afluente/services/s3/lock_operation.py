"""Operations of Object Lock: a bucket's configuration, an object's retention and legal hold. The rules: lock.py."""

from msgspec.structs import replace

from afluente.core.call import Call
from afluente.core.provider import Request, Response
from afluente.services.s3 import lock
from afluente.services.s3.bucket import Bucket
from afluente.services.s3.error import (
    InvalidBucketState,
    MalformedXML,
    MissingRequestBodyError,
    ObjectLockConfigurationNotFoundError,
)
from afluente.services.s3.event import RETAINED, cause_of
from afluente.services.s3.object_row import ObjectRow
from afluente.services.s3.operation import Operations, hides_missing, version_of


class LockOperations(Operations):
    """PutObjectLockConfiguration to GetObjectLegalHold."""

    def put_object_lock_configuration(self, call: Call, request: Request) -> Response:
        name = self._bucket(call, request).name
        if "ObjectLockConfiguration" not in request:
            raise MissingRequestBodyError("Request Body is empty")
        configuration = lock.checked(request["ObjectLockConfiguration"])

        def change(bucket: Bucket) -> None:
            if bucket.versioning != "Enabled":
                raise InvalidBucketState(
                    "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"
                )
            bucket.object_lock = configuration

        self._engine.buckets.change(name, change)
        return {}

    def get_object_lock_configuration(self, call: Call, request: Request) -> Response:
        bucket = self._bucket(call, request)
        if bucket.object_lock is None:
            raise ObjectLockConfigurationNotFoundError(
                "Object Lock configuration does not exist for this bucket", BucketName=bucket.name
            )
        return {"ObjectLockConfiguration": bucket.object_lock}

    def put_object_retention(self, call: Call, request: Request) -> Response:
        bucket = self._lockable(call, request)
        if "Retention" not in request:
            raise MalformedXML
        bypass, asked = bool(request.get("BypassGovernanceRetention")), request["Retention"]
        self._engine.change(
            bucket.name,
            request["Key"],
            version_of(bucket, request),
            lambda row: lock.retained(row, asked, call.arrived_at_ms, bypass=bypass),
            cause_of(call, RETAINED, "Put"),
        )
        return {}

    @hides_missing
    def get_object_retention(self, call: Call, request: Request) -> Response:
        bucket = self._lockable(call, request)
        row = self._engine.head(bucket.name, request["Key"], version_of(bucket, request))
        return {"Retention": lock.retention_of(row)}

    def put_object_legal_hold(self, call: Call, request: Request) -> Response:
        bucket = self._lockable(call, request)
        if "Status" not in request.get("LegalHold", {}):
            raise MalformedXML
        hold = request["LegalHold"]["Status"] == "ON"

        def change(row: ObjectRow) -> ObjectRow:
            return replace(row, traits=replace(row.traits, legal_hold=hold))

        self._engine.change(bucket.name, request["Key"], version_of(bucket, request), change)
        return {}

    @hides_missing
    def get_object_legal_hold(self, call: Call, request: Request) -> Response:
        bucket = self._lockable(call, request)
        row = self._engine.head(bucket.name, request["Key"], version_of(bucket, request))
        return {"LegalHold": lock.hold_of(row)}

    def _lockable(self, call: Call, request: Request) -> Bucket:
        bucket = self._bucket(call, request)
        lock.check_bucket(bucket)
        return bucket
