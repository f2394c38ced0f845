"""What AWS was recorded to answer on stacks: each test is named as what was recorded."""

import json
from itertools import permutations
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

BY_PARAMETER = {"Parameters": {"Name": {"Type": "String"}}, "Resources": {"G": named({"Ref": "Name"})}}
EXECUTED = DESCRIBED | {"Capabilities", "ChangeSetId", "LastUpdatedTime", "Parameters"}
DELETED = EXECUTED - {"ChangeSetId", "EnableTerminationProtection"} | {"DeletionTime"}


def proposed(stacks: Deployment, name: str, kind: str = "CREATE", change_set: str = "cs") -> dict[str, Any]:
    found = propose(stacks, BY_PARAMETER, change_set, kind, parameters={"Name": name}, Capabilities=ALL)
    return execute(stacks, found)


@pytest.mark.parametrize("execution", [False, True])
def test_stack_description_special_chars(stacks: Deployment, execution: bool) -> None:
    template = {"Description": "test <env>.test.net", "Resources": {"G": GROUP}}
    found = propose(stacks, template)
    stack = execute(stacks, found) if execution else stacks.create(template)
    assert stack["Description"] == "test <env>.test.net"


def test_stack_update_resources(stacks: Deployment) -> None:
    template: dict[str, Any] = {**BY_PARAMETER, "Resources": {**BY_PARAMETER["Resources"], "H": named("/h")}}
    created = execute(stacks, propose(stacks, template, parameters={"Name": "/one"}, Capabilities=ALL))
    assert (members(created), created["StackStatus"]) == (EXECUTED, "CREATE_COMPLETE")
    changed = propose(stacks, template, name="two", kind="UPDATE", parameters={"Name": "/two"})
    updated = execute(stacks, changed)
    assert (members(updated), updated["StackStatus"]) == (EXECUTED - {"Capabilities"}, "UPDATE_COMPLETE")
    assert updated["ChangeSetId"] == changed["ChangeSetId"]
    found = stacks.cloudformation.describe_stack_resources(StackName="farm")["StackResources"]
    assert [(item["LogicalResourceId"], item["ResourceStatus"]) for item in found] == [
        ("G", "UPDATE_COMPLETE"), ("H", "CREATE_COMPLETE"),
    ]  # fmt: skip
    assert members(found[1]) == {
        "DriftInformation", "LogicalResourceId", "PhysicalResourceId", "ResourceStatus", "ResourceType", "StackId",
        "StackName", "Timestamp",
    }  # fmt: skip
    assert found[1]["DriftInformation"] == {"StackResourceDriftStatus": "NOT_CHECKED"}


def test_list_events_after_deployment(stacks: Deployment) -> None:
    stack = execute(stacks, propose(stacks, {"G": named("/g")}))["StackId"]
    events = stacks.full_events()
    told = [
        (event["LogicalResourceId"], event["ResourceStatus"], event.get("ResourceStatusReason")) for event in events
    ]
    assert told == [
        ("farm", "REVIEW_IN_PROGRESS", "User Initiated"),
        ("farm", "CREATE_IN_PROGRESS", "User Initiated"),
        ("G", "CREATE_IN_PROGRESS", None),
        ("G", "CREATE_IN_PROGRESS", "Resource creation Initiated"),
        ("G", "CREATE_COMPLETE", None),
        ("farm", "CREATE_COMPLETE", None),
    ]
    assert [event["PhysicalResourceId"] for event in events] == [stack, stack, "", "/g", "/g", stack]
    assert json.loads(events[2]["ResourceProperties"]) == {"LogGroupName": "/g"}
    assert events[2]["EventId"].startswith("G-CREATE_IN_PROGRESS-")


