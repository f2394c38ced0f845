"""Condition keys of services that AWS's guides write policies with: as they are there."""

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.auth.conftest import ACCOUNT, Place, Refused, document

FARM = {"StringEquals": {"events:source": "aws.glue"}}
BOTH = {"ForAllValues:StringEquals": {"events:source": ["aws.glue", "aws.s3"]}, "Null": {"events:source": "false"}}


def test_who_delegates_within_a_boundary(place: Place, refused: Refused) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html."""
    iam = place.client("iam")
    limit, other = (
        iam.create_policy(PolicyName=name, PolicyDocument=document({"Action": "s3:*"}))["Policy"]["Arn"]
        for name in ("XCompanyBoundaries", "other")
    )
    actions = ["CreateUser", "DeleteUserPolicy", "AttachUserPolicy", "DetachUserPolicy", "PutUserPolicy",
               "PutUserPermissionsBoundary", "PutRolePolicy", "CreateRole"]  # fmt: skip
    within = {"StringEquals": {"iam:PermissionsBoundary": limit}}
    zhang = place.client(
        "iam", place.user("zhang", {"Action": [f"iam:{name}" for name in actions], "Condition": within})
    )
    iam.create_user(UserName="free")
    given: dict[str, Any] = {"PolicyName": "p", "PolicyDocument": document({"Action": "*"})}
    zhang.create_user(UserName="nikhil", PermissionsBoundary=limit)
    zhang.put_user_policy(UserName="nikhil", **given)
    zhang.delete_user_policy(UserName="nikhil", PolicyName="p")
    zhang.attach_user_policy(UserName="nikhil", PolicyArn=other)
    for case in (
        lambda: zhang.create_user(UserName="b"),
        lambda: zhang.create_user(UserName="b", PermissionsBoundary=other),
        lambda: zhang.put_user_permissions_boundary(UserName="nikhil", PermissionsBoundary=other),
        lambda: zhang.put_user_policy(UserName="free", **given),
        lambda: zhang.attach_user_policy(UserName="free", PolicyArn=other),
        lambda: zhang.put_user_policy(UserName="zhang", **given),
    ):
        assert refused(case)[1] == "AccessDenied"
    zhang.put_user_permissions_boundary(UserName="free", PermissionsBoundary=limit)
    zhang.put_user_policy(UserName="free", **given)
    trust = json.dumps({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ACCOUNT}}})
    zhang.create_role(RoleName="r", AssumeRolePolicyDocument=trust, PermissionsBoundary=limit)
    zhang.put_role_policy(RoleName="r", **given)
    iam.delete_role_permissions_boundary(RoleName="r")
    assert refused(zhang.put_role_policy, RoleName="r", **given)[1] == "AccessDenied"


@pytest.mark.parametrize(
    ("condition", "pattern", "allowed"),
    [
        (FARM, {"source": ["aws.glue"]}, True),
        (FARM, {"source": ["aws.s3"]}, False),
        (FARM, {"source": ["aws.glue", "aws.s3"]}, False),
        (FARM, {"source": ["aws.glue"], "detail-type": ["Glue Job State Change"]}, True),
        (FARM, {"detail-type": ["Glue Job State Change"]}, False),
        (FARM, {"source": [{"prefix": "aws.glue"}]}, False),
        (BOTH, {"source": ["aws.glue", "aws.s3"]}, True),
        (BOTH, {"source": ["aws.glue", "farm"]}, False),
        (BOTH, {"detail-type": ["x"]}, False),
        ({"StringEquals": {"events:detail.service": "ABUSE"}}, {"detail": {"service": ["ABUSE"]}}, True),
        ({"StringEquals": {"events:detail.service": "ABUSE"}}, {"detail": {"service": ["EC2"]}}, False),
    ],
)
def test_rules_for_events_of_certain_sources(
    place: Place, refused: Refused, condition: Any, pattern: Any, allowed: bool
) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html."""
    events = place.client("events", place.user("ana", {"Action": "events:PutRule", "Condition": condition}))
    rule = {"Name": "r", "EventPattern": json.dumps(pattern)}
    if allowed:
        events.put_rule(**rule)
    else:
        assert refused(events.put_rule, **rule)[1] == "AccessDeniedException"


