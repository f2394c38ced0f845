"""What AWS was recorded to answer on change sets: each test is named as what was recorded."""

from typing import Any

import pytest
from tests.services.cloudformation.deployment import Deployment, text
from tests.services.cloudformation.recorded.recording import (
    ALL,
    DESCRIBED,
    GROUP,
    PROPOSED,
    addition,
    execute,
    members,
    named,
    propose,
    refused,
)

METADATA = {"CDKMetadata": {"Type": "AWS::CDK::Metadata", "Properties": {"Analytics": "x"}}}
BY_PARAMETER = {
    "Parameters": {"Name": {"Type": "String"}},
    "Resources": {"G": named({"Ref": "Name"})},
}


def test_create_change_set_update_without_parameters(stacks: Deployment) -> None:
    stacks.create({"G": named("/one")})
    found = propose(stacks, {"G": named("/two")}, kind="UPDATE")
    assert members(found) == PROPOSED
    (change,) = found["Changes"]
    target = {"Attribute": "Properties", "Name": "LogGroupName", "RequiresRecreation": "Always"}
    assert change["ResourceChange"] == {
        "Action": "Modify", "LogicalResourceId": "G", "PhysicalResourceId": "/one",
        "PolicyAction": "ReplaceAndDelete", "ResourceType": "AWS::Logs::LogGroup", "Replacement": "True",
        "Scope": ["Properties"],
        "Details": [{"Target": target, "Evaluation": "Static", "ChangeSource": "DirectModification"}],
    }  # fmt: skip
    (summary,) = stacks.cloudformation.list_change_sets(StackName="farm")["Summaries"]
    assert members(summary) == {
        "StackId", "StackName", "ChangeSetId", "ChangeSetName", "ExecutionStatus", "Status", "CreationTime",
        "IncludeNestedStacks",
    }  # fmt: skip


def test_empty_changeset(stacks: Deployment) -> None:
    first = propose(stacks, METADATA, Capabilities=ALL)
    assert members(first) == PROPOSED
    assert (first["Capabilities"], first["Changes"]) == (ALL, [addition("CDKMetadata", "AWS::CDK::Metadata")])
    execute(stacks, first)
    same = propose(stacks, METADATA, name="same", kind="UPDATE", Capabilities=ALL)
    assert members(same) == PROPOSED | {"StatusReason"}
    assert (same["Changes"], same["Status"], same["ExecutionStatus"]) == ([], "FAILED", "UNAVAILABLE")
    assert same["StatusReason"] == (
        "The submitted information didn't contain changes. Submit different information to create a change set."
    )
    change_set = same["ChangeSetId"]
    execution = stacks.cloudformation.execute_change_set
    message = refused(execution, "InvalidChangeSetStatus", ChangeSetName=change_set)
    assert message == f"ChangeSet [{change_set}] cannot be executed in its current status of [FAILED]"


def test_deleted_changeset(stacks: Deployment) -> None:
    change_set = propose(stacks, {"G": GROUP})["ChangeSetId"]
    stacks.cloudformation.delete_change_set(ChangeSetName=change_set)
    message = refused(stacks.cloudformation.describe_change_set, "ChangeSetNotFound", ChangeSetName=change_set)
    assert message == f"ChangeSet [{change_set}] does not exist"


def test_describe_change_set_nonexisting(stacks: Deployment) -> None:
    describe = stacks.cloudformation.describe_change_set
    assert refused(describe, ChangeSetName="cs", StackName="somestack") == "Stack [somestack] does not exist"


def test_delete_change_set_exception(stacks: Deployment) -> None:
    delete = stacks.cloudformation.delete_change_set
    assert refused(delete, ChangeSetName="cs", StackName="nostack") == "Stack [nostack] does not exist"
    message = "StackName must be specified if ChangeSetName is not specified as an ARN."
    assert refused(delete, ChangeSetName="cs") == message


