"""Drift detection: what was changed behind a stack's back is found, and nothing else."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from tests.services.cloudformation.deployment import Deployment
from tests.services.cloudformation.test_template import FARM
from tests.services.cloudformation.test_update_resource_types import CASES

from afluente.services.cloudformation.drift_difference import differences

GROUP = {"G": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/g", "RetentionInDays": 1}}}


def detect(stacks: Deployment, name: str = "farm") -> dict[str, Any]:
    """The detection, and what it found by logical id."""
    cloudformation = stacks.cloudformation
    detection = cloudformation.detect_stack_drift(StackName=name)["StackDriftDetectionId"]
    status = cloudformation.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
    drifts = cloudformation.describe_stack_resource_drifts(StackName=name)["StackResourceDrifts"]
    return {**status, "found": {drift["LogicalResourceId"]: drift for drift in drifts}}


@pytest.mark.parametrize("name", CASES)
def test_what_a_stack_has_made_is_in_sync(stacks: Deployment, name: str) -> None:
    _, first, second, _, _ = CASES[name]
    stacks.create(first, Tags=[{"Key": "stack", "Value": "tag"}])
    for template in (first, second):
        if template is second:
            stacks.update(second)
        found = detect(stacks)
        assert {item: drift.get("PropertyDifferences") for item, drift in found["found"].items()
                if drift["StackResourceDriftStatus"] not in {"IN_SYNC", "NOT_CHECKED"}} == {}  # fmt: skip
        assert (found["StackDriftStatus"], found["DetectionStatus"]) == ("IN_SYNC", "DETECTION_COMPLETE")


def test_what_was_changed_is_found(stacks: Deployment) -> None:
    stacks.create(GROUP)
    stacks.client("logs").put_retention_policy(logGroupName="/g", retentionInDays=3)
    found = detect(stacks)
    assert (found["StackDriftStatus"], found["DriftedStackResourceCount"]) == ("DRIFTED", 1)
    drift = found["found"]["G"]
    assert drift["StackResourceDriftStatus"] == "MODIFIED"
    assert drift["PropertyDifferences"] == [
        {"PropertyPath": "/RetentionInDays", "ExpectedValue": "1", "ActualValue": "3", "DifferenceType": "NOT_EQUAL"}
    ]
    assert json.loads(drift["ActualProperties"]) == {"LogGroupName": "/g", "RetentionInDays": 3}
    information = stacks.describe()["DriftInformation"]
    assert (information["StackDriftStatus"], "LastCheckTimestamp" in information) == ("DRIFTED", True)
    (resource,) = stacks.cloudformation.describe_stack_resources(StackName="farm")["StackResources"]
    assert resource["DriftInformation"]["StackResourceDriftStatus"] == "MODIFIED"


def test_what_was_removed_is_found(stacks: Deployment) -> None:
    stacks.create(GROUP)
    stacks.client("logs").delete_log_group(logGroupName="/g")
    drift = stacks.cloudformation.detect_stack_resource_drift(StackName="farm", LogicalResourceId="G")
    assert drift["StackResourceDrift"]["StackResourceDriftStatus"] == "DELETED"
    filtered = stacks.cloudformation.describe_stack_resource_drifts(
        StackName="farm", StackResourceDriftStatusFilters=["MODIFIED"]
    )
    assert filtered["StackResourceDrifts"] == []


def test_what_cannot_be_looked_at_says_so(stacks: Deployment) -> None:
    stacks.create({"M": {"Type": "AWS::CDK::Metadata"}, **GROUP})
    found = detect(stacks)["found"]
    assert (found["M"]["StackResourceDriftStatus"], found["G"]["StackResourceDriftStatus"]) == (
        "NOT_CHECKED", "IN_SYNC",
    )  # fmt: skip


def test_detections_that_cannot_be(stacks: Deployment) -> None:
    bad = {"Bad": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "n@me"}}}
    stacks.create(bad)
    with pytest.raises(ClientError, match="is in ROLLBACK_COMPLETE state"):
        stacks.cloudformation.detect_stack_drift(StackName="farm")
    with pytest.raises(ClientError, match="does not exist"):
        stacks.cloudformation.describe_stack_drift_detection_status(StackDriftDetectionId="x" * 36)


@pytest.mark.parametrize(
    ("expected", "actual", "found"),
    [
        ({"a": 1}, {"a": "1", "b": 2}, []),
        ({"a": True}, {"a": "true"}, []),
        ({"a": 1.0}, {"a": 1}, []),
        ({"a": {"b": 1}}, {"a": {}}, [("REMOVE", "/a/b")]),
        ({"a": [1, 2]}, {"a": [2, 1]}, []),
        ({"a": [1, 2]}, {"a": [2, 3]}, [("NOT_EQUAL", "/a/0")]),
        ({"a": [{"k": 1}]}, {"a": [{"k": 2}, {"k": 1, "x": 1}]}, [("ADD", "/a/1")]),
        ({"a": [1, 2]}, {"a": [1]}, [("REMOVE", "/a/1")]),
        ({"a": {"b": [1]}}, {"a": '{"b": [1]}'}, []),
        ({"a": {"b": [1]}}, {"a": "text"}, [("NOT_EQUAL", "/a")]),
    ],
)
def test_differences(expected: Any, actual: Any, found: list[tuple[str, str]]) -> None:
    assert [(item["DifferenceType"], item["PropertyPath"]) for item in differences(expected, actual)] == found


SCALARS = st.none() | st.booleans() | st.integers() | st.text("ab{1")
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_nothing_differs_from_itself(value: Any) -> None:
    assert list(differences({"a": value}, {"a": value, "more": 1})) == []


def test_the_wind_farm_is_in_sync(stacks: Deployment) -> None:
    stack = stacks.create(FARM.read_text())
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    found = detect(stacks)
    drifted = {name: drift.get("PropertyDifferences") for name, drift in found["found"].items()
               if drift["StackResourceDriftStatus"] not in {"IN_SYNC", "NOT_CHECKED"}}  # fmt: skip
    assert (found["StackDriftStatus"], drifted) == ("IN_SYNC", {})
