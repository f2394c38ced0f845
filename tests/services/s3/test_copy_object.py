import hashlib
from datetime import timedelta
from typing import Any

import pytest

from afluente.core.error import AwsError
from afluente.services.s3.error import InvalidArgument, InvalidRequest, NoSuchBucket, NoSuchKey, PreconditionFailed


def test_copy_object_keeps_header_tags_and_checksum(s3: Any) -> None:
    s3.create_bucket(Bucket="b-2")
    put = s3.put("a b/ü", b"data", ContentType="text/csv", Metadata={"m": "1"}, Tagging="t=1")
    s3.clock.advance(60)
    answer = s3.copy_object(Bucket="b-2", Key="k", CopySource="/b-1/a%20b/%C3%BC?versionId=null")
    head = s3.head_object(Bucket="b-2", Key="k", ChecksumMode="ENABLED")
    assert s3.get("k", bucket="b-2") == b"data"
    assert (head["ContentType"], head["Metadata"], head["TagCount"]) == ("text/csv", {"m": "1"}, 1)
    assert head["ETag"] == put["ETag"] == answer["CopyObjectResult"]["ETag"]
    assert head["ChecksumCRC64NVME"] == put["ChecksumCRC64NVME"]
    assert head["LastModified"] == answer["CopyObjectResult"]["LastModified"]
    assert head["LastModified"] - s3.head_object(Bucket="b-1", Key="a b/ü")["LastModified"] == timedelta(seconds=60)


def test_copy_object_is_a_file_of_its_own(s3: Any) -> None:
    s3.put("a", b"1")
    s3.copy_object(Bucket="b-1", Key="b", CopySource="b-1/a")
    assert (s3.root / "b-1/a").stat().st_ino != (s3.root / "b-1/b").stat().st_ino


def test_copy_object_replacing_metadata_and_tags(s3: Any) -> None:
    s3.put("a", b"1", ContentType="text/csv", Metadata={"m": "1"}, Tagging="t=1")
    replace = {"MetadataDirective": "REPLACE", "TaggingDirective": "REPLACE"}
    s3.copy_object(Bucket="b-1", Key="b", CopySource="b-1/a", **replace, Metadata={"n": "2"})
    head = s3.head_object(Bucket="b-1", Key="b")
    assert (head["ContentType"], head["Metadata"]) == ("binary/octet-stream", {"n": "2"})
    assert "TagCount" not in head


def test_copy_object_onto_itself_needs_a_change(s3: Any) -> None:
    s3.put("a", b"1")
    with pytest.raises(InvalidRequest, match=r"^This copy request is illegal because it is trying to copy an object"):
        s3.copy_object(Bucket="b-1", Key="a", CopySource="b-1/a")
    s3.copy_object(Bucket="b-1", Key="a", CopySource="b-1/a", MetadataDirective="REPLACE", ContentType="x/y")
    assert s3.get("a") == b"1"
    assert s3.head_object(Bucket="b-1", Key="a")["ContentType"] == "x/y"


def test_copy_object_with_another_checksum(s3: Any) -> None:
    s3.put("a", b"123456789")
    answer = s3.copy_object(Bucket="b-1", Key="b", CopySource="b-1/a", ChecksumAlgorithm="CRC32")
    assert answer["CopyObjectResult"]["ChecksumCRC32"] == "y/Q5Jg=="
    assert answer["CopyObjectResult"]["ETag"] == f'"{hashlib.md5(b"123456789").hexdigest()}"'


def test_copy_object_conditions_of_the_source(s3: Any) -> None:
    etag = s3.put("a", b"1")["ETag"]
    modified = s3.head_object(Bucket="b-1", Key="a")["LastModified"]
    before, future = modified - timedelta(hours=1), modified + timedelta(days=1)
    for name, value, header in (
        ("Match", '"x"', "If-Match"),
        ("NoneMatch", etag.strip('"'), "If-None-Match"),
        ("ModifiedSince", modified, "If-Modified-Since"),
        ("UnmodifiedSince", before, "If-Unmodified-Since"),
    ):
        with pytest.raises(PreconditionFailed) as caught:
            s3.copy_object(Bucket="b-1", Key="b", CopySource="b-1/a", **{f"CopySourceIf{name}": value})
        assert caught.value.members == {"Condition": f"x-amz-copy-source-{header}"}
    s3.copy_object(Bucket="b-1", Key="b", CopySource="b-1/a", CopySourceIfMatch=etag, CopySourceIfModifiedSince=future)


def test_copy_object_conditions_of_the_target(s3: Any) -> None:
    s3.put("a", b"1")
    s3.copy_object(Bucket="b-1", Key="b", CopySource="b-1/a", IfNoneMatch="*")
    with pytest.raises(PreconditionFailed):
        s3.copy_object(Bucket="b-1", Key="b", CopySource="b-1/a", IfNoneMatch="*")


@pytest.mark.parametrize("source", ["", "b-1", "b-1/", "/", "b-1/a?versionId=x"])
def test_copy_object_from_what_is_no_source(s3: Any, source: str) -> None:
    with pytest.raises(InvalidArgument):
        s3.copy_object(Bucket="b-1", Key="b", CopySource=source)


def test_copy_object_from_what_is_missing(s3: Any) -> None:
    with pytest.raises(NoSuchKey):
        s3.copy_object(Bucket="b-1", Key="b", CopySource="b-1/a")
    with pytest.raises(NoSuchBucket):
        s3.copy_object(Bucket="b-1", Key="b", CopySource="missing/a")
    s3.put("a")
    with pytest.raises(NoSuchBucket):
        s3.copy_object(Bucket="missing", Key="b", CopySource="b-1/a")
    assert s3.files() == ["b-1/a"]


def test_copy_object_with_an_unknown_directive(s3: Any) -> None:
    s3.put("a")
    with pytest.raises(InvalidArgument, match="Unknown metadata directive"):
        s3.copy_object(Bucket="b-1", Key="b", CopySource="b-1/a", MetadataDirective="KEEP")


def test_a_version_copied_onto_itself_is_a_new_version(s3: Any) -> None:
    s3.put("k", b"1")
    s3.put_bucket_versioning(Bucket="b-1", VersioningConfiguration={"Status": "Enabled"})
    with pytest.raises(InvalidRequest, match="This copy request is illegal"):
        s3.copy_object(Bucket="b-1", Key="k", CopySource="b-1/k")
    s3.copy_object(Bucket="b-1", Key="k", CopySource="b-1/k?versionId=null")
    assert len(s3.list_object_versions(Bucket="b-1")["Versions"]) == 2


def test_a_redirect_is_kept_and_not_copied(s3: Any) -> None:
    s3.put("k", b"1", WebsiteRedirectLocation="/elsewhere")
    assert s3.head_object(Bucket="b-1", Key="k")["WebsiteRedirectLocation"] == "/elsewhere"
    s3.copy_object(Bucket="b-1", Key="c", CopySource="b-1/k")
    assert "WebsiteRedirectLocation" not in s3.head_object(Bucket="b-1", Key="c")
    with pytest.raises(AwsError, match="must have a prefix of"):
        s3.put("k", b"1", WebsiteRedirectLocation="elsewhere")
