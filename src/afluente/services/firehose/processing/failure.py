"""Error records: one JSON document for each record that could not be processed, as AWS writes them.

Source: "Handle failure in data transformation", Firehose developer guide; names and number types as AWS delivers them
(`lambdaARN`, times in milliseconds as numbers).
"""

import base64
import json

from afluente.services.firehose.processing.unit import Failure


def error_record(failure: Failure, ended_at_ms: int) -> bytes:
    """The document for a failure whose last attempt ended at `ended_at_ms`."""
    document: dict[str, object] = {
        "attemptsMade": failure.attempts,
        "arrivalTimestamp": failure.unit.arrived_at_ms,
        "errorCode": failure.code,
        "errorMessage": failure.message,
        "attemptEndingTimestamp": ended_at_ms,
        "rawData": base64.b64encode(failure.unit.raw).decode(),
    }
    if failure.lambda_arn:
        document["lambdaARN"] = failure.lambda_arn
    return json.dumps(document, separators=(",", ":")).encode()
