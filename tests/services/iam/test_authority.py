"""What service roles may do: the role's policies and the resource's, as they are at that moment."""

import json
from typing import Any

import pytest
from tests.services.iam.document import ACCOUNT, Ask, policy, trust

from afluente.core.error import AccessDeniedException
from afluente.services.iam.engine import IamEngine

ROLE = f"arn:aws:iam::{ACCOUNT}:role/etl/job"
OBJECT = "arn:aws:s3:::lake/x"
WHO = f"arn:aws:sts::{ACCOUNT}:assumed-role/job/run"


@pytest.fixture(autouse=True)
def role(iam: Ask) -> None:
    iam(
        "create_role",
        RoleName="job",
        Path="/etl/",
        AssumeRolePolicyDocument=trust(),
        Tags=[{"Key": "Team", "Value": "wind"}],
    )


def put(iam: Ask, **statement: Any) -> None:
    iam("put_role_policy", RoleName="job", PolicyName="p", PolicyDocument=policy(**statement))


def refusal(engine: IamEngine, action: str = "s3:GetObject", resource: str = OBJECT, **context: str) -> str | None:
    try:
        engine.check_role(ROLE, "run", action, resource, context)
    except AccessDeniedException as error:
        return error.message
    return None


def test_a_role_without_policies_may_do_nothing(engine: IamEngine) -> None:
    assert refusal(engine) == (
        f'User: {WHO} is not authorized to perform: s3:GetObject on resource: "{OBJECT}" because no identity-based '
        "policy allows the s3:GetObject action"
    )
    table = f"arn:aws:glue:us-east-1:{ACCOUNT}:table/db/t"
    assert refusal(engine, "glue:GetTable", table) == (
        f"User: {WHO} is not authorized to perform: glue:GetTable on resource: {table} because no identity-based "
        "policy allows the glue:GetTable action"
    )


def test_a_role_that_is_gone_may_do_nothing(engine: IamEngine) -> None:
    with pytest.raises(AccessDeniedException, match="assumed-role/gone/run is not authorized"):
        engine.check_role(f"arn:aws:iam::{ACCOUNT}:role/etl/gone", "run", "s3:GetObject", OBJECT)


def test_inline_policies_count_from_the_moment_they_are_there(iam: Ask, engine: IamEngine) -> None:
    assert refusal(engine)
    put(iam, Action="s3:GetObject", Resource="arn:aws:s3:::lake/*")
    assert refusal(engine) is None
    assert refusal(engine, resource="arn:aws:s3:::other/x")
    put(iam, Action="s3:Get*", Resource="*", Effect="Deny")
    assert "with an explicit deny in an identity-based policy" in str(refusal(engine))
    iam("delete_role_policy", RoleName="job", PolicyName="p")
    assert "no identity-based policy" in str(refusal(engine))


def test_managed_policies_count_in_their_default_version(iam: Ask, engine: IamEngine) -> None:
    arn = iam("create_policy", PolicyName="m", PolicyDocument=policy(Action="s3:*", Resource="*"))["Policy"]["Arn"]
    iam("attach_role_policy", RoleName="job", PolicyArn=arn)
    assert refusal(engine) is None
    iam("create_policy_version", PolicyArn=arn, PolicyDocument=policy(Action="s3:*", Resource="*", Effect="Deny"))
    assert refusal(engine) is None
    iam("set_default_policy_version", PolicyArn=arn, VersionId="v2")
    assert str(refusal(engine)).endswith(f"with an explicit deny in an identity-based policy: {arn}")


def test_conditions_know_the_role_the_time_and_the_request(iam: Ask, engine: IamEngine) -> None:
    put(iam, Action="*", Resource="arn:aws:s3:::${aws:PrincipalTag/team}/*", Condition={
        "StringEquals": {"aws:PrincipalArn": ROLE, "aws:PrincipalAccount": ACCOUNT, "s3:prefix": "a/"},
        "DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"},
    })  # fmt: skip
    context = {"s3:prefix": "a/"}
    assert refusal(engine, resource="arn:aws:s3:::wind/x", **context) is None
    assert refusal(engine, resource="arn:aws:s3:::wind/x")
    assert refusal(engine, resource="arn:aws:s3:::lake/x", **context)


def test_the_resources_policy_counts(engine: IamEngine) -> None:
    def bucket(effect: str, principal: Any) -> None:
        statement = {"Effect": effect, "Principal": principal, "Action": "s3:*", "Resource": "arn:aws:s3:::lake/*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": statement})
        engine.authority.resource_policies["s3"] = lambda arn: (ACCOUNT, document)

    bucket("Allow", {"AWS": ROLE})
    assert refusal(engine) is None
    bucket("Deny", "*")
    assert str(refusal(engine)).endswith("with an explicit deny in a resource-based policy")
    bucket("Allow", {"AWS": ACCOUNT})
    assert str(refusal(engine)).endswith("because no identity-based policy allows the s3:GetObject action")


def test_a_resource_of_another_account_needs_both(iam: Ask, engine: IamEngine) -> None:
    put(iam, Action="s3:*", Resource="*")
    engine.authority.resource_policies["s3"] = lambda arn: ("111111111111", None)
    assert str(refusal(engine)).endswith("because no resource-based policy allows the s3:GetObject action")
