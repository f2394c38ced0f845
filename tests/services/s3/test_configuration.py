import json
from collections.abc import Callable
from typing import Any

import pytest

from afluente.core.error import AwsError
from afluente.services.s3.error import AccessDenied, BadRequest, InvalidTag, MalformedPolicy, MalformedXML

TAGS = [{"Key": "team", "Value": "wind"}]


@pytest.mark.parametrize(
    ("get", "code"),
    [
        ("get_bucket_tagging", "NoSuchTagSet"),
        ("get_bucket_policy", "NoSuchBucketPolicy"),
        ("get_bucket_policy_status", "NoSuchBucketPolicy"),
        ("get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration"),
        ("get_bucket_replication", "ReplicationConfigurationNotFoundError"),
        ("get_bucket_website", "NoSuchWebsiteConfiguration"),
    ],
)
def test_a_new_bucket_lacks(s3: Any, get: str, code: str) -> None:
    with pytest.raises(AwsError) as caught:
        getattr(s3, get)(Bucket="b-1")
    assert (caught.value.code, caught.value.http_status) == (code, 404)


def test_a_new_buckets_defaults(s3: Any) -> None:
    assert s3.get_bucket_versioning(Bucket="b-1") == {}
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
    encryption = s3.get_bucket_encryption(Bucket="b-1")
    assert encryption == {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}
    block = s3.get_public_access_block(Bucket="b-1")["PublicAccessBlockConfiguration"]
    assert len(block) == 4
    assert all(block.values())
    ownership = s3.get_bucket_ownership_controls(Bucket="b-1")["OwnershipControls"]
    assert ownership == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    acl = s3.get_bucket_acl(Bucket="b-1")
    assert [(grant["Grantee"]["ID"], grant["Permission"]) for grant in acl["Grants"]] == [
        (acl["Owner"]["ID"], "FULL_CONTROL")
    ]
    s3.put("k")
    assert s3.get_object_acl(Bucket="b-1", Key="k") == acl


def test_bucket_tagging(s3: Any) -> None:
    s3.put_bucket_tagging(Bucket="b-1", Tagging={"TagSet": TAGS})
    assert s3.get_bucket_tagging(Bucket="b-1")["TagSet"] == TAGS
    s3.put_bucket_tagging(Bucket="b-1", Tagging={"TagSet": []})
    with pytest.raises(AwsError, match="The TagSet does not exist"):
        s3.get_bucket_tagging(Bucket="b-1")


def test_object_tagging(s3: Any) -> None:
    s3.put("k")
    s3.put_object_tagging(Bucket="b-1", Key="k", Tagging={"TagSet": TAGS})
    assert s3.get_object_tagging(Bucket="b-1", Key="k") == {"TagSet": TAGS}
    s3.delete_object_tagging(Bucket="b-1", Key="k")
    assert s3.get_object_tagging(Bucket="b-1", Key="k") == {"TagSet": []}
    for operation in (s3.get_object_tagging, s3.delete_object_tagging):
        with pytest.raises(AwsError, match=r"The specified key does not exist."):
            operation(Bucket="b-1", Key="missing")


@pytest.mark.parametrize(
    ("tag_set", "error"),
    [
        (TAGS * 2, InvalidTag),
        ([{"Key": "", "Value": ""}], InvalidTag),
        ([{"Key": "a" * 129, "Value": ""}], InvalidTag),
        ([{"Key": "a", "Value": "v" * 257}], InvalidTag),
        ([{"Key": "a;b", "Value": ""}], InvalidTag),
        ([{"Key": "aws:x", "Value": ""}], InvalidTag),
        ([{"Key": str(n), "Value": ""} for n in range(11)], BadRequest),
    ],
)
def test_put_object_tagging_with_tags_that_break_the_rules(s3: Any, tag_set: Any, error: type[AwsError]) -> None:
    s3.put("k")
    with pytest.raises(error):
        s3.put_object_tagging(Bucket="b-1", Key="k", Tagging={"TagSet": tag_set})


def _encryption(algorithm: str, **more: Any) -> dict[str, Any]:
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}, **more}]}


