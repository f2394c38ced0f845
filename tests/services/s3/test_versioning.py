"""Versions, beyond what the model of test_s3_model.py knows: answers, errors, and listings as AWS gives them."""

import re
from typing import Any

import pytest

from afluente.core.error import AwsError
from afluente.services.s3 import version_id
from afluente.services.s3.error import (
    BucketNotEmpty,
    InvalidArgument,
    InvalidRequest,
    MethodNotAllowed,
    NoSuchKey,
    NoSuchVersion,
)

UNKNOWN = "0123456789abcdefghijklmnopqrs_.z"


@pytest.fixture
def versioned(s3: Any) -> Any:
    s3.put_bucket_versioning(Bucket="b-1", VersioningConfiguration={"Status": "Enabled"})
    return s3


def _put(s3: Any, *keys: str) -> list[str]:
    return [s3.put(key, str(number).encode())["VersionId"] for number, key in enumerate(keys)]


def test_put_bucket_versioning(s3: Any) -> None:
    assert s3.get_bucket_versioning(Bucket="b-1") == {}
    for status in ("Enabled", "Suspended"):
        s3.put_bucket_versioning(Bucket="b-1", VersioningConfiguration={"Status": status})
        assert s3.get_bucket_versioning(Bucket="b-1") == {"Status": status}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "IllegalVersioningConfigurationException"),
        ({"Status": "On"}, "MalformedXML"),
        ({"Status": "Enabled", "MFADelete": "Enabled"}, "NotImplemented"),
    ],
)
def test_put_bucket_versioning_that_is_none(s3: Any, given: dict[str, str], code: str) -> None:
    with pytest.raises(AwsError) as caught:
        s3.put_bucket_versioning(Bucket="b-1", VersioningConfiguration=given)
    assert caught.value.code == code


def test_version_ids_look_like_those_of_s3_and_know_their_number() -> None:
    ids = [version_id.new_version_id(number) for number in (1, 1, (1 << 48) - 1)]
    assert all(re.fullmatch(r"[A-Za-z0-9._]{32}", each) for each in ids)
    assert len(set(ids)) == 3
    assert [version_id.number_of(each) for each in ids] == [1, 1, (1 << 48) - 1]


def test_answers_name_the_version(versioned: Any) -> None:
    (version,) = _put(versioned, "k")
    named = {"Bucket": "b-1", "Key": "k"}
    assert versioned.head_object(**named)["VersionId"] == version
    assert versioned.get_object_tagging(**named)["VersionId"] == version
    assert versioned.get_object_attributes(**named, ObjectAttributes=["ETag"])["VersionId"] == version
    copied = versioned.copy_object(**named, CopySource=f"b-1/k?versionId={version}", MetadataDirective="REPLACE")
    assert copied["CopySourceVersionId"] == version != copied["VersionId"]


def test_a_deleted_object(versioned: Any) -> None:
    (version,) = _put(versioned, "k")
    marker = versioned.delete_object(Bucket="b-1", Key="k")
    assert marker["DeleteMarker"]
    with pytest.raises(NoSuchKey) as missing:
        versioned.get("k")
    assert missing.value.headers == {"x-amz-delete-marker": "true", "x-amz-version-id": marker["VersionId"]}
    with pytest.raises(MethodNotAllowed) as refused:
        versioned.head_object(Bucket="b-1", Key="k", VersionId=marker["VersionId"])
    assert (refused.value.http_status, refused.value.headers["Allow"]) == (405, "DELETE")
    with pytest.raises(InvalidRequest, match="delete marker by version id"):
        versioned.copy_object(Bucket="b-1", Key="c", CopySource=f"b-1/k?versionId={marker['VersionId']}")
    assert versioned.get("k", VersionId=version) == b"0"
    gone = versioned.delete_object(Bucket="b-1", Key="k", VersionId=marker["VersionId"])
    assert gone == {"DeleteMarker": True, "VersionId": marker["VersionId"]}
    assert versioned.get("k") == b"0"


@pytest.mark.parametrize(
    ("version", "error"), [(UNKNOWN, NoSuchVersion), ("x", InvalidArgument), ("", InvalidArgument)]
)
def test_a_version_that_is_none(versioned: Any, version: str, error: type[AwsError]) -> None:
    _put(versioned, "k")
    with pytest.raises(error):
        versioned.get("k", VersionId=version)


