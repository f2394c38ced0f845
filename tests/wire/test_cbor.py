"""CBOR from the wire: what Kinesis's clients send, and what nobody should."""

import cbor2
import pytest

from afluente.core.error import SerializationException
from afluente.wire.binding import CBOR_TYPE, binding_of
from afluente.wire.message import HttpRequest


def parse(body: bytes) -> dict[str, object]:
    request = HttpRequest("POST", "/", "", {"content-type": CBOR_TYPE}, body)
    binding = binding_of("kinesis", request)
    operation = binding.model.operation("PutRecord")
    assert operation is not None
    return binding.parse(operation, request)


def test_containers_of_indefinite_length() -> None:
    body = b"\xbf" + cbor2.dumps("Data") + b"\x5f\x41a\x41b\xff" + cbor2.dumps("PartitionKey") + b"\x7f\x61k\xff\xff"
    assert parse(body) == {"Data": b"ab", "PartitionKey": "k"}


def test_undefined_is_absent() -> None:
    assert parse(cbor2.dumps({"Data": b"", "StreamName": cbor2.undefined})) == {"Data": b""}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"\xa1",
        cbor2.dumps([]),
        cbor2.dumps({"Data": "text"}),
        cbor2.dumps({"StreamName": b"bytes"}),
        cbor2.dumps({"StreamName": 5}),
        cbor2.dumps({"Data": cbor2.CBORTag(28, [cbor2.CBORTag(29, 0)])}),
        cbor2.dumps({"Data": cbor2.CBORTag(35, "(a+)+$")}),
        cbor2.dumps({"Data": cbor2.CBORTag(2, b"\xff" * 1000)}),
        cbor2.dumps({"Data": cbor2.CBORTag(999, b"x")}),
        cbor2.dumps({5: b"x", (1, 2): b"y"}),
        b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x81" * 100_000,
        b"\x62\xff\xff",
    ],
)
def test_bodies_that_cannot_be_read(body: bytes) -> None:
    with pytest.raises(SerializationException):
        parse(body)
