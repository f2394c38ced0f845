"""Which stream a request is about: by name, by ARN, or both. Texts as recorded from AWS in 2026."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from afluente.core.arn import Arn
from afluente.core.call import Call
from afluente.services.kinesis.error import (
    InvalidArgumentException,
    ResourceNotFoundException,
    UnrecognizedClientException,
)
from afluente.services.kinesis.stream import Key


class ConsumerName(NamedTuple):
    """A consumer as a request names it; without the time of its creation, whichever has the name now."""

    stream: Key
    name: str
    created_s: int | None = None


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


def resource_key(call: Call, request: Mapping[str, Any]) -> Key | ConsumerName:
    """The stream or consumer that a request names by ResourceARN."""
    arn: str = request["ResourceARN"]
    return consumer_of_arn(call, arn) if "/consumer/" in arn else arn_key(call, arn)


def consumer_name(call: Call, request: Mapping[str, Any]) -> ConsumerName:
    """The consumer that a request names by ConsumerARN, by StreamARN and ConsumerName, or by all three."""
    arn, name = request.get("ConsumerARN"), request.get("ConsumerName")
    stream = arn_key(call, request["StreamARN"]) if "StreamARN" in request else None
    if arn is None:
        if stream is None or name is None:
            raise InvalidArgumentException("Either ConsumerARN, or both StreamARN and ConsumerName must be provided.")
        return ConsumerName(stream, name)
    named = consumer_of_arn(call, arn)
    if name not in {None, named.name} or stream not in {None, named.stream}:
        raise InvalidArgumentException(f"StreamARN and ConsumerName do not match the consumer in ConsumerARN {arn}.")
    return named


def consumer_of_arn(call: Call, text: str) -> ConsumerName:
    """The consumer of an ARN."""
    arn_key(call, text.partition("/consumer/")[0])
    try:
        found = resource_of_arn(text)
    except ValueError:
        raise _unknown(call, text) from None
    if not isinstance(found, ConsumerName):
        raise _unknown(call, text)
    return found


def resource_of_arn(text: str) -> Key | ConsumerName:
    """The stream or consumer of an ARN, whosever it is. Raises ValueError for an ARN of something else."""
    arn = Arn.parse(text)
    kind, _, rest = arn.resource.partition("/")
    stream, *more = rest.split("/")
    key = arn.account, arn.region, stream
    if kind == "stream" and not more:
        return key
    name, _, created_s = more[1].rpartition(":") if len(more) == 2 and more[0] == "consumer" else ("", "", "")
    if kind != "stream" or not (created_s.isascii() and created_s.isdigit() and len(created_s) < 20):
        raise ValueError(f"{text!r} is the ARN of no stream and no consumer")
    return ConsumerName(key, name, int(created_s))


def named_stream(call: Call, request: Mapping[str, Any]) -> Key | None:
    """The stream that a request seems to be about, be it right or not."""
    if "StreamName" in request:
        return call.account, call.region, request["StreamName"]
    arn = next((request[member] for member in ("StreamARN", "ResourceARN", "ConsumerARN") if member in request), None)
    return None if arn is None else (call.account, call.region, arn.partition("/")[2].partition("/")[0])


def arn_key(call: Call, text: str) -> Key:
    """The stream of an ARN. Channels and queues have ARNs too; there are none of them here."""
    arn = Arn.parse(text)
    if arn.account != call.account:
        raise UnrecognizedClientException("No account found for the given parameters")
    if arn.region != call.region:
        raise InvalidArgumentException(f"The region specified in the ARN '{text}' does not match the endpoint region")
    if not arn.resource.startswith("stream/") or "/" in arn.name:
        raise _unknown(call, text)
    return arn.account, arn.region, arn.name


def _unknown(call: Call, arn: str) -> ResourceNotFoundException:
    return ResourceNotFoundException(f"Resource {arn} under account {call.account} not found.")
