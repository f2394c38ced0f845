from datetime import timedelta
from typing import Any

import pytest

from afluente.core.clock import utc
from afluente.core.error import AwsError, InternalFailure
from afluente.services.s3.error import (
    InvalidArgument,
    InvalidPartNumber,
    InvalidRange,
    InvalidRequest,
    InvalidURI,
    NoSuchBucket,
    NoSuchKey,
    NotModified,
    PreconditionFailed,
)

DATA = b"0123456789"


@pytest.mark.parametrize(
    ("header", "data", "content_range"),
    [
        ("bytes=0-8", b"012345678", "bytes 0-8/10"),
        ("bytes=0-0", b"0", "bytes 0-0/10"),
        ("bytes=8-", b"89", "bytes 8-9/10"),
        ("bytes=-2", b"89", "bytes 8-9/10"),
        ("bytes=-100", DATA, "bytes 0-9/10"),
        ("bytes=5-100", b"56789", "bytes 5-9/10"),
    ],
)
def test_get_object_range(s3: Any, header: str, data: bytes, content_range: str) -> None:
    s3.put("k", DATA)
    answer = s3.get_object(Bucket="b-1", Key="k", Range=header, ChecksumMode="ENABLED")
    assert answer["Body"] == data
    assert (answer["ContentRange"], answer["ContentLength"]) == (content_range, len(data))
    assert ("ChecksumType" in answer) == (data == DATA)


@pytest.mark.parametrize(
    "header", ["bytes=3-1", "bytes=0-1,4-5", "bytes=", "bytes=a-b", "lines=0-1", "bytes=--1", "bytes=0-" + "9" * 5000]
)
def test_get_object_with_a_range_that_is_none_gives_all(s3: Any, header: str) -> None:
    s3.put("k", DATA)
    answer = s3.get_object(Bucket="b-1", Key="k", Range=header)
    assert answer["Body"] == DATA
    assert "ContentRange" not in answer


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=100-200", "bytes=-0"])
def test_get_object_range_beyond_the_end(s3: Any, header: str) -> None:
    s3.put("k", DATA)
    with pytest.raises(InvalidRange) as caught:
        s3.get_object(Bucket="b-1", Key="k", Range=header)
    assert caught.value.members == {"ActualObjectSize": "10", "RangeRequested": header}
    assert caught.value.http_status == 416


def test_get_object_range_of_nothing(s3: Any) -> None:
    s3.put("k")
    with pytest.raises(InvalidRange):
        s3.get("k", Range="bytes=0-")


