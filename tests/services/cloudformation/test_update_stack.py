from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.services.cloudformation.deployment import Deployment, text

GROUP: dict[str, Any] = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/g", "RetentionInDays": 7}}
BAD: dict[str, Any] = {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "n@me"}}


def group(name: Any = "/g", **properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": name, **properties}}


def groups(stacks: Deployment) -> dict[str, Any]:
    found = stacks.client("logs").describe_log_groups()["logGroups"]
    return {item["logGroupName"]: item.get("retentionInDays") for item in found}


def since_update(stacks: Deployment) -> list[tuple[str, str]]:
    events = stacks.events()
    last = max(index for index, event in enumerate(events) if event == ("farm", "UPDATE_IN_PROGRESS"))
    return events[last:]


def test_a_property_changes_in_place(stacks: Deployment) -> None:
    stacks.create({"G": GROUP})
    stack = stacks.update({"G": group(RetentionInDays=14)})
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert "LastUpdatedTime" in stack
    assert groups(stacks) == {"/g": 14}
    assert since_update(stacks) == [
        ("farm", "UPDATE_IN_PROGRESS"), ("G", "UPDATE_IN_PROGRESS"), ("G", "UPDATE_COMPLETE"),
        ("farm", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"), ("farm", "UPDATE_COMPLETE"),
    ]  # fmt: skip
    stacks.update({"G": group()})
    assert groups(stacks) == {"/g": None}


def test_a_replacement_removes_the_old_resource_in_the_end(stacks: Deployment) -> None:
    query = {"Type": "AWS::Logs::LogStream", "Properties": {"LogGroupName": {"Ref": "G"}, "LogStreamName": "s"}}
    stacks.create({"G": GROUP, "S": query})
    assert stacks.update({"G": group("/h"), "S": query})["StackStatus"] == "UPDATE_COMPLETE"
    assert groups(stacks) == {"/h": None}
    assert stacks.client("logs").describe_log_streams(logGroupName="/h")["logStreams"][0]["logStreamName"] == "s"
    reason = "Requested update requires the creation of a new physical resource; hence creating one."
    assert stacks.reason("G", "UPDATE_IN_PROGRESS") == reason
    events = since_update(stacks)
    assert events.index(("G", "DELETE_IN_PROGRESS")) > events.index(("farm", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"))
    assert events.index(("G", "DELETE_COMPLETE")) < events.index(("farm", "UPDATE_COMPLETE"))
    resource = stacks.cloudformation.describe_stack_resource(StackName="farm", LogicalResourceId="G")
    assert resource["StackResourceDetail"]["PhysicalResourceId"] == "/h"


def test_a_replacement_under_the_same_name_is_refused(stacks: Deployment) -> None:
    stacks.create({"U": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "r", "AssumeRolePolicyDocument": TRUST}}})
    role = {"RoleName": "r", "Path": "/p/", "AssumeRolePolicyDocument": TRUST}
    stack = stacks.update({"U": {"Type": "AWS::IAM::Role", "Properties": role}})
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.reason("U", "UPDATE_FAILED") == (
        "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename r and update the "
        "stack again."
    )
    assert stacks.client("iam").get_role(RoleName="r")["Role"]["Path"] == "/"


TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def test_resources_come_and_go(stacks: Deployment) -> None:
    stacks.create({"G": GROUP, "Kept": group("/kept") | {"DeletionPolicy": "Retain"}, "Old": group("/old")})
    stacks.update({"G": GROUP, "New": group("/new")})
    assert groups(stacks) == {"/g": 7, "/kept": None, "/new": None}
    assert ("Kept", "DELETE_SKIPPED") in stacks.events()
    listed = stacks.cloudformation.list_stack_resources(StackName="farm")["StackResourceSummaries"]
    assert {item["LogicalResourceId"] for item in listed} == {"G", "New"}
    stacks.delete()
    assert groups(stacks) == {"/kept": None}


def test_update_replace_policy_keeps_the_old_resource(stacks: Deployment) -> None:
    stacks.create({"G": GROUP | {"UpdateReplacePolicy": "Retain"}})
    stacks.update({"G": group("/h") | {"UpdateReplacePolicy": "Retain"}})
    assert set(groups(stacks)) == {"/g", "/h"}


def test_a_failed_update_puts_everything_back(stacks: Deployment) -> None:
    first = {"Changed": GROUP, "Replaced": group("/r", RetentionInDays=3), "Gone": group("/gone")}
    stacks.create({"Resources": first, "Outputs": {"R": {"Value": {"Ref": "Replaced"}}}}, Tags=[tag("a", "1")])
    bad = BAD | {"DependsOn": ["Changed", "Replaced", "New"]}
    second = {"Changed": group(RetentionInDays=30), "Replaced": group("/r2"), "New": group("/new"), "Bad": bad}
    stack = stacks.update({"Resources": second}, Tags=[tag("a", "2"), tag("b", "1")])
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert groups(stacks) == {"/g": 7, "/r": 3, "/gone": None}
    assert stack["Tags"] == [tag("a", "1")]
    assert stacks.client("logs").list_tags_log_group(logGroupName="/g")["tags"] == {"a": "1"}
    assert stacks.outputs() == {"R": "/r"}
    reason = "The following resource(s) failed to create: [Bad]. "
    assert stacks.reason("farm", "UPDATE_ROLLBACK_IN_PROGRESS") == reason
    events = since_update(stacks)
    assert events[-1] == ("farm", "UPDATE_ROLLBACK_COMPLETE")
    assert ("farm", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS") in events
    assert stacks.update({**first, "Gone": group("/gone", RetentionInDays=1)})["StackStatus"] == "UPDATE_COMPLETE"
    with pytest.raises(ClientError, match=r"No updates are to be performed\."):
        stacks.update()


def tag(key: str, value: str) -> dict[str, str]:
    return {"Key": key, "Value": value}


def test_disable_rollback_leaves_what_failed_until_it_is_rolled_back(stacks: Deployment) -> None:
    stacks.create({"G": GROUP})
    wanted = {"G": group("/h"), "Bad": BAD | {"DependsOn": "G"}}
    assert stacks.update(wanted, DisableRollback=True)["StackStatus"] == "UPDATE_FAILED"
    assert set(groups(stacks)) == {"/g", "/h"}
    stacks.cloudformation.rollback_stack(StackName="farm")
    assert stacks.settle()["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert groups(stacks) == {"/g": 7}


def test_a_failed_update_is_deleted_with_what_it_replaced(stacks: Deployment) -> None:
    stacks.create({"G": GROUP})
    stacks.update({"G": group("/h"), "Bad": BAD | {"DependsOn": "G"}}, DisableRollback=True)
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"
    assert groups(stacks) == {}


def test_a_rollback_that_fails_is_continued(stacks: Deployment) -> None:
    stacks.create({"G": GROUP})
    stacks.update({"G": group(RetentionInDays=1), "Bad": BAD | {"DependsOn": "G"}}, DisableRollback=True)
    stacks.client("logs").delete_log_group(logGroupName="/g")
    stacks.cloudformation.rollback_stack(StackName="farm")
    assert stacks.settle()["StackStatus"] == "UPDATE_ROLLBACK_FAILED"
    with pytest.raises(ClientError, match=r"\[Bad\] are not in UPDATE_FAILED state"):
        stacks.cloudformation.continue_update_rollback(StackName="farm", ResourcesToSkip=["Bad"])
    stacks.cloudformation.continue_update_rollback(StackName="farm", ResourcesToSkip=["G"])
    assert stacks.settle()["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    with pytest.raises(ClientError, match="can not continue update rollback"):
        stacks.cloudformation.continue_update_rollback(StackName="farm")


def test_a_rollback_that_failed_is_tried_again(stacks: Deployment) -> None:
    stacks.create({"G": GROUP})
    stacks.update({"G": group(RetentionInDays=1), "Bad": BAD | {"DependsOn": "G"}}, DisableRollback=True)
    logs = stacks.client("logs")
    logs.delete_log_group(logGroupName="/g")
    stacks.cloudformation.rollback_stack(StackName="farm")
    stacks.settle()
    logs.create_log_group(logGroupName="/g")
    stacks.cloudformation.continue_update_rollback(StackName="farm")
    assert stacks.settle()["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert groups(stacks) == {"/g": 7}


def test_cancel_update_stack(stacks: Deployment) -> None:
    stream = {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "s", "ShardCount": 1}}
    stacks.create({"G": GROUP, "S": stream})
    with pytest.raises(ClientError, match="CancelUpdateStack cannot be called from current stack status"):
        stacks.cloudformation.cancel_update_stack(StackName="farm")
    wanted = {"G": group(RetentionInDays=1), "S": stream | {"Properties": {"Name": "s", "ShardCount": 2}}}
    stacks.cloudformation.update_stack(StackName="farm", TemplateBody=text(wanted))
    with pytest.raises(ClientError, match="cannot be deleted while in status UPDATE_IN_PROGRESS"):
        stacks.cloudformation.delete_stack(StackName="farm")
    stacks.cloudformation.cancel_update_stack(StackName="farm")
    assert stacks.settle()["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert groups(stacks) == {"/g": 7}
    assert open_shards(stacks) == 1


def open_shards(stacks: Deployment) -> int:
    summary = stacks.client("kinesis").describe_stream_summary(StreamName="s")["StreamDescriptionSummary"]
    return int(summary["OpenShardCount"])


def test_no_updates_are_to_be_performed(stacks: Deployment) -> None:
    template = {"Parameters": {"P": {"Type": "String"}}, "Resources": {"G": group({"Ref": "P"})}}
    stacks.create(template, parameters={"P": "/1"})
    with pytest.raises(ClientError, match=r"No updates are to be performed\."):
        stacks.cloudformation.update_stack(
            StackName="farm", UsePreviousTemplate=True, Parameters=[{"ParameterKey": "P", "UsePreviousValue": True}]
        )
    assert stacks.update(parameters={"P": "/2"})["StackStatus"] == "UPDATE_COMPLETE"
    assert set(groups(stacks)) == {"/2"}
    assert stacks.describe()["Parameters"] == [{"ParameterKey": "P", "ParameterValue": "/2"}]


def test_a_resource_keeps_its_type(stacks: Deployment) -> None:
    stacks.create({"G": GROUP})
    with pytest.raises(ClientError, match=r"Update of resource type is not permitted.*\[G\]"):
        stacks.update({"G": {"Type": "AWS::S3::Bucket"}})


def test_an_update_is_repeated_by_its_token(stacks: Deployment) -> None:
    stacks.create({"G": GROUP})
    stacks.update({"G": group(RetentionInDays=1)}, ClientRequestToken="t")
    stacks.update({"G": group(RetentionInDays=1)}, ClientRequestToken="t")
    with pytest.raises(ClientError, match="has already been used for this stack"):
        stacks.update({"G": group(RetentionInDays=3)}, ClientRequestToken="t")


def test_the_stacks_tags_are_the_resources_tags(stacks: Deployment) -> None:
    stacks.create({"G": GROUP}, Tags=[tag("a", "1"), tag("b", "2")])
    stacks.update(Tags=[tag("b", "3")])
    assert stacks.client("logs").list_tags_log_group(logGroupName="/g")["tags"] == {"b": "3"}


def test_an_export_in_use_stays_as_it_is(stacks: Deployment) -> None:
    def exporting(name: str) -> dict[str, Any]:
        output = {"Value": {"Ref": "G"}, "Export": {"Name": "the-group"}}
        return {"Resources": {"G": group(name)}, "Outputs": {"O": output}}

    stacks.create(exporting("/g"))
    imported = {"Fn::ImportValue": {"Fn::Sub": "the-${Word}"}}
    user = {
        "Parameters": {"Word": {"Type": "String", "Default": "group"}},
        "Resources": {"S": {"Type": "AWS::Logs::LogStream", "Properties": {"LogGroupName": imported}}},
    }
    stacks.create(user, "user")
    assert stacks.cloudformation.list_imports(ExportName="the-group")["Imports"] == ["user"]
    stack = stacks.update(exporting("/other"))
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    reason = "Export the-group cannot be updated as it is in use by user"
    assert reason in stacks.reason("farm", "UPDATE_ROLLBACK_IN_PROGRESS")
    assert set(groups(stacks)) == {"/g"}
    stack = stacks.delete()
    assert (stack["StackStatus"], stack["StackStatusReason"], "DeletionTime" in stack) == (
        "UPDATE_ROLLBACK_COMPLETE", "Export the-group cannot be deleted as it is in use by user", False,
    )  # fmt: skip
    assert stacks.events()[-2:] == [("farm", "DELETE_IN_PROGRESS"), ("farm", "UPDATE_ROLLBACK_COMPLETE")]
    stacks.delete("user")
    with pytest.raises(ClientError, match="Export 'the-group' is not imported by any stack"):
        stacks.cloudformation.list_imports(ExportName="the-group")
    assert stacks.update(exporting("/other"))["StackStatus"] == "UPDATE_COMPLETE"
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"


def test_an_import_of_nothing(stacks: Deployment) -> None:
    with pytest.raises(ClientError, match="No export named x found"):
        stacks.create({"G": group({"Fn::ImportValue": "x"})})
