import base64
import hashlib
from typing import Any

import pytest

from afluente.core.error import AwsError
from afluente.services.s3.error import (
    AccessControlListNotSupported,
    BadDigest,
    InvalidArgument,
    InvalidDigest,
    InvalidRequest,
    InvalidTag,
    KeyTooLongError,
    MetadataTooLarge,
    NoSuchBucket,
    NoSuchKey,
    PreconditionFailed,
)

DATA = b"123456789"
CHECKS = {  # the check values of the CRC catalogue and of `sha1sum`, `sha256sum` for 123456789
    "CRC32": "y/Q5Jg==",
    "CRC32C": "4waSgw==",
    "CRC64NVME": "rosUhgp5mIg=",
    "SHA1": "98O8HYCOBHMq32eZZczDTKeuNEE=",
    "SHA256": "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
}


def test_put_object_answers_md5_and_crc64nvme(s3: Any) -> None:
    assert s3.put("k", DATA) == {
        "ETag": f'"{hashlib.md5(DATA).hexdigest()}"',
        "ChecksumCRC64NVME": CHECKS["CRC64NVME"],
        "ChecksumType": "FULL_OBJECT",
        "ServerSideEncryption": "AES256",
    }
    assert (s3.root / "b-1" / "k").read_bytes() == DATA


@pytest.mark.parametrize("algorithm", CHECKS)
def test_put_object_keeps_the_checksum_that_was_sent(s3: Any, algorithm: str) -> None:
    answer = s3.put("k", DATA, ChecksumAlgorithm=algorithm, **{f"Checksum{algorithm}": CHECKS[algorithm]})
    assert answer[f"Checksum{algorithm}"] == CHECKS[algorithm]
    head = s3.head_object(Bucket="b-1", Key="k", ChecksumMode="ENABLED")
    assert head[f"Checksum{algorithm}"] == CHECKS[algorithm]
    assert "ChecksumCRC64NVME" not in head or algorithm == "CRC64NVME"


@pytest.mark.parametrize(
    ("algorithm", "value"),
    [
        ("CRC32", "oWhiyA=="),
        ("CRC32C", "3ynziw=="),
        ("CRC64NVME", "sJ+L0GzTENA="),
        ("SHA1", "FZuOr0NVyo+7A4WnY+/dtf3iGjw="),
        ("SHA256", "P+5xJYwEq6nYzXy8aMqgLn3zyBoR58DBP8tDaR6knCc="),
    ],
)
def test_put_object_large_enough_for_two_threads(s3: Any, algorithm: str, value: str) -> None:
    data = DATA * 30_000
    answer = s3.put("k", data, **{f"Checksum{algorithm}": value})
    assert answer["ETag"] == f'"{hashlib.md5(data).hexdigest()}"'
    assert answer[f"Checksum{algorithm}"] == value


@pytest.mark.parametrize("algorithm", CHECKS)
def test_put_object_with_a_wrong_checksum_stores_nothing(s3: Any, algorithm: str) -> None:
    wrong = base64.b64encode(bytes(len(base64.b64decode(CHECKS[algorithm])))).decode()
    with pytest.raises(BadDigest, match=f"^The {algorithm} you specified did not match the calculated checksum.$"):
        s3.put("k", DATA, **{f"Checksum{algorithm}": wrong})
    assert s3.files() == []
    assert s3.listed() == []