def test_stack_lifecycle(stacks: Deployment) -> None:
    created = proposed(stacks, "/one")
    assert (members(created), created["StackStatus"]) == (EXECUTED, "CREATE_COMPLETE")
    updated = proposed(stacks, "/two", "UPDATE", "two")
    assert (members(updated), updated["StackStatus"]) == (EXECUTED, "UPDATE_COMPLETE")
    deleted = stacks.delete()
    message = refused(stacks.cloudformation.describe_stacks, StackName="farm")
    assert message == "Stack with id farm does not exist"
    assert (members(deleted), deleted["StackStatus"]) == (DELETED, "DELETE_COMPLETE")
    assert deleted["Parameters"] == [{"ParameterKey": "Name", "ParameterValue": "/two"}]


def test_linting_error_during_creation(stacks: Deployment) -> None:
    message = refused(
        stacks.cloudformation.create_stack, StackName="farm", TemplateBody=json.dumps({"Resources": {"A": "B"}})
    )
    assert message == "Template format error: Any Resources member must be an object."


def test_updating_an_updated_stack_sets_status(stacks: Deployment) -> None:
    parameters = {f"Name{number}": {"Type": "String"} for number in (1, 2, 3)}
    values = {name: f"/{name}" for name in parameters}
    for count in (1, 2, 3):
        names = list(parameters)[:count]
        template = {
            "Parameters": {name: parameters[name] for name in names},
            "Resources": {f"Group{name}": named({"Ref": name}) for name in names},
        }
        kind = "CREATE" if count == 1 else "UPDATE"
        given = {name: values[name] for name in names}
        found = propose(stacks, template, f"cs{count}", kind, parameters=given, Capabilities=ALL)
        stack = execute(stacks, found)
    assert (members(stack), stack["StackStatus"]) == (EXECUTED, "UPDATE_COMPLETE")
    assert {item["ParameterKey"]: item["ParameterValue"] for item in stack["Parameters"]} == values


def test_update_termination_protection(stacks: Deployment) -> None:
    proposed(stacks, "/one")
    for enabled in (True, False):
        stacks.cloudformation.update_termination_protection(StackName="farm", EnableTerminationProtection=enabled)
        stack = stacks.describe()
        assert (members(stack), stack["EnableTerminationProtection"]) == (EXECUTED, enabled)


def test_events_resource_types(stacks: Deployment) -> None:
    stacks.create({"G": named("/g"), "S": {"Type": "AWS::Logs::LogStream", "Properties": {"LogGroupName": "/g"},
                                           "DependsOn": "G"}})  # fmt: skip
    types = {event["ResourceType"] for event in stacks.full_events()}
    assert types == {"AWS::CloudFormation::Stack", "AWS::Logs::LogGroup", "AWS::Logs::LogStream"}


def test_stack_name_creation(stacks: Deployment) -> None:
    message = refused(stacks.cloudformation.create_stack, StackName="*@da_$", TemplateBody=text({"G": GROUP}))
    assert message == (
        "1 validation error detected: Value '*@da_$' at 'stackName' failed to satisfy constraint: Member must satisfy "
        "regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*"
    )


def test_blocked_stack_deletion(stacks: Deployment) -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    broken = {"Type": "AWS::IAM::Policy", "Properties": {"PolicyName": "p", "PolicyDocument": document}}
    reason = "The following resource(s) failed to delete: [BrokenPolicy]. "
    stack = stacks.create({"BrokenPolicy": broken})
    assert (stack["StackStatus"], stack["StackStatusReason"]) == ("ROLLBACK_FAILED", reason)
    assert members(stack) == DESCRIBED | {"Capabilities", "DeletionTime", "StackStatusReason"}
    stack = stacks.delete()
    assert (stack["StackStatus"], stack["StackStatusReason"]) == ("DELETE_FAILED", reason)
    assert members(stack) == DESCRIBED | {"Capabilities", "DeletionTime", "StackStatusReason"}
    stacks.cloudformation.delete_stack(StackName="farm", RetainResources=["BrokenPolicy"])
    stack = stacks.settle(stack["StackId"])
    assert stack["StackStatus"] == "DELETE_COMPLETE"
    assert members(stack) == DESCRIBED - {"EnableTerminationProtection"} | {"Capabilities", "DeletionTime"}
    assert stacks.events(stack["StackId"]) == [
        ("farm", "CREATE_IN_PROGRESS"), ("BrokenPolicy", "CREATE_IN_PROGRESS"), ("BrokenPolicy", "CREATE_IN_PROGRESS"),
        ("BrokenPolicy", "CREATE_FAILED"), ("farm", "ROLLBACK_IN_PROGRESS"), ("BrokenPolicy", "DELETE_IN_PROGRESS"),
        ("BrokenPolicy", "DELETE_FAILED"), ("farm", "ROLLBACK_FAILED"), ("farm", "DELETE_IN_PROGRESS"),
        ("BrokenPolicy", "DELETE_IN_PROGRESS"), ("BrokenPolicy", "DELETE_FAILED"), ("farm", "DELETE_FAILED"),
        ("farm", "DELETE_IN_PROGRESS"), ("BrokenPolicy", "DELETE_SKIPPED"), ("farm", "DELETE_COMPLETE"),
    ]  # fmt: skip


