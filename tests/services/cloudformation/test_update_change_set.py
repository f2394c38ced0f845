from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.services.cloudformation.deployment import Deployment, text


def group(name: Any, **properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": name, **properties}}


def log_stream(name: str = "s") -> dict[str, Any]:
    properties = {"LogGroupName": {"Ref": "G"}, "LogStreamName": name}
    return {"Type": "AWS::Logs::LogStream", "Properties": properties}


def propose(stacks: Deployment, template: Any, name: str = "cs", **request: Any) -> list[dict[str, Any]]:
    given = {"UsePreviousTemplate": True} if template is None else {"TemplateBody": text(template)}
    made = stacks.cloudformation.create_change_set(StackName="farm", ChangeSetName=name, **given, **request)
    found = stacks.cloudformation.describe_change_set(ChangeSetName=made["Id"])
    assert (found["Status"], found["ExecutionStatus"]) == ("CREATE_COMPLETE", "AVAILABLE")
    return [change["ResourceChange"] for change in found["Changes"]]


def test_changes_as_aws_shows_them(stacks: Deployment) -> None:
    stacks.create({"G": group("/g"), "Gone": group("/gone"), "Same": group("/same")})
    gone, replaced, new = sorted(
        propose(stacks, {"G": group("/h"), "New": group("/new"), "Same": group("/same")}),
        key=lambda change: ["Remove", "Modify", "Add"].index(change["Action"]),
    )
    assert (gone["LogicalResourceId"], gone["PhysicalResourceId"], gone["PolicyAction"]) == ("Gone", "/gone", "Delete")
    assert new["LogicalResourceId"] == "New"
    target = {"Attribute": "Properties", "Name": "LogGroupName", "RequiresRecreation": "Always"}
    assert replaced == {
        "Action": "Modify", "LogicalResourceId": "G", "PhysicalResourceId": "/g", "Replacement": "True",
        "ResourceType": "AWS::Logs::LogGroup", "Scope": ["Properties"], "PolicyAction": "ReplaceAndDelete",
        "Details": [{"Target": target, "Evaluation": "Static", "ChangeSource": "DirectModification"}],
    }  # fmt: skip


def test_what_a_parameter_and_a_replacement_change(stacks: Deployment) -> None:
    template = {
        "Parameters": {"Name": {"Type": "String"}, "Days": {"Type": "Number"}},
        "Resources": {"G": group({"Ref": "Name"}, RetentionInDays={"Ref": "Days"}), "S": log_stream()},
    }
    stacks.create(template, parameters={"Name": "/g", "Days": "7"})
    days = [{"ParameterKey": "Name", "UsePreviousValue": True}, {"ParameterKey": "Days", "ParameterValue": "14"}]
    (changed,) = propose(stacks, None, Parameters=days)
    assert (changed["Replacement"], changed["Details"][0]["ChangeSource"], changed["Details"][0]["CausingEntity"]) == (
        "False", "ParameterReference", "Days",
    )  # fmt: skip
    name = [{"ParameterKey": "Name", "ParameterValue": "/h"}, {"ParameterKey": "Days", "UsePreviousValue": True}]
    replaced, dependent = propose(stacks, None, "cs2", Parameters=name)
    assert replaced["Replacement"] == "True"
    assert (dependent["LogicalResourceId"], dependent["Replacement"]) == ("S", "Conditional")
    detail = dependent["Details"][0]
    assert (detail["Evaluation"], detail["ChangeSource"], detail["CausingEntity"]) == (
        "Dynamic", "ResourceReference", "G",
    )  # fmt: skip


def test_execute_change_set_updates_the_stack(stacks: Deployment) -> None:
    stacks.create({"G": group("/g")})
    propose(stacks, {"G": group("/g", RetentionInDays=7)})
    propose(stacks, {"G": group("/g", RetentionInDays=14)}, "other")
    stacks.cloudformation.execute_change_set(ChangeSetName="cs", StackName="farm")
    assert stacks.settle()["StackStatus"] == "UPDATE_COMPLETE"
    assert stacks.client("logs").describe_log_groups()["logGroups"][0]["retentionInDays"] == 7
    found = {
        item["ChangeSetName"]: item["ExecutionStatus"]
        for item in stacks.cloudformation.list_change_sets(StackName="farm")["Summaries"]
    }
    assert found == {"cs": "EXECUTE_COMPLETE", "other": "OBSOLETE"}
    with pytest.raises(ClientError, match=r"cannot be executed in its current status of \[OBSOLETE\]"):
        stacks.cloudformation.execute_change_set(ChangeSetName="other", StackName="farm")


def test_a_change_set_of_outputs_alone(stacks: Deployment) -> None:
    stacks.create({"G": group("/g")})
    template = {"Resources": {"G": group("/g")}, "Outputs": {"O": {"Value": {"Ref": "G"}}}}
    assert propose(stacks, template) == []
    stacks.cloudformation.execute_change_set(ChangeSetName="cs", StackName="farm")
    stacks.settle()
    assert stacks.outputs() == {"O": "/g"}


def test_an_executed_change_set_that_fails(stacks: Deployment) -> None:
    stacks.create({"G": group("/g")})
    propose(stacks, {"G": group("/g"), "Bad": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "n@me"}}})
    stacks.cloudformation.execute_change_set(ChangeSetName="cs", StackName="farm")
    assert stacks.settle()["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    found = stacks.cloudformation.describe_change_set(ChangeSetName="cs", StackName="farm")
    assert found["ExecutionStatus"] == "EXECUTE_FAILED"
