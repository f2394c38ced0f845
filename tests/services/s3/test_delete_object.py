from typing import Any

import pytest

from afluente.services.s3.error import InvalidArgument, MalformedXML, NoSuchBucket, NoSuchKey, PreconditionFailed


def test_delete_object_takes_file_and_empty_folders(s3: Any) -> None:
    s3.put("x/y/1")
    s3.put("x/2")
    assert s3.delete_object(Bucket="b-1", Key="x/y/1") == {}
    assert s3.files() == ["b-1/x/2"]
    assert not (s3.root / "b-1" / "x" / "y").exists()


def test_delete_object_that_is_not_there_succeeds(s3: Any) -> None:
    assert s3.delete_object(Bucket="b-1", Key="k", VersionId="null") == {}
    with pytest.raises(NoSuchBucket):
        s3.delete_object(Bucket="missing", Key="k")
    with pytest.raises(InvalidArgument):
        s3.delete_object(Bucket="b-1", Key="k", VersionId="x")


def test_delete_object_if_match(s3: Any) -> None:
    etag = s3.put("k")["ETag"]
    with pytest.raises(PreconditionFailed):
        s3.delete_object(Bucket="b-1", Key="k", IfMatch='"x"')
    assert s3.listed() == ["k"]
    s3.delete_object(Bucket="b-1", Key="k", IfMatch=etag)
    assert s3.listed() == []
    with pytest.raises(NoSuchKey):
        s3.delete_object(Bucket="b-1", Key="k", IfMatch=etag)


def test_delete_objects_reports_each_key(s3: Any) -> None:
    for key in ("a", "a/b", "c"):
        s3.put(key)
    wanted = [{"Key": "a"}, {"Key": "a/b"}, {"Key": "missing"}, {"Key": "c", "ETag": '"x"'}]
    answer = s3.delete_objects(Bucket="b-1", Delete={"Objects": wanted})
    assert answer["Deleted"] == [{"Key": "a"}, {"Key": "a/b"}, {"Key": "missing"}]
    assert [(error["Key"], error["Code"]) for error in answer["Errors"]] == [("c", "PreconditionFailed")]
    assert s3.files() == ["b-1/c"]


def test_delete_objects_quietly(s3: Any) -> None:
    s3.put("a")
    assert s3.delete_objects(Bucket="b-1", Delete={"Objects": [{"Key": "a"}], "Quiet": True}) == {}
    assert s3.listed() == []


@pytest.mark.parametrize("count", [0, 1001])
def test_delete_objects_takes_1_to_1000_keys(s3: Any, count: int) -> None:
    with pytest.raises(MalformedXML):
        s3.delete_objects(Bucket="b-1", Delete={"Objects": [{"Key": "a"}] * count})
