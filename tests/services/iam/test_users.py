import pytest
from tests.services.iam.document import ACCOUNT, READ, Ask, decoded, trust

from afluente.core.call import Principal
from afluente.services.iam.engine import IamEngine
from afluente.services.iam.error import (
    DeleteConflict,
    EntityAlreadyExists,
    LimitExceeded,
    NoSuchEntity,
    UnrecognizedClientException,
    ValidationError,
)


def test_create_user_and_get_it(iam: Ask) -> None:
    created = iam("create_user", UserName="ana", Path="/farm/")["User"]
    assert created["Arn"] == "arn:aws:iam::000000000000:user/farm/ana"
    assert created["UserId"].startswith("AIDA")
    assert iam("get_user", UserName="ANA")["User"] == created
    assert iam("list_users", PathPrefix="/other/")["Users"] == []


def test_get_user_without_a_name_is_who_signed(iam: Ask) -> None:
    user = iam("create_user", UserName="ana")["User"]
    who = Principal(ACCOUNT, user["Arn"], user["UserId"], "user")
    assert iam("get_user", who)["User"]["UserName"] == "ana"
    with pytest.raises(ValidationError, match="Must specify userName"):
        iam("get_user")


def test_update_user_renames_and_keeps_keys_and_groups(iam: Ask, engine: IamEngine) -> None:
    iam("create_user", UserName="ana")
    iam("create_group", GroupName="farm")
    iam("add_user_to_group", GroupName="farm", UserName="ana")
    key = iam("create_access_key", UserName="ana")["AccessKey"]
    iam("update_user", UserName="ana", NewUserName="Ana", NewPath="/x/")
    iam("update_user", UserName="Ana", NewUserName="beatriz")
    with pytest.raises(NoSuchEntity, match=r"^The user with name ana cannot be found\.$"):
        iam("get_user", UserName="ana")
    who = engine.identify(key["AccessKeyId"], None)
    assert who is not None
    assert who.arn == "arn:aws:iam::000000000000:user/x/beatriz"
    assert [user["UserName"] for user in iam("get_group", GroupName="farm")["Users"]] == ["beatriz"]


def test_update_user_to_a_name_that_is_taken(iam: Ask) -> None:
    iam("create_user", UserName="ana")
    iam("create_user", UserName="eva")
    with pytest.raises(EntityAlreadyExists, match="User with name Eva already exists"):
        iam("update_user", UserName="ana", NewUserName="Eva")
    assert [user["UserName"] for user in iam("list_users")["Users"]] == ["ana", "eva"]


def test_delete_user_with_keys_or_in_a_group_is_refused(iam: Ask) -> None:
    iam("create_user", UserName="ana")
    iam("create_group", GroupName="farm")
    iam("add_user_to_group", GroupName="farm", UserName="ana")
    key = iam("create_access_key", UserName="ana")["AccessKey"]["AccessKeyId"]
    with pytest.raises(DeleteConflict, match="must delete access keys first"):
        iam("delete_user", UserName="ana")
    iam("delete_access_key", UserName="ana", AccessKeyId=key)
    with pytest.raises(DeleteConflict, match="must remove users from group first"):
        iam("delete_user", UserName="ana")
    iam("remove_user_from_group", GroupName="farm", UserName="ana")
    iam("delete_user", UserName="ana")
    iam("delete_group", GroupName="farm")


def test_tag_user(iam: Ask) -> None:
    iam("create_user", UserName="ana", Tags=[{"Key": "a", "Value": "1"}])
    iam("tag_user", UserName="ana", Tags=[{"Key": "b", "Value": "2"}])
    iam("untag_user", UserName="ana", TagKeys=["a"])
    assert iam("list_user_tags", UserName="ana")["Tags"] == [{"Key": "b", "Value": "2"}]


def test_user_and_group_policies(iam: Ask) -> None:
    iam("create_user", UserName="ana")
    iam("create_group", GroupName="farm")
    iam("put_user_policy", UserName="ana", PolicyName="p", PolicyDocument=READ)
    iam("put_group_policy", GroupName="farm", PolicyName="p", PolicyDocument=READ)
    found = iam("get_user_policy", UserName="ana", PolicyName="p")
    assert found["UserName"] == "ana"
    assert decoded(found["PolicyDocument"])["Statement"][0]["Action"] == "s3:GetObject"
    assert iam("list_group_policies", GroupName="farm")["PolicyNames"] == ["p"]
    with pytest.raises(DeleteConflict, match="must delete policies first"):
        iam("delete_group", GroupName="farm")


def test_list_groups_for_user(iam: Ask) -> None:
    iam("create_user", UserName="ana")
    for name in ("a", "b", "c"):
        iam("create_group", GroupName=name)
    for name in ("c", "a", "a"):
        iam("add_user_to_group", GroupName=name, UserName="ana")
    assert [group["GroupName"] for group in iam("list_groups_for_user", UserName="ana")["Groups"]] == ["a", "c"]
    assert len(iam("list_groups")["Groups"]) == 3
    with pytest.raises(NoSuchEntity):
        iam("remove_user_from_group", GroupName="b", UserName="ana")


def test_create_access_key_shows_its_secret_once(iam: Ask) -> None:
    iam("create_user", UserName="ana")
    key = iam("create_access_key", UserName="ana")["AccessKey"]
    assert key["AccessKeyId"].startswith("AKIA")
    assert (len(key["AccessKeyId"]), len(key["SecretAccessKey"]), key["Status"]) == (20, 40, "Active")
    listed = iam("list_access_keys", UserName="ana")["AccessKeyMetadata"]
    assert [item["AccessKeyId"] for item in listed] == [key["AccessKeyId"]]
    assert "SecretAccessKey" not in listed[0]


def test_create_access_key_over_two(iam: Ask) -> None:
    iam("create_user", UserName="ana")
    for _ in range(2):
        iam("create_access_key", UserName="ana")
    with pytest.raises(LimitExceeded, match=r"^Cannot exceed quota for AccessKeysPerUser: 2$"):
        iam("create_access_key", UserName="ana")


def test_access_key_of_another_user_is_not_there(iam: Ask) -> None:
    iam("create_user", UserName="ana")
    iam("create_user", UserName="eva")
    key = iam("create_access_key", UserName="ana")["AccessKey"]["AccessKeyId"]
    with pytest.raises(NoSuchEntity, match=rf"^The Access Key with id {key} cannot be found\.$"):
        iam("delete_access_key", UserName="eva", AccessKeyId=key)


def test_update_access_key_to_inactive_makes_it_nobody(iam: Ask, engine: IamEngine) -> None:
    iam("create_user", UserName="ana")
    key = iam("create_access_key", UserName="ana")["AccessKey"]["AccessKeyId"]
    iam("update_access_key", UserName="ana", AccessKeyId=key, Status="Inactive")
    with pytest.raises(UnrecognizedClientException, match=r"security token included in the request is invalid"):
        engine.identify(key, None)
    iam("update_access_key", UserName="ana", AccessKeyId=key, Status="Active")
    assert engine.identify(key, None) is not None


def test_a_trust_policy_may_name_a_user_that_is_there(iam: Ask) -> None:
    arn = iam("create_user", UserName="ana", Path="/farm/")["User"]["Arn"]
    iam("create_role", RoleName="r", AssumeRolePolicyDocument=trust(Principal={"AWS": arn}))
