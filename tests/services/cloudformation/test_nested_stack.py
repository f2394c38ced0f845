"""Stacks within stacks."""

import json
from typing import Any

import pytest
from tests.services.cloudformation.deployment import Deployment

CHILD: dict[str, Any] = {
    "Parameters": {"Name": {"Type": "String"}, "Days": {"Type": "Number", "Default": 1}},
    "Resources": {
        "G": {
            "Type": "AWS::Logs::LogGroup",
            "Properties": {"LogGroupName": {"Ref": "Name"}, "RetentionInDays": {"Ref": "Days"}},
        },
    },
    "Outputs": {"Arn": {"Value": {"Fn::GetAtt": "G.Arn"}}},
}  # fmt: skip


@pytest.fixture(autouse=True)
def _templates(stacks: Deployment) -> None:
    s3 = stacks.client("s3")
    s3.create_bucket(Bucket="templates")
    s3.put_object(Bucket="templates", Key="child.json", Body=json.dumps(CHILD).encode())


def parent(**parameters: Any) -> dict[str, Any]:
    url = "https://templates.s3.amazonaws.com/child.json"
    child = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url, "Parameters": parameters}}
    outputs = {"Arn": {"Value": {"Fn::GetAtt": "Child.Outputs.Arn"}}, "Id": {"Value": {"Ref": "Child"}}}
    return {"Resources": {"Child": child}, "Outputs": outputs}


def days(stacks: Deployment) -> list[int]:
    return [group["retentionInDays"] for group in stacks.client("logs").describe_log_groups()["logGroups"]]


def test_a_stack_makes_updates_and_removes_its_own(stacks: Deployment) -> None:
    stack = stacks.create(parent(Name="/g"), Tags=[{"Key": "k", "Value": "v"}])
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    child = stacks.outputs()["Id"]
    assert stacks.outputs()["Arn"] == "arn:aws:logs:us-east-1:000000000000:log-group:/g:*"
    assert stacks.describe(child)["StackName"].startswith("farm-Child-")
    assert (stacks.describe(child)["ParentId"], stacks.describe(child)["RootId"]) == (stack["StackId"],) * 2
    assert "ParentId" not in stack
    assert stacks.describe(child)["Tags"] == [{"Key": "k", "Value": "v"}]
    assert stacks.update(parent(Name="/g", Days=3))["StackStatus"] == "UPDATE_COMPLETE"
    assert (days(stacks), stacks.outputs()["Id"]) == ([3], child)
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"
    assert stacks.describe(child)["StackStatus"] == "DELETE_COMPLETE"
    assert days(stacks) == []


def test_a_child_that_fails_fails_its_parent(stacks: Deployment) -> None:
    assert stacks.create(parent(Name="n*me"))["StackStatus"] == "ROLLBACK_COMPLETE"
    reason = stacks.reason("Child", "CREATE_FAILED")
    assert reason.startswith("Embedded stack arn:aws:cloudformation:us-east-1:000000000000:stack/farm-Child-")
    assert "was not successfully created: The following resource(s) failed to create: [G]. " in reason


def test_a_childs_update_is_rolled_back_with_its_parents(stacks: Deployment) -> None:
    stacks.create(parent(Name="/g"))
    bad = {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "n@me"}, "DependsOn": "Child"}
    changed = parent(Name="/g", Days=3)
    assert stacks.update({**changed, "Resources": {**changed["Resources"], "Bad": bad}})["StackStatus"] == (
        "UPDATE_ROLLBACK_COMPLETE"
    )
    assert days(stacks) == [1]
    assert stacks.update(parent(Name="/g", Days=4))["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert "was not successfully updated. Currently in UPDATE_ROLLBACK_COMPLETE" in stacks.reason(
        "Child", "UPDATE_FAILED"
    )
    assert stacks.update(parent(Name="/g", Days=5))["StackStatus"] == "UPDATE_COMPLETE"
    assert days(stacks) == [5]
