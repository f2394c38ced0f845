"""Delivery errors in CloudWatch Logs, in AWS's form.

Source: "Monitor Amazon Data Firehose using CloudWatch Logs", Firehose developer guide.
"""

import json
import logging

from afluente.core.arn import Arn
from afluente.core.clock import Clock
from afluente.core.error import AccessDeniedException, AwsError
from afluente.function.invocation import MESSAGES as LAMBDA_MESSAGES
from afluente.services.firehose.configuration import Configuration
from afluente.services.firehose.destination import Destination
from afluente.services.firehose.permission import check_log
from afluente.services.firehose.port import LogSink, Roles
from afluente.services.firehose.stream import DeliveryStream

MESSAGES = {
    "S3.NoSuchBucket": (
        "The specified bucket does not exist. Create the bucket or use a different bucket that does exist."
    ),
    "S3.AccessDenied": (
        "Access was denied. Ensure that the trust policy for the provided IAM role allows Firehose to assume the "
        "role, and the access policy allows access to the S3 bucket."
    ),
    "Kinesis.AccessDenied": (
        "Access was denied when calling Kinesis. Ensure the access policy on the IAM role used allows access to the "
        "appropriate Kinesis APIs."
    ),
    "Kinesis.ResourceNotFound": (
        "The Kinesis stream could not be found. Ensure that the stream that is the source still exists."
    ),
    **LAMBDA_MESSAGES,
    "DataFormatConversion.AccessDenied": (
        "Access was denied when calling Glue. Ensure the access policy on the IAM role used allows access to the "
        "appropriate Glue APIs."
    ),
    "InternalError": (
        "An internal error occurred while attempting to deliver data. Delivery will be retried; the records are kept."
    ),
}
CODES = {
    "NoSuchBucket": "S3.NoSuchBucket",
    "AccessDenied": "S3.AccessDenied",
    "AccessDeniedException": "S3.AccessDenied",
    "SchemaDenied": "DataFormatConversion.AccessDenied",
    "ResourceNotFoundException": "Kinesis.ResourceNotFound",
}

log = logging.getLogger(__name__)


def delivery_error_code(error: Exception, *, of_source: bool = False) -> str:
    """Firehose's code for what S3 said, or Kinesis."""
    if of_source and isinstance(error, AwsError) and error.code == "AccessDeniedException":
        return "Kinesis.AccessDenied"
    return CODES.get(error.code, "InternalError") if isinstance(error, AwsError) else "InternalError"


class Diagnostics:
    """Writes delivery errors to the log group that the destination names; without one, nowhere, as on AWS."""

    def __init__(self, sink: LogSink, roles: Roles, clock: Clock) -> None:
        self._sink = sink
        self._roles = roles
        self._clock = clock

    def report(self, stream: DeliveryStream, configuration: Configuration, error_code: str, **more: str) -> None:
        """Write one error of the destination, or of the backup, that `configuration` is of.

        A log that cannot be written does not hold up deliveries.
        """
        target = Destination.of(configuration).log_target
        if target is None:
            return
        of_s3 = error_code.startswith("S3.")
        event = {
            "deliveryStreamARN": stream.arn,
            "destination": configuration["BucketARN"],
            "deliveryStreamVersionId": str(stream.version) if of_s3 else stream.version,  # as AWS has it
            "message": MESSAGES[error_code],
            "errorCode": error_code,
            **more,
        }
        log_stream = f"log-group:{target.group}:log-stream:{target.stream}"
        try:
            log_stream_arn = str(Arn("logs", stream.region, stream.account, log_stream))
            check_log(self._roles, configuration["RoleARN"], log_stream_arn)
            self._sink.append(
                stream.account, stream.region, target.group, target.stream, [(self._clock.now_ms(), json.dumps(event))]
            )
        except AccessDeniedException as refusal:
            log.warning("%s: its role may not log %s: %s", stream.arn, error_code, refusal)
        except Exception:
            log.exception("%s: a delivery error could not be logged", stream.arn)

    def printed(self, stream: DeliveryStream, group: str, text: str) -> None:
        """Write what a function printed, where Lambda puts it."""
        if not text:
            return
        try:
            self._sink.append(stream.account, stream.region, group, "local", [(self._clock.now_ms(), text)])
        except Exception:
            log.exception("%s: what a function printed could not be logged", stream.arn)
