"""Whom access control lists let in: everybody, everybody who signs, and nobody while they are ignored."""

from typing import Any

import pytest
from botocore import UNSIGNED

USERS = "http://acs.amazonaws.com/groups/global"


@pytest.fixture
def shared(place: Any) -> Any:
    """A bucket `lake` that ACLs count in, as its owner."""
    owner = place.client("s3")
    owner.create_bucket(Bucket="lake", ObjectOwnership="BucketOwnerPreferred")
    owner.delete_public_access_block(Bucket="lake")
    return owner


@pytest.fixture
def nobody(place: Any) -> Any:
    return place.client("s3", signature_version=UNSIGNED)


@pytest.fixture
def ana(place: Any) -> Any:
    """A user without any policy."""
    return place.client("s3", place.user("ana"))


def _read(s3: Any, key: str, **request: Any) -> bytes:
    data: bytes = s3.get_object(Bucket="lake", Key=key, **request)["Body"].read()
    return data


def test_a_public_object_is_everybodys_to_read_and_no_other_one(
    shared: Any, nobody: Any, ana: Any, refused: Any
) -> None:
    shared.put_object(Bucket="lake", Key="a*", Body=b"1", ACL="public-read")
    shared.put_object(Bucket="lake", Key="ab", Body=b"2")
    assert _read(nobody, "a*") == _read(ana, "a*") == b"1"
    for caller in (nobody, ana):
        assert refused(caller.get_object, Bucket="lake", Key="ab")[1] == "AccessDenied"
        assert refused(caller.put_object, Bucket="lake", Key="a*", Body=b"3")[1] == "AccessDenied"
        assert refused(caller.delete_object, Bucket="lake", Key="a*")[1] == "AccessDenied"
        assert refused(caller.get_object_acl, Bucket="lake", Key="a*")[1] == "AccessDenied"
        assert refused(caller.list_objects_v2, Bucket="lake")[1] == "AccessDenied"
    shared.put_object_acl(Bucket="lake", Key="a*", ACL="private")
    assert refused(nobody.get_object, Bucket="lake", Key="a*")[1] == "AccessDenied"


def test_who_signs_reads_what_is_for_who_signs(shared: Any, nobody: Any, ana: Any, refused: Any) -> None:
    shared.put_object(Bucket="lake", Key="k", Body=b"1", ACL="authenticated-read")
    assert _read(ana, "k") == b"1"
    assert refused(nobody.get_object, Bucket="lake", Key="k")[1] == "AccessDenied"


def test_a_public_bucket_is_listed_and_written(shared: Any, nobody: Any, refused: Any) -> None:
    shared.put_bucket_acl(Bucket="lake", ACL="public-read-write")
    nobody.put_object(Bucket="lake", Key="k", Body=b"1")
    assert [item["Key"] for item in nobody.list_objects_v2(Bucket="lake")["Contents"]] == ["k"]
    assert refused(nobody.get_object, Bucket="lake", Key="k")[1] == "AccessDenied"
    assert refused(nobody.get_bucket_acl, Bucket="lake")[1] == "AccessDenied"
    assert refused(nobody.delete_bucket, Bucket="lake")[1] == "AccessDenied"
    assert _read(shared, "k") == b"1"


def test_a_grant_of_acls_is_for_acls(shared: Any, nobody: Any, refused: Any) -> None:
    shared.put_object(Bucket="lake", Key="k", Body=b"1", GrantReadACP=f"uri={USERS}/AllUsers")
    grants = nobody.get_object_acl(Bucket="lake", Key="k")["Grants"]
    assert [grant["Permission"] for grant in grants] == ["READ_ACP"]
    assert refused(nobody.get_object, Bucket="lake", Key="k")[1] == "AccessDenied"
    owner = {"ID": shared.get_bucket_acl(Bucket="lake")["Owner"]["ID"]}
    grant = {"Grantee": {"Type": "Group", "URI": f"{USERS}/AllUsers"}, "Permission": "FULL_CONTROL"}
    shared.put_object_acl(Bucket="lake", Key="k", AccessControlPolicy={"Owner": owner, "Grants": [grant]})
    assert _read(nobody, "k") == b"1"
    nobody.put_object_acl(Bucket="lake", Key="k", ACL="private")
    assert refused(nobody.get_object, Bucket="lake", Key="k")[1] == "AccessDenied"


def test_a_public_version_does_not_open_the_others(shared: Any, nobody: Any, refused: Any) -> None:
    shared.put_bucket_versioning(Bucket="lake", VersioningConfiguration={"Status": "Enabled"})
    public = shared.put_object(Bucket="lake", Key="k", Body=b"1", ACL="public-read")["VersionId"]
    private = shared.put_object(Bucket="lake", Key="k", Body=b"2")["VersionId"]
    assert _read(nobody, "k", VersionId=public) == b"1"
    assert refused(nobody.get_object, Bucket="lake", Key="k")[1] == "AccessDenied"
    assert refused(nobody.get_object, Bucket="lake", Key="k", VersionId=private)[1] == "AccessDenied"
    shared.delete_object(Bucket="lake", Key="k", VersionId=private)
    assert _read(nobody, "k") == b"1"


def test_an_explicit_deny_wins_over_an_acl(shared: Any, nobody: Any, refused: Any) -> None:
    shared.put_object(Bucket="lake", Key="k", Body=b"1", ACL="public-read")
    deny = '{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "%s"}}'
    shared.put_bucket_policy(Bucket="lake", Policy=deny % "arn:aws:s3:::lake/*")
    assert refused(nobody.get_object, Bucket="lake", Key="k")[1] == "AccessDenied"


@pytest.mark.parametrize("off", ["IgnorePublicAcls", "BucketOwnerEnforced"])
def test_acls_that_do_not_count(shared: Any, nobody: Any, refused: Any, off: str) -> None:
    shared.put_object(Bucket="lake", Key="k", Body=b"1", ACL="public-read")
    if off == "IgnorePublicAcls":
        shared.put_public_access_block(Bucket="lake", PublicAccessBlockConfiguration={off: True})
    else:
        shared.put_bucket_ownership_controls(Bucket="lake", OwnershipControls={"Rules": [{"ObjectOwnership": off}]})
    assert refused(nobody.get_object, Bucket="lake", Key="k")[1] == "AccessDenied"
