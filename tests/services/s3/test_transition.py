"""Lifecycle rules that change storage classes: what is accepted, and what becomes of objects by the clock."""

from datetime import UTC, datetime
from typing import Any

import pytest

from afluente.core.error import AwsError

DAY_S = 86_400
LARGE = b"1" * (128 << 10)


@pytest.fixture
def running(s3: Any) -> Any:
    s3.engine.start()
    s3.clock.settle(2)
    return s3


def _put(s3: Any, *rules: dict[str, Any], **request: Any) -> Any:
    filled = [
        {"ID": str(number), "Status": "Enabled", **({} if "Prefix" in rule else {"Filter": {"Prefix": ""}}), **rule}
        for number, rule in enumerate(rules)
    ]
    configuration = {"Rules": filled}
    return s3.put_bucket_lifecycle_configuration(Bucket="b-1", LifecycleConfiguration=configuration, **request)


def _after(s3: Any, days: int) -> dict[str, str]:
    """The storage classes of the objects, so many midnights later."""
    for _ in range(days):
        s3.clock.settle(2)
        s3.clock.advance(DAY_S)
        s3.clock.settle(2)
    found = s3.list_object_versions(Bucket="b-1").get("Versions", [])
    return {item["Key"] + ("" if item["IsLatest"] else "'"): item["StorageClass"] for item in found}


def _to(storage_class: str, days: int) -> dict[str, Any]:
    return {"StorageClass": storage_class, "Days": days}


def _noncurrent(storage_class: str, days: int, **more: Any) -> dict[str, Any]:
    return {"StorageClass": storage_class, "NoncurrentDays": days, **more}


def test_transitions_come_back_as_they_were_put(s3: Any) -> None:
    date = datetime(2040, 1, 1, tzinfo=UTC)
    rules: list[dict[str, Any]] = [
        {"Transitions": [_to("STANDARD_IA", 30), _to("GLACIER", 60)], "Expiration": {"Days": 90}},
        {"Transitions": [{"Date": date, "StorageClass": "GLACIER"}]},
        {"NoncurrentVersionTransitions": [_noncurrent("GLACIER_IR", 0, NewerNoncurrentVersions=2)]},
    ]
    answer = _put(s3, *rules, TransitionDefaultMinimumObjectSize="varies_by_storage_class")
    assert answer == {"TransitionDefaultMinimumObjectSize": "varies_by_storage_class"}
    found = s3.get_bucket_lifecycle_configuration(Bucket="b-1")
    assert found["TransitionDefaultMinimumObjectSize"] == "varies_by_storage_class"
    assert [{name: rule[name] for name in asked} for rule, asked in zip(found["Rules"], rules, strict=True)] == rules


def test_objects_go_down_class_by_class(running: Any) -> None:
    _put(running, {"Transitions": [_to("STANDARD_IA", 30), _to("GLACIER", 60)], "Expiration": {"Days": 70}})
    running.put("k", LARGE)
    before = running.head_object(Bucket="b-1", Key="k")
    assert _after(running, 30) == {"k": "STANDARD"}
    assert _after(running, 1) == {"k": "STANDARD_IA"}
    assert running.get("k") == LARGE
    assert _after(running, 30) == {"k": "GLACIER"}
    with pytest.raises(AwsError, match="not valid for the object's storage class"):
        running.get("k")
    after = running.head_object(Bucket="b-1", Key="k")
    assert (after["ETag"], after["LastModified"]) == (before["ETag"], before["LastModified"])
    assert _after(running, 10) == {}


def test_small_objects_stay_unless_a_rule_speaks_of_sizes(running: Any) -> None:
    small = {"Filter": {"And": {"Prefix": "small/", "ObjectSizeGreaterThan": 0}}}
    _put(running, {"Transitions": [_to("GLACIER", 0)]}, {"Transitions": [_to("GLACIER_IR", 0)], **small})
    for key in ("k", "small/k"):
        running.put(key, b"1")
    running.put("large", LARGE)
    assert _after(running, 2) == {"k": "STANDARD", "large": "GLACIER", "small/k": "GLACIER_IR"}


def test_archives_take_small_objects_where_the_minimum_varies(running: Any) -> None:
    rules: list[Any] = [{"Transitions": [_to("GLACIER", 0)]}, {"Prefix": "warm", "Transitions": [_to("GLACIER_IR", 0)]}]
    _put(running, rules[0], TransitionDefaultMinimumObjectSize="varies_by_storage_class")
    running.put("k", b"1")
    assert _after(running, 2) == {"k": "GLACIER"}
    _put(running, rules[1], TransitionDefaultMinimumObjectSize="varies_by_storage_class")
    running.put("warm", b"1")
    assert _after(running, 2) == {"k": "GLACIER", "warm": "STANDARD"}


def test_nothing_goes_up_and_the_coldest_wins(running: Any) -> None:
    _put(running, {"Transitions": [_to("GLACIER_IR", 0)]}, {"Transitions": [_to("GLACIER", 0)], "Prefix": "cold"})
    running.put("cold", LARGE)
    running.put("deep", LARGE, StorageClass="DEEP_ARCHIVE")
    running.put("one zone", LARGE, StorageClass="ONEZONE_IA")
    assert _after(running, 2) == {"cold": "GLACIER", "deep": "DEEP_ARCHIVE", "one zone": "ONEZONE_IA"}


