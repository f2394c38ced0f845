import hashlib
import os
import zlib
from base64 import b64decode, b64encode
from typing import Any

import pytest

from afluente.core.error import AwsError
from afluente.services.s3 import multipart
from afluente.services.s3.error import (
    BadDigest,
    EntityTooSmall,
    InvalidArgument,
    InvalidPart,
    InvalidPartNumber,
    InvalidPartOrder,
    InvalidRequest,
    NoSuchBucket,
    NoSuchKey,
    NoSuchUpload,
    PreconditionFailed,
)

SMALL = 1000
PARTS = [os.urandom(SMALL), os.urandom(SMALL + 1), b"end"]


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multipart, "SMALLEST_PART_BYTES", SMALL)


class Upload:
    """A multipart upload of the key `k`."""

    def __init__(self, s3: Any, **request: Any) -> None:
        self.s3 = s3
        self.created = s3.create_multipart_upload(Bucket="b-1", Key="k", **request)
        self.names = {"Bucket": "b-1", "Key": "k", "UploadId": self.created["UploadId"]}
        self.parts: list[dict[str, Any]] = []

    def put(self, number: int, data: bytes, **request: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.s3.upload_part(**self.names, PartNumber=number, Body=data, **request)
        checksum = {name: value for name, value in answer.items() if name.startswith("Checksum")}
        self.parts.append({"PartNumber": number, "ETag": answer["ETag"], **checksum})
        return answer

    def put_all(self, **request: Any) -> "Upload":
        for number, data in enumerate(PARTS, start=1):
            self.put(number, data, **request)
        return self

    def complete(self, parts: list[dict[str, Any]] | None = None, **request: Any) -> dict[str, Any]:
        wanted = {"Parts": self.parts if parts is None else parts}
        answer: dict[str, Any] = self.s3.complete_multipart_upload(**self.names, MultipartUpload=wanted, **request)
        return answer


def test_complete_multipart_upload_joins_the_parts(s3: Any) -> None:
    upload = Upload(s3, ContentType="text/csv", Metadata={"m": "1"}, Tagging="t=1").put_all()
    answer = upload.complete()
    md5s = b"".join(hashlib.md5(part).digest() for part in PARTS)
    assert answer["ETag"] == f'"{hashlib.md5(md5s).hexdigest()}-3"'
    assert answer["Location"] == "http://127.0.0.1:4566/b-1/k"
    assert answer["ChecksumType"] == "FULL_OBJECT"
    assert answer["ChecksumCRC64NVME"] == s3.put("same", b"".join(PARTS))["ChecksumCRC64NVME"]
    assert s3.get("k") == b"".join(PARTS)
    head = s3.head_object(Bucket="b-1", Key="k")
    assert (head["ContentType"], head["Metadata"], head["TagCount"]) == ("text/csv", {"m": "1"}, 1)
    assert s3.files() == ["b-1/k", "b-1/same"]
    assert upload.complete(IfNoneMatch="*") == answer, "who heard no answer may ask again"
    with pytest.raises(NoSuchUpload):
        upload.complete(upload.parts[:1])
    s3.put("k", b"other")
    with pytest.raises(NoSuchUpload):
        upload.complete()


def test_complete_multipart_upload_of_one_part(s3: Any) -> None:
    upload = Upload(s3)
    upload.put(7, b"only")
    upload.put(9, b"unused")
    assert upload.complete(upload.parts[:1])["ETag"].endswith('-1"')
    assert s3.get("k") == b"only"
    assert s3.files() == ["b-1/k"]


def test_complete_multipart_upload_with_a_full_checksum(s3: Any) -> None:
    whole = b64encode(zlib.crc32(b"".join(PARTS)).to_bytes(4, "big")).decode()
    upload = Upload(s3, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT").put_all()
    with pytest.raises(BadDigest, match=r"^The crc32 you specified did not match the calculated checksum.$"):
        upload.complete(ChecksumCRC32="AAAAAA==")
    answer = upload.complete(ChecksumCRC32=whole, ChecksumType="FULL_OBJECT", MpuObjectSize=sum(map(len, PARTS)))
    assert answer["ChecksumCRC32"] == whole


@pytest.mark.parametrize(("algorithm", "new"), [("SHA256", hashlib.sha256), ("SHA1", hashlib.sha1)])
def test_complete_multipart_upload_with_a_composite_checksum(s3: Any, algorithm: str, new: Any) -> None:
    upload = Upload(s3, ChecksumAlgorithm=algorithm)
    assert upload.created["ChecksumType"] == "COMPOSITE"
    upload.put_all()
    without = [{name: part[name] for name in ("PartNumber", "ETag")} for part in upload.parts]
    with pytest.raises(InvalidRequest, match=f"^The upload was created using a {algorithm.lower()} checksum."):
        upload.complete(without)
    digests = b"".join(new(part).digest() for part in PARTS)
    expected = b64encode(new(digests).digest()).decode() + "-3"
    assert upload.complete()[f"Checksum{algorithm}"] == expected
    head = s3.head_object(Bucket="b-1", Key="k", ChecksumMode="ENABLED")
    assert (head[f"Checksum{algorithm}"], head["ChecksumType"]) == (expected, "COMPOSITE")


def test_complete_multipart_upload_with_another_parts_checksum(s3: Any) -> None:
    upload = Upload(s3, ChecksumAlgorithm="CRC32").put_all()
    upload.parts[0]["ChecksumCRC32"] = "AAAAAA=="
    with pytest.raises(InvalidPart):
        upload.complete()


@pytest.mark.parametrize(
    "request_",
    [
        {"ChecksumType": "COMPOSITE"},
        {"ChecksumAlgorithm": "SHA1", "ChecksumType": "FULL_OBJECT"},
        {"ChecksumAlgorithm": "CRC64NVME", "ChecksumType": "COMPOSITE"},
        {"ChecksumAlgorithm": "MD5"},
    ],
)
def test_create_multipart_upload_with_a_checksum_that_cannot_be(s3: Any, request_: dict[str, str]) -> None:
    with pytest.raises(InvalidRequest):
        Upload(s3, **request_)


def test_upload_part_answers_the_checksum_that_was_sent(s3: Any) -> None:
    crc = b64encode(zlib.crc32(b"x").to_bytes(4, "big")).decode()
    assert Upload(s3).put(1, b"x", ChecksumCRC32=crc)["ChecksumCRC32"] == crc
    assert not any("Checksum" in name for name in Upload(s3).put(1, b"x"))
    with pytest.raises(InvalidRequest, match="expected checksum Type: sha256, actual checksum Type: crc32"):
        Upload(s3, ChecksumAlgorithm="SHA256").put(1, b"x", ChecksumCRC32=crc)
    with pytest.raises(BadDigest):
        Upload(s3).put(1, b"y", ChecksumCRC32=crc)
    assert len(s3.files()) == 2


def test_upload_part_again_replaces_it(s3: Any) -> None:
    upload = Upload(s3)
    upload.put(1, b"old")
    upload.put(1, b"new")
    assert len(s3.files()) == 1
    with pytest.raises(InvalidPart):
        upload.complete(upload.parts[:1])
    upload.complete(upload.parts[1:])
    assert s3.get("k") == b"new"


@pytest.mark.parametrize("number", [0, 10_001])
def test_upload_part_number_out_of_range(s3: Any, number: int) -> None:
    with pytest.raises(InvalidArgument, match=r"^Part number must be an integer between 1 and 10000, inclusive$"):
        Upload(s3).put(number, b"")


def test_complete_multipart_upload_that_does_not_fit(s3: Any) -> None:
    upload = Upload(s3).put_all()
    one, two, _ = upload.parts
    with pytest.raises(InvalidRequest, match=r"^You must specify at least one part$"):
        upload.complete([])
    with pytest.raises(InvalidPartOrder):
        upload.complete([two, one])
    with pytest.raises(InvalidPartOrder):
        upload.complete([one, one])
    with pytest.raises(InvalidPart):
        upload.complete([{**one, "ETag": '"x"'}, two])
    with pytest.raises(InvalidPart):
        upload.complete([one, {**two, "PartNumber": 5}])
    with pytest.raises(InvalidRequest, match="x-amz-mp-object-size"):
        upload.complete([one, two], MpuObjectSize=1)
    upload.put(4, b"after a small one")
    with pytest.raises(EntityTooSmall) as caught:
        upload.complete()
    assert caught.value.members["PartNumber"] == "3"
    assert s3.listed() == []
    assert len(s3.files()) == 4


def test_complete_multipart_upload_conditions(s3: Any) -> None:
    etag = s3.put("k", b"there")["ETag"]
    upload = Upload(s3).put_all()
    with pytest.raises(PreconditionFailed):
        upload.complete(IfNoneMatch="*")
    with pytest.raises(PreconditionFailed):
        upload.complete(IfMatch='"x"')
    assert s3.get("k") == b"there"
    upload.complete(IfMatch=etag)
    assert s3.get("k") == b"".join(PARTS)
    assert s3.files() == ["b-1/k"]


def test_an_upload_of_one_part_outlives_a_commit_that_fails(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = Upload(s3)
    upload.put(1, b"part")
    commit = s3.engine.commit

    def overtaken(*given: Any, **more: Any) -> Any:
        monkeypatch.setattr(s3.engine, "commit", commit)
        s3.put("k", b"other")
        return commit(*given, **more)

    monkeypatch.setattr(s3.engine, "commit", overtaken)
    with pytest.raises(PreconditionFailed):
        upload.complete(IfNoneMatch="*")
    assert s3.get("k") == b"other"
    upload.complete()
    assert s3.get("k") == b"part"


def test_abort_multipart_upload(s3: Any) -> None:
    upload = Upload(s3).put_all()
    assert s3.abort_multipart_upload(**upload.names) == {}
    assert s3.files() == []
    for operation in (s3.abort_multipart_upload, s3.list_parts):
        with pytest.raises(NoSuchUpload) as caught:
            operation(**upload.names)
        assert caught.value.http_status == 404
    with pytest.raises(NoSuchUpload):
        upload.put(1, b"")
    with pytest.raises(NoSuchBucket):
        s3.create_multipart_upload(Bucket="missing", Key="k")


def test_an_upload_belongs_to_its_key(s3: Any) -> None:
    upload = Upload(s3)
    with pytest.raises(NoSuchUpload):
        s3.list_parts(**{**upload.names, "Key": "other"})


def test_list_parts_pages(s3: Any) -> None:
    upload = Upload(s3, ChecksumAlgorithm="CRC32")
    empty = s3.list_parts(**upload.names)
    assert "Parts" not in empty
    assert (empty["NextPartNumberMarker"], empty["IsTruncated"], empty["MaxParts"]) == (0, False, 1000)
    upload.put_all()
    first = s3.list_parts(**upload.names, MaxParts=2)
    assert [(part["PartNumber"], part["Size"]) for part in first["Parts"]] == [(1, SMALL), (2, SMALL + 1)]
    assert (first["NextPartNumberMarker"], first["IsTruncated"]) == (2, True)
    assert all(len(b64decode(part["ChecksumCRC32"])) == 4 for part in first["Parts"])
    rest = s3.list_parts(**upload.names, PartNumberMarker=2)
    assert [part["PartNumber"] for part in rest["Parts"]] == [3]
    assert not rest["IsTruncated"]
    assert "Parts" not in s3.list_parts(**upload.names, PartNumberMarker=2**70)


def test_list_multipart_uploads_by_key_and_time(s3: Any) -> None:
    ids = []
    for key in ("b", "a/1", "a/1", "c"):
        ids.append(s3.create_multipart_upload(Bucket="b-1", Key=key)["UploadId"])
        s3.clock.advance(1)
    b, first, second, c = ids
    answer = s3.list_multipart_uploads(Bucket="b-1")
    assert [each["UploadId"] for each in answer["Uploads"]] == [first, second, b, c]
    assert (answer["NextKeyMarker"], answer["NextUploadIdMarker"]) == ("c", c)
    page = s3.list_multipart_uploads(Bucket="b-1", MaxUploads=1)
    assert (page["IsTruncated"], page["NextKeyMarker"], page["NextUploadIdMarker"]) == (True, "a/1", first)
    page = s3.list_multipart_uploads(Bucket="b-1", MaxUploads=1, KeyMarker="a/1", UploadIdMarker=first)
    assert [each["UploadId"] for each in page["Uploads"]] == [second]
    page = s3.list_multipart_uploads(Bucket="b-1", KeyMarker="a/1")
    assert [each["UploadId"] for each in page["Uploads"]] == [b, c]
    page = s3.list_multipart_uploads(Bucket="b-1", Delimiter="/", MaxUploads=1)
    assert (page["CommonPrefixes"], page["NextKeyMarker"]) == ([{"Prefix": "a/"}], "a/")
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="b-1", KeyMarker="c")
    with pytest.raises(InvalidArgument, match=r"^Invalid uploadId marker$"):
        s3.list_multipart_uploads(Bucket="b-1", KeyMarker="b", UploadIdMarker=first)


def test_upload_part_copy(s3: Any) -> None:
    source = os.urandom(3 * SMALL)
    s3.put("source", source)
    upload = Upload(s3)
    parts = []
    for number, piece in ((1, f"bytes=0-{SMALL - 1}"), (2, f"bytes={SMALL}-{3 * SMALL - 1}"), (3, None)):
        more = {"CopySourceRange": piece} if piece else {}
        result = s3.upload_part_copy(**upload.names, PartNumber=number, CopySource="b-1/source", **more)
        parts.append({"PartNumber": number, "ETag": result["CopyPartResult"]["ETag"]})
    upload.complete(parts)
    assert s3.get("k") == source + source


@pytest.mark.parametrize(
    ("piece", "message"),
    [
        ("bytes=0-", "must be of the form bytes=first-last"),
        ("0-1", "must be of the form bytes=first-last"),
        ("bytes=0-3", "Range specified is not valid for source object of size: 3"),
        ("bytes=2-1", "Range specified is not valid for source object of size: 3"),
    ],
)
def test_upload_part_copy_range_that_is_none(s3: Any, piece: str, message: str) -> None:
    s3.put("source", b"123")
    with pytest.raises(InvalidArgument, match=message):
        s3.upload_part_copy(**Upload(s3).names, PartNumber=1, CopySource="b-1/source", CopySourceRange=piece)


def test_upload_part_copy_conditions(s3: Any) -> None:
    s3.put("source", b"123")
    with pytest.raises(PreconditionFailed):
        s3.upload_part_copy(**Upload(s3).names, PartNumber=1, CopySource="b-1/source", CopySourceIfMatch='"x"')
    with pytest.raises(NoSuchKey):
        s3.upload_part_copy(**Upload(s3).names, PartNumber=1, CopySource="b-1/other")


def test_get_object_by_part_number(s3: Any) -> None:
    Upload(s3).put_all().complete()
    answer = s3.get_object(Bucket="b-1", Key="k", PartNumber=2)
    assert answer["Body"] == PARTS[1]
    assert answer["PartsCount"] == 3
    assert answer["ContentRange"] == f"bytes {SMALL}-{2 * SMALL}/{2 * SMALL + 4}"
    with pytest.raises(InvalidPartNumber) as caught:
        s3.get("k", PartNumber=4)
    assert caught.value.members == {"ActualPartCount": "3", "PartNumberRequested": "4"}


def test_get_object_attributes(s3: Any) -> None:
    Upload(s3, ChecksumAlgorithm="SHA256").put_all().complete()
    every = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]
    answer = s3.get_object_attributes(Bucket="b-1", Key="k", ObjectAttributes=every, MaxParts=2)
    assert answer["ETag"].endswith("-3")
    assert (answer["ObjectSize"], answer["StorageClass"]) == (sum(map(len, PARTS)), "STANDARD")
    assert answer["Checksum"]["ChecksumType"] == "COMPOSITE"
    shown = answer["ObjectParts"]
    assert (shown["TotalPartsCount"], shown["IsTruncated"], shown["NextPartNumberMarker"]) == (3, True, 2)
    digest = b64encode(hashlib.sha256(PARTS[1]).digest()).decode()
    assert shown["Parts"][1] == {"PartNumber": 2, "Size": SMALL + 1, "ChecksumSHA256": digest}
    s3.put("plain", b"1")
    plain = s3.get_object_attributes(Bucket="b-1", Key="plain", ObjectAttributes=["ObjectParts", "ObjectSize"])
    assert set(plain) == {"LastModified", "ObjectSize"}
    with pytest.raises(AwsError, match="Invalid attribute name"):
        s3.get_object_attributes(Bucket="b-1", Key="k", ObjectAttributes=["Colour"])


def test_copy_object_of_a_multipart_object_has_a_plain_etag(s3: Any) -> None:
    Upload(s3, ChecksumAlgorithm="CRC32").put_all().complete()
    result = s3.copy_object(Bucket="b-1", Key="c", CopySource="b-1/k")["CopyObjectResult"]
    assert result["ETag"] == f'"{hashlib.md5(b"".join(PARTS)).hexdigest()}"'
    assert result["ChecksumType"] == "FULL_OBJECT"