def test_put_bucket_encryption(s3: Any) -> None:
    wanted = _encryption("AES256", BucketKeyEnabled=True)
    s3.put_bucket_encryption(Bucket="b-1", ServerSideEncryptionConfiguration=wanted)
    assert s3.get_bucket_encryption(Bucket="b-1")["ServerSideEncryptionConfiguration"] == wanted
    s3.delete_bucket_encryption(Bucket="b-1")
    assert s3.get_bucket_encryption(Bucket="b-1")["ServerSideEncryptionConfiguration"] == _encryption(
        "AES256", BucketKeyEnabled=False
    )
    with pytest.raises(AwsError, match="aws:kms is not supported"):
        s3.put_bucket_encryption(Bucket="b-1", ServerSideEncryptionConfiguration=_encryption("aws:kms"))
    with pytest.raises(MalformedXML):
        s3.put_bucket_encryption(Bucket="b-1", ServerSideEncryptionConfiguration={"Rules": []})


def test_public_access_block(s3: Any) -> None:
    wanted = {"BlockPublicAcls": True}
    s3.put_public_access_block(Bucket="b-1", PublicAccessBlockConfiguration=wanted)
    assert s3.get_public_access_block(Bucket="b-1")["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": False,
        "BlockPublicPolicy": False,
        "RestrictPublicBuckets": False,
    }
    s3.delete_public_access_block(Bucket="b-1")
    with pytest.raises(AwsError) as caught:
        s3.get_public_access_block(Bucket="b-1")
    assert caught.value.code == "NoSuchPublicAccessBlockConfiguration"


def test_ownership_controls(s3: Any) -> None:
    wanted = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    s3.put_bucket_ownership_controls(Bucket="b-1", OwnershipControls=wanted)
    assert s3.get_bucket_ownership_controls(Bucket="b-1")["OwnershipControls"] == wanted
    s3.delete_bucket_ownership_controls(Bucket="b-1")
    with pytest.raises(AwsError) as caught:
        s3.get_bucket_ownership_controls(Bucket="b-1")
    assert caught.value.code == "OwnershipControlsNotFoundError"
    for rules in ([], [{"ObjectOwnership": "Nobody"}]):
        with pytest.raises(MalformedXML):
            s3.put_bucket_ownership_controls(Bucket="b-1", OwnershipControls={"Rules": rules})


def _statement(**members: Any) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::000000000000:root"},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::b-1/*",
    }
    return {name: value for name, value in {**statement, **members}.items() if value is not None}


def _policy(**members: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [_statement(**members)]})


DENY_INSECURE = _policy(
    Effect="Deny",
    Principal="*",
    Action="s3:*",
    Resource=["arn:aws:s3:::b-1", "arn:aws:s3:::b-1/*"],
    Condition={"Bool": {"aws:SecureTransport": "false"}},
)