def test_name_conflicts(stacks: Deployment) -> None:
    old = stacks.create({"G": GROUP}, Capabilities=[])["StackId"]
    create = stacks.cloudformation.create_stack
    message = refused(create, "AlreadyExistsException", StackName="farm", TemplateBody=text({"G": GROUP}))
    assert message == "Stack [farm] already exists"
    stacks.delete()
    assert refused(stacks.cloudformation.describe_stacks, StackName="farm") == "Stack with id farm does not exist"
    assert refused(stacks.cloudformation.describe_stack_events, StackName="farm") == "Stack [farm] does not exist"
    gone = DESCRIBED - {"EnableTerminationProtection"} | {"DeletionTime"}
    assert members(stacks.describe(old)) == gone
    new = stacks.create({"G": GROUP}, Capabilities=[])
    assert (members(new), new["StackStatus"]) == (DESCRIBED, "CREATE_COMPLETE")
    assert stacks.describe(old)["StackStatus"] == "DELETE_COMPLETE"
    assert members(stacks.delete()) == gone


def test_describe_stack_events_errors(stacks: Deployment) -> None:
    message = refused(stacks.cloudformation.describe_stack_events, StackName="does-not-exist")
    assert message == "Stack [does-not-exist] does not exist"


def test_update_stack_with_same_template_withoutchange(stacks: Deployment) -> None:
    stacks.create({"G": GROUP})
    update = stacks.cloudformation.update_stack
    assert refused(update, StackName="farm", TemplateBody=text({"G": GROUP})) == "No updates are to be performed."


@pytest.mark.parametrize("order", list(permutations("ABC")))
def test_stack_deploy_order(stacks: Deployment, order: tuple[str, ...]) -> None:
    resources = {"A": GROUP, "B": named({"Fn::Sub": "${A}-b"}), "C": named({"Fn::Sub": "${B}-c"})}
    stacks.create({name: resources[name] for name in order})
    stack = stacks.delete()["StackId"]
    complete = [(name, status) for name, status in stacks.events(stack) if name in "ABC" and "COMPLETE" in status]
    assert complete == [
        ("A", "CREATE_COMPLETE"), ("B", "CREATE_COMPLETE"), ("C", "CREATE_COMPLETE"),
        ("C", "DELETE_COMPLETE"), ("B", "DELETE_COMPLETE"), ("A", "DELETE_COMPLETE"),
    ]  # fmt: skip


def secret_template(*, hidden: bool, secret: str = "SecretParameter") -> dict[str, Any]:
    return {
        "Parameters": {
            "SecretParameter": {"Type": "String", "NoEcho": hidden},
            "SecretParameterWithDefault": {"Type": "String", "NoEcho": True, "Default": "hidden"},
            "NormalParameter": {"Type": "String", "Default": "Some default value here"},
        },
        "Resources": {
            "LocalBucket": {
                "Type": "AWS::S3::Bucket", "Metadata": {"SensitiveData": {"Ref": secret}},
                "Properties": {"BucketName": "noecho-bucket", "Tags": [{"Key": "s", "Value": {"Ref": secret}}]},
            },
        },
        "Outputs": {"SecretValue": {"Description": "Secret value from parameter", "Value": {"Ref": secret}}},
    }  # fmt: skip


