"""Access control lists: what is taken and shown, what a bucket's settings refuse. Whom they let in: tests/auth."""

from typing import Any

import pytest

from afluente.core.error import AwsError
from afluente.services.s3 import acl
from afluente.services.s3.owner import owner

OWNER = owner("000000000000")
FULL = {"Grantee": {"Type": "CanonicalUser", **OWNER}, "Permission": "FULL_CONTROL"}
OTHER = "0" * 64


def _group(uri: str, permission: str) -> dict[str, Any]:
    return {"Grantee": {"Type": "Group", "URI": uri}, "Permission": permission}


@pytest.fixture
def listed(s3: Any) -> Any:
    """With ACLs switched on, and nothing that prevents public ones."""
    s3.put_bucket_ownership_controls(Bucket="b-1", OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
    s3.delete_public_access_block(Bucket="b-1")
    return s3


def _code(operation: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(AwsError) as caught:
        operation(**request)
    return caught.value.code, caught.value.message


CANNED = [
    ("private", []),
    ("bucket-owner-full-control", []),
    ("public-read", [_group(acl.ALL_USERS, "READ")]),
    ("public-read-write", [_group(acl.ALL_USERS, "READ"), _group(acl.ALL_USERS, "WRITE")]),
    ("authenticated-read", [_group(acl.AUTHENTICATED_USERS, "READ")]),
    ("aws-exec-read", [{"Grantee": {"Type": "CanonicalUser", "ID": acl.EC2}, "Permission": "READ"}]),
]


@pytest.mark.parametrize(("canned", "more"), CANNED)
def test_a_canned_acl_comes_back_as_grants(listed: Any, canned: str, more: list[Any]) -> None:
    expected = {"Owner": OWNER, "Grants": [FULL, *more]}
    listed.put("k", ACL=canned)
    assert listed.get_object_acl(Bucket="b-1", Key="k") == expected
    listed.put("l")
    listed.put_object_acl(Bucket="b-1", Key="l", ACL=canned)
    assert listed.get_object_acl(Bucket="b-1", Key="l") == expected
    listed.put_bucket_acl(Bucket="b-1", ACL=canned)
    assert listed.get_bucket_acl(Bucket="b-1") == expected


def test_grants_in_headers(listed: Any) -> None:
    listed.put("k", GrantRead=f'uri="{acl.ALL_USERS}", id={OTHER}', GrantFullControl=f"id='{OWNER['ID']}'")
    assert listed.get_object_acl(Bucket="b-1", Key="k")["Grants"] == [
        FULL,
        _group(acl.ALL_USERS, "READ"),
        {"Grantee": {"Type": "CanonicalUser", "ID": OTHER}, "Permission": "READ"},
    ]


def test_grants_in_a_document(listed: Any) -> None:
    asked = {"Owner": OWNER, "Grants": [_group(acl.LOG_DELIVERY, "WRITE"), FULL]}
    listed.put_bucket_acl(Bucket="b-1", AccessControlPolicy=asked)
    assert listed.get_bucket_acl(Bucket="b-1") == asked


def test_copies_and_uploads_have_their_own_acl(listed: Any) -> None:
    listed.put("k", b"1", ACL="public-read")
    listed.copy_object(Bucket="b-1", Key="copy", CopySource="b-1/k")
    assert listed.get_object_acl(Bucket="b-1", Key="copy")["Grants"] == [FULL]
    target = {"Bucket": "b-1", "Key": "upload"}
    target["UploadId"] = listed.create_multipart_upload(**target, ACL="authenticated-read")["UploadId"]
    part = listed.upload_part(**target, PartNumber=1, Body=b"1")
    listed.complete_multipart_upload(**target, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    grants = listed.get_object_acl(Bucket="b-1", Key="upload")["Grants"]
    assert grants == [FULL, _group(acl.AUTHENTICATED_USERS, "READ")]


def test_each_version_has_its_own_acl(listed: Any) -> None:
    listed.put_bucket_versioning(Bucket="b-1", VersioningConfiguration={"Status": "Enabled"})
    version = listed.put("k", ACL="public-read")["VersionId"]
    listed.put("k")
    assert listed.get_object_acl(Bucket="b-1", Key="k")["Grants"] == [FULL]
    assert len(listed.get_object_acl(Bucket="b-1", Key="k", VersionId=version)["Grants"]) == 2
    listed.put_object_acl(Bucket="b-1", Key="k", VersionId=version, ACL="private")
    assert listed.get_object_acl(Bucket="b-1", Key="k", VersionId=version)["Grants"] == [FULL]


def test_acls_are_off_where_the_owner_owns_all(s3: Any) -> None:
    off = ("AccessControlListNotSupported", "The bucket does not allow ACLs")
    s3.put("k", ACL="bucket-owner-full-control")
    s3.put("l", GrantFullControl=f"id={OWNER['ID']}")
    for request in ({"ACL": "public-read"}, {"ACL": "private"}, {"GrantRead": f"id={OTHER}"}):
        assert _code(s3.put, key="k", **request) == off
        assert _code(s3.put_object_acl, Bucket="b-1", Key="k", **request) == off
        assert _code(s3.put_bucket_acl, Bucket="b-1", **request) == off
    assert s3.get_object_acl(Bucket="b-1", Key="k")["Grants"] == [FULL]


def test_an_acl_sleeps_while_acls_are_off(listed: Any) -> None:
    listed.put("k", ACL="public-read")
    enforced = {"Bucket": "b-1", "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}}
    listed.put_bucket_ownership_controls(**enforced)
    assert listed.get_object_acl(Bucket="b-1", Key="k")["Grants"] == [FULL]
    listed.delete_bucket_ownership_controls(Bucket="b-1")
    assert len(listed.get_object_acl(Bucket="b-1", Key="k")["Grants"]) == 2


def test_acls_are_not_switched_off_while_the_buckets_own_matters(listed: Any) -> None:
    listed.put_bucket_acl(Bucket="b-1", ACL="public-read")
    enforced = {"Bucket": "b-1", "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}}
    assert _code(listed.put_bucket_ownership_controls, **enforced) == (
        "InvalidBucketAclWithObjectOwnership",
        "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
    )
    listed.put_bucket_acl(Bucket="b-1", ACL="private")
    listed.put_bucket_ownership_controls(**enforced)


def test_public_acls_are_prevented_by_the_public_access_block(listed: Any) -> None:
    listed.put("k")
    listed.put_public_access_block(Bucket="b-1", PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    prevented = "prevented by the BlockPublicAcls setting in S3 Block Public Access"
    for request in ({"ACL": "public-read"}, {"GrantRead": f"uri={acl.AUTHENTICATED_USERS}"}):
        for operation, target in (
            (listed.put_object, {"Key": "k", "Body": b""}),
            (listed.put_object_acl, {"Key": "k"}),
            (listed.put_bucket_acl, {}),
            (listed.create_multipart_upload, {"Key": "k"}),
        ):
            code, message = _code(operation, Bucket="b-1", **target, **request)
            assert (code, prevented in message) == ("AccessDenied", True)
    listed.put("k", ACL="aws-exec-read")


def test_create_bucket_with_an_acl(s3: Any) -> None:
    assert _code(s3.create_bucket, Bucket="b-2", ACL="public-read")[0] == "InvalidBucketAclWithObjectOwnership"
    refused = _code(s3.create_bucket, Bucket="b-2", ACL="public-read", ObjectOwnership="ObjectWriter")
    assert refused == (
        "InvalidBucketAclWithBlockPublicAccessError",
        "Bucket cannot have public ACLs set with BlockPublicAccess enabled",
    )
    s3.create_bucket(Bucket="b-2", ACL="log-delivery-write", ObjectOwnership="ObjectWriter")
    granted = [_group(acl.LOG_DELIVERY, "WRITE"), _group(acl.LOG_DELIVERY, "READ_ACP")]
    assert s3.get_bucket_acl(Bucket="b-2")["Grants"] == [FULL, *granted]


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({}, "MissingSecurityHeader"),
        ({"ACL": "private", "GrantRead": f"id={OTHER}"}, "InvalidRequest"),
        ({"ACL": "private", "AccessControlPolicy": {"Owner": OWNER, "Grants": []}}, "UnexpectedContent"),
        ({"GrantRead": "everybody"}, "InvalidArgument"),
        ({"GrantRead": "id=me"}, "InvalidArgument"),
        ({"GrantRead": "uri=http://example.com"}, "InvalidArgument"),
        ({"GrantRead": "emailAddress=a@example.com"}, "MethodNotAllowed"),
        ({"AccessControlPolicy": {"Owner": OWNER}}, "MalformedACLError"),
        ({"AccessControlPolicy": {"Grants": []}}, "MalformedACLError"),
        ({"AccessControlPolicy": {"Owner": {"ID": OTHER}, "Grants": []}}, "AccessDenied"),
        ({"AccessControlPolicy": {"Owner": OWNER, "Grants": [{"Permission": "READ"}]}}, "MalformedACLError"),
        (
            {"AccessControlPolicy": {"Owner": OWNER, "Grants": [{"Grantee": {"Type": "Group"}, "Permission": "READ"}]}},
            "MalformedACLError",
        ),
    ],
)
def test_acls_that_are_refused(listed: Any, request_: dict[str, Any], code: str) -> None:
    listed.put("k")
    assert _code(listed.put_bucket_acl, Bucket="b-1", **request_)[0] == code
    assert _code(listed.put_object_acl, Bucket="b-1", Key="k", **request_)[0] == code
