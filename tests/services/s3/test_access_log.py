"""Server access logs: who may be their target, what stands in them, and when they come."""

import json
import re
from typing import Any

import pytest

from afluente.core.access import Access
from afluente.core.call import Call, Principal
from afluente.core.clock import ManualClock
from afluente.core.error import AwsError
from afluente.services.s3.acl import LOG_DELIVERY
from afluente.services.s3.engine import S3Engine
from afluente.services.s3.owner import owner

FIELD = re.compile(r'"[^"]*"|\[[^]]*\]|\S+')
NAMES = (
    "owner", "bucket", "time", "ip", "requester", "request", "operation", "key", "uri", "status", "error", "sent",
    "size", "total", "turn", "referer", "agent", "version", "host_id", "signature", "cipher", "authentication", "host",
    "tls", "access_point", "acl",
)  # fmt: skip


@pytest.fixture
def logged(client: Any) -> Any:
    """A bucket `lake` whose requests are logged into `logs`, under `lake/`."""
    s3 = client("s3")
    for name in ("lake", "logs"):
        s3.create_bucket(Bucket=name)
    s3.put_bucket_policy(Bucket="logs", Policy=_policy("arn:aws:s3:::logs/lake/*"))
    s3.put_bucket_logging(Bucket="lake", BucketLoggingStatus=_status())
    return s3


def _policy(resource: str, source: str = "arn:aws:s3:::lake") -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": resource,
        "Condition": {"ArnLike": {"aws:SourceArn": source}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _status(**more: Any) -> dict[str, Any]:
    return {"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": "lake/", **more}}


def _deliver(app: Any) -> None:
    engine = next(engine for engine in app._engines if isinstance(engine, S3Engine))
    engine.access_logs.deliver()


def _delivered(s3: Any, app: Any) -> list[dict[str, str]]:
    _deliver(app)
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket="logs").get("Contents", [])]
    assert all(re.fullmatch(r"lake/\d{4}(-\d\d){5}-[0-9A-F]{16}", key) for key in keys)
    text = "".join(s3.get_object(Bucket="logs", Key=key)["Body"].read().decode() for key in keys)
    lines = [FIELD.findall(line) for line in text.splitlines()]
    assert all(len(line) == len(NAMES) for line in lines)
    return [dict(zip(NAMES, line, strict=True)) for line in lines]


def test_requests_come_as_lines(logged: Any, app: Any) -> None:
    logged.put_object(Bucket="lake", Key="a b", Body=b"12345")
    logged.get_object(Bucket="lake", Key="a b", Range="bytes=1-2")["Body"].read()
    logged.copy_object(Bucket="lake", Key="copy", CopySource="lake/a b")
    logged.list_objects_v2(Bucket="lake")
    logged.get_bucket_acl(Bucket="lake")
    with pytest.raises(logged.exceptions.NoSuchKey):
        logged.get_object(Bucket="lake", Key="none")
    logged.list_buckets()
    lines = _delivered(logged, app)
    shown = [(line["operation"], line["key"], line["status"], line["error"]) for line in lines]
    assert shown == [
        ("REST.PUT.LOGGING_STATUS", "-", "200", "-"),
        ("REST.PUT.OBJECT", "a%20b", "200", "-"),
        ("REST.GET.OBJECT", "a%20b", "206", "-"),
        ("REST.COPY.OBJECT", "copy", "200", "-"),
        ("REST.GET.BUCKET", "-", "200", "-"),
        ("REST.GET.ACL", "-", "200", "-"),
        ("REST.GET.OBJECT", "none", "404", "NoSuchKey"),
    ]
    put, got = lines[1], lines[2]
    assert (put["size"], got["size"], got["sent"]) == ("5", "5", "2")
    assert (put["bucket"], put["ip"], put["requester"]) == ("lake", "127.0.0.1", owner("000000000000")["ID"])
    assert put["uri"] == '"PUT /lake/a%20b HTTP/1.1"'
    assert (put["signature"], put["authentication"]) == ("SigV4", "AuthHeader")
    assert "Boto3" in put["agent"]


