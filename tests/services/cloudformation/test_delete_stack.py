from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.services.cloudformation.deployment import Deployment

GROUP: dict[str, Any] = {"Type": "AWS::Logs::LogGroup"}
BUCKET: dict[str, Any] = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "the-bucket"}}


def test_delete_stack_removes_what_needs_others_first(stacks: Deployment) -> None:
    stacks.create({"A": {**GROUP, "DependsOn": "B"}, "B": {**GROUP, "DependsOn": "C"}, "C": GROUP})
    stack = stacks.delete()
    assert stack["StackStatus"] == "DELETE_COMPLETE"
    assert "DeletionTime" in stack
    removed = [name for name, status in stacks.events(stack["StackId"]) if status == "DELETE_COMPLETE"]
    assert removed == ["A", "B", "C", "farm"]


def test_delete_stack_frees_the_name(stacks: Deployment) -> None:
    first = stacks.create({"G": GROUP})["StackId"]
    stacks.delete()
    with pytest.raises(ClientError, match="Stack with id farm does not exist"):
        stacks.describe()
    second = stacks.create({"G": GROUP})["StackId"]
    assert second != first
    assert stacks.describe(first)["StackStatus"] == "DELETE_COMPLETE"
    assert [stack["StackId"] for stack in stacks.cloudformation.describe_stacks()["Stacks"]] == [second]
    gone = stacks.cloudformation.list_stacks(StackStatusFilter=["DELETE_COMPLETE"])["StackSummaries"]
    assert [stack["StackId"] for stack in gone] == [first]


def test_delete_stack_that_is_not_there_is_fine(stacks: Deployment) -> None:
    stacks.cloudformation.delete_stack(StackName="ghost")


def test_delete_stack_with_a_bucket_that_is_not_empty(stacks: Deployment) -> None:
    stacks.create({"Bucket": BUCKET, "Group": GROUP})
    stacks.client("s3").put_object(Bucket="the-bucket", Key="k", Body=b"x")
    stack = stacks.delete()
    assert stack["StackStatus"] == "DELETE_FAILED"
    assert stack["StackStatusReason"] == "The following resource(s) failed to delete: [Bucket]. "
    assert "The bucket you tried to delete is not empty" in stacks.reason("Bucket", "DELETE_FAILED")
    assert ("Group", "DELETE_COMPLETE") in stacks.events()
    stacks.client("s3").delete_object(Bucket="the-bucket", Key="k")
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"


def test_delete_stack_retaining_what_cannot_be_removed(stacks: Deployment) -> None:
    stacks.create({"Bucket": BUCKET})
    with pytest.raises(ClientError, match="only when the stack is in the DELETE_FAILED state"):
        stacks.cloudformation.delete_stack(StackName="farm", RetainResources=["Bucket"])
    stacks.client("s3").put_object(Bucket="the-bucket", Key="k", Body=b"x")
    stack_id = stacks.delete()["StackId"]
    with pytest.raises(ClientError, match="do not exist"):
        stacks.cloudformation.delete_stack(StackName="farm", RetainResources=["Other"])
    stacks.cloudformation.delete_stack(StackName="farm", RetainResources=["Bucket"])
    assert stacks.settle(stack_id)["StackStatus"] == "DELETE_COMPLETE"
    assert ("Bucket", "DELETE_SKIPPED") in stacks.events(stack_id)
    stacks.client("s3").head_bucket(Bucket="the-bucket")


@pytest.mark.parametrize("policy", ["Retain", "RetainExceptOnCreate"])
def test_delete_stack_keeps_what_the_template_retains(stacks: Deployment, policy: str) -> None:
    stacks.create({"Bucket": {**BUCKET, "DeletionPolicy": policy}})
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"
    stacks.client("s3").head_bucket(Bucket="the-bucket")


@pytest.mark.parametrize(("policy", "kept"), [("Retain", True), ("RetainExceptOnCreate", False), ("Delete", False)])
def test_rollback_of_a_creation_by_deletion_policy(stacks: Deployment, policy: str, kept: bool) -> None:
    bad = {"Type": "AWS::Kinesis::Stream", "DependsOn": "Bucket", "Properties": {"Name": "n@me"}}
    stacks.create({"Bucket": {**BUCKET, "DeletionPolicy": policy}, "Bad": bad})
    names = [bucket["Name"] for bucket in stacks.client("s3").list_buckets()["Buckets"]]
    assert names == (["the-bucket"] if kept else [])


def test_delete_stack_with_termination_protection(stacks: Deployment) -> None:
    stacks.create({"G": GROUP}, EnableTerminationProtection=True)
    with pytest.raises(ClientError, match="cannot be deleted while TerminationProtection is enabled"):
        stacks.delete()
    stacks.cloudformation.update_termination_protection(StackName="farm", EnableTerminationProtection=False)
    assert stacks.describe()["EnableTerminationProtection"] is False
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"


def test_delete_stack_whose_resource_is_gone_already(stacks: Deployment) -> None:
    stacks.create({"Bucket": BUCKET})
    stacks.client("s3").delete_bucket(Bucket="the-bucket")
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"


def test_delete_stack_by_force_leaves_what_cannot_be_removed(stacks: Deployment) -> None:
    stack = stacks.create({"B": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "the-bucket"}}, "G": GROUP})
    stacks.client("s3").put_object(Bucket="the-bucket", Key="k", Body=b"x")
    delete = stacks.cloudformation.delete_stack
    with pytest.raises(ClientError, match="only for stacks in the DELETE_FAILED state"):
        delete(StackName="farm", DeletionMode="FORCE_DELETE_STACK")
    assert stacks.delete()["StackStatus"] == "DELETE_FAILED"
    delete(StackName="farm", DeletionMode="FORCE_DELETE_STACK")
    assert stacks.settle(stack["StackId"])["StackStatus"] == "DELETE_COMPLETE"
    assert ("B", "DELETE_SKIPPED") in stacks.events(stack["StackId"])
    assert [bucket["Name"] for bucket in stacks.client("s3").list_buckets()["Buckets"]] == ["the-bucket"]