def test_deleting_a_version_that_is_none(versioned: Any) -> None:
    _put(versioned, "k")
    assert versioned.delete_object(Bucket="b-1", Key="k", VersionId=UNKNOWN) == {"VersionId": UNKNOWN}
    assert versioned.get("k") == b"0"


def test_in_a_bucket_without_versioning_there_is_only_null(s3: Any) -> None:
    s3.put("k", b"1")
    assert "VersionId" not in s3.get_object(Bucket="b-1", Key="k", VersionId="null")
    with pytest.raises(InvalidArgument, match="Invalid version id specified"):
        s3.get("k", VersionId=UNKNOWN)


def test_delete_objects_with_versions(versioned: Any) -> None:
    first, _ = _put(versioned, "k", "k")
    doomed = [{"Key": "k", "VersionId": first}, {"Key": "k"}, {"Key": "k", "VersionId": "x"}]
    answer = versioned.delete_objects(Bucket="b-1", Delete={"Objects": doomed})
    assert answer["Deleted"][0] == {"Key": "k", "VersionId": first}
    assert answer["Deleted"][1]["DeleteMarker"]
    assert [(error["VersionId"], error["Code"]) for error in answer["Errors"]] == [("x", "InvalidArgument")]


def test_a_bucket_with_versions_is_not_empty(versioned: Any) -> None:
    _put(versioned, "k")
    versioned.delete_object(Bucket="b-1", Key="k")
    with pytest.raises(BucketNotEmpty, match="You must delete all versions in the bucket"):
        versioned.delete_bucket(Bucket="b-1")


def test_list_object_versions_with_a_delimiter(versioned: Any) -> None:
    _put(versioned, "d/a", "d/a", "d/b", "e")
    page = versioned.list_object_versions(Bucket="b-1", Delimiter="/", MaxKeys=1)
    assert [group["Prefix"] for group in page["CommonPrefixes"]] == ["d/"]
    assert (page["IsTruncated"], page["NextKeyMarker"]) == (True, "d/")
    assert "NextVersionIdMarker" not in page
    rest = versioned.list_object_versions(Bucket="b-1", Delimiter="/", KeyMarker="d/")
    assert [item["Key"] for item in rest["Versions"]] == ["e"]


def test_list_object_versions_goes_on_behind_versions_that_are_gone(versioned: Any) -> None:
    versions = _put(versioned, "k", "k", "k")[::-1]
    for version in versions[:2]:
        versioned.delete_object(Bucket="b-1", Key="k", VersionId=version)
    page = versioned.list_object_versions(Bucket="b-1", KeyMarker="k", VersionIdMarker=versions[1])
    assert [(item["VersionId"], item["IsLatest"]) for item in page["Versions"]] == [(versions[2], True)]


def test_list_object_versions_with_markers_that_are_none(versioned: Any) -> None:
    with pytest.raises(InvalidArgument, match="without a key marker"):
        versioned.list_object_versions(Bucket="b-1", VersionIdMarker=UNKNOWN)
    with pytest.raises(InvalidArgument, match="Invalid version id"):
        versioned.list_object_versions(Bucket="b-1", KeyMarker="k", VersionIdMarker="null")


def test_an_object_that_moves_back_lies_where_it_can(versioned: Any) -> None:
    first, second = _put(versioned, "a", "a")
    versioned.delete_object(Bucket="b-1", Key="a")
    _put(versioned, "a/b")  # needs a folder where `a` lay
    marker = versioned.list_object_versions(Bucket="b-1", Prefix="a", MaxKeys=1)["DeleteMarkers"][0]
    versioned.delete_object(Bucket="b-1", Key="a", VersionId=marker["VersionId"])
    assert versioned.get("a") == b"1"
    assert versioned.get("a/b") == b"0"
    assert versioned.get("a", VersionId=first) == b"0"
    assert versioned.head_object(Bucket="b-1", Key="a")["VersionId"] == second


def test_what_a_crash_left_of_versions_is_removed(versioned: Any) -> None:
    _put(versioned, "k", "k")
    (versioned.root / ".versions" / "0123").write_bytes(b"linked, and never committed")
    again = type(versioned)(versioned.root.parent, versioned.clock)
    assert len(again.files()) == 2
    again.close()


def test_without_hard_links_versions_are_copied(versioned: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(*_: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.link", link)
    first, second = _put(versioned, "k", "k")
    versioned.delete_object(Bucket="b-1", Key="k", VersionId=second)
    assert (versioned.get("k"), versioned.head_object(Bucket="b-1", Key="k")["VersionId"]) == (b"0", first)
    assert len(versioned.files()) == 1
