"""Operations on a bucket's access logging. The logs: access_log.py."""

from typing import Any

from afluente.core.call import Call
from afluente.core.provider import Request, Response
from afluente.services.s3.bucket import Bucket
from afluente.services.s3.error import CrossLocationLoggingProhibitted, InvalidTargetBucketForLogging, MalformedXML
from afluente.services.s3.operation import Operations


class LoggingOperations(Operations):
    """Put and Get; an empty status is none."""

    def put_bucket_logging(self, call: Call, request: Request) -> Response:
        bucket = self._bucket(call, request)
        enabled = request["BucketLoggingStatus"].get("LoggingEnabled")
        if enabled is not None:
            self._check_target(bucket, enabled)

        def change(bucket: Bucket) -> None:
            bucket.logging = enabled

        self._engine.buckets.change(bucket.name, change)
        self._engine.access_logs.follow(self._engine.buckets.get(bucket.name))
        return {}

    def get_bucket_logging(self, call: Call, request: Request) -> Response:
        bucket = self._bucket(call, request)
        return {} if bucket.logging is None else {"LoggingEnabled": bucket.logging}

    def _check_target(self, bucket: Bucket, enabled: dict[str, Any]) -> None:
        target = self._engine.buckets.find(enabled["TargetBucket"])
        if target is None or target.account != bucket.account:
            raise InvalidTargetBucketForLogging("The target bucket for logging does not exist")
        if target.region != bucket.region:
            raise CrossLocationLoggingProhibitted(
                "Cross S3 location logging not allowed. ", TargetBucketLocation=target.region
            )
        if len(enabled.get("TargetObjectKeyFormat", {"one": {}})) != 1:
            raise MalformedXML
        if not self._engine.access_logs.may(bucket, target, f"{enabled['TargetPrefix']}x"):
            raise InvalidTargetBucketForLogging(
                "You must give the log-delivery group WRITE and READ_ACP permissions to the target bucket"
            )
