"""Errors on the wire: codes, statuses and spelling, as botocore's parsers read them."""

from typing import Any

import botocore.parsers
import cbor2
import pytest

from afluente.core.error import AwsError, SerializationException
from afluente.wire.binding import CBOR_TYPE, binding_of
from afluente.wire.message import HttpRequest, HttpResponse


class EntityNotFoundException(AwsError):
    """Glue's."""


class NoSuchKey(AwsError):
    """S3's."""


def failed(service: str, error: AwsError, content_type: str = "") -> HttpResponse:
    return binding_of(service, HttpRequest("POST", "/", "", {"content-type": content_type})).fail(error, "id-1")


def read(protocol: str, answer: HttpResponse) -> dict[str, Any]:
    parsed: dict[str, Any] = botocore.parsers.create_parser(protocol).parse(
        {"status_code": answer.status, "headers": answer.headers, "body": answer.body}, None
    )
    return parsed


def test_kinesis_spells_the_message_small() -> None:
    answer = failed("kinesis", AwsError("gone", code="ResourceNotFoundException"))
    assert (answer.status, answer.body) == (400, b'{"__type":"ResourceNotFoundException","message":"gone"}')
    assert answer.headers["x-amzn-RequestId"] == "id-1"


def test_glue_spells_the_message_large() -> None:
    answer = failed("glue", EntityNotFoundException("gone"))
    assert answer.body == b'{"__type":"EntityNotFoundException","Message":"gone"}'


def test_serialization_exception_spells_it_large_everywhere_or_not_at_all() -> None:
    assert failed("kinesis", SerializationException("x")).body == b'{"__type":"SerializationException","Message":"x"}'
    assert failed("athena", SerializationException()).body == b'{"__type":"SerializationException"}'


def test_athena_says_its_code_twice() -> None:
    answer = failed("athena", AwsError("m", code="InvalidRequestException", AthenaErrorCode="INVALID_INPUT"))
    assert read("json", answer)["Error"] == {"Code": "InvalidRequestException", "Message": "m"}
    assert b'"AthenaErrorCode":"INVALID_INPUT"' in answer.body  # type: ignore[operator]
    assert b'"ErrorCode":"INVALID_INPUT"' in answer.body  # type: ignore[operator]


@pytest.mark.parametrize("code", ["NoSuchEntityException", "NoSuchEntity"])
def test_iam_takes_code_and_status_from_the_model(code: str) -> None:
    answer = failed("iam", AwsError("<gone> & away", code=code))
    assert answer.status == 404
    error = read("query", answer)
    assert error["Error"] == {"Code": "NoSuchEntity", "Message": "<gone> & away", "Type": "Sender"}
    assert error["ResponseMetadata"]["RequestId"] == "id-1"


def test_a_status_that_the_error_gives_itself_stands() -> None:
    assert failed("iam", AwsError("x", code="NoSuchEntity", status=409)).status == 409
    assert failed("iam", AwsError("x", code="Throttling", status=503)).body.count(b"<Type>Receiver</Type>") == 1  # type: ignore[union-attr]


def test_s3_errors_carry_their_members() -> None:
    answer = failed("s3", NoSuchKey("The specified key does not exist.", status=404, Key="a<\x01é"))
    assert answer.status == 404
    error = read("rest-xml", HttpResponse(404, answer.headers, answer.body.replace(b"&#x1;", b"")))["Error"]  # type: ignore[union-attr]
    assert (error["Code"], error["Key"]) == ("NoSuchKey", "a<é")
    assert answer.headers["x-amz-request-id"] == "id-1"
    assert answer.headers["x-amz-id-2"]


def test_s3_not_modified_has_no_body() -> None:
    assert failed("s3", AwsError("x", code="NotModified", status=304)).body == b""


def test_cbor_errors_are_the_same_map() -> None:
    answer = failed("kinesis", AwsError("gone", code="ResourceNotFoundException"), CBOR_TYPE)
    assert isinstance(answer.body, bytes)
    assert cbor2.loads(answer.body) == {"__type": "ResourceNotFoundException", "message": "gone"}
