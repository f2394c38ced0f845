from typing import Any

import pytest

from afluente.services.s3.error import InvalidArgument, NoSuchBucket

KEYS = ["a", "a/b", "a/c/d", "b", "date=1/x", "date=2/x", "é", "\uffff", "\U0001f300"]


@pytest.fixture
def listed(s3: Any) -> Any:
    for key in reversed(KEYS):
        s3.put(key, key.encode())
    return s3


def test_list_objects_v2_in_the_order_of_bytes(listed: Any) -> None:
    answer = listed.list_objects_v2(Bucket="b-1")
    assert [item["Key"] for item in answer["Contents"]] == KEYS
    assert {name: answer[name] for name in ("Name", "Prefix", "MaxKeys", "KeyCount", "IsTruncated")} == {
        "Name": "b-1",
        "Prefix": "",
        "MaxKeys": 1000,
        "KeyCount": 9,
        "IsTruncated": False,
    }
    first = answer["Contents"][0]
    assert first["LastModified"] == listed.head_object(Bucket="b-1", Key="a")["LastModified"]
    assert {name: first[name] for name in first if name != "LastModified"} == {
        "Key": "a",
        "ETag": '"0cc175b9c0f1b6a831c399e269772661"',
        "ChecksumAlgorithm": ["CRC64NVME"],
        "ChecksumType": "FULL_OBJECT",
        "Size": 1,
        "StorageClass": "STANDARD",
    }


def test_list_objects_v2_of_nothing_has_no_contents(s3: Any) -> None:
    answer = s3.list_objects_v2(Bucket="b-1", Prefix="x")
    assert answer == {"Name": "b-1", "Prefix": "x", "MaxKeys": 1000, "IsTruncated": False, "KeyCount": 0}
    with pytest.raises(NoSuchBucket):
        s3.list_objects_v2(Bucket="missing")


def test_list_objects_v2_pages_with_a_delimiter(listed: Any) -> None:
    names: list[str] = []
    request = {"Bucket": "b-1", "Delimiter": "/", "MaxKeys": 2}
    answer = listed.list_objects_v2(**request)
    while True:
        shown = [item["Key"] for item in answer.get("Contents", [])]
        names += sorted(shown + [item["Prefix"] for item in answer.get("CommonPrefixes", [])])
        assert answer["KeyCount"] <= 2
        if not answer["IsTruncated"]:
            break
        token = answer["NextContinuationToken"]
        answer = listed.list_objects_v2(**request, ContinuationToken=token)
        assert answer["ContinuationToken"] == token
    assert names == ["a", "a/", "b", "date=1/", "date=2/", "é", "\uffff", "\U0001f300"]


def test_list_objects_v2_start_after(listed: Any) -> None:
    answer = listed.list_objects_v2(Bucket="b-1", StartAfter="a/b", MaxKeys=2)
    assert [item["Key"] for item in answer["Contents"]] == ["a/c/d", "b"]
    assert answer["StartAfter"] == "a/b"
    token = answer["NextContinuationToken"]
    answer = listed.list_objects_v2(Bucket="b-1", StartAfter="a/b", MaxKeys=1, ContinuationToken=token)
    assert [item["Key"] for item in answer["Contents"]] == ["date=1/x"]
    assert "StartAfter" not in answer


def test_list_objects_v2_encoded(listed: Any) -> None:
    answer = listed.list_objects_v2(Bucket="b-1", Prefix="date=", EncodingType="url", StartAfter="date=1/x")
    assert [item["Key"] for item in answer["Contents"]] == ["date%3D2/x"]
    assert (answer["Prefix"], answer["StartAfter"]) == ("date%3D", "date%3D1/x")


def test_list_objects_v2_owner_only_when_asked(listed: Any) -> None:
    assert "Owner" not in listed.list_objects_v2(Bucket="b-1")["Contents"][0]
    assert "ID" in listed.list_objects_v2(Bucket="b-1", FetchOwner=True)["Contents"][0]["Owner"]


@pytest.mark.parametrize("token", ["", "x", "AAAA", "Af8=", "ü"])
def test_list_objects_v2_with_a_wrong_token(s3: Any, token: str) -> None:
    with pytest.raises(InvalidArgument, match=r"^The continuation token provided is incorrect$") as caught:
        s3.list_objects_v2(Bucket="b-1", ContinuationToken=token)
    assert caught.value.members["ArgumentName"] == "continuation-token"


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2", "list_multipart_uploads"])
@pytest.mark.parametrize("value", ["value", ""])
def test_lists_with_a_wrong_encoding(s3: Any, operation: str, value: str) -> None:
    with pytest.raises(InvalidArgument, match=r"^Invalid Encoding Method specified in Request$") as caught:
        getattr(s3, operation)(Bucket="b-1", EncodingType=value)
    assert caught.value.members["ArgumentName"] == "encoding-type"


def test_list_objects_v2_max_keys(listed: Any) -> None:
    assert listed.list_objects_v2(Bucket="b-1", MaxKeys=5000)["MaxKeys"] == 1000
    answer = listed.list_objects_v2(Bucket="b-1", MaxKeys=0)
    assert (answer["KeyCount"], answer["IsTruncated"]) == (0, False)
    with pytest.raises(InvalidArgument, match="Argument max-keys must be an integer between 0 and 2147483647"):
        listed.list_objects_v2(Bucket="b-1", MaxKeys=-1)


def test_list_objects_gives_a_next_marker_only_with_a_delimiter(listed: Any) -> None:
    answer = listed.list_objects(Bucket="b-1", MaxKeys=1, Marker="a", Delimiter="/")
    assert answer["CommonPrefixes"] == [{"Prefix": "a/"}]
    assert (answer["Marker"], answer["NextMarker"]) == ("a", "a/")
    answer = listed.list_objects(Bucket="b-1", MaxKeys=1, Marker="a/", Delimiter="/")
    assert [item["Key"] for item in answer["Contents"]] == ["b"]
    answer = listed.list_objects(Bucket="b-1", MaxKeys=1)
    assert answer["IsTruncated"]
    assert "NextMarker" not in answer
    assert "Owner" in answer["Contents"][0]


def test_list_objects_from_within_a_common_prefix_passes_over_it(listed: Any) -> None:
    answer = listed.list_objects(Bucket="b-1", Marker="date=1/a", Delimiter="/", MaxKeys=1)
    assert answer["CommonPrefixes"] == [{"Prefix": "date=2/"}]