def test_earlier_versions_go_by_their_own_age(running: Any) -> None:
    running.put_bucket_versioning(Bucket="b-1", VersioningConfiguration={"Status": "Enabled"})
    _put(running, {"NoncurrentVersionTransitions": [_noncurrent("GLACIER", 3)]})
    running.put("k", LARGE)
    assert _after(running, 9) == {"k": "STANDARD"}
    running.put("k", LARGE)
    assert _after(running, 3) == {"k": "STANDARD", "k'": "STANDARD"}
    assert _after(running, 1) == {"k": "STANDARD", "k'": "GLACIER"}


def test_newer_noncurrent_versions_stay(running: Any) -> None:
    running.put_bucket_versioning(Bucket="b-1", VersioningConfiguration={"Status": "Enabled"})
    _put(running, {"NoncurrentVersionTransitions": [_noncurrent("GLACIER", 0, NewerNoncurrentVersions=1)]})
    for _ in range(3):
        running.put("k", LARGE)
    _after(running, 2)
    found = running.list_object_versions(Bucket="b-1")["Versions"]
    assert [item["StorageClass"] for item in found] == ["STANDARD", "STANDARD", "GLACIER"]


def test_a_date_is_for_all_that_is_older(running: Any) -> None:
    now = running.clock.now_ms() // 1000 // DAY_S * DAY_S
    date = datetime.fromtimestamp(now + 2 * DAY_S, UTC)
    _put(running, {"Transitions": [{"Date": date, "StorageClass": "DEEP_ARCHIVE"}]})
    running.put("k", LARGE)
    assert _after(running, 1) == {"k": "STANDARD"}
    assert _after(running, 1) == {"k": "DEEP_ARCHIVE"}


DATE = datetime(2040, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rule", "code", "message"),
    [
        (
            {"Transitions": [_to("STANDARD_IA", 29)]},
            "InvalidArgument",
            "'Days' in Transition action must be greater than or equal to 30 for storageClass 'STANDARD_IA'",
        ),
        (
            {"NoncurrentVersionTransitions": [_noncurrent("ONEZONE_IA", 1)]},
            "InvalidArgument",
            "'NoncurrentDays' in NoncurrentVersionTransition action must be greater than or equal to 30 for "
            "storageClass 'ONEZONE_IA'",
        ),
        ({"Transitions": [_to("GLACIER", -1)]}, "InvalidArgument", "'Days' in Transition action must be nonnegative"),
        (
            {"Transitions": [_to("GLACIER", 9)], "Expiration": {"Days": 9}, "Filter": {"Prefix": "x"}},
            "InvalidArgument",
            "'Days' in the Expiration action for filter '(prefix=x)' must be greater than 'Days' in the Transition "
            "action",
        ),
        (
            {"Transitions": [_to("GLACIER", 9), _to("GLACIER", 99)]},
            "InvalidRequest",
            "'StorageClass' must be different for 'Transition' actions in same 'Rule' with filter '(prefix=)'",
        ),
        (
            {"Transitions": [_to("GLACIER", 9), {"Date": DATE, "StorageClass": "DEEP_ARCHIVE"}]},
            "InvalidRequest",
            "Found mixed 'Date' and 'Days' based Transition actions in lifecycle rule for filter '(prefix=)'",
        ),
        (
            {"Transitions": [_to("GLACIER", 9)], "Expiration": {"Date": DATE}},
            "InvalidRequest",
            "Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle rule for filter "
            "'(prefix=)'",
        ),
        (
            {"Transitions": [_to("STANDARD_IA", 30), _to("GLACIER", 59)]},
            "InvalidArgument",
            "'Days' in the Transition action for StorageClass 'GLACIER' for filter '(prefix=)' must be 30 days more "
            "than 'Days' in the Transition action for StorageClass 'STANDARD_IA' for filter '(prefix=)'",
        ),
        (
            {"Transitions": [_to("DEEP_ARCHIVE", 30), _to("GLACIER", 30)]},
            "InvalidArgument",
            "'Days' in the Transition action for StorageClass 'DEEP_ARCHIVE' for filter '(prefix=)' must be greater "
            "than 'Days' in the Transition action for StorageClass 'GLACIER' for filter '(prefix=)'",
        ),
        (
            {
                "NoncurrentVersionTransitions": [_noncurrent("GLACIER", 9)],
                "NoncurrentVersionExpiration": {"NoncurrentDays": 9},
            },
            "InvalidArgument",
            "'NoncurrentDays' in the NoncurrentVersionExpiration action for filter '(prefix=)' must be greater than "
            "'NoncurrentDays' in the NoncurrentVersionTransition action",
        ),
        ({"Transitions": [{"StorageClass": "GLACIER"}]}, "InvalidArgument", "must specify either 'Days' or 'Date'"),
        ({"Transitions": [{"Days": 9}]}, "MalformedXML", ""),
        ({"Transitions": [{"Days": 9, "Date": DATE, "StorageClass": "GLACIER"}]}, "MalformedXML", ""),
        ({"NoncurrentVersionTransitions": [{"StorageClass": "GLACIER"}]}, "MalformedXML", ""),
        (
            {"Transitions": [{"Date": DATE.replace(hour=1), "StorageClass": "GLACIER"}]},
            "InvalidArgument",
            "'Date' must be at midnight GMT",
        ),
    ],
)
def test_transitions_that_are_refused(s3: Any, rule: dict[str, Any], code: str, message: str) -> None:
    with pytest.raises(AwsError) as caught:
        _put(s3, rule)
    assert caught.value.code == code
    assert message in caught.value.message
