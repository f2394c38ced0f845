import json
from typing import Any

import pytest
from tests.services.iam.document import ACCOUNT, READ, Ask, decoded, policy, trust

from afluente.core.call import Principal
from afluente.services.iam.engine import IamEngine
from afluente.services.iam.error import (
    DeleteConflict,
    EntityAlreadyExists,
    InvalidInput,
    LimitExceeded,
    NoSuchEntity,
    ValidationError,
)

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def test_create_role_answers_as_aws(iam: Ask) -> None:
    role = iam("create_role", RoleName="glue", AssumeRolePolicyDocument=trust())["Role"]
    assert role.keys() == {"Path", "RoleName", "RoleId", "Arn", "CreateDate", "AssumeRolePolicyDocument"}
    assert role["Arn"] == "arn:aws:iam::000000000000:role/glue"
    assert role["RoleId"].startswith("AROA")
    assert len(role["RoleId"]) == 21
    assert decoded(role["AssumeRolePolicyDocument"]) == json.loads(trust())


def test_create_role_with_path_and_tags_is_got_back(iam: Ask) -> None:
    iam(
        "create_role", RoleName="r", Path="/a/b/", AssumeRolePolicyDocument=trust(), Description="d",
        MaxSessionDuration=7200, Tags=[{"Key": "team", "Value": "wind"}],
    )  # fmt: skip
    role = iam("get_role", RoleName="r")["Role"]
    assert role["Arn"] == "arn:aws:iam::000000000000:role/a/b/r"
    assert (role["Description"], role["MaxSessionDuration"]) == ("d", 7200)
    assert role["Tags"] == [{"Key": "team", "Value": "wind"}]
    assert "Tags" not in iam("list_roles")["Roles"][0]


def test_create_role_twice_in_another_case_is_refused(iam: Ask) -> None:
    iam("create_role", RoleName="Farm", AssumeRolePolicyDocument=trust())
    with pytest.raises(EntityAlreadyExists, match=r"^Role with name farm already exists\.$") as caught:
        iam("create_role", RoleName="farm", AssumeRolePolicyDocument=trust())
    assert caught.value.http_status == 409


def test_create_role_with_a_path_without_slashes_is_refused(iam: Ask) -> None:
    with pytest.raises(ValidationError, match="must begin and end with /"):
        iam("create_role", RoleName="r", Path="a", AssumeRolePolicyDocument=trust())


def test_get_role_that_is_not_there(iam: Ask) -> None:
    with pytest.raises(NoSuchEntity, match=r"^The role with name ghost cannot be found\.$") as caught:
        iam("get_role", RoleName="ghost")
    assert caught.value.http_status == 404


def test_list_roles_pages_by_name_below_a_path(iam: Ask) -> None:
    for name in ("c", "a", "b"):
        iam("create_role", RoleName=name, Path="/x/", AssumeRolePolicyDocument=trust())
    iam("create_role", RoleName="aa", AssumeRolePolicyDocument=trust())
    first = iam("list_roles", PathPrefix="/x/", MaxItems=2)
    rest = iam("list_roles", PathPrefix="/x/", MaxItems=2, Marker=first["Marker"])
    assert [role["RoleName"] for role in first["Roles"] + rest["Roles"]] == ["a", "b", "c"]
    assert (first["IsTruncated"], rest["IsTruncated"]) == (True, False)


def test_list_roles_with_a_marker_of_nobody(iam: Ask) -> None:
    with pytest.raises(ValidationError, match="Invalid Marker"):
        iam("list_roles", Marker="\u00e9")


