from datetime import UTC, datetime
from typing import Any

import pytest

from afluente.core.clock import utc
from afluente.core.error import AwsError

DAY_S = 86_400


@pytest.fixture
def running(s3: Any) -> Any:
    s3.engine.start()
    s3.clock.settle(2)
    return s3


def _put(s3: Any, *rules: dict[str, Any]) -> None:
    s3.put_bucket_lifecycle_configuration(Bucket="b-1", LifecycleConfiguration={"Rules": list(rules)})


def _rule(**members: Any) -> dict[str, Any]:
    return {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, **members}


def _days(s3: Any, days: int) -> None:
    for _ in range(days):
        s3.clock.settle(2)
        s3.clock.advance(DAY_S)
        s3.clock.settle(2)


def test_lifecycle_comes_back_as_it_was_put(s3: Any) -> None:
    date = datetime(2030, 1, 1, tzinfo=UTC)
    rules = [
        _rule(Expiration={"Days": 3}, AbortIncompleteMultipartUpload={"DaysAfterInitiation": 1}),
        {"ID": "s", "Status": "Disabled", "Prefix": "x", "Expiration": {"Date": date}},
    ]
    _put(s3, *rules)
    assert s3.get_bucket_lifecycle_configuration(Bucket="b-1")["Rules"] == rules
    s3.delete_bucket_lifecycle(Bucket="b-1")
    with pytest.raises(AwsError, match="The lifecycle configuration does not exist"):
        s3.get_bucket_lifecycle_configuration(Bucket="b-1")


def test_lifecycle_expires_objects_at_the_midnight_after_their_age(running: Any) -> None:
    _put(running, _rule(Filter={"Prefix": "results/"}, Expiration={"Days": 2}))
    header = running.put("results/1")["Expiration"]
    running.put("kept")
    assert header == 'expiry-date="Thu, 24 Sep 2026 00:00:00 GMT", rule-id="r"'
    assert utc(running.clock.now_ms()).isoformat() == "2026-09-21T14:13:20+00:00"
    assert running.head_object(Bucket="b-1", Key="results/1")["Expiration"] == header
    _days(running, 2)
    assert running.listed() == ["kept", "results/1"]
    _days(running, 1)
    assert running.listed() == ["kept"]
    assert running.files() == ["b-1/kept"]


def test_lifecycle_applies_at_once_to_what_is_old_enough(running: Any) -> None:
    running.put("old")
    _days(running, 5)
    _put(running, _rule(Expiration={"Days": 1}))
    running.clock.settle(2)
    assert running.listed() == []


def test_lifecycle_expires_by_date(running: Any) -> None:
    running.put("k")
    _put(running, _rule(Expiration={"Date": datetime(2026, 9, 23, tzinfo=UTC)}))
    _days(running, 1)
    assert running.listed() == ["k"]
    _days(running, 1)
    assert running.listed() == []


def test_lifecycle_aborts_uploads(running: Any) -> None:
    _put(running, _rule(AbortIncompleteMultipartUpload={"DaysAfterInitiation": 1}))
    answer = running.create_multipart_upload(Bucket="b-1", Key="k")
    assert (answer["AbortDate"].isoformat(), answer["AbortRuleId"]) == ("2026-09-23T00:00:00+00:00", "r")
    running.upload_part(Bucket="b-1", Key="k", UploadId=answer["UploadId"], PartNumber=1, Body=b"1")
    _days(running, 2)
    assert "Uploads" not in running.list_multipart_uploads(Bucket="b-1")
    assert running.files() == []


@pytest.mark.parametrize(
    ("filter", "expired"),
    [
        ({"Tag": {"Key": "t", "Value": "1"}}, ["tagged"]),
        ({"ObjectSizeGreaterThan": 5}, ["large"]),
        ({"ObjectSizeLessThan": 6}, ["small", "tagged"]),
        ({"And": {"Prefix": "ta", "Tags": [{"Key": "t", "Value": "1"}]}}, ["tagged"]),
        ({"And": {"Prefix": "sm", "ObjectSizeGreaterThan": 5}}, []),
        ({}, ["large", "small", "tagged"]),
    ],
)
def test_lifecycle_filters(running: Any, filter: dict[str, Any], expired: list[str]) -> None:
    running.put("large", b"123456")
    running.put("small", b"1")
    running.put("tagged", b"1", Tagging="t=1")
    _put(running, _rule(Filter=filter, Expiration={"Days": 1}))
    _days(running, 2)
    assert sorted({"large", "small", "tagged"} - set(running.listed())) == expired


