"""Stack policies: what an update may do to a stack's resources."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.services.cloudformation.deployment import Deployment

from afluente.services.cloudformation.stack_policy import check_policy, denial

ALLOW = {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}


def deny(action: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Principal": "*", "Resource": "LogicalResourceId/G", **more}


def policy(*statements: dict[str, Any]) -> str:
    return check_policy(json.dumps({"Statement": statements}))


def group(name: str, days: int = 1) -> dict[str, Any]:
    return {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": name, "RetentionInDays": days}}


@pytest.mark.parametrize(
    ("statements", "action", "denied"),
    [
        ([ALLOW], "Modify", False),
        ([], "Modify", True),
        ([ALLOW, deny("Update:*")], "Modify", True),
        ([ALLOW, deny("Update:Replace")], "Modify", False),
        ([ALLOW, deny("Update:Replace")], "Replace", True),
        ([ALLOW, deny("Update:Delete", Resource="LogicalResourceId/Other")], "Delete", False),
        ([ALLOW, deny("Update:Delete", Resource=["LogicalResourceId/*"])], "Delete", True),
        ([{**ALLOW, "Action": ["Update:Modify", "Update:Delete"]}], "Replace", True),
        ([ALLOW, deny("Update:*", Condition={"StringEquals": {"ResourceType": ["AWS::S3::Bucket"]}})], "Modify", False),
        ([ALLOW, deny("Update:*", Condition={"StringLike": {"ResourceType": "AWS::Logs::*"}})], "Modify", True),
        ([{"Effect": "Allow", "NotAction": "Update:Delete", "Principal": "*", "Resource": "*"}], "Delete", True),
        ([{"Effect": "Allow", "Action": "Update:*", "Principal": "*", "NotResource": "LogicalResourceId/G"}], "Delete",
         True),
    ],
)  # fmt: skip
def test_what_a_policy_denies(statements: list[dict[str, Any]], action: str, denied: bool) -> None:
    assert (denial(policy(*statements), action, "G", "AWS::Logs::LogGroup") is not None) == denied


@pytest.mark.parametrize(
    "body",
    [
        "x", "[]", "{}", '{"Statement": [{}]}', '{"Statement": [{"Effect": []}]}',
        json.dumps({"Statement": [deny("Fly")]}), json.dumps({"Statement": [{**ALLOW, "Principal": "me"}]}),
        json.dumps({"Statement": [{**ALLOW, "NotAction": "Update:*"}]}),
    ],
)  # fmt: skip
def test_policies_that_are_none(stacks: Deployment, body: str) -> None:
    stacks.create({"G": group("/g")})
    with pytest.raises(ClientError, match="Error validating stack policy"):
        stacks.cloudformation.set_stack_policy(StackName="farm", StackPolicyBody=body)


def test_a_policy_keeps_a_resource_as_it_is(stacks: Deployment) -> None:
    kept = policy(ALLOW, deny("Update:*"))
    stacks.create({"G": group("/g"), "H": group("/h")}, StackPolicyBody=kept)
    assert stacks.cloudformation.get_stack_policy(StackName="farm")["StackPolicyBody"] == kept
    assert stacks.update({"G": group("/g"), "H": group("/h", 3)})["StackStatus"] == "UPDATE_COMPLETE"
    for change, action in ((group("/g", 3), "Modify"), (group("/new"), "Replace")):
        assert stacks.update({"G": change, "H": group("/h", 3)})["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        assert stacks.full_events()[-1]["ResourceStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        said = [event.get("ResourceStatusReason", "") for event in stacks.full_events()]
        expected = f"Statement [#2] does not allow [Update:{action}] for resource [LogicalResourceId/G];"
        assert f"Action denied by stack policy: {expected}" in said
    assert stacks.update({"H": group("/h", 3)})["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    names = [group["logGroupName"] for group in stacks.client("logs").describe_log_groups()["logGroups"]]
    assert names == ["/g", "/h"]


def test_another_policy_counts_during_one_update(stacks: Deployment) -> None:
    stacks.create({"G": group("/g")}, StackPolicyBody=policy(deny("Update:*")))
    changed = {"G": group("/g", 3)}
    stack = stacks.update(changed, StackPolicyDuringUpdateBody=policy(ALLOW), StackPolicyBody=policy(ALLOW, ALLOW))
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    found = stacks.cloudformation.get_stack_policy(StackName="farm")
    assert json.loads(found["StackPolicyBody"])["Statement"] == [ALLOW, ALLOW]


def test_a_policy_lies_in_s3(stacks: Deployment) -> None:
    s3 = stacks.client("s3")
    s3.create_bucket(Bucket="policies")
    s3.put_object(Bucket="policies", Key="p.json", Body=policy(ALLOW).encode())
    stacks.create({"G": group("/g")})
    assert "StackPolicyBody" not in stacks.cloudformation.get_stack_policy(StackName="farm")
    stacks.cloudformation.set_stack_policy(StackName="farm", StackPolicyURL="https://policies.s3.amazonaws.com/p.json")
    assert stacks.cloudformation.get_stack_policy(StackName="farm")["StackPolicyBody"] == policy(ALLOW)