def test_update_role_leaves_what_is_not_named(iam: Ask) -> None:
    iam("create_role", RoleName="r", AssumeRolePolicyDocument=trust(), Description="before")
    iam("update_role", RoleName="r", MaxSessionDuration=3601)
    role = iam("get_role", RoleName="r")["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("before", 3601)


def test_update_assume_role_policy_replaces_it(iam: Ask) -> None:
    iam("create_role", RoleName="r", AssumeRolePolicyDocument=trust())
    iam("update_assume_role_policy", RoleName="r", PolicyDocument=trust("firehose.amazonaws.com"))
    found = decoded(iam("get_role", RoleName="r")["Role"]["AssumeRolePolicyDocument"])
    assert found["Statement"][0]["Principal"] == {"Service": "firehose.amazonaws.com"}


def test_delete_role_with_policies_is_refused_until_they_are_gone(iam: Ask) -> None:
    iam("create_role", RoleName="r", AssumeRolePolicyDocument=trust())
    iam("attach_role_policy", RoleName="r", PolicyArn=ADMINISTRATOR)
    iam("put_role_policy", RoleName="r", PolicyName="p", PolicyDocument=READ)
    with pytest.raises(DeleteConflict, match="must detach all policies first"):
        iam("delete_role", RoleName="r")
    iam("detach_role_policy", RoleName="r", PolicyArn=ADMINISTRATOR)
    with pytest.raises(DeleteConflict, match="must delete policies first"):
        iam("delete_role", RoleName="r")
    iam("delete_role_policy", RoleName="r", PolicyName="p")
    iam("delete_role", RoleName="r")
    assert iam("list_roles")["Roles"] == []


def test_tag_role_replaces_a_key_in_whatever_case(iam: Ask) -> None:
    iam("create_role", RoleName="r", AssumeRolePolicyDocument=trust(), Tags=[{"Key": "Team", "Value": "1"}])
    iam("tag_role", RoleName="r", Tags=[{"Key": "team", "Value": "2"}, {"Key": "x", "Value": "y"}])
    assert iam("list_role_tags", RoleName="r")["Tags"] == [{"Key": "team", "Value": "2"}, {"Key": "x", "Value": "y"}]
    iam("untag_role", RoleName="r", TagKeys=["TEAM", "absent"])
    assert iam("list_role_tags", RoleName="r")["Tags"] == [{"Key": "x", "Value": "y"}]


def test_create_role_with_a_tag_key_twice(iam: Ask) -> None:
    tags = [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]
    with pytest.raises(InvalidInput, match="Duplicate tag keys found"):
        iam("create_role", RoleName="r", AssumeRolePolicyDocument=trust(), Tags=tags)


def test_tag_role_over_fifty(iam: Ask) -> None:
    tags = [{"Key": f"k{number}", "Value": ""} for number in range(50)]
    iam("create_role", RoleName="r", AssumeRolePolicyDocument=trust(), Tags=tags)
    with pytest.raises(LimitExceeded):
        iam("tag_role", RoleName="r", Tags=[{"Key": "one more", "Value": ""}])
    assert len(iam("get_role", RoleName="r")["Role"]["Tags"]) == 50


def test_put_role_policy_over_the_quota_changes_nothing(iam: Ask) -> None:
    iam("create_role", RoleName="r", AssumeRolePolicyDocument=trust())
    iam("put_role_policy", RoleName="r", PolicyName="small", PolicyDocument=READ)
    long = policy(Action="s3:GetObject", Resource=[f"arn:aws:s3:::{'b' * 50}/{number}" for number in range(200)])
    with pytest.raises(LimitExceeded, match="Maximum policy size of 10240 bytes exceeded for role r"):
        iam("put_role_policy", RoleName="r", PolicyName="long", PolicyDocument=long)
    assert iam("list_role_policies", RoleName="r")["PolicyNames"] == ["small"]


def test_get_role_policy_gives_the_document_as_it_was_put(iam: Ask) -> None:
    document = policy(Action="apigateway:PUT", Resource="arn:aws:apigateway:us-east-1::/tags/arn%3Aaws%3Ax")
    iam("create_role", RoleName="r", AssumeRolePolicyDocument=trust())
    iam("put_role_policy", RoleName="r", PolicyName="p", PolicyDocument=document)
    found = iam("get_role_policy", RoleName="r", PolicyName="p")
    assert (found["RoleName"], found["PolicyName"]) == ("r", "p")
    assert decoded(found["PolicyDocument"]) == json.loads(document)


def test_get_role_policy_that_is_not_there(iam: Ask) -> None:
    iam("create_role", RoleName="r", AssumeRolePolicyDocument=trust())
    for operation in ("get_role_policy", "delete_role_policy"):
        with pytest.raises(NoSuchEntity, match=r"^The role policy with name p cannot be found\.$"):
            iam(operation, RoleName="r", PolicyName="p")


NAMES: list[tuple[str, dict[str, Any]]] = [("role", {"AssumeRolePolicyDocument": trust()}), ("user", {})]


@pytest.mark.parametrize(("kind", "more"), NAMES)
@pytest.mark.parametrize("as_list", [False, True])
def test_who_takes_the_name_of_a_deleted_principal_is_not_trusted(
    iam: Ask, engine: IamEngine, kind: str, more: dict[str, Any], as_list: bool
) -> None:
    named = {f"{kind.title()}Name": "eve"}
    made = iam(f"create_{kind}", **named, **more)[kind.title()]
    principal = {"AWS": [made["Arn"], "111111111111"] if as_list else made["Arn"]}
    condition = {"ArnLike": {"aws:PrincipalArn": made["Arn"]}}
    iam("create_role", RoleName="vault", AssumeRolePolicyDocument=trust(Principal=principal, Condition=condition))
    iam(f"delete_{kind}", **named)
    (statement,) = decoded(iam("get_role", RoleName="vault")["Role"]["AssumeRolePolicyDocument"])["Statement"]
    left = made[f"{kind.title()}Id"]
    assert statement["Principal"] == {"AWS": [left, "111111111111"] if as_list else left}
    assert statement["Condition"] == condition
    again = iam(f"create_{kind}", **named, **more)[kind.title()]
    assert again["Arn"] == made["Arn"]
    id_ = again[f"{kind.title()}Id"]
    who = Principal(ACCOUNT, again["Arn"], id_, "user") if kind == "user" else Principal(
        ACCOUNT, f"arn:aws:sts::{ACCOUNT}:assumed-role/eve/run", f"{id_}:run", "assumed-role"
    )  # fmt: skip
    assert not engine.caller_can_assume(engine.roles.get(ACCOUNT, "vault"), who, {"aws:principalarn": again["Arn"]})


def test_who_is_renamed_is_trusted_still(iam: Ask, engine: IamEngine) -> None:
    user = iam("create_user", UserName="ana")["User"]
    iam("create_role", RoleName="vault", AssumeRolePolicyDocument=trust(Principal={"AWS": user["Arn"]}))
    iam("update_user", UserName="ana", NewUserName="anna", NewPath="/wind/")
    renamed = iam("get_user", UserName="anna")["User"]
    who = Principal(ACCOUNT, renamed["Arn"], user["UserId"], "user")
    assert engine.caller_can_assume(engine.roles.get(ACCOUNT, "vault"), who, {})
