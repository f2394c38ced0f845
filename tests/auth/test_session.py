"""Temporary credentials where policies count: session policies, tags, chains of roles, federation."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.auth.conftest import ACCOUNT, Place, Refused, document

TAGGING = {"Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]}


def role(place: Place, name: str, *statements: dict[str, Any], **trust: Any) -> str:
    """A role with these statements that the account may assume; its ARN."""
    statement = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": TAGGING["Action"], **trust}
    iam = place.client("iam")
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Statement": statement}))
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(*statements))
    return str(made["Role"]["Arn"])


def key_of(answer: dict[str, Any]) -> tuple[str, str, str]:
    given = answer["Credentials"]
    return given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]


def assume(place: Place, arn: str, key: tuple[str, ...] | None = None, **more: Any) -> tuple[str, str, str]:
    sts = place.client("sts", key) if key else place.client("sts")
    return key_of(sts.assume_role(**{"RoleArn": arn, "RoleSessionName": "run", **more}))


def buckets(place: Place, *names: str) -> None:
    for name in names:
        place.client("s3").create_bucket(Bucket=name)
        place.client("s3").put_object(Bucket=name, Key="k", Body=b"x")


def test_a_session_policy_limits(place: Place, refused: Refused) -> None:
    buckets(place, "lake", "vault")
    arn = role(place, "r", {"Action": "s3:GetObject"})
    policy = document({"Action": "s3:*", "Resource": "arn:aws:s3:::lake/*"})
    s3 = place.client("s3", assume(place, arn, Policy=policy))
    assert s3.get_object(Bucket="lake", Key="k")["Body"].read() == b"x"
    assert (
        "because no session policy allows the s3:GetObject action" in refused(s3.get_object, Bucket="vault", Key="k")[2]
    )
    assert "no identity-based policy allows" in refused(s3.put_object, Bucket="lake", Key="k", Body=b"")[2]
    managed = place.client("iam").create_policy(PolicyName="m", PolicyDocument=policy)["Policy"]["Arn"]
    s3 = place.client("s3", assume(place, arn, PolicyArns=[{"arn": managed}]))
    s3.get_object(Bucket="lake", Key="k")
    assert "no session policy" in refused(s3.get_object, Bucket="vault", Key="k")[2]


def test_a_boundary_limits(place: Place, refused: Refused) -> None:
    buckets(place, "lake")
    iam, arn = place.client("iam"), role(place, "r", {"Action": "s3:*"})
    limit = iam.create_policy(PolicyName="m", PolicyDocument=document({"Action": "s3:List*"}))["Policy"]["Arn"]
    s3 = place.client("s3", assume(place, arn))
    s3.get_object(Bucket="lake", Key="k")
    iam.put_role_permissions_boundary(RoleName="r", PermissionsBoundary=limit)
    assert (
        "because no permissions boundary allows the s3:GetObject action"
        in refused(s3.get_object, Bucket="lake", Key="k")[2]
    )
    s3.list_objects_v2(Bucket="lake")


def test_tags_of_a_session_are_the_principals(place: Place, refused: Refused) -> None:
    buckets(place, "wind", "sea")
    arn = role(place, "r", {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::${aws:PrincipalTag/team}/*"})
    place.client("iam").tag_role(RoleName="r", Tags=[{"Key": "Team", "Value": "sea"}])
    s3 = place.client("s3", assume(place, arn))
    s3.get_object(Bucket="sea", Key="k")
    s3 = place.client("s3", assume(place, arn, Tags=[{"Key": "team", "Value": "wind"}]))
    s3.get_object(Bucket="wind", Key="k")
    assert refused(s3.get_object, Bucket="sea", Key="k")[1] == "AccessDenied"


def test_tagging_takes_a_permission_of_its_own(place: Place, refused: Refused) -> None:
    arn = role(place, "r", {"Action": "s3:*"}, Action="sts:AssumeRole")
    sts = place.client("sts")
    sts.assume_role(RoleArn=arn, RoleSessionName="run")
    tags = [{"Key": "team", "Value": "wind"}]
    message = f"User: arn:aws:iam::{ACCOUNT}:root is not authorized to perform: sts:TagSession on resource: {arn}"
    status, code, found = refused(sts.assume_role, RoleArn=arn, RoleSessionName="run", Tags=tags)
    assert (status, code, found.startswith(message)) == (403, "AccessDenied", True)
    assert (
        "sts:SetSourceIdentity" in refused(sts.assume_role, RoleArn=arn, RoleSessionName="run", SourceIdentity="ana")[2]
    )


def test_transitive_tags_go_on(place: Place, refused: Refused) -> None:
    buckets(place, "wind")
    first = role(place, "one", TAGGING)
    second = role(place, "two", {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::${aws:PrincipalTag/team}/*"})
    tags = [{"Key": "team", "Value": "wind"}, {"Key": "own", "Value": "x"}]
    key = assume(place, first, Tags=tags, TransitiveTagKeys=["team"], SourceIdentity="ana")
    s3 = place.client("s3", assume(place, second, key))
    assert s3.get_object(Bucket="wind", Key="k")["Body"].read() == b"x"
    status, code, message = refused(
        place.client("sts", key).assume_role, RoleArn=second, RoleSessionName="run",
        Tags=[{"Key": "TEAM", "Value": "sea"}],
    )  # fmt: skip
    assert (status, code) == (400, "InvalidParameterValue")
    assert message.startswith("One of the specified transitive tag keys can't be set because it conflicts with")
    again = place.client("sts", key).assume_role(RoleArn=second, RoleSessionName="run")
    assert again["SourceIdentity"] == "ana"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"TransitiveTagKeys": ["a"]}, "The specified transitive tag key must be included in the requested tags."),
        ({"Tags": [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]},
         "Duplicate tag keys found. Please note that Tag keys are case insensitive."),
    ],
)  # fmt: skip
def test_tags_that_cannot_be(place: Place, refused: Refused, more: dict[str, Any], message: str) -> None:
    arn = role(place, "r", TAGGING)
    found = refused(place.client("sts").assume_role, RoleArn=arn, RoleSessionName="run", **more)
    assert found == (400, "InvalidParameterValue", message)


def test_session_policies_that_cannot_be(place: Place, refused: Refused) -> None:
    arn, sts = role(place, "r", TAGGING), place.client("sts")
    assert refused(sts.assume_role, RoleArn=arn, RoleSessionName="run", Policy="{")[1] == "MalformedPolicyDocument"
    unknown = [{"arn": f"arn:aws:iam::{ACCOUNT}:policy/no"}]
    assert refused(sts.assume_role, RoleArn=arn, RoleSessionName="run", PolicyArns=unknown)[1] == "NoSuchEntity"
    large = document({"Action": "s3:GetObject", "Resource": [f"arn:aws:s3:::bucket-{n:03}" for n in range(60)]})
    many = [{"Key": f"k{number}", "Value": "v" * 200} for number in range(10)]
    found = refused(sts.assume_role, RoleArn=arn, RoleSessionName="run", Policy=large, Tags=many)
    assert found[1] == "PackedPolicyTooLarge"
    answer = sts.assume_role(RoleArn=arn, RoleSessionName="run", Policy=document({"Action": "s3:GetObject"}))
    assert 0 < answer["PackedPolicySize"] < 10


def test_an_external_id(place: Place, refused: Refused) -> None:
    arn = role(place, "r", TAGGING, Condition={"StringEquals": {"sts:ExternalId": "secret"}})
    sts = place.client("sts")
    assert refused(sts.assume_role, RoleArn=arn, RoleSessionName="run", ExternalId="other")[1] == "AccessDenied"
    sts.assume_role(RoleArn=arn, RoleSessionName="run", ExternalId="secret")


def test_a_federated_user_has_what_both_allow(place: Place, refused: Refused) -> None:
    buckets(place, "lake", "vault")
    key = place.user("ana", {"Action": ["s3:GetObject", "sts:GetFederationToken"]})
    sts = place.client("sts", key)
    answer = sts.get_federation_token(
        Name="guest", Policy=document({"Action": "s3:*", "Resource": "arn:aws:s3:::lake/*"})
    )
    arn = f"arn:aws:sts::{ACCOUNT}:federated-user/guest"
    assert answer["FederatedUser"] == {"Arn": arn, "FederatedUserId": f"{ACCOUNT}:guest"}
    guest = key_of(answer)
    assert place.client("sts", guest).get_caller_identity()["Arn"] == arn
    s3 = place.client("s3", guest)
    s3.get_object(Bucket="lake", Key="k")
    assert "no session policy" in refused(s3.get_object, Bucket="vault", Key="k")[2]
    assert "no identity-based policy" in refused(s3.put_object, Bucket="lake", Key="k", Body=b"")[2]
    bare = place.client("s3", key_of(sts.get_federation_token(Name="guest")))
    assert "no session policy" in refused(bare.get_object, Bucket="lake", Key="k")[2]
    assert refused(place.client("sts", guest).get_federation_token, Name="more")[1] == "AccessDenied"
    root = place.client("sts").get_federation_token(Name="admin", Policy=document({"Action": "s3:*"}))
    place.client("s3", key_of(root)).list_buckets()


def test_session_tokens_do_not_open_iam(place: Place, refused: Refused) -> None:
    key = place.user("ana", {"Action": "*"})
    place.client("iam", key).list_users()
    session = key_of(place.client("sts", key).get_session_token())
    assert refused(place.client("iam", session).list_users)[:2] == (403, "InvalidClientTokenId")
    assert place.client("s3", session).list_buckets()["Buckets"] == []


def test_the_last_use_of_a_key(place: Place) -> None:
    iam, key = place.client("iam"), place.user("ana", {"Action": "kinesis:*"})
    assert iam.get_access_key_last_used(AccessKeyId=key[0])["AccessKeyLastUsed"]["ServiceName"] == "N/A"
    place.client("kinesis", key).list_streams()
    used = iam.get_access_key_last_used(AccessKeyId=key[0])
    assert (used["UserName"], used["AccessKeyLastUsed"]["ServiceName"]) == ("ana", "kinesis")
    assert used["AccessKeyLastUsed"]["Region"] == "us-east-1"


def test_the_last_use_of_a_role(place: Place) -> None:
    iam, arn = place.client("iam"), role(place, "r", {"Action": "kinesis:*"})
    assert iam.get_role(RoleName="r")["Role"]["RoleLastUsed"] == {}
    place.client("kinesis", assume(place, arn)).list_streams()
    used = iam.get_role(RoleName="r")["Role"]["RoleLastUsed"]
    assert used["Region"] == "us-east-1"
    assert abs(used["LastUsedDate"].timestamp() * 1000 - place.clock.now_ms()) < 2_000
    place.app._iam.stop()  # what was noted is written down
    assert iam.get_role(RoleName="r")["Role"]["RoleLastUsed"] == used
    iam.delete_role_policy(RoleName="r", PolicyName="p")
    iam.delete_role(RoleName="r")
    role(place, "r", {"Action": "kinesis:*"})
    assert iam.get_role(RoleName="r")["Role"]["RoleLastUsed"] == {}


def test_a_refusal_can_be_decoded_by_who_may(place: Place, refused: Refused) -> None:
    deny = {"Sid": "NoStreams", "Effect": "Deny", "Action": "kinesis:ListStreams"}
    key = place.user("ana", {"Action": "*"}, deny)
    with pytest.raises(ClientError) as caught:
        place.client("kinesis", key).list_streams()
    sealed = caught.value.response["ResponseMetadata"]["HTTPHeaders"]["x-afluente-denial"]
    decoded = json.loads(place.client("sts").decode_authorization_message(EncodedMessage=sealed)["DecodedMessage"])
    assert (decoded["allowed"], decoded["explicitDeny"]) == (False, True)
    assert decoded["context"]["action"] == "kinesis:ListStreams"
    assert {"statementId": "NoStreams", "effect": "DENY", "sourcePolicyId": "inline policy p of user ana",
            "sourcePolicyType": "identity-based policy"} in decoded["matchedStatements"]["items"]  # fmt: skip
    place.allow("ana", {"Action": "kinesis:*"})
    message = sealed[:-4] + "AAAA"
    assert refused(place.client("sts", key).decode_authorization_message, EncodedMessage=sealed)[1] == "AccessDenied"
    found = refused(place.client("sts").decode_authorization_message, EncodedMessage=message)
    assert found == (400, "InvalidAuthorizationMessageException", "Message is not valid")
