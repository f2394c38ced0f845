"""PutResourcePolicy, GetResourcePolicy, DeleteResourcePolicy, as recorded from AWS."""

import json
from typing import Any

import pytest
from tests.services.kinesis.stand import ACCOUNT, REGION, Stand

from afluente.services.kinesis.error import InvalidArgumentException, ResourceNotFoundException

ARN = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/wind"
STATEMENT: dict[str, Any] = {
    "Sid": "AllowCrossAccountWrite",
    "Effect": "Allow",
    "Principal": {"AWS": ["arn:aws:iam::111111111111:root"]},
    "Action": ["kinesis:PutRecord"],
    "Resource": ARN,
}


def put(stand: Stand, *statements: object, **members: object) -> None:
    policy = {"Version": "2012-10-17", "Statement": list(statements), **members}
    stand.put_resource_policy(ResourceARN=ARN, Policy=json.dumps(policy))


def get(stand: Stand) -> str:
    return str(stand.get_resource_policy(ResourceARN=ARN)["Policy"])


def test_get_resource_policy_of_none(stand: Stand) -> None:
    stand.stream()
    assert get(stand) == "{}"
    with pytest.raises(ResourceNotFoundException) as error:
        stand.delete_resource_policy(ResourceARN=ARN)
    assert error.value.message == f"No resource policy found for resource ARN {ARN}."


def test_put_resource_policy_is_given_back_as_aws_does(stand: Stand) -> None:
    stand.stream()
    put(stand, STATEMENT)
    single = {**STATEMENT, "Principal": {"AWS": "arn:aws:iam::111111111111:root"}, "Action": "kinesis:PutRecord"}
    assert get(stand) == json.dumps({"Version": "2012-10-17", "Statement": [single]}, separators=(",", ":"))
    put(stand, {**STATEMENT, "Action": ["kinesis:PutRecord", "kinesis:GetRecords"]})
    assert json.loads(get(stand))["Statement"][0]["Action"] == ["kinesis:PutRecord", "kinesis:GetRecords"]
    stand.reopen()
    assert "kinesis:GetRecords" in get(stand)
    assert stand.engine.resource_policy(ARN) == (ACCOUNT, get(stand))
    stand.delete_resource_policy(ResourceARN=ARN)
    assert get(stand) == "{}"


@pytest.mark.parametrize("policy", ["{", "", "[]", "null", '"x"'])
def test_put_resource_policy_that_is_no_json_object(stand: Stand, policy: str) -> None:
    stand.stream()
    with pytest.raises(InvalidArgumentException) as error:
        stand.put_resource_policy(ResourceARN=ARN, Policy=policy)
    assert error.value.message == "Policy validation error: This policy contains invalid Json"


@pytest.mark.parametrize(
    "change",
    [{"Effect": "Perhaps"}, {"Principal": None}, {"Action": None}, {"Resource": None}],
)
def test_put_resource_policy_with_a_statement_that_is_none(stand: Stand, change: dict[str, Any]) -> None:
    stand.stream()
    statement = {name: value for name, value in {**STATEMENT, **change}.items() if value is not None}
    with pytest.raises(InvalidArgumentException, match=r"^Policy validation error: "):
        put(stand, statement)
    assert get(stand) == "{}"


@pytest.mark.parametrize("statement", [[], "x", ["x"], None])
def test_put_resource_policy_without_statements(stand: Stand, statement: object) -> None:
    stand.stream()
    with pytest.raises(InvalidArgumentException, match=r"^Policy validation error: "):
        put(stand, Statement=statement)


def test_put_resource_policy_that_is_too_large(stand: Stand) -> None:
    stand.stream()
    with pytest.raises(InvalidArgumentException, match="larger than 20480 bytes"):
        put(stand, {**STATEMENT, "Sid": "x" * 20_480})


def test_resource_policy_goes_with_its_stream(stand: Stand) -> None:
    stand.stream()
    put(stand, STATEMENT)
    stand.delete_stream(StreamName="wind")
    with pytest.raises(ResourceNotFoundException):
        stand.get_resource_policy(ResourceARN=ARN)
    stand.stream()
    assert get(stand) == "{}"


def test_resource_policy_of_a_consumer(stand: Stand) -> None:
    stand.stream()
    arn = stand.register_stream_consumer(StreamARN=ARN, ConsumerName="reader")["Consumer"]["ConsumerARN"]
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{**STATEMENT, "Resource": arn}]})
    stand.put_resource_policy(ResourceARN=arn, Policy=policy)
    assert json.loads(stand.get_resource_policy(ResourceARN=arn)["Policy"])["Statement"][0]["Resource"] == arn
    assert stand.engine.resource_policy(arn) == (ACCOUNT, stand.get_resource_policy(ResourceARN=arn)["Policy"])
    assert get(stand) == "{}"
    stand.delete_resource_policy(ResourceARN=arn)
    assert stand.get_resource_policy(ResourceARN=arn)["Policy"] == "{}"


@pytest.mark.parametrize("arn", [ARN, f"{ARN}/consumer/reader:1", f"{ARN}/consumer/reader", "arn:aws:s3:::x", "x"])
def test_resource_policy_of_nothing(stand: Stand, arn: str) -> None:
    assert stand.engine.resource_policy(arn) is None