def test_no_echo_parameter(stacks: Deployment) -> None:
    hidden = secret_template(hidden=True)
    stack = execute(stacks, propose(stacks, hidden, parameters={"SecretParameter": "SecretValue"}))
    shown = {item["ParameterKey"]: item["ParameterValue"] for item in stack["Parameters"]}
    assert shown == {
        "NormalParameter": "Some default value here", "SecretParameter": "****", "SecretParameterWithDefault": "****",
    }  # fmt: skip
    assert stack["Outputs"] == [
        {"OutputKey": "SecretValue", "OutputValue": "SecretValue", "Description": "Secret value from parameter"}
    ]
    detail = stacks.cloudformation.describe_stack_resource(StackName="farm", LogicalResourceId="LocalBucket")
    assert json.loads(detail["StackResourceDetail"]["Metadata"]) == {"SensitiveData": "SecretValue"}
    found = propose(stacks, hidden, "new", "UPDATE", parameters={"SecretParameter": "NewSecretValue1"})
    assert {"ParameterKey": "SecretParameter", "ParameterValue": "****"} in found["Parameters"]
    metadata = {"Attribute": "Metadata", "RequiresRecreation": "Never"}
    tags = {"Attribute": "Properties", "Name": "Tags", "RequiresRecreation": "Never"}
    (change,) = found["Changes"]
    details = change["ResourceChange"].pop("Details")
    assert change["ResourceChange"] == {
        "Action": "Modify", "LogicalResourceId": "LocalBucket", "PhysicalResourceId": "noecho-bucket",
        "Replacement": "False", "ResourceType": "AWS::S3::Bucket", "Scope": ["Metadata", "Properties"],
    }  # fmt: skip
    by_reference = {"CausingEntity": "SecretParameter", "ChangeSource": "ParameterReference", "Evaluation": "Static"}
    direct = {"ChangeSource": "DirectModification", "Evaluation": "Dynamic"}
    expected = [
        {**by_reference, "Target": metadata}, {**by_reference, "Target": tags}, {**direct, "Target": metadata},
        {**direct, "Target": tags},
    ]  # fmt: skip
    assert all(detail in details for detail in expected)
    assert len(details) == len(expected)
    updated = stacks.update(hidden, parameters={"SecretParameter": "NewSecretValue1"})
    assert "ChangeSetId" not in updated
    assert updated["Outputs"][0]["OutputValue"] == "NewSecretValue1"
    open_template = secret_template(hidden=False)
    found = propose(stacks, open_template, "open", "UPDATE", parameters={"SecretParameter": "NewSecretValue2"})
    assert {"ParameterKey": "SecretParameter", "ParameterValue": "NewSecretValue2"} in found["Parameters"]
    assert "SecretValue" not in repr(stacks.describe()["Parameters"])


@pytest.mark.parametrize("execution", [False, True])
@pytest.mark.parametrize("form", ["json", "yaml"])
@pytest.mark.parametrize("stage", ["Original", "Processed"])
def test_get_template(stacks: Deployment, execution: bool, form: str, stage: str) -> None:
    tree = {"Resources": {"G": GROUP}, "Outputs": {"Name": {"Value": {"Ref": "G"}}}}
    lines = "Resources:\n  G:\n    Type: AWS::Logs::LogGroup\nOutputs:\n  Name:\n    Value:\n      Ref: G\n"
    given = json.dumps(tree) if form == "json" else lines
    if execution:
        execute(stacks, propose(stacks, given))
    else:
        stacks.create(given)
    found = stacks.cloudformation.get_template(StackName="farm", TemplateStage=stage)
    assert found["StagesAvailable"] == ["Original", "Processed"]
    assert found["TemplateBody"] == (tree if form == "json" else lines)


def test_stack_resource_not_found(stacks: Deployment) -> None:
    stacks.create({"G": GROUP})
    describe = stacks.cloudformation.describe_stack_resource
    message = refused(describe, StackName="farm", LogicalResourceId="NonExistentResource")
    assert message == "Resource NonExistentResource does not exist for stack farm"