@pytest.mark.parametrize("value", ["", "x", "AAAA", "AAAAAAAAAAA="])
def test_put_object_with_an_impossible_checksum(s3: Any, value: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^Value for x-amz-checksum-crc32 header is invalid.$"):
        s3.put("k", DATA, ChecksumCRC32=value)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"ChecksumCRC32": "AAAAAA==", "ChecksumCRC32C": "AAAAAA=="}, "Expecting a single x-amz-checksum- header"),
        ({"ChecksumAlgorithm": "CRC32"}, "x-amz-sdk-checksum-algorithm specified, but no corresponding"),
        ({"ChecksumAlgorithm": "SHA512"}, "Checksum algorithm provided is unsupported"),
        ({"ChecksumAlgorithm": "CRC32", "ChecksumCRC32C": CHECKS["CRC32C"]}, "x-amz-sdk-checksum-algorithm header"),
    ],
)
def test_put_object_with_checksum_members_that_do_not_fit(s3: Any, members: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        s3.put("k", DATA, **members)


def test_put_object_with_content_md5(s3: Any) -> None:
    md5 = base64.b64encode(hashlib.md5(DATA).digest()).decode()
    s3.put("k", DATA, ContentMD5=md5)
    with pytest.raises(BadDigest) as caught:
        s3.put("k", b"other", ContentMD5=md5)
    assert caught.value.members["ExpectedDigest"] == md5
    for nonsense in ("nonsense", "ünïcödé"):
        with pytest.raises(InvalidDigest):
            s3.put("k", DATA, ContentMD5=nonsense)
    assert s3.get("k") == DATA


def test_put_object_headers_and_metadata_come_back(s3: Any) -> None:
    sent = {
        "CacheControl": "no-cache",
        "ContentDisposition": "inline",
        "ContentLanguage": "pt-BR",
        "ContentType": "text/csv",
        "Expires": "whenever",
    }
    s3.put("k", b"x", **sent, ContentEncoding="aws-chunked,gzip", Metadata={"Turbine": "7", "sensor": "é"})
    head = s3.head_object(Bucket="b-1", Key="k")
    assert {name: head[name] for name in sent} == sent
    assert head["ContentEncoding"] == "gzip"
    assert head["Metadata"] == {"turbine": "7", "sensor": "é"}


def test_put_object_of_which_only_the_framing_is_encoded_has_no_encoding(s3: Any) -> None:
    s3.put("k", b"x", ContentEncoding="aws-chunked")
    assert "ContentEncoding" not in s3.head_object(Bucket="b-1", Key="k")


def test_put_object_default_content_type(s3: Any) -> None:
    s3.put("k.html", b"x")
    assert s3.head_object(Bucket="b-1", Key="k.html")["ContentType"] == "binary/octet-stream"


def test_put_object_with_too_much_metadata(s3: Any) -> None:
    s3.put("k", Metadata={"a": "x" * 2047})
    with pytest.raises(MetadataTooLarge):
        s3.put("k", Metadata={"a": "x" * 2048})


def test_put_object_key_lengths(s3: Any) -> None:
    s3.put("é" * 512, b"1")
    assert s3.get("é" * 512) == b"1"
    with pytest.raises(KeyTooLongError) as caught:
        s3.put("é" * 512 + "x")
    assert caught.value.members == {"Size": "1025", "MaxSizeAllowed": "1024"}


def test_put_object_into_no_bucket(s3: Any) -> None:
    with pytest.raises(NoSuchBucket):
        s3.put("k", bucket="missing")
    assert s3.files() == []


def test_put_object_if_none_match(s3: Any) -> None:
    s3.put("k", b"1", IfNoneMatch="*")
    with pytest.raises(PreconditionFailed) as caught:
        s3.put("k", b"2", IfNoneMatch="*")
    assert caught.value.members["Condition"] == "If-None-Match"
    assert s3.get("k") == b"1"
    assert s3.files() == ["b-1/k"]


def test_put_object_if_match(s3: Any) -> None:
    etag = s3.put("k", b"1")["ETag"]
    s3.put("k", b"2", IfMatch=etag)
    with pytest.raises(PreconditionFailed):
        s3.put("k", b"3", IfMatch=etag)
    with pytest.raises(NoSuchKey):
        s3.put("other", b"3", IfMatch=etag)
    assert s3.get("k") == b"2"


@pytest.mark.parametrize("members", [{"IfNoneMatch": '"x"'}, {"IfMatch": "*"}, {"IfMatch": '"x"', "IfNoneMatch": "*"}])
def test_put_object_conditions_that_aws_does_not_do(s3: Any, members: dict[str, str]) -> None:
    with pytest.raises(AwsError) as caught:
        s3.put("k", b"1", **members)
    assert (caught.value.code, caught.value.http_status) == ("NotImplemented", 501)


def test_put_object_with_tags(s3: Any) -> None:
    s3.put("k", Tagging="a=1&b%20c=%C3%A9")
    assert s3.get_object_tagging(Bucket="b-1", Key="k")["TagSet"] == [
        {"Key": "a", "Value": "1"},
        {"Key": "b c", "Value": "é"},
    ]
    assert s3.head_object(Bucket="b-1", Key="k")["TagCount"] == 2
    with pytest.raises(InvalidArgument, match="x-amz-tagging"):
        s3.put("k", Tagging="a=1&a=2")
    with pytest.raises(InvalidTag):
        s3.put("k", Tagging="aws:x=1")


@pytest.mark.parametrize("members", [{"ServerSideEncryption": "aws:kms"}, {"ServerSideEncryption": "aws:fsx"}])
def test_put_object_with_what_is_not_supported_names_it(s3: Any, members: dict[str, str]) -> None:
    with pytest.raises(AwsError) as caught:
        s3.put("k", **members)
    assert caught.value.code == "NotImplemented"
    assert all(value in caught.value.message for value in members.values())


def test_put_object_acl_follows_the_ownership(s3: Any) -> None:
    s3.put("k", ACL="bucket-owner-full-control")
    with pytest.raises(AccessControlListNotSupported):
        s3.put("k", ACL="private")
    rules = [{"ObjectOwnership": "ObjectWriter"}]
    s3.put_bucket_ownership_controls(Bucket="b-1", OwnershipControls={"Rules": rules})
    s3.put("k", ACL="private")
    with pytest.raises(AwsError, match="prevented by the BlockPublicAcls setting"):
        s3.put("k", ACL="public-read")
