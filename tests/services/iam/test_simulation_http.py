"""The policy simulator, with boto3: decisions, positions and missing keys as AWS gives them."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.conftest import Clients
from tests.services.iam.document import ACCOUNT, policy, trust

# in the form, and with the positions, of answers that AWS gave in 2025 and 2026
PUT = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}}'
BUCKET = "arn:aws:s3:::bucket"


@pytest.fixture
def iam(client: Clients) -> Any:
    return client("iam")


def custom(iam: Any, *policies: str, actions: tuple[str, ...] = ("s3:GetObject",), **more: Any) -> list[dict[str, Any]]:
    answer = iam.simulate_custom_policy(PolicyInputList=list(policies), ActionNames=list(actions), **more)
    found: list[dict[str, Any]] = answer["EvaluationResults"]
    return found


@pytest.mark.parametrize("kind", ["user", "group", "role"])
def test_the_policies_of_a_principal(iam: Any, kind: str) -> None:
    name = {f"{kind.title()}Name": "x"}
    made = getattr(iam, f"create_{kind}")(**name, **({"AssumeRolePolicyDocument": trust()} if kind == "role" else {}))
    getattr(iam, f"put_{kind}_policy")(**name, PolicyName="p", PolicyDocument=PUT)
    answer = iam.simulate_principal_policy(
        PolicySourceArn=made[kind.title()]["Arn"], ActionNames=["s3:PutObject", "s3:GetObjectVersion"],
        ResourceArns=[BUCKET],
    )  # fmt: skip
    statement = {
        "SourcePolicyId": f"{kind}_x_p", "SourcePolicyType": "IAM Policy",
        "StartPosition": {"Line": 1, "Column": 41}, "EndPosition": {"Line": 1, "Column": len(PUT)},
    }  # fmt: skip
    common: dict[str, Any] = {"EvalResourceName": BUCKET, "MissingContextValues": []}
    organization = {"EvalDecisionDetails": {}, "OrganizationsDecisionDetail": {"AllowedByOrganizations": True}}
    assert answer["EvaluationResults"] == [
        {
            **common, **organization, "EvalActionName": "s3:PutObject", "EvalDecision": "allowed",
            "MatchedStatements": [statement],
            "ResourceSpecificResults": [
                {**common, "EvalResourceDecision": "allowed", "MatchedStatements": [statement]}
            ],
        },
        {
            **common, **organization, "EvalActionName": "s3:GetObjectVersion", "EvalDecision": "implicitDeny",
            "MatchedStatements": [],
            "ResourceSpecificResults": [{**common, "EvalResourceDecision": "implicitDeny", "MatchedStatements": []}],
        },
    ]  # fmt: skip
    assert answer["IsTruncated"] is False


def test_groups_boundaries_and_further_policies_count(iam: Any) -> None:
    arn = iam.create_policy(PolicyName="b", PolicyDocument=policy(Action="s3:Get*", Resource="*"))["Policy"]["Arn"]
    user = iam.create_user(UserName="ana", PermissionsBoundary=arn)["User"]["Arn"]
    iam.create_group(GroupName="staff")
    iam.put_group_policy(GroupName="staff", PolicyName="g", PolicyDocument=policy(Action="s3:*", Resource="*"))
    iam.add_user_to_group(GroupName="staff", UserName="ana")

    def decide(**more: Any) -> list[tuple[str, bool]]:
        actions = ["s3:GetObject", "s3:PutObject"]
        found = iam.simulate_principal_policy(PolicySourceArn=user, ActionNames=actions, **more)["EvaluationResults"]
        return [
            (one["EvalDecision"], one["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"])
            for one in found
        ]

    assert decide() == [("allowed", True), ("implicitDeny", False)]
    deny = policy(Effect="Deny", Action="s3:GetObject", Resource="*")
    assert decide(PolicyInputList=[deny])[0][0] == "explicitDeny"
    wider = policy(Action="s3:*", Resource="*")
    assert decide(PermissionsBoundaryPolicyInputList=[wider]) == [("allowed", True), ("allowed", True)]


def test_context_is_assumed_and_missed(iam: Any) -> None:
    condition = {"StringEquals": {"aws:RequestTag/team": "wind"}, "Null": {"s3:prefix": "false"}}
    text = policy(Action="s3:GetObject", Resource="arn:aws:s3:::${aws:username}/*", Condition=condition)
    (found,) = custom(iam, text, ResourceArns=["arn:aws:s3:::ana/x"])
    assert found["EvalDecision"] == "implicitDeny"
    entries = [
        {"ContextKeyName": "aws:username", "ContextKeyValues": ["ana"], "ContextKeyType": "string"},
        {"ContextKeyName": "aws:RequestTag/team", "ContextKeyValues": ["wind"], "ContextKeyType": "string"},
    ]
    (found,) = custom(iam, text, ResourceArns=["arn:aws:s3:::ana/x"], ContextEntries=entries)
    assert (found["EvalDecision"], found["MissingContextValues"]) == ("implicitDeny", ["s3:prefix"])
    entries.append({"ContextKeyName": "s3:prefix", "ContextKeyValues": ["a"], "ContextKeyType": "string"})
    (found,) = custom(iam, text, ResourceArns=["arn:aws:s3:::ana/x"], ContextEntries=entries)
    assert (found["EvalDecision"], found["MissingContextValues"]) == ("allowed", [])
    many = [{"ContextKeyName": "aws:username", "ContextKeyValues": ["a", "b"], "ContextKeyType": "string"}]
    with pytest.raises(ClientError, match="Invalid number of values"):
        custom(iam, text, ContextEntries=many)


def test_a_resource_policy(iam: Any) -> None:
    caller = f"arn:aws:iam::{ACCOUNT}:user/ana"
    shared = json.dumps({"Statement": {
        "Effect": "Allow", "Principal": {"AWS": caller}, "Action": "s3:GetObject", "Resource": f"{BUCKET}/*",
    }})  # fmt: skip
    (found,) = custom(iam, PUT, ResourceArns=[f"{BUCKET}/k"], ResourcePolicy=shared, CallerArn=caller)
    assert found["EvalDecision"] == "allowed"
    assert [one["SourcePolicyType"] for one in found["MatchedStatements"]] == ["Resource Policy"]
    with pytest.raises(ClientError, match="CallerArn is required"):
        custom(iam, PUT, ResourcePolicy=shared)


def test_several_resources(iam: Any) -> None:
    text = policy(Action="s3:GetObject", Resource="arn:aws:s3:::a/*")
    (found,) = custom(iam, text, ResourceArns=["arn:aws:s3:::a/k", "arn:aws:s3:::b/k"])
    assert found["EvalDecision"] == "implicitDeny"
    assert [one["EvalResourceDecision"] for one in found["ResourceSpecificResults"]] == ["allowed", "implicitDeny"]


def test_positions_in_a_policy_of_many_lines(iam: Any) -> None:
    text = json.dumps(
        {"Statement": [{"Effect": "Allow", "Action": "s3:Put*", "Resource": "*"},
                       {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}], "Version": "2012-10-17"}, indent=1,
    )  # fmt: skip
    (found,) = custom(iam, text)
    (match,) = found["MatchedStatements"]
    assert (match["StartPosition"], match["EndPosition"]) == ({"Line": 8, "Column": 4}, {"Line": 12, "Column": 4})


def test_the_keys_that_policies_ask_for(iam: Any) -> None:
    text = policy(
        Action="s3:*", Resource="arn:aws:s3:::${aws:username}/*",
        Condition={"StringEquals": {"s3:prefix": "${aws:PrincipalTag/team}"}, "Bool": {"aws:SecureTransport": "true"}},
    )  # fmt: skip
    keys = iam.get_context_keys_for_custom_policy(PolicyInputList=[text])["ContextKeyNames"]
    assert {key.lower() for key in keys} == {
        "aws:username", "s3:prefix", "aws:principaltag/team", "aws:securetransport"
    }  # fmt: skip
    user = iam.create_user(UserName="ana")["User"]["Arn"]
    iam.put_user_policy(UserName="ana", PolicyName="p", PolicyDocument=text)
    assert iam.get_context_keys_for_principal_policy(PolicySourceArn=user)["ContextKeyNames"] == keys


def test_a_source_that_is_not_there(iam: Any) -> None:
    with pytest.raises(ClientError, match="cannot be found"):
        iam.simulate_principal_policy(
            PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:user/nobody", ActionNames=["s3:GetObject"]
        )
    with pytest.raises(ClientError, match="does not clearly define entity type and name"):
        iam.simulate_principal_policy(PolicySourceArn="arn:aws:s3:::bucket-of-somebody", ActionNames=["s3:GetObject"])


def test_results_come_in_pages(iam: Any) -> None:
    actions = [f"s3:Get{number}" for number in range(5)]
    pages = iam.get_paginator("simulate_custom_policy").paginate(
        PolicyInputList=[PUT], ActionNames=actions, PaginationConfig={"PageSize": 2}
    )
    assert [one["EvalActionName"] for page in pages for one in page["EvaluationResults"]] == actions