def test_no_parameters_given(stacks: Deployment) -> None:
    create = stacks.cloudformation.create_change_set
    request = {"StackName": "farm", "ChangeSetName": "cs", "ChangeSetType": "CREATE"}
    message = refused(create, TemplateBody=text(BY_PARAMETER), **request)
    assert message == "Parameters: [Name] must have values"


def test_non_existing_stack_message(stacks: Deployment) -> None:
    assert refused(stacks.cloudformation.describe_stacks, StackName="none") == "Stack with id none does not exist"


@pytest.mark.parametrize("removed", ["C", "BC", "ABC"])
def test_stack_deletion_order(stacks: Deployment, removed: str) -> None:
    resources = {
        "A": named("root"), "B": named({"Fn::Sub": "${A}-b"}), "C": named({"Fn::Sub": "${B}-c"}),
        "Dummy": named("dummy"),
    }  # fmt: skip
    describe = stacks.cloudformation.describe_change_set
    first = propose(stacks, resources)
    assert first["Changes"] == [addition(name) for name in ("A", "B", "C", "Dummy")]
    known = describe(ChangeSetName=first["ChangeSetId"], IncludePropertyValues=True)["Changes"]
    after = [json.loads(change["ResourceChange"]["AfterContext"])["Properties"]["LogGroupName"] for change in known]
    assert [after[0], after[3]] == ["root", "dummy"]
    assert all("{{changeSet:KNOWN_AFTER_APPLY}}" in name for name in after[1:3])
    execute(stacks, first)
    left = {name: resource for name, resource in resources.items() if name not in removed}
    second = propose(stacks, left, "second", "UPDATE")
    physical = {"A": "root", "B": "root-b", "C": "root-b-c"}
    for change, name in zip(second["Changes"], removed, strict=True):
        assert change["ResourceChange"] == {
            "Action": "Remove", "LogicalResourceId": name, "PhysicalResourceId": physical[name],
            "PolicyAction": "Delete", "ResourceType": "AWS::Logs::LogGroup", "Scope": [], "Details": [],
        }  # fmt: skip
    known = describe(ChangeSetName=second["ChangeSetId"], IncludePropertyValues=True)["Changes"]
    for change in known:
        assert set(json.loads(change["ResourceChange"]["BeforeContext"])) == {"Properties"}
    stack = execute(stacks, second)
    assert members(stack) == DESCRIBED | {"ChangeSetId", "LastUpdatedTime"}
    gone = stacks.delete()
    assert members(gone) == DESCRIBED - {"EnableTerminationProtection"} | {"DeletionTime", "LastUpdatedTime"}
    deleted = [name for name, status in stacks.events(gone["StackId"]) if status == "DELETE_COMPLETE"]
    assert sorted(deleted) == ["A", "B", "C", "Dummy", "farm"]
    assert [name for name in deleted if name in "ABC"] == ["C", "B", "A"]


@pytest.mark.parametrize("tags", [[], [{"Key": "foo", "Value": "bar"}]])
def test_stack_description_lifecycle(stacks: Deployment, tags: list[dict[str, str]]) -> None:
    template = {"Description": "test <env>.test.net", "Resources": {"G": GROUP}}
    given: dict[str, Any] = {"Tags": tags} if tags else {}
    found = propose(stacks, template, **given)
    assert members(found) == PROPOSED | ({"Tags"} if tags else set())
    before = stacks.describe()
    assert (members(before), before["Tags"]) == (DESCRIBED | {"StackStatusReason"}, [])
    after = execute(stacks, found)
    assert members(after) == DESCRIBED | {"ChangeSetId", "Description", "LastUpdatedTime"}
    assert after["Tags"] == tags


def test_create_stack_url_as_template(stacks: Deployment) -> None:
    message = refused(
        stacks.cloudformation.create_stack, StackName="farm", TemplateBody="https://example.com/template.yaml"
    )
    assert message == "Template format error: unsupported structure."
