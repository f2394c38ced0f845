from typing import Any

import pytest

from afluente.core.error import AwsError
from afluente.services.s3.error import (
    BucketAlreadyExists,
    BucketAlreadyOwnedByYou,
    BucketNotEmpty,
    IllegalLocationConstraintException,
    InvalidArgument,
    InvalidBucketName,
    InvalidLocationConstraint,
    NoSuchBucket,
)


def test_create_bucket_in_us_east_1(s3: Any) -> None:
    assert s3.create_bucket(Bucket="new") == {"Location": "/new", "BucketArn": "arn:aws:s3:::new"}
    assert s3.create_bucket(Bucket="new")["Location"] == "/new"
    assert s3.get_bucket_location(Bucket="new") == {}
    assert s3.head_bucket(Bucket="new") == {
        "BucketRegion": "us-east-1",
        "BucketArn": "arn:aws:s3:::new",
        "AccessPointAlias": False,
    }


def test_create_bucket_elsewhere(s3: Any) -> None:
    there = s3.as_account("000000000000", "sa-east-1")
    place = {"CreateBucketConfiguration": {"LocationConstraint": "sa-east-1"}}
    assert there("create_bucket", Bucket="new", **place)["Location"] == "http://new.127.0.0.1:4566/"
    assert there("get_bucket_location", Bucket="new") == {"LocationConstraint": "sa-east-1"}
    with pytest.raises(BucketAlreadyOwnedByYou):
        there("create_bucket", Bucket="new", **place)
    with pytest.raises(IllegalLocationConstraintException, match=r"^The unspecified location constraint"):
        there("create_bucket", Bucket="other")
    with pytest.raises(IllegalLocationConstraintException, match=r"^The eu-west-1 location constraint"):
        there("create_bucket", Bucket="other", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})


def test_create_bucket_with_a_constraint_in_us_east_1(s3: Any) -> None:
    with pytest.raises(InvalidLocationConstraint, match=r"^The specified location-constraint is not valid$"):
        s3.create_bucket(Bucket="new", CreateBucketConfiguration={"LocationConstraint": "us-east-1"})
    with pytest.raises(InvalidLocationConstraint):
        s3.create_bucket(Bucket="new", CreateBucketConfiguration={"LocationConstraint": "nowhere"})
    s3.create_bucket(Bucket="new", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert s3.get_bucket_location(Bucket="new") == {"LocationConstraint": "eu-west-1"}


def test_create_bucket_of_another_account(s3: Any) -> None:
    with pytest.raises(BucketAlreadyExists):
        s3.as_account("111111111111")("create_bucket", Bucket="b-1")


@pytest.mark.parametrize(
    "name",
    [
        "ab",
        "a" * 64,
        "Upper",
        "a_b",
        "-ab",
        "ab-",
        "a..b",
        "1.2.3.4",
        "xn--a",
        "ab-s3alias",
        "../x",
        ".staged",
        "ü-bucket",
    ],
)
def test_create_bucket_with_a_name_that_is_none(s3: Any, name: str) -> None:
    with pytest.raises(InvalidBucketName, match=r"^The specified bucket is not valid.$"):
        s3.create_bucket(Bucket=name)


def test_create_bucket_with_tags_and_a_public_acl(s3: Any) -> None:
    s3.create_bucket(Bucket="new", CreateBucketConfiguration={"Tags": [{"Key": "a", "Value": "1"}]}, ACL="private")
    assert s3.get_bucket_tagging(Bucket="new")["TagSet"] == [{"Key": "a", "Value": "1"}]
    with pytest.raises(AwsError, match="Bucket cannot have ACLs set"):
        s3.create_bucket(Bucket="newer", ACL="public-read")


def test_list_buckets_pages_and_filters(s3: Any) -> None:
    s3.create_bucket(Bucket="b-2")
    s3.create_bucket(Bucket="c-1")
    s3.as_account("111111111111")("create_bucket", Bucket="b-3")
    first = s3.list_buckets(MaxBuckets=1, Prefix="b")
    assert [(each["Name"], each["BucketRegion"]) for each in first["Buckets"]] == [("b-1", "us-east-1")]
    assert first["Prefix"] == "b"
    rest = s3.list_buckets(Prefix="b", ContinuationToken=first["ContinuationToken"])
    assert [each["Name"] for each in rest["Buckets"]] == ["b-2"]
    assert "ContinuationToken" not in rest
    assert s3.list_buckets(BucketRegion="eu-west-1")["Buckets"] == []
    with pytest.raises(InvalidArgument):
        s3.list_buckets(MaxBuckets=0)


def test_delete_bucket(s3: Any) -> None:
    s3.put("a//b")
    with pytest.raises(BucketNotEmpty, match=r"^The bucket you tried to delete is not empty$"):
        s3.delete_bucket(Bucket="b-1")
    s3.delete_object(Bucket="b-1", Key="a//b")
    upload = s3.create_multipart_upload(Bucket="b-1", Key="k")["UploadId"]
    s3.upload_part(Bucket="b-1", Key="k", UploadId=upload, PartNumber=1, Body=b"1")
    s3.delete_bucket(Bucket="b-1")
    assert not (s3.root / "b-1").exists()
    assert s3.files() == []
    for operation in (s3.head_bucket, s3.delete_bucket):
        with pytest.raises(NoSuchBucket):
            operation(Bucket="b-1")


def test_delete_bucket_leaves_foreign_files(s3: Any) -> None:
    s3.put("k")
    s3.delete_object(Bucket="b-1", Key="k")
    (s3.root / "b-1" / "mine").write_bytes(b"1")
    s3.delete_bucket(Bucket="b-1")
    assert s3.files() == ["b-1/mine"]