def test_name_conflicts(stacks: Deployment) -> None:
    first = propose(stacks, {"G": GROUP})
    old = execute(stacks, first)["StackId"]
    create = stacks.cloudformation.create_change_set
    again: dict[str, Any] = {
        "StackName": "farm", "ChangeSetName": "cs", "ChangeSetType": "CREATE", "TemplateBody": text({"G": GROUP}),
    }  # fmt: skip
    message = "Stack [farm] already exists and cannot be created again with the changeSet [cs]."
    assert refused(create, **again) == message
    stacks.delete()
    second = propose(stacks, {"G": GROUP})
    new = stacks.describe()
    assert members(new) == DESCRIBED | {"StackStatusReason"}
    assert (new["StackStatus"], new["StackStatusReason"]) == ("REVIEW_IN_PROGRESS", "User Initiated")
    assert new["StackId"] != old
    gone = stacks.describe(old)
    assert members(gone) == DESCRIBED - {"EnableTerminationProtection"} | {"DeletionTime", "LastUpdatedTime"}
    assert gone["StackStatus"] == "DELETE_COMPLETE"
    describe = stacks.cloudformation.describe_change_set
    assert describe(ChangeSetName=first["ChangeSetId"])["ExecutionStatus"] == "EXECUTE_COMPLETE"
    assert describe(ChangeSetName=second["ChangeSetId"])["ExecutionStatus"] == "AVAILABLE"


def test_create_while_in_review(stacks: Deployment) -> None:
    proposed = propose(stacks, {"G": GROUP})
    made = stacks.cloudformation.create_stack(StackName="farm", TemplateBody=text({"G": GROUP}))
    assert made["StackId"] == proposed["StackId"]
    stack = stacks.settle()
    assert (members(stack), stack["StackStatus"]) == (DESCRIBED, "CREATE_COMPLETE")
    found = stacks.cloudformation.describe_change_set(ChangeSetName=proposed["ChangeSetId"])
    assert (members(found), found["ExecutionStatus"]) == (PROPOSED, "OBSOLETE")


def test_template_rendering_with_list(stacks: Deployment) -> None:
    template = {"G": {**GROUP, "Metadata": {"d": [{"userid": 1}, 1, "string"]}}}
    execute(stacks, propose(stacks, template))
    found = stacks.cloudformation.get_template(StackName="farm", TemplateStage="Processed")["TemplateBody"]
    assert found["Resources"]["G"]["Metadata"] == {"d": [{"userid": 1}, 1, "string"]}


def test_create_changeset_with_stack_id(stacks: Deployment) -> None:
    stack = propose(stacks, {"G": GROUP})["StackId"]
    propose(stacks, {"G": GROUP}, name="second", stack=stack)
    found = stacks.describe(stack)
    assert members(found) == DESCRIBED | {"StackStatusReason"}
    stacks.delete()
    request = {"ChangeSetName": "revived", "ChangeSetType": "CREATE", "TemplateBody": text({"G": GROUP})}
    message = refused(stacks.cloudformation.create_change_set, StackName=stack, **request)
    assert message == f"Stack [{stack}] already exists and cannot be created again with the changeSet [revived]."


def test_multiple_create_changeset(stacks: Deployment) -> None:
    first = propose(stacks, {"G": GROUP})
    second = propose(stacks, {"G": GROUP}, name="second")
    assert (first["StackId"], first["Changes"]) == (second["StackId"], [addition("G")])


def test_deleting_resource(stacks: Deployment) -> None:
    execute(stacks, propose(stacks, {"G": named("/g"), "H": named("/h")}))
    execute(stacks, propose(stacks, {"G": named("/g")}, name="less", kind="UPDATE"))
    groups = stacks.client("logs").describe_log_groups()["logGroups"]
    assert [group["logGroupName"] for group in groups] == ["/g"]


def test_create_and_then_update_refreshes_template_metadata(stacks: Deployment) -> None:
    changed = {"Resources": {"G": GROUP}, "Metadata": {"version": 2}}
    execute(stacks, propose(stacks, {"Resources": {"G": GROUP}, "Metadata": {"version": 1}}))
    found = propose(stacks, changed, name="metadata", kind="UPDATE")
    assert found["Status"] == "FAILED"


def test_create_change_set_no_changes(stacks: Deployment) -> None:
    execute(stacks, propose(stacks, {"G": GROUP}))
    found = propose(stacks, {"G": GROUP}, name="same", kind="UPDATE")
    assert members(found) == PROPOSED | {"StatusReason"}
    assert (found["Changes"], found["Status"], found["ExecutionStatus"]) == ([], "FAILED", "UNAVAILABLE")


