from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.services.cloudformation.deployment import Deployment, text

GROUP: dict[str, Any] = {"Type": "AWS::Logs::LogGroup"}


def propose(stacks: Deployment, template: Any, name: str = "cs", kind: str = "CREATE", **request: Any) -> Any:
    return stacks.cloudformation.create_change_set(
        StackName="farm", ChangeSetName=name, ChangeSetType=kind, TemplateBody=text(template), **request
    )


def test_create_change_set_shows_what_it_adds(stacks: Deployment) -> None:
    made = propose(stacks, {"G": GROUP}, Description="first")
    found = stacks.cloudformation.describe_change_set(ChangeSetName=made["Id"])
    assert (found["Status"], found["ExecutionStatus"], found["Description"]) == (
        "CREATE_COMPLETE", "AVAILABLE", "first",
    )  # fmt: skip
    change = {
        "Action": "Add", "LogicalResourceId": "G", "ResourceType": "AWS::Logs::LogGroup", "Scope": [], "Details": []
    }  # fmt: skip
    assert found["Changes"] == [{"Type": "Resource", "ResourceChange": change}]
    assert stacks.describe()["StackStatus"] == "REVIEW_IN_PROGRESS"
    assert stacks.client("logs").describe_log_groups()["logGroups"] == []


def test_execute_change_set_makes_the_stack(stacks: Deployment) -> None:
    made = propose(stacks, {"G": GROUP})
    stacks.cloudformation.execute_change_set(ChangeSetName="cs", StackName="farm")
    stack = stacks.settle()
    assert (stack["StackStatus"], stack["ChangeSetId"], stack["StackId"]) == (
        "CREATE_COMPLETE", made["Id"], made["StackId"],
    )  # fmt: skip
    found = stacks.cloudformation.describe_change_set(ChangeSetName=made["Id"])
    assert found["ExecutionStatus"] == "EXECUTE_COMPLETE"
    assert stacks.events()[:2] == [("farm", "REVIEW_IN_PROGRESS"), ("farm", "CREATE_IN_PROGRESS")]
    with pytest.raises(ClientError, match=r"cannot be executed in its current status of \[EXECUTE_COMPLETE\]"):
        stacks.cloudformation.execute_change_set(ChangeSetName=made["Id"])


def test_execute_one_of_two_change_sets_makes_the_other_obsolete(stacks: Deployment) -> None:
    propose(stacks, {"G": GROUP}, "one")
    propose(stacks, {"H": GROUP}, "two")
    stacks.cloudformation.execute_change_set(ChangeSetName="two", StackName="farm")
    stacks.settle()
    summaries = stacks.cloudformation.list_change_sets(StackName="farm")["Summaries"]
    assert {item["ChangeSetName"]: item["ExecutionStatus"] for item in summaries} == {
        "one": "OBSOLETE", "two": "EXECUTE_COMPLETE",
    }  # fmt: skip


def test_create_stack_while_in_review_takes_it_over(stacks: Deployment) -> None:
    made = propose(stacks, {"G": GROUP})
    assert stacks.create({"G": GROUP})["StackId"] == made["StackId"]
    assert stacks.cloudformation.describe_change_set(ChangeSetName=made["Id"])["ExecutionStatus"] == "OBSOLETE"


def test_change_set_without_changes_fails_as_on_aws(stacks: Deployment) -> None:
    stacks.create({"G": GROUP})
    made = propose(stacks, {"G": GROUP}, kind="UPDATE")
    found = stacks.cloudformation.describe_change_set(ChangeSetName=made["Id"])
    assert (found["Status"], found["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert found["StatusReason"].startswith("The submitted information didn't contain changes.")
    with pytest.raises(ClientError, match=r"cannot be executed in its current status of \[FAILED\]"):
        stacks.cloudformation.execute_change_set(ChangeSetName=made["Id"])


def test_create_change_set_for_a_stack_that_is_there(stacks: Deployment) -> None:
    stacks.create({"G": GROUP})
    with pytest.raises(ClientError) as caught:
        propose(stacks, {"G": GROUP})
    expected = "Stack [farm] already exists and cannot be created again with the changeSet [cs]."
    assert caught.value.response["Error"]["Message"] == expected


def test_change_set_of_nothing(stacks: Deployment) -> None:
    with pytest.raises(ClientError, match=r"Stack \[farm\] does not exist"):
        propose(stacks, {"G": GROUP}, kind="UPDATE")
    with pytest.raises(ClientError, match=r"Stack \[nostack\] does not exist"):
        stacks.cloudformation.describe_change_set(ChangeSetName="cs", StackName="nostack")
    with pytest.raises(ClientError, match="StackName must be specified if ChangeSetName is not specified as an ARN"):
        stacks.cloudformation.delete_change_set(ChangeSetName="cs")


def test_delete_change_set(stacks: Deployment) -> None:
    made = propose(stacks, {"G": GROUP})
    stacks.cloudformation.delete_change_set(ChangeSetName="cs", StackName="farm")
    with pytest.raises(ClientError) as caught:
        stacks.cloudformation.describe_change_set(ChangeSetName=made["Id"])
    assert caught.value.response["Error"]["Code"] == "ChangeSetNotFound"
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"


def test_create_change_set_again_with_its_token(stacks: Deployment) -> None:
    made = propose(stacks, {"G": GROUP}, ClientToken="t")
    assert propose(stacks, {"G": GROUP}, ClientToken="t")["Id"] == made["Id"]
    with pytest.raises(ClientError, match="already exists"):
        propose(stacks, {"G": GROUP}, ClientToken="u")


def test_update_stack_that_was_rolled_back(stacks: Deployment) -> None:
    bad = {"Bad": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "n@me"}}}
    stack = stacks.create(bad)
    with pytest.raises(ClientError) as caught:
        stacks.cloudformation.update_stack(StackName="farm", TemplateBody=text(bad))
    expected = f"Stack:{stack['StackId']} is in ROLLBACK_COMPLETE state and can not be updated."
    assert caught.value.response["Error"]["Message"] == expected


def test_members_of_a_change_set_that_ask_for_nothing(stacks: Deployment) -> None:
    make = {
        "StackName": "farm",
        "ChangeSetType": "CREATE",
        "TemplateBody": text({"G": {"Type": "AWS::Logs::LogGroup"}}),
    }
    cloudformation = stacks.cloudformation
    cloudformation.create_change_set(
        **make, ChangeSetName="no", NotificationARNs=[], IncludeNestedStacks=False, ImportExistingResources=False
    )
    cloudformation.create_change_set(**make, ChangeSetName="yes", IncludeNestedStacks=True)
    found = {item["ChangeSetName"]: item["IncludeNestedStacks"]
             for item in cloudformation.list_change_sets(StackName="farm")["Summaries"]}  # fmt: skip
    assert found == {"no": False, "yes": True}
    nested = {
        "N": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://s3.amazonaws.com/b/k"}}
    }
    for wrong in ({"TemplateBody": text(nested), "IncludeNestedStacks": True}, {"DisableValidation": True}):
        with pytest.raises(ClientError, match="Afluente does not support"):
            cloudformation.create_change_set(**{**make, **wrong}, ChangeSetName="wrong")
