"""What AWS was recorded to answer on updates: each test is named as what was recorded."""

import json
from typing import Any

import pytest
from tests.services.cloudformation.deployment import Deployment, text
from tests.services.cloudformation.recorded.recording import GROUP, members, named, refused

ROLE = "arn:aws:iam::000000000000:role/nobody"
BY_PARAMETER = {
    "Parameters": {"Name": {"Type": "String"}, "Days": {"Type": "Number"}},
    "Resources": {
        "G": {**GROUP, "Properties": {"LogGroupName": {"Ref": "Name"}, "RetentionInDays": {"Ref": "Days"}}},
    },
}  # fmt: skip


@pytest.mark.parametrize("allowed", ["AWS::EC2:*", "AWS::EC2::*"])
def test_update_with_resource_types(stacks: Deployment, allowed: str) -> None:
    stacks.create({"G": named("/one")})
    update = stacks.cloudformation.update_stack
    message = refused(update, StackName="farm", TemplateBody=text({"G": named("/two")}), ResourceTypes=[allowed])
    assert message == f"Resource type AWS::Logs::LogGroup is not allowed by parameter ResourceTypes [{allowed}]"


@pytest.mark.parametrize("allowed", ["AWS::Logs::LogGroup", "AWS::Logs::*", "AWS::*"])
def test_resource_types_that_are_allowed(stacks: Deployment, allowed: str) -> None:
    stack = stacks.create({"G": GROUP}, ResourceTypes=[allowed])
    assert stack["StackStatus"] == "CREATE_COMPLETE"


def test_basic_update(stacks: Deployment) -> None:
    stack = stacks.create({"G": named("/one")})
    update = stacks.cloudformation.update_stack(StackName="farm", TemplateBody=text({"G": named("/two")}))
    assert members(update) - {"OperationId"} == {"StackId"}
    assert update["StackId"] == stack["StackId"]
    assert stacks.settle()["StackStatus"] == "UPDATE_COMPLETE"


def test_no_template_error(stacks: Deployment) -> None:
    stacks.create({"G": GROUP})
    message = refused(stacks.cloudformation.update_stack, StackName="farm")
    assert message == "Either Template URL or Template Body must be specified."


def test_no_parameters_error_update(stacks: Deployment) -> None:
    stacks.create(BY_PARAMETER, parameters={"Name": "/one", "Days": "1"})
    update = stacks.cloudformation.update_stack
    message = refused(update, StackName="farm", UsePreviousTemplate=True)
    assert message == "Parameters: [Name, Days] must have values"


def test_update_with_previous_parameter_value(stacks: Deployment) -> None:
    stacks.create(BY_PARAMETER, parameters={"Name": "/one", "Days": "1"})
    stacks.cloudformation.update_stack(
        StackName="farm", UsePreviousTemplate=True,
        Parameters=[{"ParameterKey": "Name", "UsePreviousValue": True},
                    {"ParameterKey": "Days", "ParameterValue": "3"}],
    )  # fmt: skip
    stacks.settle()
    (group,) = stacks.client("logs").describe_log_groups()["logGroups"]
    assert (group["logGroupName"], group["retentionInDays"]) == ("/one", 3)


def test_update_with_role_without_permissions(stacks: Deployment) -> None:
    stacks.create({"G": named("/one")})
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
    role = stacks.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    request: dict[str, Any] = {"StackName": "farm", "TemplateBody": text({"G": named("/two")})}
    for arn in (role, ROLE):
        message = refused(stacks.cloudformation.update_stack, RoleARN=arn, **request)
        assert message == f"Role {arn} is invalid or cannot be assumed"


@pytest.mark.parametrize(
    ("trigger", "message"),
    [
        ({"Arn": "arn:aws:cloudwatch:us-east-1:000000000000:alarm:a", "Type": "Thing"},
         "Rollback Trigger Type not supported"),
        ({"Arn": "arn:aws:cloudwatch:us-east-1:000000000000:a", "Type": "AWS::CloudWatch::Alarm"},
         "RelativeId of a Rollback Trigger's ARN is incorrect"),
    ],
)  # fmt: skip
def test_update_with_invalid_rollback_configuration_errors(
    stacks: Deployment, trigger: dict[str, str], message: str
) -> None:
    stacks.create({"G": named("/one")})
    request: dict[str, Any] = {"StackName": "farm", "TemplateBody": text({"G": named("/two")})}
    configuration = {"RollbackTriggers": [trigger]}
    update = stacks.cloudformation.update_stack
    assert refused(update, RollbackConfiguration=configuration, **request) == message


def test_diff_after_update(stacks: Deployment) -> None:
    lines = "Resources:\n  G:\n    Type: AWS::Logs::LogGroup\n    Properties:\n      LogGroupName: {}\n"
    stacks.create(lines.format("before"))
    stacks.update(lines.format("after"))
    found = stacks.cloudformation.get_template(StackName="farm")
    assert (found["TemplateBody"], found["StagesAvailable"]) == (lines.format("after"), ["Original", "Processed"])
    update = stacks.cloudformation.update_stack
    message = refused(update, StackName="farm", TemplateBody=lines.format("after"))
    assert message == "No updates are to be performed."


def test_update_deleted_stack(stacks: Deployment) -> None:
    stack = stacks.create({"G": GROUP})["StackId"]
    stacks.delete()
    message = refused(stacks.cloudformation.update_stack, StackName=stack, TemplateBody=text({"G": named("/g")}))
    assert message == f"Stack:{stack} is in DELETE_COMPLETE state and can not be updated."
