"""What AWS answers and Afluente does not: checked against the service models by botocore's Stubber."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from tests.conftest import Clients

from afluente.deployment import change_set, holding
from afluente.deployment.change_set import Wish
from afluente.deployment.error import DeploymentError
from afluente.deployment.target import Target

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
SET = "arn:aws:cloudformation:us-east-1:123456789012:changeSet/afluente/1"
STACK = "arn:aws:cloudformation:us-east-1:123456789012:stack/windfarm/1"
REFUSED = "The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]."


@pytest.fixture
def target() -> Target:
    session = boto3.Session("any", "any", region_name="us-east-1")
    return Target(session, None, "123456789012", "us-east-1", "arn:aws:iam::123456789012:user/me")


@pytest.fixture
def cloudformation(target: Target) -> Iterator[Stubber]:
    with Stubber(target.client("cloudformation")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def failed_change_set(stubber: Stubber) -> None:
    stubber.add_response("get_template_summary", {"Parameters": []})
    stubber.add_response("create_change_set", {"Id": SET, "StackId": STACK})
    stubber.add_response("describe_change_set", {"ChangeSetId": SET, "Status": "FAILED", "StatusReason": REFUSED})


def taken_back(stubber: Stubber) -> None:
    stubber.add_response("delete_change_set", {}, {"ChangeSetName": SET})
    stubber.add_response("delete_stack", {}, {"StackName": STACK})
    stubber.add_client_error("describe_stacks", "ValidationError", "Stack with id windfarm does not exist")


def test_names_that_are_taken_are_named_before_anything_is_made(target: Target, cloudformation: Stubber) -> None:
    failed_change_set(cloudformation)
    event = {
        "EventType": "VALIDATION_ERROR", "LogicalResourceId": "LakeBucket", "ResourceType": "AWS::S3::Bucket",
        "ValidationStatus": "FAILED", "ValidationName": "NAME_CONFLICT_VALIDATION",
        "ValidationStatusReason": "Resource of type 'AWS::S3::Bucket' with identifier 'x' already exists.",
    }  # fmt: skip
    cloudformation.add_response(
        "describe_events", {"OperationEvents": [event]}, {"ChangeSetName": SET, "Filters": {"FailedEvents": True}}
    )
    taken_back(cloudformation)
    with pytest.raises(
        DeploymentError, match=r"nothing was changed: LakeBucket \(AWS::S3::Bucket\): .* already exists"
    ):
        change_set.propose(target, Wish("windfarm", {}, {}), None, lambda _: None)


def test_who_may_not_see_the_events_gets_the_reason(target: Target, cloudformation: Stubber) -> None:
    failed_change_set(cloudformation)
    cloudformation.add_client_error("describe_events", "AccessDenied", "not authorized")
    taken_back(cloudformation)
    with pytest.raises(DeploymentError, match="EarlyValidation"):
        change_set.propose(target, Wish("windfarm", {}, {}), None, lambda _: None)


def figures(stubber: Stubber, values: list[int]) -> None:
    for value in values:
        points = [
            {"Timestamp": NOW - timedelta(days=2), "Average": 1.0},
            {"Timestamp": NOW - timedelta(days=1), "Average": value},
        ]
        stubber.add_response("get_metric_statistics", {"Datapoints": points if value else []})


@pytest.mark.parametrize(
    ("objects", "size", "seen"),
    [
        (50_000, 9_000_000, (50_000, 9_000_000, "CloudWatch")),
        (0, 0, (2, 2, "least")),  # no figures yet
    ],
)
def test_a_large_bucket_is_not_listed_to_its_end(
    target: Target, client: Clients, monkeypatch: pytest.MonkeyPatch, objects: int, size: int, seen: Any
) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="large")
    for day in (1, 2, 3):
        s3.put_object(Bucket="large", Key=f"readings/date=2026-11-0{day}/a", Body=b"1")
    monkeypatch.setattr(holding, "MOST_LISTED", 2)
    target._made["s3"] = s3
    with Stubber(target.client("cloudwatch")) as stubber:
        figures(stubber, [objects, size])
        held = holding.holding(target, "large", "readings/", NOW)
    assert (held.objects, held.size_bytes, held.source) == seen
    assert held.newest_key == "readings/date=2026-11-03/a"
    counted = holding.holding(target, "large", "readings/date=2026-11-01/", NOW)
    assert (counted.objects, counted.source) == (1, "")
