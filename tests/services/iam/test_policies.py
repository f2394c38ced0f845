import json

import pytest
from tests.services.iam.document import READ, Ask, decoded, policy, trust

from afluente.services.iam.error import (
    DeleteConflict,
    EntityAlreadyExists,
    LimitExceeded,
    NoSuchEntity,
    UnmodifiableEntity,
    ValidationError,
)
from afluente.services.iam.managed_policy import aws_managed
from afluente.services.iam.policy_document import check_identity_policy

ARN = "arn:aws:iam::000000000000:policy/farm"
WRITE = policy(Action="s3:PutObject", Resource="*")


def test_create_policy_answers_as_aws(iam: Ask) -> None:
    created = iam("create_policy", PolicyName="farm", PolicyDocument=READ, Description="reads")["Policy"]
    assert created["Arn"] == ARN
    assert created["PolicyId"].startswith("ANPA")
    assert (created["DefaultVersionId"], created["AttachmentCount"], created["IsAttachable"]) == ("v1", 0, True)
    assert "Description" not in created
    assert iam("get_policy", PolicyArn=ARN)["Policy"]["Description"] == "reads"


def test_create_policy_twice(iam: Ask) -> None:
    iam("create_policy", PolicyName="farm", PolicyDocument=READ)
    with pytest.raises(EntityAlreadyExists, match="A policy called Farm already exists"):
        iam("create_policy", PolicyName="Farm", PolicyDocument=READ)


@pytest.mark.parametrize("arn", ["not-an-arn-but-long-enough", "arn:aws:iam::000000000000:role/farm", "arn:aws:iam"])
def test_attach_role_policy_with_what_is_no_policy_arn(iam: Ask, arn: str) -> None:
    iam("create_role", RoleName="r", AssumeRolePolicyDocument=trust())
    with pytest.raises(ValidationError, match=r"^Invalid ARN:  Could not be parsed!$"):
        iam("attach_role_policy", RoleName="r", PolicyArn=arn)


def test_attach_role_policy_that_is_not_there(iam: Ask) -> None:
    iam("create_role", RoleName="r", AssumeRolePolicyDocument=trust())
    with pytest.raises(NoSuchEntity, match=rf"^Policy {ARN} does not exist or is not attachable\.$"):
        iam("attach_role_policy", RoleName="r", PolicyArn=ARN)


def test_attach_role_policy_twice_is_one_attachment(iam: Ask) -> None:
    iam("create_role", RoleName="r", AssumeRolePolicyDocument=trust())
    iam("create_policy", PolicyName="farm", PolicyDocument=READ)
    for _ in range(2):
        iam("attach_role_policy", RoleName="r", PolicyArn=ARN)
    attached = iam("list_attached_role_policies", RoleName="r")["AttachedPolicies"]
    assert attached == [{"PolicyName": "farm", "PolicyArn": ARN}]
    assert iam("get_policy", PolicyArn=ARN)["Policy"]["AttachmentCount"] == 1


def test_attach_role_policy_over_the_quota(iam: Ask) -> None:
    iam("create_role", RoleName="r", AssumeRolePolicyDocument=trust())
    for number in range(21):
        iam("create_policy", PolicyName=f"p{number}", PolicyDocument=READ)
    for number in range(20):
        iam("attach_role_policy", RoleName="r", PolicyArn=f"arn:aws:iam::000000000000:policy/p{number}")
    with pytest.raises(LimitExceeded, match=r"^Cannot exceed quota for PoliciesPerRole: 20$"):
        iam("attach_role_policy", RoleName="r", PolicyArn="arn:aws:iam::000000000000:policy/p20")


def test_detach_role_policy_that_is_not_attached(iam: Ask) -> None:
    iam("create_role", RoleName="r", AssumeRolePolicyDocument=trust())
    with pytest.raises(NoSuchEntity, match=rf"^Policy {ARN} was not found\.$"):
        iam("detach_role_policy", RoleName="r", PolicyArn=ARN)


def test_delete_policy_that_is_not_there(iam: Ask) -> None:
    with pytest.raises(NoSuchEntity, match=rf"^Policy {ARN} was not found\.$"):
        iam("delete_policy", PolicyArn=ARN)


def test_delete_policy_while_attached(iam: Ask) -> None:
    iam("create_user", UserName="ana")
    iam("create_policy", PolicyName="farm", PolicyDocument=READ)
    iam("attach_user_policy", UserName="ana", PolicyArn=ARN)
    with pytest.raises(DeleteConflict, match="attached to entities"):
        iam("delete_policy", PolicyArn=ARN)
    iam("detach_user_policy", UserName="ana", PolicyArn=ARN)
    iam("delete_policy", PolicyArn=ARN)
    assert iam("list_policies", Scope="Local")["Policies"] == []


def test_create_policy_version_as_default(iam: Ask) -> None:
    iam("create_policy", PolicyName="farm", PolicyDocument=READ)
    version = iam("create_policy_version", PolicyArn=ARN, PolicyDocument=WRITE, SetAsDefault=True)["PolicyVersion"]
    assert (version["VersionId"], version["IsDefaultVersion"]) == ("v2", True)
    found = iam("get_policy_version", PolicyArn=ARN, VersionId="v2")["PolicyVersion"]
    assert decoded(found["Document"]) == json.loads(WRITE)
    versions = iam("list_policy_versions", PolicyArn=ARN)["Versions"]
    assert [(item["VersionId"], item["IsDefaultVersion"]) for item in versions] == [("v2", True), ("v1", False)]


