"""Constraints of the models: which requests break them, and AWS's words for it.

The texts are those of recorded answers: Kinesis, STS, CloudFormation, IAM, Logs and Athena.
"""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.wire.messages import SERVICES, operations, values

from afluente.core.error import AwsError
from afluente.wire.model import load
from afluente.wire.validation import validate


def rejected(service: str, operation: str, request: dict[str, Any]) -> AwsError:
    model = load(service)
    wanted = model.operation(operation)
    assert wanted is not None
    with pytest.raises(AwsError) as caught:
        validate(model, wanted, request)
    return caught.value


def accepted(service: str, operation: str, request: dict[str, Any]) -> None:
    model = load(service)
    wanted = model.operation(operation)
    assert wanted is not None
    validate(model, wanted, request)


@pytest.mark.parametrize("service", [name for name in SERVICES if name != "s3"])
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_messages_within_the_constraints_are_accepted(service: str, data: st.DataObject) -> None:
    operation = data.draw(st.sampled_from([o for o in operations(service) if o.input]))
    assert operation.input is not None
    validate(load(service), operation, data.draw(values(operation.input, valid=True)))


FAILED = "failed to satisfy constraint: Member must"


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (
            {"StreamName": "bad/name"},
            f"1 validation error detected: Value 'bad/name' at 'streamName' {FAILED} satisfy regular expression "
            "pattern: [a-zA-Z0-9_.-]+",
        ),
        (
            {"StreamName": "s", "ShardCount": 0},
            f"1 validation error detected: Value '0' at 'shardCount' {FAILED} have value greater than or equal to 1",
        ),
        (
            {"StreamName": "s", "StreamModeDetails": {"StreamMode": "INVALID"}},
            f"1 validation error detected: Value 'INVALID' at 'streamModeDetails.streamMode' {FAILED} satisfy enum "
            "value set: [ON_DEMAND, PROVISIONED]",
        ),
        ({}, f"1 validation error detected: Value null at 'streamName' {FAILED} not be null"),
        (
            {"StreamName": ""},
            f"2 validation errors detected: Value '' at 'streamName' {FAILED} satisfy regular expression pattern: "
            f"[a-zA-Z0-9_.-]+; Value '' at 'streamName' {FAILED} have length greater than or equal to 1",
        ),
    ],
)
def test_kinesis_create_stream(request_: dict[str, Any], message: str) -> None:
    error = rejected("kinesis", "CreateStream", request_)
    assert (error.code, error.http_status) == ("ValidationException", 400)
    assert error.message == message


def test_kinesis_nested_member_of_a_list() -> None:
    records = [{"Data": b"", "PartitionKey": "k"}, {"Data": b"", "PartitionKey": ""}]
    error = rejected("kinesis", "PutRecords", {"StreamName": "s", "Records": records})
    assert "Value '' at 'records.2.member.partitionKey' failed" in error.message


def test_kinesis_list_that_is_too_long_prints_as_java_does() -> None:
    records = [{"Data": b"", "PartitionKey": "k"}] * 501
    error = rejected("kinesis", "PutRecords", {"StreamName": "s", "Records": records})
    assert "Value '[com.amazonaws.kinesis.v20131202.PutRecordsRequestEntry@" in error.message
    assert error.message.endswith(f"at 'records' {FAILED} have length less than or equal to 500")


def test_kinesis_blob_prints_as_java_does() -> None:
    data = b"x" * 10_485_761
    error = rejected("kinesis", "PutRecord", {"StreamName": "s", "PartitionKey": "k", "Data": data})
    assert "Value 'java.nio.HeapByteBuffer[pos=0 lim=10485761 cap=10485761]' at 'data' failed" in error.message


def test_kinesis_scalars_in_a_list_and_keys_of_a_map_are_reported_together() -> None:
    error = rejected("kinesis", "RemoveTagsFromStream", {"StreamName": "s", "TagKeys": ["", "a"]})
    assert (
        "Value '[, a]' at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: [Member must have "
        "length less than or equal to 128, Member must have length greater than or equal to 1]" in error.message
    )
    error = rejected("kinesis", "AddTagsToStream", {"StreamName": "s", "Tags": {"": "a"}})
    assert "Value '{=a}' at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: [" in error.message


def test_no_more_than_ten_faults_are_listed() -> None:
    records = [{"Data": b"", "PartitionKey": ""}] * 30
    error = rejected("kinesis", "PutRecords", {"StreamName": "s", "Records": records})
    assert error.message.startswith("10 validation errors detected: ")
    assert error.message.count("failed to satisfy") == 10


def test_athena_leaves_the_value_out_and_has_its_own_code() -> None:
    error = rejected("athena", "GetQueryResults", {"QueryExecutionId": "x", "MaxResults": 0, "NextToken": ""})
    assert (error.code, error.members) == ("InvalidRequestException", {"AthenaErrorCode": "INVALID_INPUT"})
    assert error.message == (
        f"2 validation errors detected: Value at 'nextToken' {FAILED} have length greater than or equal to 1; "
        f"Value at 'maxResults' {FAILED} have value greater than or equal to 1"
    )
    error = rejected("athena", "GetQueryExecution", {})
    assert error.message == f"1 validation error detected: Value null at 'queryExecutionId' {FAILED} not be null"


def test_iam_leaves_the_value_and_the_set_out() -> None:
    request = {"ServiceSpecificCredentialId": "ABCDEFGHIJKLMNOPQRSTUVWX", "Status": "Odd"}
    error = rejected("iam", "UpdateServiceSpecificCredential", request)
    assert error.code == "ValidationError"
    assert error.message == f"1 validation error detected: Value at 'status' {FAILED} satisfy enum value set"


@pytest.mark.parametrize(
    ("service", "operation", "request_", "code", "part"),
    [
        (
            "sts",
            "AssumeRole",
            {"RoleArn": "arn:aws:iam::1:role/x12345678", "RoleSessionName": "Session1:2"},
            "ValidationError",
            r"Value 'Session1:2' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular "
            r"expression pattern: [\w+=,.@-]*",
        ),
        (
            "cloudformation",
            "DescribeStackResource",
            {"StackName": "s"},
            "ValidationError",
            "Value null at 'logicalResourceId'",
        ),
        (
            "logs",
            "GetLogEvents",
            {"logStreamName": "a", "limit": 10001},
            "InvalidParameterException",
            "'10001' at 'limit'",
        ),
        ("glue", "GetDatabase", {"Name": ""}, "ValidationException", "Value '' at 'name' failed"),
    ],
)
def test_codes_of_the_services(service: str, operation: str, request_: dict[str, Any], code: str, part: str) -> None:
    error = rejected(service, operation, request_)
    assert error.code == code
    assert part in error.message


def test_sensitive_values_are_not_quoted() -> None:
    error = rejected("iam", "CreateLoginProfile", {"UserName": "u", "Password": ""})
    assert "Value at 'password'" in error.message


def test_glue_names_may_be_any_text_but_control_characters() -> None:
    accepted("glue", "GetDatabase", {"Name": "fazenda eólica 🌬️\t"})
    assert "'name'" in rejected("glue", "GetDatabase", {"Name": "a\nb"}).message


def test_lengths_count_characters() -> None:
    accepted("kinesis", "PutRecord", {"StreamName": "s", "Data": b"", "PartitionKey": "🌬" * 256})
    rejected("kinesis", "PutRecord", {"StreamName": "s", "Data": b"", "PartitionKey": "a" * 257})