def test_logs_come_every_five_minutes(s3: Any, clock: ManualClock) -> None:
    s3.create_bucket(Bucket="logs", ObjectOwnership="ObjectWriter")
    s3.put_bucket_acl(Bucket="logs", GrantWrite=f"uri={LOG_DELIVERY}", GrantReadACP=f"uri={LOG_DELIVERY}")
    s3.put_bucket_logging(Bucket="b-1", BucketLoggingStatus=_status())
    s3.engine.start()
    clock.settle(3)
    call = Call("s3", "GetObject", "0" * 12, "us-east-1", Principal.root("0" * 12), "id", clock.now_ms(), "")
    access = Access(call, "GET", "/b-1/k", "", {}, "", 200, {}, "", 0, 0)
    s3.engine.access_logs.note("/b-1/k", lambda: access)
    s3.engine.access_logs.note("/other/k", lambda: access)
    clock.settle(3)
    clock.advance(299)
    clock.settle(3)
    assert s3.listed("logs") == []
    clock.advance(1)
    clock.settle(3)
    (key,) = s3.listed("logs")
    assert s3.get(key, "logs").count(b"\n") == 1


def test_logs_that_nobody_may_write_are_dropped(logged: Any, app: Any) -> None:
    logged.put_object(Bucket="lake", Key="k", Body=b"1")
    logged.put_bucket_policy(Bucket="logs", Policy=_policy("arn:aws:s3:::logs/lake/*", "arn:aws:s3:::other"))
    assert _delivered(logged, app) == []
    logged.put_bucket_logging(Bucket="lake", BucketLoggingStatus={})
    assert "LoggingEnabled" not in logged.get_bucket_logging(Bucket="lake")
    logged.put_bucket_policy(Bucket="logs", Policy=_policy("arn:aws:s3:::logs/lake/*"))
    logged.put_object(Bucket="lake", Key="k", Body=b"1")
    assert _delivered(logged, app) == []


def test_a_target_has_to_be_there_and_to_let_s3_write(client: Any) -> None:
    s3 = client("s3")
    for name in ("lake", "logs"):
        s3.create_bucket(Bucket=name, ObjectOwnership="ObjectWriter")
    s3.create_bucket(Bucket="far", CreateBucketConfiguration={"LocationConstraint": "sa-east-1"})

    def code(target: str) -> str:
        with pytest.raises(s3.exceptions.ClientError) as caught:
            s3.put_bucket_logging(Bucket="lake", BucketLoggingStatus=_status(TargetBucket=target))
        return str(caught.value.response["Error"]["Code"])

    assert code("none") == code("logs") == "InvalidTargetBucketForLogging"
    assert code("far") == "CrossLocationLoggingProhibitted"
    delivery = f"uri={LOG_DELIVERY}"
    s3.put_bucket_acl(Bucket="logs", GrantWrite=delivery, GrantReadACP=delivery)
    s3.put_bucket_logging(Bucket="lake", BucketLoggingStatus=_status())
    assert s3.get_bucket_logging(Bucket="lake")["LoggingEnabled"] == _status()["LoggingEnabled"]


def test_logs_are_partitioned_by_day(logged: Any, app: Any) -> None:
    by_event = {"PartitionedPrefix": {"PartitionDateSource": "EventTime"}}
    logged.put_bucket_logging(Bucket="lake", BucketLoggingStatus=_status(TargetObjectKeyFormat=by_event))
    logged.head_bucket(Bucket="lake")
    _deliver(app)
    keys = [item["Key"] for item in logged.list_objects_v2(Bucket="logs")["Contents"]]
    day = re.escape("lake/000000000000/us-east-1/lake/") + r"\d{4}/\d\d/\d\d/\d{4}(-\d\d){5}-[0-9A-F]{16}"
    assert [bool(re.fullmatch(day, key)) for key in keys] == [True]


def test_put_bucket_logging_without_a_target(s3: Any) -> None:
    with pytest.raises(AwsError, match="does not exist"):
        s3.put_bucket_logging(Bucket="b-1", BucketLoggingStatus=_status())
