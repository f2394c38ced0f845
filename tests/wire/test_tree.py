"""JSON by the shapes: wrong types and AWS's words for them."""

import json
from typing import Any

import pytest

from afluente.core.error import AwsError, SerializationException
from afluente.wire.binding import binding_of
from afluente.wire.message import HttpRequest


def parse(service: str, operation: str, body: bytes | dict[str, Any]) -> dict[str, Any]:
    request = HttpRequest("POST", "/", "", {}, json.dumps(body).encode() if isinstance(body, dict) else body)
    binding = binding_of(service, request)
    wanted = binding.model.operation(operation)
    assert wanted is not None
    return binding.parse(wanted, request)


def fault(service: str, operation: str, body: bytes | dict[str, Any]) -> str:
    with pytest.raises(SerializationException) as caught:
        parse(service, operation, body)
    return caught.value.message


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"MaxResults": "5"}, "STRING_VALUE can not be converted to an Integer"),
        ({"QueryExecutionId": 5}, "NUMBER_VALUE can not be converted to a String"),
        ({"QueryExecutionId": True}, "TRUE_VALUE can not be converted to a String"),
        ({"QueryExecutionId": False}, "FALSE_VALUE can not be converted to a String"),
        ({"QueryExecutionId": []}, "Start of list found where not expected"),
        ({"QueryExecutionId": {}}, "Start of structure or map found where not expected."),
        ({"MaxResults": 2**31}, "NUMBER_VALUE can not be converted to an Integer"),
        ({"MaxResults": 10**40}, "NUMBER_VALUE can not be converted to an Integer"),
    ],
)
def test_athena_names_tokens(members: dict[str, Any], message: str) -> None:
    assert fault("athena", "GetQueryResults", members) == message


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"ShardCount": "5"}, "class java.lang.String can not be converted to an Integer"),
        ({"ShardCount": True}, "class java.lang.Boolean can not be converted to an Integer"),
        ({"StreamName": 5}, "class java.math.BigDecimal can not be converted to an String"),
        ({"Tags": "x"}, "Expected map or null"),
        ({"Tags": []}, "Start of list found where not expected"),
        ({"StreamModeDetails": "x"}, "Expected null"),
    ],
)
def test_kinesis_names_java_classes(members: dict[str, Any], message: str) -> None:
    assert fault("kinesis", "CreateStream", members) == message


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            "abc",
            "'abc' can not be converted to a Blob: "
            "Base64 encoded length is expected a multiple of 4 bytes but found: 3",
        ),
        ("ab!=", "'ab!=' can not be converted to a Blob: Invalid Base64 character: '!'"),
        ("a===", "'a===' can not be converted to a Blob: Invalid Base64 character: '='"),
        ("äääa", "'äääa' can not be converted to a Blob: Invalid Base64 character: 'ä'"),
        (5, "class java.math.BigDecimal can not be converted to a Blob"),
    ],
)
def test_blobs_that_are_no_base64(data: Any, message: str) -> None:
    assert fault("kinesis", "PutRecord", {"Data": data}) == message


def test_records_that_are_no_list() -> None:
    assert fault("kinesis", "PutRecords", {"Records": "x"}) == "Expected list or null"
    assert fault("kinesis", "PutRecords", {"Records": {}}) == "Start of structure or map found where not expected."


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"[]", b'"x"', b'{"a":1,}', b"{'a':1}", b'{"a":NaN}', b"\xff", b'{"a":"\xff"}', b"{}{}"],
)
def test_bodies_that_are_no_object_have_nothing_more_to_say(body: bytes) -> None:
    assert fault("athena", "GetQueryResults", body) == ""


def test_a_body_nested_too_deeply_is_no_body() -> None:
    assert fault("glue", "GetTable", b'{"Name":' + b"[" * 100_000) == ""
    filter_ = b'{"Filters":[' * 3000 + b"]}" * 3000
    assert fault("glue", "CreateJob", b'{"CodeGenConfigurationNodes":{"a":{"Filter":' + filter_ + b"}}}") == ""


def test_null_and_unknown_members_are_absent_and_decimals_are_cut() -> None:
    members = {"QueryExecutionId": "x", "NextToken": None, "Unknown": {"a": 1}, "MaxResults": 5.9}
    assert parse("athena", "GetQueryResults", members) == {"QueryExecutionId": "x", "MaxResults": 5}
    parameters = {"QueryString": "q", "ExecutionParameters": ["a", None, "b"]}
    assert parse("athena", "StartQueryExecution", parameters)["ExecutionParameters"] == ["a", "b"]


@pytest.mark.parametrize("moment", ["soon", 1e300, True, [], 10**20])
def test_timestamps_that_are_no_time(moment: Any) -> None:
    body = {"ShardFilter": {"Type": "AT_TIMESTAMP", "Timestamp": moment}}
    with pytest.raises(AwsError) as caught:
        parse("kinesis", "ListShards", body)
    assert caught.value.code == "SerializationException"
