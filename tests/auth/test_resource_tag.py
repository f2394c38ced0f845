"""Policies that ask for the tags of a resource, and buckets whose public policies are not to count."""

import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError

import pytest
from tests.auth.conftest import ACCOUNT, Place, Refused, document

TRUST = document({"Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}).replace(
    '"Resource": "*", ', ""
)
TAGS = [{"Key": "Team", "Value": "wind"}]


def stream(place: Place) -> None:
    place.client("kinesis").create_stream(StreamName="s", ShardCount=1, Tags={"Team": "wind"})


def group(place: Place) -> None:
    place.client("logs").create_log_group(logGroupName="/g", tags={"Team": "wind"})


def crawler(place: Place) -> None:
    iam, glue = place.client("iam"), place.client("glue")
    iam.create_role(RoleName="crawls", AssumeRolePolicyDocument=TRUST)
    glue.create_database(DatabaseInput={"Name": "db"})
    glue.create_crawler(
        Name="c", Role=f"arn:aws:iam::{ACCOUNT}:role/crawls", DatabaseName="db",
        Targets={"S3Targets": [{"Path": "s3://lake/"}]}, Tags={"Team": "wind"},
    )  # fmt: skip


def work_group(place: Place) -> None:
    place.client("athena").create_work_group(Name="w", Tags=TAGS)


def role(place: Place) -> None:
    place.client("iam").create_role(RoleName="r", Path="/a/", AssumeRolePolicyDocument=TRUST, Tags=TAGS)


def policy(place: Place) -> None:
    place.client("iam").create_policy(PolicyName="p", PolicyDocument=document({"Action": "s3:*"}), Tags=TAGS)


def alarm(place: Place) -> None:
    place.client("cloudwatch").put_metric_alarm(
        AlarmName="a", Namespace="n", MetricName="m", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=1.0,
        ComparisonOperator="GreaterThanThreshold", Tags=TAGS,
    )  # fmt: skip


def thing(place: Place) -> None:
    place.client("s3").create_bucket(Bucket="lake")
    place.client("s3").put_object(Bucket="lake", Key="k", Body=b"1", Tagging="Team=wind")


Make = Callable[[Place], None]
CASES: list[tuple[Make, str, str, dict[str, Any], str]] = [
    (stream, "kinesis", "describe_stream_summary", {"StreamName": "s"}, "aws:ResourceTag/team"),
    (stream, "kinesis", "put_record", {"StreamName": "s", "Data": b"1", "PartitionKey": "k"}, "aws:ResourceTag/Team"),
    (group, "logs", "put_retention_policy", {"logGroupName": "/g", "retentionInDays": 1}, "aws:ResourceTag/Team"),
    (crawler, "glue", "get_crawler", {"Name": "c"}, "aws:ResourceTag/Team"),
    (work_group, "athena", "get_work_group", {"WorkGroup": "w"}, "aws:ResourceTag/Team"),
    (role, "iam", "get_role", {"RoleName": "r"}, "iam:ResourceTag/Team"),
    (role, "iam", "get_role", {"RoleName": "r"}, "aws:ResourceTag/Team"),
    (policy, "iam", "get_policy", {"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/p"}, "aws:ResourceTag/Team"),
    (alarm, "cloudwatch", "delete_alarms", {"AlarmNames": ["a"]}, "aws:ResourceTag/Team"),
    (thing, "s3", "get_object", {"Bucket": "lake", "Key": "k"}, "s3:ExistingObjectTag/Team"),
]


@pytest.mark.parametrize(("make", "service", "operation", "request_", "key"), CASES)
def test_the_tags_of_a_resource_are_conditions(  # a case
    place: Place, refused: Refused, make: Make, service: str, operation: str, request_: dict[str, Any], key: str
) -> None:
    make(place)
    ana = place.client(service, place.user("ana"))
    for value, wanted in (("sun", False), ("wind", True), ("sun", False)):
        place.allow("ana", {"Action": f"{service}:*", "Condition": {"StringEquals": {key: value}}})
        if wanted:
            getattr(ana, operation)(**request_)
            getattr(ana, operation)(**request_) if operation.startswith("get") else None
        else:
            assert "AccessDenied" in refused(getattr(ana, operation), **request_)[1]


def test_a_tag_that_changes_counts_at_once(place: Place, refused: Refused) -> None:
    stream(place)
    kinesis = place.client("kinesis", place.user("ana"))
    variable = {"StringEquals": {"aws:ResourceTag/Team": "${aws:PrincipalTag/Team}"}}
    place.allow("ana", {"Action": "kinesis:*", "Condition": variable})
    place.client("iam").tag_user(UserName="ana", Tags=TAGS)
    record = {"StreamName": "s", "Data": b"1", "PartitionKey": "k"}
    kinesis.put_record(**record)
    place.client("kinesis").add_tags_to_stream(StreamName="s", Tags={"Team": "sun"})
    assert refused(kinesis.put_record, **record)[1] == "AccessDeniedException"


def test_a_public_policy_does_not_count_where_the_bucket_restricts_it(place: Place) -> None:
    s3 = place.client("s3")
    thing(place)
    block = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False)
    s3.put_public_access_block(Bucket="lake", PublicAccessBlockConfiguration=block)
    reads = {"Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::lake/*"}
    s3.put_bucket_policy(Bucket="lake", Policy=document(reads))
    url = f"{place.app.endpoint}/lake/k"
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"1"
    s3.put_public_access_block(Bucket="lake", PublicAccessBlockConfiguration={**block, "RestrictPublicBuckets": True})
    with pytest.raises(HTTPError, match="403"):
        urllib.request.urlopen(url)
    assert place.client("s3", place.user("ana")).get_object(Bucket="lake", Key="k")["Body"].read() == b"1"