def test_lifecycle_of_ages_that_no_calendar_holds(s3: Any) -> None:
    _put(s3, _rule(Expiration={"Days": 2**31 - 1}))
    assert 'expiry-date="Fri, 31 Dec 9999 00:00:00 GMT"' in s3.put("k")["Expiration"]


def test_lifecycle_that_is_disabled_does_nothing(running: Any) -> None:
    running.put("k")
    _put(running, _rule(Status="Disabled", Expiration={"Days": 1}))
    _days(running, 3)
    assert running.listed() == ["k"]


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ([], "MalformedXML"),
        ([_rule()], "InvalidRequest"),
        ([_rule(Expiration={})], "MalformedXML"),
        ([_rule(Expiration={"Days": 0})], "InvalidArgument"),
        ([_rule(Expiration={"Days": 1, "Date": datetime(2030, 1, 1, tzinfo=UTC)})], "MalformedXML"),
        ([_rule(Expiration={"Date": datetime(2030, 1, 1, 1, tzinfo=UTC)})], "InvalidArgument"),
        ([_rule(Expiration={"Days": 1}, Prefix="x")], "MalformedXML"),
        ([_rule(Expiration={"Days": 1}, Status="On")], "MalformedXML"),
        ([_rule(Expiration={"Days": 1}, Filter={"Prefix": "a", "ObjectSizeLessThan": 1})], "MalformedXML"),
        ([_rule(Expiration={"Days": 1}), _rule(Expiration={"Days": 2})], "InvalidArgument"),
        ([_rule(AbortIncompleteMultipartUpload={})], "InvalidArgument"),
        (
            [_rule(AbortIncompleteMultipartUpload={"DaysAfterInitiation": 1}, Filter={"ObjectSizeLessThan": 1})],
            "InvalidRequest",
        ),
    ],
)
def test_lifecycle_rules_that_are_none(s3: Any, rules: list[dict[str, Any]], code: str) -> None:
    with pytest.raises(AwsError) as caught:
        _put(s3, *rules)
    assert caught.value.code == code


def _versioned(s3: Any, *keys: str) -> None:
    s3.put_bucket_versioning(Bucket="b-1", VersioningConfiguration={"Status": "Enabled"})
    for key in keys:
        s3.put(key, b"1")


def _versions(s3: Any) -> tuple[int, int]:
    """How many versions and delete markers there are."""
    page = s3.list_object_versions(Bucket="b-1")
    return len(page.get("Versions", [])), len(page.get("DeleteMarkers", []))


def test_expiration_in_a_bucket_with_versioning_makes_delete_markers(running: Any) -> None:
    _versioned(running, "a", "a")
    _put(running, _rule(Expiration={"Days": 1}))
    _days(running, 2)
    assert (running.listed(), _versions(running)) == ([], (2, 1))
    _days(running, 3)
    assert _versions(running) == (2, 1), "a marker above versions stays"


def test_noncurrent_versions_expire_by_the_age_of_what_replaced_them(running: Any) -> None:
    _versioned(running, "a", "a", "a", "a", "b")
    _put(running, _rule(NoncurrentVersionExpiration={"NoncurrentDays": 2, "NewerNoncurrentVersions": 1}))
    _days(running, 2)
    assert _versions(running) == (5, 0)
    _days(running, 1)
    assert (running.listed(), _versions(running)) == (["a", "b"], (3, 0))


@pytest.mark.parametrize("expiration", [{"ExpiredObjectDeleteMarker": True}, {"Days": 1}])
def test_a_delete_marker_that_hides_nothing_goes(running: Any, expiration: dict[str, Any]) -> None:
    _versioned(running, "a")
    running.delete_object(Bucket="b-1", Key="a")
    _put(running, _rule(NoncurrentVersionExpiration={"NoncurrentDays": 1}, Expiration=expiration))
    _days(running, 3)
    assert _versions(running) == (0, 0)


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (_rule(Expiration={"Days": 1, "ExpiredObjectDeleteMarker": True}), "MalformedXML"),
        (_rule(NoncurrentVersionExpiration={"NoncurrentDays": 0}), "InvalidArgument"),
        (_rule(NoncurrentVersionExpiration={"NoncurrentDays": 1, "NewerNoncurrentVersions": 101}), "InvalidArgument"),
    ],
)
def test_rules_for_versions_that_are_none(s3: Any, rule: dict[str, Any], code: str) -> None:
    with pytest.raises(AwsError) as caught:
        _put(s3, rule)
    assert caught.value.code == code