@pytest.mark.parametrize("text", [_policy(), DENY_INSECURE])
def test_bucket_policy(s3: Any, text: str) -> None:
    s3.put_bucket_policy(Bucket="b-1", Policy=text)
    assert s3.get_bucket_policy(Bucket="b-1") == {"Policy": text}
    assert s3.get_bucket_policy_status(Bucket="b-1") == {"PolicyStatus": {"IsPublic": False}}
    s3.delete_bucket_policy(Bucket="b-1")
    with pytest.raises(AwsError, match="The bucket policy does not exist"):
        s3.get_bucket_policy(Bucket="b-1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense", "Policies must be valid JSON and the first byte must be '{'"),
        ('["a"]', "Policies must be valid JSON and the first byte must be '{'"),
        ('{"a"', "Policies must be valid JSON and the first byte must be '{'"),
        ('{"Statement": ["a"]}', "Policies must be valid JSON and the first byte must be '{'"),
        ("{}", "Missing required field Statement"),
        ('{"Version": "1", "Statement": []}', "The policy must contain a valid version string"),
        ('{"Statement": []}', "Could not parse the policy: Statement is empty!"),
        ('{"Version": [], "Statement": []}', "The policy must contain a valid version string"),
        ('{"Statement": ' + "[" * 20_000, "Policies must be valid JSON and the first byte must be '{'"),
        (_policy(Effect="Maybe"), "Invalid effect: Maybe"),
        (_policy(Effect=["Allow"]), "Invalid effect: ['Allow']"),
        (_policy(Principal=None), "Missing required field Principal"),
        (_policy(Action=None), "Missing required field Action"),
        (_policy(Resource="arn:aws:s3:::other/*"), "Policy has invalid resource"),
        (_policy(Resource=7), "Policy has invalid resource"),
        (_policy(Action="glue:GetTable"), "Policy has invalid action"),
        (_policy(Action=[7]), "Policy has invalid action"),
        (_policy(Principal={"Somebody": "x"}), "Invalid principal in policy"),
        (_policy(Principal={"AWS": []}), "Invalid principal in policy"),
        (_policy(Principal=[{"AWS": "*"}]), "Invalid principal in policy"),
        (_policy(Action="s3:ListBucket"), "Action does not apply to any resource(s) in statement"),
        (_policy(Action=["s3:GetObject", "s3:List*Uploads"]), "Action does not apply to any resource(s) in statement"),
        (_policy(Resource="arn:aws:s3:::b-1"), "Action does not apply to any resource(s) in statement"),
        (_policy(Action="s3:ListAllMyBuckets"), "Action does not apply to any resource(s) in statement"),
        (_policy(Condition={"Bool": 7}), "Policies must be valid JSON and the first byte must be '{'"),
    ],
)
def test_put_bucket_policy_that_is_none(s3: Any, text: str, message: str) -> None:
    with pytest.raises(MalformedPolicy) as caught:
        s3.put_bucket_policy(Bucket="b-1", Policy=text)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:listbucket", "arn:aws:s3:::b-1"),
        ("s3:Get*", "arn:aws:s3:::b-1"),
        ("s3:Get*", "arn:aws:s3:::b-1/x"),
        ("*", "arn:aws:s3:::b-1"),
        (["s3:ListBucket", "s3:GetObject"], ["arn:aws:s3:::b-1", "arn:aws:s3:::b-1/*"]),
        (["s3:ListBucket", "s3:GetObject"], "arn:aws:s3:::b-1*"),
        ("s3:SomethingNew", "arn:aws:s3:::b-1"),
    ],
)
def test_put_bucket_policy_whose_actions_reach_something(s3: Any, action: Any, resource: Any) -> None:
    s3.put_bucket_policy(Bucket="b-1", Policy=_policy(Action=action, Resource=resource))


def test_put_bucket_policy_that_is_too_large(s3: Any) -> None:
    keys = [f"arn:aws:s3:::b-1/{number:04}" for number in range(1000)]
    with pytest.raises(AwsError, match="maximum allowed size of 20480 bytes") as caught:
        s3.put_bucket_policy(Bucket="b-1", Policy=_policy(Resource=keys))
    assert caught.value.code == "PolicyTooLarge"
    s3.put_bucket_policy(Bucket="b-1", Policy=_policy(Resource=keys[:800]) + " " * 20_000)


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}, {"AWS": ["*"]}])
def test_put_bucket_policy_for_everybody_is_blocked(s3: Any, principal: Any) -> None:
    public = _policy(Principal=principal)
    with pytest.raises(AccessDenied, match="prevented by the BlockPublicPolicy setting in S3 Block Public Access"):
        s3.put_bucket_policy(Bucket="b-1", Policy=public)
    s3.put_bucket_policy(
        Bucket="b-1", Policy=_policy(Principal=principal, Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}})
    )
    s3.delete_public_access_block(Bucket="b-1")
    s3.put_bucket_policy(Bucket="b-1", Policy=public)
    assert s3.get_bucket_policy_status(Bucket="b-1") == {"PolicyStatus": {"IsPublic": True}}


@pytest.mark.parametrize(
    "operation",
    [
        lambda s3: s3.get_bucket_versioning(Bucket="missing"),
        lambda s3: s3.put_bucket_tagging(Bucket="missing", Tagging={"TagSet": []}),
        lambda s3: s3.delete_bucket_lifecycle(Bucket="missing"),
        lambda s3: s3.get_bucket_acl(Bucket="missing"),
    ],
)
def test_configurations_of_no_bucket(s3: Any, operation: Callable[[Any], object]) -> None:
    with pytest.raises(AwsError, match="The specified bucket does not exist"):
        operation(s3)