@pytest.mark.parametrize("size", [65536, 65537, 3_000_000])
def test_get_object_of_any_size(s3: Any, size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    s3.put("k", data[:size])
    assert s3.get("k") == data[:size]
    assert s3.get("k", Range=f"bytes=100-{size - 2}") == data[100 : size - 1]


def test_get_object_that_is_replaced_before_it_is_sent_is_still_the_old_one(s3: Any) -> None:
    s3.put("k", b"a" * 100_000)
    answer = s3.get_object(Bucket="b-1", Key="k")
    s3.put("k", b"b" * 200_000)
    assert s3.body(answer) == b"a" * 100_000


def test_get_object_missing(s3: Any) -> None:
    with pytest.raises(NoSuchKey) as caught:
        s3.get("k")
    assert caught.value.members == {"Key": "k"}
    with pytest.raises(NoSuchBucket) as missing:
        s3.get("k", bucket="missing")
    assert missing.value.members == {"BucketName": "missing"}


def test_get_object_with_a_key_that_is_no_text(s3: Any) -> None:
    with pytest.raises(InvalidURI):
        s3.get("\ud800")


def test_get_object_checksum_only_when_asked(s3: Any) -> None:
    s3.put("k", DATA)
    assert "ChecksumCRC64NVME" not in s3.get_object(Bucket="b-1", Key="k")
    assert "ChecksumCRC64NVME" in s3.get_object(Bucket="b-1", Key="k", ChecksumMode="ENABLED")


def test_get_object_response_overrides(s3: Any) -> None:
    s3.put("k", DATA, ContentType="text/plain")
    answer = s3.get_object(Bucket="b-1", Key="k", ResponseContentType="text/csv", ResponseCacheControl="no-store")
    assert (answer["ContentType"], answer["CacheControl"]) == ("text/csv", "no-store")


def test_get_object_versions_of_an_unversioned_bucket(s3: Any) -> None:
    s3.put("k", DATA)
    assert s3.get("k", VersionId="null") == DATA
    with pytest.raises(InvalidArgument, match="Invalid version id specified"):
        s3.get("k", VersionId="x")


def test_get_object_part_number_of_an_object_put_at_once(s3: Any) -> None:
    s3.put("k", DATA)
    answer = s3.get_object(Bucket="b-1", Key="k", PartNumber=1)
    assert (answer["Body"], answer["ContentRange"]) == (DATA, "bytes 0-9/10")
    assert "PartsCount" not in answer
    with pytest.raises(InvalidPartNumber):
        s3.get("k", PartNumber=2)
    with pytest.raises(InvalidArgument):
        s3.get("k", PartNumber=0)
    with pytest.raises(InvalidRequest, match="Cannot specify both Range header and partNumber query parameter"):
        s3.get("k", PartNumber=1, Range="bytes=0-1")


def _conditions(s3: Any, key: str = "k") -> tuple[str, Any, Any]:
    etag = s3.put(key, DATA)["ETag"]
    modified = s3.head_object(Bucket="b-1", Key=key)["LastModified"]
    return etag, modified, modified - timedelta(seconds=1)


def test_get_object_conditions_that_hold(s3: Any) -> None:
    etag, modified, before = _conditions(s3)
    for condition in (
        {"IfMatch": etag},
        {"IfMatch": etag.strip('"')},
        {"IfMatch": f'"x", {etag}'},
        {"IfMatch": "*"},
        {"IfNoneMatch": '"x"'},
        {"IfModifiedSince": before},
        {"IfUnmodifiedSince": modified},
        {"IfMatch": etag, "IfUnmodifiedSince": before},
        {"IfNoneMatch": '"x"', "IfModifiedSince": modified},
        {"IfModifiedSince": utc(s3.clock.now_ms() + 60_000)},
    ):
        assert s3.get("k", **condition) == DATA


def test_get_object_conditions_that_fail(s3: Any) -> None:
    _, _, before = _conditions(s3)
    for condition, name in (({"IfMatch": '"x"'}, "If-Match"), ({"IfUnmodifiedSince": before}, "If-Unmodified-Since")):
        for operation in (s3.get_object, s3.head_object):
            with pytest.raises(PreconditionFailed) as caught:
                operation(Bucket="b-1", Key="k", **condition)
            assert caught.value.members == {"Condition": name}


def test_get_object_not_modified(s3: Any) -> None:
    etag, modified, before = _conditions(s3)
    for condition in (
        {"IfNoneMatch": etag},
        {"IfNoneMatch": "*"},
        {"IfModifiedSince": modified},
        {"IfNoneMatch": etag, "IfModifiedSince": before},
    ):
        with pytest.raises(NotModified) as caught:
            s3.get("k", **condition)
        assert caught.value.http_status == 304
        assert caught.value.members["ETag"] == etag


def test_get_object_whose_file_was_taken_away(s3: Any) -> None:
    s3.put("k", DATA)
    (s3.root / "b-1" / "k").unlink()
    with pytest.raises(InternalFailure, match="missing from the data folder"):
        s3.get("k")


def test_head_object_is_get_object_without_the_body(s3: Any) -> None:
    s3.put("k", DATA, Metadata={"a": "1"}, Tagging="t=1")
    for more in ({}, {"Range": "bytes=2-3"}, {"ChecksumMode": "ENABLED"}, {"PartNumber": 1}):
        answer = s3.get_object(Bucket="b-1", Key="k", **more)
        answer.pop("Body")
        assert s3.head_object(Bucket="b-1", Key="k", **more) == answer


def test_expected_bucket_owner(s3: Any) -> None:
    s3.put("k", DATA, ExpectedBucketOwner="000000000000")
    for expected, code in (("111111111111", "AccessDenied"), ("me", "InvalidBucketOwnerAWSAccountID")):
        with pytest.raises(AwsError) as caught:
            s3.get("k", ExpectedBucketOwner=expected)
        assert caught.value.code == code


def test_another_accounts_bucket_is_out_of_reach(s3: Any) -> None:
    other = s3.as_account("111111111111")
    for request in ({}, {"ExpectedBucketOwner": "000000000000"}):
        with pytest.raises(AwsError) as caught:
            other("list_objects_v2", Bucket="b-1", **request)
        assert (caught.value.code, caught.value.http_status) == ("AccessDenied", 403)
