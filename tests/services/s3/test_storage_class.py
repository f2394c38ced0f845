"""Storage classes: kept, shown, archived and restored."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from afluente.core.clock import utc
from afluente.core.error import AwsError
from afluente.core.provider import STATUS
from afluente.services.s3.storage_class import KNOWN

HOUR_S = 3600
DAY_S = 86_400


def _restore(s3: Any, days: int = 1, **request: Any) -> dict[str, Any]:
    answer: dict[str, Any] = s3.restore_object(Bucket="b-1", Key="k", RestoreRequest={"Days": days, **request})
    return answer


def _head(s3: Any) -> Any:
    return s3.head_object(Bucket="b-1", Key="k").get("Restore")


@pytest.mark.parametrize("storage_class", sorted(KNOWN))
def test_a_storage_class_is_kept_and_shown(s3: Any, storage_class: str) -> None:
    s3.put("k", b"1", StorageClass=storage_class)
    shown = None if storage_class == "STANDARD" else storage_class
    assert s3.head_object(Bucket="b-1", Key="k").get("StorageClass") == shown
    for listing in (s3.list_objects(Bucket="b-1"), s3.list_objects_v2(Bucket="b-1")):
        assert listing["Contents"][0]["StorageClass"] == storage_class
    assert s3.list_object_versions(Bucket="b-1")["Versions"][0]["StorageClass"] == storage_class
    attributes = s3.get_object_attributes(Bucket="b-1", Key="k", ObjectAttributes=["StorageClass"])
    assert attributes["StorageClass"] == storage_class


@pytest.mark.parametrize("storage_class", ["OUTPOSTS", "EXPRESS_ONEZONE", "SNOW"])
def test_storage_classes_of_other_places_are_none(s3: Any, storage_class: str) -> None:
    with pytest.raises(AwsError, match="The storage class you specified is not valid"):
        s3.put("k", StorageClass=storage_class)


def test_a_multipart_upload_keeps_its_storage_class(s3: Any) -> None:
    target = {"Bucket": "b-1", "Key": "k"}
    target["UploadId"] = s3.create_multipart_upload(**target, StorageClass="STANDARD_IA")["UploadId"]
    part = s3.upload_part(**target, PartNumber=1, Body=b"1")
    assert s3.list_parts(**target)["StorageClass"] == "STANDARD_IA"
    assert s3.list_multipart_uploads(Bucket="b-1")["Uploads"][0]["StorageClass"] == "STANDARD_IA"
    s3.complete_multipart_upload(**target, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    assert s3.head_object(Bucket="b-1", Key="k")["StorageClass"] == "STANDARD_IA"


def test_a_copy_has_the_storage_class_that_is_asked_for(s3: Any) -> None:
    s3.put("k", b"1", StorageClass="STANDARD_IA")
    s3.copy_object(Bucket="b-1", Key="k", CopySource="b-1/k", StorageClass="GLACIER_IR")
    assert s3.head_object(Bucket="b-1", Key="k")["StorageClass"] == "GLACIER_IR"
    s3.copy_object(Bucket="b-1", Key="copy", CopySource="b-1/k")
    assert "StorageClass" not in s3.head_object(Bucket="b-1", Key="copy")


@pytest.mark.parametrize("storage_class", ["GLACIER", "DEEP_ARCHIVE"])
def test_what_is_archived_cannot_be_read(s3: Any, storage_class: str) -> None:
    s3.put("k", b"1", StorageClass=storage_class)
    upload = s3.create_multipart_upload(Bucket="b-1", Key="to")["UploadId"]
    copy = {"Bucket": "b-1", "Key": "to", "CopySource": "b-1/k"}
    reads: list[Callable[[], Any]] = [
        lambda: s3.get("k"),
        lambda: s3.copy_object(**copy),
        lambda: s3.upload_part_copy(**copy, UploadId=upload, PartNumber=1),
        lambda: s3.engine.get_object("b-1", "k"),
    ]
    for read in reads:
        with pytest.raises(AwsError, match="storage class") as caught:
            read()
        assert (caught.value.code, caught.value.http_status) == ("InvalidObjectState", 403)
        assert caught.value.members == {"StorageClass": storage_class}
    assert s3.head_object(Bucket="b-1", Key="k")["ContentLength"] == 1
    assert list(s3.engine.iter_files("b-1")) == []
    assert [stored.key for stored in s3.engine.iter_objects("b-1")] == ["k"]


def test_a_restored_object_is_read_until_its_copy_expires(s3: Any) -> None:
    s3.put("k", b"1", StorageClass="GLACIER")
    assert _restore(s3, days=2) == {}
    assert _head(s3) == 'ongoing-request="true"'
    s3.clock.advance(5 * HOUR_S - 1)
    with pytest.raises(AwsError, match="not valid for the object's storage class"):
        s3.get("k")
    s3.clock.advance(1)
    assert s3.get("k") == b"1"
    ready = utc(s3.clock.now_ms())
    expiry = datetime(ready.year, ready.month, ready.day, tzinfo=UTC).timestamp() + 3 * DAY_S
    shown = datetime.fromtimestamp(expiry, UTC).strftime("%a, %d %b %Y 00:00:00 GMT")
    assert _head(s3) == f'ongoing-request="false", expiry-date="{shown}"'
    s3.clock.advance(expiry - s3.clock.now_ms() / 1000)
    assert _head(s3) is None
    with pytest.raises(AwsError, match="not valid for the object's storage class"):
        s3.get("k")


def test_a_restored_copy_stays_longer_when_it_is_asked_for_again(s3: Any) -> None:
    s3.put("k", b"1", StorageClass="GLACIER")
    _restore(s3, Tier="Expedited")
    s3.clock.advance(HOUR_S)
    before = _head(s3)
    assert _restore(s3, days=9) == {STATUS: 200}
    assert _head(s3) != before
    s3.clock.advance(8 * DAY_S)
    assert s3.get("k") == b"1"


def test_a_restore_under_way_is_only_made_faster(s3: Any) -> None:
    s3.put("k", b"1", StorageClass="GLACIER")
    _restore(s3, GlacierJobParameters={"Tier": "Bulk"})
    for slower in ("Bulk",):
        with pytest.raises(AwsError, match="Object restore is already in progress") as caught:
            _restore(s3, Tier=slower)
        assert caught.value.http_status == 409
    _restore(s3, Tier="Expedited")
    with pytest.raises(AwsError, match="already in progress"):
        _restore(s3, Tier="Standard")
    s3.clock.advance(HOUR_S // 12)
    assert s3.get("k") == b"1"


@pytest.mark.parametrize(
    ("storage_class", "asked", "code"),
    [
        ("STANDARD", {"Days": 1}, "InvalidObjectState"),
        ("GLACIER_IR", {"Days": 1}, "InvalidObjectState"),
        ("GLACIER", {}, "MalformedXML"),
        ("GLACIER", {"Days": 0}, "InvalidArgument"),
        ("DEEP_ARCHIVE", {"Days": 1, "GlacierJobParameters": {"Tier": "Expedited"}}, "InvalidArgument"),
    ],
)
def test_restore_object_that_cannot_be(s3: Any, storage_class: str, asked: Any, code: str) -> None:
    s3.put("k", b"1", StorageClass=storage_class)
    with pytest.raises(AwsError) as caught:
        s3.restore_object(Bucket="b-1", Key="k", RestoreRequest=asked)
    assert caught.value.code == code


def test_listings_show_restores_when_they_are_asked_to(s3: Any) -> None:
    s3.put("k", b"1", StorageClass="DEEP_ARCHIVE")
    s3.put("l", b"1")
    _restore(s3)

    def shown(**request: Any) -> list[Any]:
        found = s3.list_objects_v2(Bucket="b-1", **request)["Contents"]
        return [item.get("RestoreStatus") for item in found]

    asked = {"OptionalObjectAttributes": ["RestoreStatus"]}
    assert shown() == [None, None]
    assert shown(**asked) == [{"IsRestoreInProgress": True}, None]
    s3.clock.advance(12 * HOUR_S)
    assert shown(**asked)[0]["IsRestoreInProgress"] is False
    versions = s3.list_object_versions(Bucket="b-1", **asked)["Versions"]
    assert versions[0]["RestoreStatus"]["RestoreExpiryDate"] > utc(s3.clock.now_ms())


def test_an_overwritten_archive_is_an_object_like_any(s3: Any) -> None:
    s3.put("k", b"1", StorageClass="GLACIER")
    s3.put("k", b"2")
    assert s3.get("k") == b"2"
    assert "StorageClass" not in s3.head_object(Bucket="b-1", Key="k")


def test_each_version_has_its_own_storage_class(s3: Any) -> None:
    s3.put_bucket_versioning(Bucket="b-1", VersioningConfiguration={"Status": "Enabled"})
    version = s3.put("k", b"1", StorageClass="GLACIER")["VersionId"]
    s3.put("k", b"2")
    s3.restore_object(Bucket="b-1", Key="k", VersionId=version, RestoreRequest={"Days": 1, "Tier": "Expedited"})
    s3.clock.advance(HOUR_S)
    assert s3.get("k", VersionId=version) == b"1"