def test_create_policy_version_over_five(iam: Ask) -> None:
    iam("create_policy", PolicyName="farm", PolicyDocument=READ)
    for _ in range(4):
        iam("create_policy_version", PolicyArn=ARN, PolicyDocument=WRITE)
    with pytest.raises(LimitExceeded, match="can have up to 5 versions"):
        iam("create_policy_version", PolicyArn=ARN, PolicyDocument=WRITE)
    iam("delete_policy_version", PolicyArn=ARN, VersionId="v2")
    version = iam("create_policy_version", PolicyArn=ARN, PolicyDocument=WRITE)["PolicyVersion"]
    assert version["VersionId"] == "v6"


def test_delete_policy_version_that_is_the_default(iam: Ask) -> None:
    iam("create_policy", PolicyName="farm", PolicyDocument=READ)
    iam("create_policy_version", PolicyArn=ARN, PolicyDocument=WRITE)
    with pytest.raises(DeleteConflict, match="default version"):
        iam("delete_policy_version", PolicyArn=ARN, VersionId="v1")
    with pytest.raises(DeleteConflict, match="more than one version"):
        iam("delete_policy", PolicyArn=ARN)
    iam("set_default_policy_version", PolicyArn=ARN, VersionId="v2")
    iam("delete_policy_version", PolicyArn=ARN, VersionId="v1")
    iam("delete_policy", PolicyArn=ARN)


def test_create_policy_over_the_size(iam: Ask) -> None:
    long = policy(Action="s3:GetObject", Resource=[f"arn:aws:s3:::{'b' * 50}/{number}" for number in range(100)])
    with pytest.raises(LimitExceeded, match=r"^Cannot exceed quota for PolicySize: 6144$"):
        iam("create_policy", PolicyName="farm", PolicyDocument=long)


def test_policies_of_aws_are_there_and_well_formed(iam: Ask) -> None:
    for arn, managed in aws_managed().items():
        check_identity_policy(managed.document)
        assert iam("get_policy", PolicyArn=arn)["Policy"]["PolicyName"] == managed.name
    names = {item["PolicyName"] for item in iam("list_policies", Scope="AWS")["Policies"]}
    assert {"AdministratorAccess", "AWSGlueServiceRole", "AmazonS3FullAccess", "AmazonAthenaFullAccess"} <= names


def test_policies_of_aws_cannot_be_changed(iam: Ask) -> None:
    arn = "arn:aws:iam::aws:policy/AdministratorAccess"
    with pytest.raises(UnmodifiableEntity):
        iam("create_policy_version", PolicyArn=arn, PolicyDocument=READ)
    with pytest.raises(UnmodifiableEntity):
        iam("delete_policy", PolicyArn=arn)


def test_list_policies_only_attached(iam: Ask) -> None:
    arn = "arn:aws:iam::aws:policy/service-role/AWSGlueServiceRole"
    iam("create_role", RoleName="r", AssumeRolePolicyDocument=trust())
    iam("attach_role_policy", RoleName="r", PolicyArn=arn)
    found = iam("list_policies", OnlyAttached=True)["Policies"]
    assert [(item["Arn"], item["AttachmentCount"]) for item in found] == [(arn, 1)]


def test_list_entities_for_policy_by_kind(iam: Ask) -> None:
    iam("create_policy", PolicyName="farm", PolicyDocument=READ)
    iam("create_role", RoleName="r", AssumeRolePolicyDocument=trust())
    iam("create_user", UserName="u")
    iam("create_group", GroupName="g")
    iam("attach_role_policy", RoleName="r", PolicyArn=ARN)
    iam("attach_user_policy", UserName="u", PolicyArn=ARN)
    iam("attach_group_policy", GroupName="g", PolicyArn=ARN)
    found = iam("list_entities_for_policy", PolicyArn=ARN)
    assert [item["RoleName"] for item in found["PolicyRoles"]] == ["r"]
    assert [item["UserName"] for item in found["PolicyUsers"]] == ["u"]
    assert [item["GroupName"] for item in found["PolicyGroups"]] == ["g"]
    only = iam("list_entities_for_policy", PolicyArn=ARN, EntityFilter="Role")
    assert (len(only["PolicyRoles"]), only["PolicyUsers"], only["PolicyGroups"]) == (1, [], [])


def test_tag_policy(iam: Ask) -> None:
    iam("create_policy", PolicyName="farm", PolicyDocument=READ, Tags=[{"Key": "a", "Value": "1"}])
    iam("tag_policy", PolicyArn=ARN, Tags=[{"Key": "b", "Value": "2"}])
    iam("untag_policy", PolicyArn=ARN, TagKeys=["a"])
    assert iam("list_policy_tags", PolicyArn=ARN)["Tags"] == [{"Key": "b", "Value": "2"}]
