"""Permissions boundaries, instance profiles and the account's own operations, with boto3."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.conftest import Clients
from tests.services.iam.document import ACCOUNT, READ, policy, trust

READ_ARN = f"arn:aws:iam::{ACCOUNT}:policy/read"
BOUNDARY = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": READ_ARN}


@pytest.fixture
def iam(client: Clients) -> Any:
    iam = client("iam")
    iam.create_policy(PolicyName="read", PolicyDocument=READ)
    return iam


def code(error: pytest.ExceptionInfo[ClientError]) -> tuple[int, str, str]:
    answer = error.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]


def test_a_boundary_is_set_shown_and_taken_away(iam: Any) -> None:
    made = iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(), PermissionsBoundary=READ_ARN)
    assert made["Role"]["PermissionsBoundary"] == BOUNDARY
    assert iam.get_role(RoleName="r")["Role"]["PermissionsBoundary"] == BOUNDARY
    assert "PermissionsBoundary" not in iam.list_roles()["Roles"][0]
    iam.create_user(UserName="ana", PermissionsBoundary=READ_ARN)
    iam.create_user(UserName="eve")
    iam.put_user_permissions_boundary(UserName="eve", PermissionsBoundary=READ_ARN)
    assert iam.get_user(UserName="eve")["User"]["PermissionsBoundary"] == BOUNDARY
    assert iam.get_policy(PolicyArn=READ_ARN)["Policy"]["PermissionsBoundaryUsageCount"] == 3
    using = iam.list_entities_for_policy(PolicyArn=READ_ARN, PolicyUsageFilter="PermissionsBoundary")
    assert [user["UserName"] for user in using["PolicyUsers"]] == ["ana", "eve"]
    assert [role["RoleName"] for role in using["PolicyRoles"]] == ["r"]
    assert iam.list_entities_for_policy(PolicyArn=READ_ARN)["PolicyUsers"] == []
    assert len(iam.list_policies(Scope="Local", PolicyUsageFilter="PermissionsBoundary")["Policies"]) == 1
    assert iam.list_policies(Scope="Local", PolicyUsageFilter="PermissionsPolicy")["Policies"] == []
    with pytest.raises(ClientError) as caught:
        iam.delete_policy(PolicyArn=READ_ARN)
    assert code(caught)[1] == "DeleteConflict"
    iam.delete_role_permissions_boundary(RoleName="r")
    for name in ("ana", "eve"):
        iam.delete_user_permissions_boundary(UserName=name)
    assert "PermissionsBoundary" not in iam.get_role(RoleName="r")["Role"]
    iam.delete_policy(PolicyArn=READ_ARN)


def test_a_boundary_that_is_not_there(iam: Any) -> None:
    message = f"Scope ARN: {READ_ARN}x does not exist or is not attachable."
    with pytest.raises(ClientError) as caught:
        iam.create_user(UserName="ana", PermissionsBoundary=READ_ARN + "x")
    assert code(caught) == (404, "NoSuchEntity", message)
    with pytest.raises(ClientError) as caught:
        iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(), PermissionsBoundary=READ_ARN + "x")
    assert code(caught) == (404, "NoSuchEntity", message)


def test_an_instance_profile_holds_a_role(iam: Any) -> None:
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust())
    made = iam.create_instance_profile(InstanceProfileName="p", Path="/x/", Tags=[{"Key": "a", "Value": "b"}])
    profile = made["InstanceProfile"]
    assert profile["Arn"] == f"arn:aws:iam::{ACCOUNT}:instance-profile/x/p"
    assert profile["InstanceProfileId"].startswith("AIPA")
    assert (profile["Roles"], profile["Tags"]) == ([], [{"Key": "a", "Value": "b"}])
    iam.add_role_to_instance_profile(InstanceProfileName="p", RoleName="r")
    assert [role["RoleName"] for role in iam.get_instance_profile(InstanceProfileName="p")["InstanceProfile"]["Roles"]]
    listed = iam.list_instance_profiles_for_role(RoleName="r")["InstanceProfiles"]
    assert [one["InstanceProfileName"] for one in listed] == ["p"]
    with pytest.raises(ClientError) as caught:
        iam.delete_role(RoleName="r")
    assert code(caught)[1:] == (
        "DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.",
    )  # fmt: skip
    with pytest.raises(ClientError) as caught:
        iam.add_role_to_instance_profile(InstanceProfileName="p", RoleName="r")
    assert code(caught)[1] == "LimitExceeded"
    with pytest.raises(ClientError) as caught:
        iam.delete_instance_profile(InstanceProfileName="p")
    assert code(caught)[1] == "DeleteConflict"
    iam.remove_role_from_instance_profile(InstanceProfileName="p", RoleName="r")
    iam.untag_instance_profile(InstanceProfileName="p", TagKeys=["a"])
    assert iam.list_instance_profile_tags(InstanceProfileName="p")["Tags"] == []
    iam.delete_instance_profile(InstanceProfileName="p")
    with pytest.raises(ClientError) as caught:
        iam.get_instance_profile(InstanceProfileName="p")
    assert code(caught) == (404, "NoSuchEntity", "Instance Profile p cannot be found.")
    iam.delete_role(RoleName="r")


def test_the_account(iam: Any) -> None:
    assert iam.list_account_aliases()["AccountAliases"] == []
    iam.create_account_alias(AccountAlias="windfarm")
    assert iam.list_account_aliases()["AccountAliases"] == ["windfarm"]
    with pytest.raises(ClientError):
        iam.delete_account_alias(AccountAlias="other")
    iam.delete_account_alias(AccountAlias="windfarm")
    assert iam.list_account_aliases()["AccountAliases"] == []
    iam.create_user(UserName="ana")
    summary = iam.get_account_summary()["SummaryMap"]
    assert (summary["Users"], summary["Policies"], summary["VersionsPerPolicyQuota"]) == (1, 1, 5)


def test_all_of_it_at_once(iam: Any) -> None:
    iam.create_group(GroupName="staff")
    iam.create_user(UserName="ana", PermissionsBoundary=READ_ARN)
    iam.add_user_to_group(GroupName="staff", UserName="ana")
    iam.put_user_policy(UserName="ana", PolicyName="p", PolicyDocument=policy(Action="s3:*", Resource="*"))
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust())
    iam.attach_role_policy(RoleName="r", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    found = iam.get_account_authorization_details()
    (user,) = found["UserDetailList"]
    assert (user["GroupList"], user["PermissionsBoundary"]) == (["staff"], BOUNDARY)
    assert user["UserPolicyList"][0]["PolicyDocument"]["Statement"][0]["Action"] == "s3:*"
    (role,) = found["RoleDetailList"]
    assert role["AttachedManagedPolicies"][0]["PolicyName"] == "AdministratorAccess"
    assert role["InstanceProfileList"] == []
    assert {one["PolicyName"] for one in found["Policies"]} == {"read", "AdministratorAccess"}
    assert found["Policies"][0]["PolicyVersionList"][0]["IsDefaultVersion"]
    pages = list(iam.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": 1}))
    assert sum(len(page["UserDetailList"]) + len(page["Policies"]) for page in pages) == 3
    assert iam.get_account_authorization_details(Filter=["Group"])["UserDetailList"] == []


def test_groups_are_renamed(iam: Any) -> None:
    iam.create_group(GroupName="staff")
    iam.update_group(GroupName="staff", NewGroupName="crew", NewPath="/x/")
    assert iam.get_group(GroupName="crew")["Group"]["Path"] == "/x/"


def test_the_description_of_a_role(iam: Any) -> None:
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust())
    assert iam.update_role_description(RoleName="r", Description="new")["Role"]["Description"] == "new"
    assert iam.get_role(RoleName="r")["Role"]["RoleLastUsed"] == {}