def test_targets_sources_and_owners(place: Place, refused: Refused) -> None:
    place.client("events").put_rule(Name="r", EventPattern='{"source": ["farm"]}')
    queues = {"ArnLike": {"events:TargetArn": "arn:aws:sqs:*:*:*"}}
    own = {"StringEqualsIfExists": {"events:creatorAccount": "${aws:PrincipalAccount}"}}
    key = place.user(
        "ana",
        {"Action": "events:PutTargets", "Condition": queues},
        {"Action": ["events:PutRule", "events:DescribeRule"], "Condition": own},
        {"Action": "events:PutEvents", "Condition": {"StringEquals": {"events:source": "farm"}}},
    )
    events = place.client("events", key)
    queue, stream = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q", f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/s"
    events.put_targets(Rule="r", Targets=[{"Id": "a", "Arn": queue}])
    for arns in ([stream], [queue, stream]):
        targets = [{"Id": str(number), "Arn": arn} for number, arn in enumerate(arns)]
        assert refused(events.put_targets, Rule="r", Targets=targets)[1] == "AccessDeniedException"
    events.put_rule(Name="r", EventPattern='{"source": ["farm"]}')
    events.put_rule(Name="new", ScheduleExpression="rate(1 day)")
    events.describe_rule(Name="r")
    entry = {"DetailType": "t", "Detail": "{}"}
    events.put_events(Entries=[{**entry, "Source": "farm"}, {**entry, "Source": "farm"}])
    for sources in (["sea"], ["farm", "sea"], []):
        entries = [{**entry, "Source": source} for source in sources] or [entry]
        assert refused(events.put_events, Entries=entries)[1] == "AccessDeniedException"


def test_all_stacks_are_described_to_who_may_list_them(place: Place) -> None:
    cloudformation = place.client("cloudformation", place.user("ana", {"Action": "cloudformation:DescribeStacks"}))
    with pytest.raises(ClientError, match="not authorized to perform: cloudformation:ListStacks on resource: \\*"):
        cloudformation.describe_stacks()
    place.allow("ana", {"Action": ["cloudformation:DescribeStacks", "cloudformation:ListStacks"]})
    assert cloudformation.describe_stacks()["Stacks"] == []


def deny(*statements: dict[str, Any]) -> str:
    found = [
        {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::lake/*", **statement}
        for statement in statements
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": found})


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_how_requests_of_s3_are_signed(place: Place, refused: Refused) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html."""
    s3 = place.client("s3")
    s3.create_bucket(Bucket="lake")
    s3.put_object(Bucket="lake", Key="k", Body=b"x")

    def url() -> str:
        signed = place.client("s3", signature_version="s3v4")
        return str(signed.generate_presigned_url("get_object", Params={"Bucket": "lake", "Key": "k"}, ExpiresIn=3600))

    s3.put_bucket_policy(
        Bucket="lake", Policy=deny({"Condition": {"NumericGreaterThan": {"s3:signatureAge": "600000"}}})
    )
    fresh = url()
    assert status(fresh) == 200
    place.clock.advance(700)
    assert status(fresh) == 403
    s3.get_object(Bucket="lake", Key="k")
    s3.put_bucket_policy(
        Bucket="lake",
        Policy=deny(
            {"Condition": {"StringNotEquals": {"s3:authType": "REST-HEADER"}}},
            {"Condition": {"StringNotEquals": {"s3:signatureversion": "AWS4-HMAC-SHA256"}}},
            {"Condition": {"StringEquals": {"s3:x-amz-content-sha256": "UNSIGNED-PAYLOAD"}}},
            {"Condition": {"StringNotEquals": {"s3:ResourceAccount": ACCOUNT}}},
        ),
    )
    s3.get_object(Bucket="lake", Key="k")
    s3.put_object(Bucket="lake", Key="n", Body=b"x")
    assert status(url()) == 403
    unsigned = place.client("s3", s3={"payload_signing_enabled": False}, request_checksum_calculation="when_required")
    unsigned.meta.events.register("before-sign.s3.PutObject", _unsigned)
    assert refused(unsigned.put_object, Bucket="lake", Key="n", Body=b"x")[1] == "AccessDenied"


def _unsigned(request: Any, **_: Any) -> None:
    request.context["payload_signing_enabled"] = False
    request.headers["X-Amz-Content-SHA256"] = "UNSIGNED-PAYLOAD"


def test_writes_only_where_nothing_is(place: Place, refused: Refused) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html."""
    s3 = place.client("s3")
    s3.create_bucket(Bucket="lake")
    condition = {"Null": {"s3:if-none-match": "true"}, "Bool": {"s3:ObjectCreationOperation": "true"}}
    s3.put_bucket_policy(Bucket="lake", Policy=deny({"Action": "s3:PutObject", "Condition": condition}))
    assert refused(s3.put_object, Bucket="lake", Key="k", Body=b"x")[1] == "AccessDenied"
    s3.put_object(Bucket="lake", Key="k", Body=b"x", IfNoneMatch="*")
    upload = {"Bucket": "lake", "Key": "m"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    part = {"PartNumber": 1, "ETag": s3.upload_part(**upload, PartNumber=1, Body=b"x")["ETag"]}
    complete = {**upload, "MultipartUpload": {"Parts": [part]}}
    assert refused(s3.complete_multipart_upload, **complete)[1] == "AccessDenied"
    s3.complete_multipart_upload(**complete, IfNoneMatch="*")
