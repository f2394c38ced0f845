"""Stacks that are made under a role: what the role may not do fails, whoever asked."""

import json
from typing import Any

from tests.services.cloudformation.deployment import Deployment

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "cloudformation.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def role(stacks: Deployment, *actions: str) -> str:
    """A role that CloudFormation may assume and that may do these."""
    iam = stacks.client("iam")
    arn: str = iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    allow(stacks, *actions)
    return arn


def allow(stacks: Deployment, *actions: str) -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
    stacks.client("iam").put_role_policy(RoleName="deployer", PolicyName="p", PolicyDocument=json.dumps(document))


def group(days: int) -> dict[str, Any]:
    return {"G": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/g", "RetentionInDays": days}}}


def test_a_stack_is_made_under_its_role(stacks: Deployment) -> None:
    arn = role(stacks, "logs:DescribeLogGroups", "logs:CreateLogGroup", "logs:PutRetentionPolicy")
    stack = stacks.create(group(1), RoleARN=arn)
    assert (stack["StackStatus"], stack["RoleARN"]) == ("CREATE_COMPLETE", arn)


def test_what_the_role_may_not_do_fails_and_names_it(stacks: Deployment) -> None:
    arn = role(stacks, "logs:DescribeLogGroups", "logs:CreateLogGroup", "logs:DeleteLogGroup")
    stack = stacks.create(group(1), RoleARN=arn)
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    reason = stacks.reason("G", "CREATE_FAILED")
    assert "assumed-role/deployer/AWSCloudFormation is not authorized to perform: logs:PutRetentionPolicy" in reason
    assert "HandlerErrorCode: AccessDenied" in reason


def test_the_role_stays_the_stacks(stacks: Deployment) -> None:
    arn = role(stacks, "logs:*")
    stacks.create(group(1), RoleARN=arn)
    allow(stacks, "logs:DescribeLogGroups", "logs:ListTags*")
    assert stacks.update(group(3))["StackStatus"] == "UPDATE_ROLLBACK_FAILED"
    assert "logs:PutRetentionPolicy" in stacks.reason("G", "UPDATE_FAILED")
    assert stacks.delete()["StackStatus"] == "DELETE_FAILED"
    allow(stacks, "logs:*")
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"
