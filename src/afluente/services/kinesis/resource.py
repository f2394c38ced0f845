"""Which stream a request is about: by name, by ARN, or both. Texts as recorded from AWS in 2026."""

from collections.abc import Mapping
from typing import Any

from afluente.core.arn import Arn
from afluente.core.call import Call
from afluente.services.kinesis.error import (
    InvalidArgumentException,
    ResourceNotFoundException,
    UnrecognizedClientException,
)
from afluente.services.kinesis.stream import Key


def stream_key(call: Call, request: Mapping[str, Any]) -> Key:
    """The stream that a request names by StreamName, StreamARN or both."""
    name, arn = request.get("StreamName"), request.get("StreamARN")
    if arn is None:
        if name is None:
            raise InvalidArgumentException("Stream arn and stream name can't be empty at the same time")
        return call.account, call.region, name
    named = arn_key(call, arn)
    if name is not None and name != named[2]:
        raise InvalidArgumentException(
            f"Input stream name {name} doesn't match the inferred name in stream arn {named[2]}"
        )
    return named


def list_key(call: Call, request: Mapping[str, Any]) -> Key:
    """As `stream_key`, for ListShards, which has its own words when there is neither."""
    if "StreamName" not in request and "StreamARN" not in request:
        raise InvalidArgumentException("Either NextToken or StreamName should be provided.")
    return stream_key(call, request)


def resource_key(call: Call, request: Mapping[str, Any]) -> Key:
    """The stream that a request names by ResourceARN."""
    return arn_key(call, request["ResourceARN"])


def arn_key(call: Call, text: str) -> Key:
    """The stream of an ARN. Consumers, channels and queues have ARNs too; there are none of them here."""
    arn = Arn.parse(text)
    if arn.account != call.account:
        raise UnrecognizedClientException("No account found for the given parameters")
    if arn.region != call.region:
        raise InvalidArgumentException(f"The region specified in the ARN '{text}' does not match the endpoint region")
    if not arn.resource.startswith("stream/") or "/" in arn.name:
        raise ResourceNotFoundException(f"Resource {text} under account {call.account} not found.")
    return arn.account, arn.region, arn.name
