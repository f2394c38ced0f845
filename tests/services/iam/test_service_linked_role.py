"""Roles of AWS's services: made by name of the service, changed by nobody, removed by a task of their own."""

from typing import Any

import pytest
from tests.services.iam.document import ACCOUNT, READ, Ask, decoded, trust

from afluente.core.error import AwsError
from afluente.core.error import NotImplemented as Unsupported
from afluente.services.iam.error import InvalidInput, NoSuchEntity, PolicyNotAttachable, UnmodifiableEntity
from afluente.services.iam.service_linked_role import templates

BATCH = "AWSServiceRoleForBatch"
BATCH_POLICY = "arn:aws:iam::aws:policy/aws-service-role/BatchServiceRolePolicy"


@pytest.mark.parametrize("service", sorted(templates()))
def test_every_service_has_its_role(iam: Ask, service: str) -> None:
    made = iam("create_service_linked_role", AWSServiceName=service)["Role"]
    role = iam("get_role", RoleName=made["RoleName"])["Role"]
    assert role["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/{service}/{role['RoleName']}"
    assert role["RoleName"].startswith("AWSServiceRoleFor")
    (statement,) = decoded(role["AssumeRolePolicyDocument"])["Statement"]
    assert statement["Principal"] == {"Service": service}
    (attached,) = iam("list_attached_role_policies", RoleName=role["RoleName"])["AttachedPolicies"]
    assert attached["PolicyArn"] == f"arn:aws:iam::aws:policy/aws-service-role/{attached['PolicyName']}"


def test_suffixes_tell_the_roles_of_a_service_apart_where_it_may_have_several(iam: Ask) -> None:
    for suffix in ("one", "two"):
        role = iam("create_service_linked_role", AWSServiceName="autoscaling.amazonaws.com", CustomSuffix=suffix)
        assert role["Role"]["RoleName"] == f"AWSServiceRoleForAutoScaling_{suffix}"
    with pytest.raises(InvalidInput, match=r"^Custom suffix is not allowed for batch\.amazonaws\.com$"):
        iam("create_service_linked_role", AWSServiceName="batch.amazonaws.com", CustomSuffix="one")


def test_one_of_a_name_and_only_of_services_that_are_known(iam: Ask) -> None:
    iam("create_service_linked_role", AWSServiceName="batch.amazonaws.com")
    taken = f"^Service role name {BATCH} has been taken in this account, please try a different suffix.$"
    with pytest.raises(InvalidInput, match=taken):
        iam("create_service_linked_role", AWSServiceName="batch.amazonaws.com")
    with pytest.raises(Unsupported, match=r"nobody\.amazonaws\.com"):
        iam("create_service_linked_role", AWSServiceName="nobody.amazonaws.com")


CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("delete_role", {}),
    ("update_role", {"MaxSessionDuration": 7200}),
    ("update_assume_role_policy", {"PolicyDocument": trust()}),
    ("put_role_policy", {"PolicyName": "p", "PolicyDocument": READ}),
    ("attach_role_policy", {"PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
    ("detach_role_policy", {"PolicyArn": BATCH_POLICY}),
    ("put_role_permissions_boundary", {"PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess"}),
]


@pytest.mark.parametrize(("operation", "request_"), CHANGES)
def test_nobody_changes_it(iam: Ask, operation: str, request_: dict[str, Any]) -> None:
    iam("create_service_linked_role", AWSServiceName="batch.amazonaws.com")
    before = iam("get_role", RoleName=BATCH)
    with pytest.raises(UnmodifiableEntity, match=f"the protected role '{BATCH}' - this role is only modifiable by AWS"):
        iam(operation, RoleName=BATCH, **request_)
    assert iam("get_role", RoleName=BATCH) == before


def test_it_is_deleted_by_a_task(iam: Ask) -> None:
    iam("create_service_linked_role", AWSServiceName="batch.amazonaws.com")
    task = iam("delete_service_linked_role", RoleName=BATCH)["DeletionTaskId"]
    assert task.startswith(f"task/aws-service-role/batch.amazonaws.com/{BATCH}/")
    assert iam("get_service_linked_role_deletion_status", DeletionTaskId=task) == {"Status": "SUCCEEDED"}
    for operation, request in (
        ("get_role", {"RoleName": BATCH}),
        ("delete_service_linked_role", {"RoleName": BATCH}),
        ("get_service_linked_role_deletion_status", {"DeletionTaskId": task + "x"}),
    ):
        with pytest.raises(NoSuchEntity):
            iam(operation, **request)


def test_a_role_of_ones_own_is_none_and_cannot_pose_as_one(iam: Ask) -> None:
    iam("create_role", RoleName="own", AssumeRolePolicyDocument=trust())
    with pytest.raises(NoSuchEntity):
        iam("delete_service_linked_role", RoleName="own")
    with pytest.raises(InvalidInput, match="/aws-service-role/"):
        iam("create_role", RoleName="x", Path="/aws-service-role/x/", AssumeRolePolicyDocument=trust())
    with pytest.raises(PolicyNotAttachable):
        iam("attach_role_policy", RoleName="own", PolicyArn=BATCH_POLICY)


def test_what_its_policy_says_is_not_made_up(iam: Ask) -> None:
    iam("create_service_linked_role", AWSServiceName="batch.amazonaws.com")
    role = iam("get_role", RoleName=BATCH)["Role"]["Arn"]
    for operation, request in (
        ("get_policy", {"PolicyArn": BATCH_POLICY}),
        ("simulate_principal_policy", {"PolicySourceArn": role, "ActionNames": ["s3:GetObject"]}),
    ):
        with pytest.raises(AwsError, match="not what it says") as caught:
            iam(operation, **request)
        assert caught.value.code == "NotImplemented"
