"""What the tests of answers recorded from AWS share: requests as recorded, and answers without what varies."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.services.cloudformation.deployment import Deployment, text

LATER = {"DeploymentConfig", "LastOperations", "ResponseMetadata"}
"""Members that AWS has added to its answers since."""
GROUP: dict[str, Any] = {"Type": "AWS::Logs::LogGroup"}
ALL = ["CAPABILITY_AUTO_EXPAND", "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]


def named(name: Any) -> dict[str, Any]:
    """A log group of that name."""
    return {**GROUP, "Properties": {"LogGroupName": name}}


def propose(stacks: Deployment, template: Any, name: str = "cs", kind: str = "CREATE", **request: Any) -> Any:
    """A change set as it is described; `parameters` as a dict."""
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in request.pop("parameters", {}).items()]
    made = stacks.cloudformation.create_change_set(
        StackName=request.pop("stack", "farm"), ChangeSetName=name, ChangeSetType=kind, TemplateBody=text(template),
        Parameters=given, **request,
    )  # fmt: skip
    return stacks.cloudformation.describe_change_set(ChangeSetName=made["Id"])


def execute(stacks: Deployment, change_set: Any) -> dict[str, Any]:
    """The stack after the change set was executed."""
    stacks.cloudformation.execute_change_set(ChangeSetName=change_set["ChangeSetId"])
    return stacks.settle(change_set["StackId"])


def members(answer: Any) -> set[str]:
    """The members of an answer, without those that AWS has added since it was recorded."""
    return set(answer) - LATER


def refused(operation: Any, code: str = "ValidationError", **request: Any) -> str:
    """The text of the refusal that a request gets, which must have that code."""
    with pytest.raises(ClientError) as caught:
        operation(**request)
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["Error"]["Type"] == "Sender"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == (404 if code == "ChangeSetNotFound" else 400)
    message: str = caught.value.response["Error"]["Message"]
    return message


DESCRIBED = {
    "CreationTime", "DisableRollback", "DriftInformation", "EnableTerminationProtection", "NotificationARNs",
    "RollbackConfiguration", "StackId", "StackName", "StackStatus", "Tags",
}  # fmt: skip
"""What DescribeStacks shows of every stack that is there."""
PROPOSED = {
    "Capabilities", "ChangeSetId", "ChangeSetName", "Changes", "CreationTime", "ExecutionStatus", "IncludeNestedStacks",
    "NotificationARNs", "RollbackConfiguration", "StackId", "StackName", "Status",
}  # fmt: skip
"""What DescribeChangeSet shows of every change set."""


def addition(name: str, kind: str = "AWS::Logs::LogGroup") -> dict[str, Any]:
    """A change that adds a resource."""
    return {
        "Type": "Resource",
        "ResourceChange": {
            "Action": "Add", "LogicalResourceId": name, "ResourceType": kind, "Scope": [], "Details": [],
        },
    }  # fmt: skip