def test_describe_changeset_after_delete(stacks: Deployment) -> None:
    execute(stacks, propose(stacks, BY_PARAMETER, parameters={"Name": "/one"}))
    propose(stacks, BY_PARAMETER, name="deleted", kind="UPDATE", parameters={"Name": "/three"})
    stacks.cloudformation.delete_change_set(StackName="farm", ChangeSetName="deleted")
    describe = stacks.cloudformation.describe_change_set
    message = refused(describe, "ChangeSetNotFound", StackName="farm", ChangeSetName="deleted")
    assert message == "ChangeSet [deleted] does not exist"
    found = propose(stacks, BY_PARAMETER, name="two", kind="UPDATE", parameters={"Name": "/two"})
    assert members(found) == PROPOSED | {"Parameters"}
    target = {"Attribute": "Properties", "Name": "LogGroupName", "RequiresRecreation": "Always"}
    assert found["Changes"][0]["ResourceChange"] == {
        "Action": "Modify", "LogicalResourceId": "G", "PhysicalResourceId": "/one",
        "PolicyAction": "ReplaceAndDelete", "ResourceType": "AWS::Logs::LogGroup", "Replacement": "True",
        "Scope": ["Properties"],
        "Details": [
            {"CausingEntity": "Name", "ChangeSource": "ParameterReference", "Evaluation": "Static", "Target": target},
            {"ChangeSource": "DirectModification", "Evaluation": "Dynamic", "Target": target},
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("Resources", "Template format error: Resource name AWS::NoValue is non alphanumeric."),
        ("Parameters", "Template format error: Parameter name AWS::NoValue is non alphanumeric."),
    ],
)
def test_using_pseudoparameters_in_places(stacks: Deployment, section: str, message: str) -> None:
    template: dict[str, Any] = {"Resources": {"G": GROUP}}
    template[section] = {**template.get(section, {}), "AWS::NoValue": {"Type": "String"}}
    create = stacks.cloudformation.create_change_set
    request = {"StackName": "farm", "ChangeSetName": "cs", "ChangeSetType": "CREATE"}
    assert refused(create, TemplateBody=text(template), **request) == message


def test_using_pseudoparameters_in_places_condition(stacks: Deployment) -> None:
    conditions = {"AWS::NoValue": {"Fn::Equals": ["a", "a"]}}
    assert propose(stacks, {"Resources": {"G": GROUP}, "Conditions": conditions})["Status"] == "CREATE_COMPLETE"


def test_create_changeset_for_deleted_stack(stacks: Deployment) -> None:
    stack = stacks.create({"G": GROUP})["StackId"]
    stacks.delete()
    request = {"StackName": stack, "ChangeSetName": "test", "TemplateBody": text({"G": GROUP})}
    create = stacks.cloudformation.create_change_set
    message = f"Stack [{stack}] already exists and cannot be created again with the changeSet [test]."
    assert refused(create, ChangeSetType="CREATE", **request) == message
    message = f"Stack:{stack} is in DELETE_COMPLETE state and can not be updated."
    assert refused(create, ChangeSetType="UPDATE", **request) == message


@pytest.mark.parametrize("settings_change", [{"kinesis_delete_delay_ms": 60_000}], indirect=True)
def test_changeset_for_deleted_stack(stacks: Deployment) -> None:
    stream = {"S": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "s"}}}
    stack = execute(stacks, propose(stacks, stream))["StackId"]
    update = propose(stacks, {"S": {**stream["S"], "DeletionPolicy": "Retain"}}, name="update", kind="UPDATE")
    stacks.cloudformation.delete_stack(StackName="farm")
    execution = stacks.cloudformation.execute_change_set
    message = f"Stack:{stack} is in {{}} state and can not be updated."
    assert refused(execution, ChangeSetName=update["ChangeSetId"]) == message.format("DELETE_IN_PROGRESS")
    stacks.settle(stack)
    assert refused(execution, ChangeSetName=update["ChangeSetId"]) == message.format("DELETE_COMPLETE")
