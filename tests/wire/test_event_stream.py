"""Event streams: what botocore's own decoder and parser make of our frames."""

import struct
from collections.abc import AsyncGenerator
from typing import Any
from zlib import crc32

import botocore.parsers
import cbor2
import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st
from tests.wire.messages import values
from tests.wire.test_round_trip import HEAD, botocore_model, exhaustive

from afluente.core.error import AwsError, InternalFailure
from afluente.core.provider import Event, EventStream
from afluente.wire import event_frame
from afluente.wire.binding import CBOR_TYPE, binding_of
from afluente.wire.message import EventBody, HttpRequest, HttpResponse
from afluente.wire.model import load

NAME = st.text(min_size=1, max_size=20).filter(lambda text: len(text.encode()) < 256)


async def nothing() -> AsyncGenerator[Event, None]:
    events: tuple[Event, ...] = ()
    for event in events:
        yield event


def decoded(frames: bytes) -> list[Any]:
    buffer = EventStreamBuffer()
    buffer.add_data(frames)
    return list(buffer)


def answer(service: str, operation: str, **members: Any) -> tuple[HttpResponse, EventBody]:
    binding = binding_of(service, HEAD)
    found = binding.model.operation(operation)
    assert found is not None
    assert found.event_member is not None
    response = binding.answer(found, {**members, found.event_member: EventStream(nothing())}, "id")
    assert isinstance(response.body, EventBody)
    return response, response.body


def parsed(service: str, operation: str, frame: bytes) -> Any:
    """What botocore's client makes of the frame of an event."""
    model = botocore_model(service)
    output = model.operation_model(operation).output_shape
    stream = next(member for member in output.members.values() if member.serialization.get("eventstream"))
    parser = botocore.parsers.create_parser(model.metadata["protocol"])
    (event,) = decoded(frame)
    return parser._event_stream_parser.parse(event.to_response_dict(), stream)


@given(headers=st.dictionaries(NAME, st.text(max_size=200), max_size=5), payload=st.binary(max_size=300))
def test_frame_is_what_the_client_decodes(headers: dict[str, str], payload: bytes) -> None:
    (event,) = decoded(event_frame.encode(headers, payload))
    assert (event.headers, event.payload) == (headers, payload)


def test_frame_byte_by_byte() -> None:
    head = b"\x05:name" + b"\x07" + b"\x00\x05value"
    prelude = struct.pack(">II", 16 + len(head) + 2, len(head))
    start = prelude + struct.pack(">I", crc32(prelude)) + head + b"{}"
    assert event_frame.encode({":name": "value"}, b"{}") == start + struct.pack(">I", crc32(start))


def test_frame_beyond_what_clients_decode_is_refused() -> None:
    with pytest.raises(ValueError, match="a frame holds"):
        event_frame.encode({}, bytes(event_frame.MAX_PAYLOAD_BYTES + 1))


@exhaustive
@given(data=st.data())
@pytest.mark.parametrize(
    ("service", "operation"),
    [("kinesis", "SubscribeToShard"), ("s3", "SelectObjectContent"), ("logs", "StartLiveTail")],
)
def test_event_is_what_the_client_parses(service: str, operation: str, data: st.DataObject) -> None:
    found = load(service).operation(operation)
    assert found is not None
    assert found.output is not None
    stream = found.output.members[found.event_member or ""]
    name = data.draw(st.sampled_from([n for n, member in stream.members.items() if not member.exception]))
    members = data.draw(values(stream.members[name]))
    _, body = answer(service, operation)
    assert parsed(service, operation, body.encode((name, members))) == {name: members}


def test_response_comes_first_in_rpc() -> None:
    response, body = answer("kinesis", "SubscribeToShard")
    assert response.headers["Content-Type"] == "application/vnd.amazon.eventstream"
    (first,) = decoded(body.start)
    assert list(first.headers.items()) == [
        (":event-type", "initial-response"),
        (":content-type", "application/x-amz-json-1.1"),
        (":message-type", "event"),
    ]
    assert first.payload == b"{}"
    rest, body = answer("s3", "SelectObjectContent")
    assert (rest.headers["Content-Type"], body.start) == ("application/vnd.amazon.eventstream", b"")


def test_event_of_kinesis_has_the_headers_of_awss() -> None:
    _, body = answer("kinesis", "SubscribeToShard")
    event = {"Records": [], "ContinuationSequenceNumber": "4967", "MillisBehindLatest": 0}
    (frame,) = decoded(body.encode(("SubscribeToShardEvent", event)))
    assert list(frame.headers.items()) == [
        (":event-type", "SubscribeToShardEvent"),
        (":content-type", "application/x-amz-json-1.1"),
        (":message-type", "event"),
    ]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (AwsError("gone", code="ResourceNotFoundException"), "ResourceNotFoundException"),
        (InternalFailure("broken"), "InternalFailureException"),
    ],
)
def test_error_that_the_stream_has_is_an_exception(error: AwsError, code: str) -> None:
    _, body = answer("kinesis", "SubscribeToShard")
    (frame,) = decoded(body.fail(error))
    assert (frame.headers[":message-type"], frame.headers[":exception-type"]) == ("exception", code)
    told = parsed("kinesis", "SubscribeToShard", body.fail(error))["Error"]
    assert told == {"Code": code, "Message": error.message}


def test_error_that_the_stream_has_not_is_in_the_headers() -> None:
    _, body = answer("kinesis", "SubscribeToShard")
    error = AwsError("told", code="LimitExceededException")
    (frame,) = decoded(body.fail(error))
    assert frame.headers[":message-type"] == "error"
    told = parsed("kinesis", "SubscribeToShard", body.fail(error))["Error"]
    assert told == {"Code": "LimitExceededException", "Message": "told"}


def test_events_in_cbor() -> None:
    binding = binding_of("kinesis", HttpRequest("POST", "/", "", {"content-type": CBOR_TYPE}))
    operation = binding.model.operation("SubscribeToShard")
    assert operation is not None
    response = binding.answer(operation, {"EventStream": EventStream(nothing())}, "id")
    assert isinstance(response.body, EventBody)
    (first,) = decoded(response.body.start)
    assert (first.headers[":content-type"], first.payload) == (CBOR_TYPE, b"\xbf\xff")
    record = {"Data": b"\xff", "PartitionKey": "k", "SequenceNumber": "1"}
    event = {"Records": [record], "MillisBehindLatest": 0, "ContinuationSequenceNumber": "1"}
    (frame,) = decoded(response.body.encode(("SubscribeToShardEvent", event)))
    assert frame.headers[":content-type"] == CBOR_TYPE
    assert cbor2.loads(frame.payload) == event
