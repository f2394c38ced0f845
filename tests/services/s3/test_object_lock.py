"""Object Lock: who may shorten, lift and delete what, and until when."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from afluente.core.clock import utc
from afluente.core.error import AwsError

DAY_S = 86_400
HELD = "Access Denied because object protected by object lock."


@pytest.fixture
def locked(s3: Any) -> Any:
    """With a bucket `lock-1` that has Object Lock."""
    s3.create_bucket(Bucket="lock-1", ObjectLockEnabledForBucket=True)
    return s3


def _code(operation: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(AwsError) as caught:
        operation(**request)
    return caught.value.code, caught.value.message


def _in(s3: Any, days: float) -> datetime:
    return utc(s3.clock.now_ms()) + timedelta(days=days)


def _put(s3: Any, key: str = "k", **request: Any) -> str:
    return str(s3.put(key, b"1", "lock-1", ContentMD5="xMpCOKC5I4INzFCab3WEmw==", **request)["VersionId"])


def _default(s3: Any, **retention: Any) -> None:
    configuration = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": retention}}
    s3.put_object_lock_configuration(Bucket="lock-1", ObjectLockConfiguration=configuration)


def _retain(s3: Any, version: str, **request: Any) -> None:
    bypass = {"BypassGovernanceRetention": True} if request.pop("bypass", False) else {}
    s3.put_object_retention(Bucket="lock-1", Key="k", VersionId=version, Retention=request, **bypass)


def _delete(s3: Any, version: str, **request: Any) -> None:
    s3.delete_object(Bucket="lock-1", Key="k", VersionId=version, **request)


def test_a_bucket_made_with_object_lock_has_versioning_for_good(locked: Any) -> None:
    assert locked.get_bucket_versioning(Bucket="lock-1") == {"Status": "Enabled"}
    assert locked.get_object_lock_configuration(Bucket="lock-1") == {
        "ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}
    }
    suspended = {"Bucket": "lock-1", "VersioningConfiguration": {"Status": "Suspended"}}
    assert _code(locked.put_bucket_versioning, **suspended) == (
        "InvalidBucketState",
        "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.",
    )


def test_a_bucket_without_object_lock(s3: Any) -> None:
    missing = ("InvalidRequest", "Bucket is missing Object Lock Configuration")
    s3.put("k")
    assert _code(s3.get_object_lock_configuration, Bucket="b-1")[0] == "ObjectLockConfigurationNotFoundError"
    for operation in (s3.get_object_retention, s3.get_object_legal_hold, s3.put_object_legal_hold):
        assert _code(operation, Bucket="b-1", Key="k") == missing
    assert _code(s3.put, key="k", ObjectLockLegalHoldStatus="ON", ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg==") == missing
    assert _code(s3.create_multipart_upload, Bucket="b-1", Key="k", ObjectLockLegalHoldStatus="ON") == missing
    bypassing = _code(s3.delete_object, Bucket="b-1", Key="k", BypassGovernanceRetention=True)
    assert bypassing[0] == "InvalidArgument"
    enabled = {"Bucket": "b-1", "ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}}
    assert _code(s3.put_object_lock_configuration, **enabled)[0] == "InvalidBucketState"


def test_object_lock_is_switched_on_later(s3: Any) -> None:
    s3.put_bucket_versioning(Bucket="b-1", VersioningConfiguration={"Status": "Enabled"})
    enabled = {"ObjectLockEnabled": "Enabled"}
    s3.put_object_lock_configuration(Bucket="b-1", ObjectLockConfiguration=enabled)
    assert s3.get_object_lock_configuration(Bucket="b-1") == {"ObjectLockConfiguration": enabled}


@pytest.mark.parametrize(
    ("configuration", "code"),
    [
        ({}, "MalformedXML"),
        ({"Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}}, "MalformedXML"),
        ({"ObjectLockEnabled": "Enabled", "Rule": {}}, "MalformedXML"),
        ({"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE"}}}, "MalformedXML"),
        ({"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Days": 1}}}, "MalformedXML"),
        (
            {
                "ObjectLockEnabled": "Enabled",
                "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1, "Years": 1}},
            },
            "MalformedXML",
        ),
        (
            {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 0}}},
            "InvalidArgument",
        ),
        (
            {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Years": 101}}},
            "InvalidArgument",
        ),
    ],
)
def test_put_object_lock_configuration_that_is_none(locked: Any, configuration: Any, code: str) -> None:
    request = {"Bucket": "lock-1", "ObjectLockConfiguration": configuration}
    assert _code(locked.put_object_lock_configuration, **request)[0] == code


def test_compliance_holds_until_its_time_whatever_is_asked(locked: Any) -> None:
    version = _put(locked, ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=_in(locked, 2))
    for bypass in ({}, {"BypassGovernanceRetention": True}):
        with pytest.raises(AwsError, match=HELD):
            _delete(locked, version, **bypass)
    for weaker in ({"Mode": "COMPLIANCE", "RetainUntilDate": _in(locked, 1)}, {}):
        with pytest.raises(AwsError, match=HELD):
            _retain(locked, version, **weaker, bypass=True)
    with pytest.raises(AwsError, match=HELD):
        _retain(locked, version, Mode="GOVERNANCE", RetainUntilDate=_in(locked, 3), bypass=True)
    _retain(locked, version, Mode="COMPLIANCE", RetainUntilDate=_in(locked, 3))
    locked.clock.advance(3 * DAY_S - 1)
    with pytest.raises(AwsError, match=HELD):
        _delete(locked, version)
    locked.clock.advance(1)
    _delete(locked, version)
    assert locked.listed("lock-1") == []


def test_governance_gives_way_to_who_bypasses_it(locked: Any) -> None:
    version = _put(locked, ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=_in(locked, 2))
    _retain(locked, version, Mode="GOVERNANCE", RetainUntilDate=_in(locked, 3))
    weaker: list[dict[str, Any]] = [
        {"Mode": "GOVERNANCE", "RetainUntilDate": _in(locked, 1)},
        {"Mode": "COMPLIANCE", "RetainUntilDate": _in(locked, 4)},
        {},
    ]
    for asked in weaker:
        with pytest.raises(AwsError, match=HELD):
            _retain(locked, version, **asked)
    _retain(locked, version, **weaker[0], bypass=True)
    with pytest.raises(AwsError, match=HELD):
        _delete(locked, version)
    _delete(locked, version, BypassGovernanceRetention=True)
    assert locked.listed("lock-1") == []


def test_retention_is_lifted_by_who_bypasses_governance(locked: Any) -> None:
    version = _put(locked, ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=_in(locked, 2))
    _retain(locked, version, bypass=True)
    assert _code(locked.get_object_retention, Bucket="lock-1", Key="k")[0] == "NoSuchObjectLockConfiguration"
    _delete(locked, version)


def test_a_legal_hold_holds_until_it_is_lifted(locked: Any) -> None:
    version = _put(locked, ObjectLockLegalHoldStatus="ON")
    assert locked.get_object_legal_hold(Bucket="lock-1", Key="k") == {"LegalHold": {"Status": "ON"}}
    locked.clock.advance(9999 * DAY_S)
    with pytest.raises(AwsError, match=HELD):
        _delete(locked, version, BypassGovernanceRetention=True)
    locked.put_object_legal_hold(Bucket="lock-1", Key="k", LegalHold={"Status": "OFF"})
    assert locked.head_object(Bucket="lock-1", Key="k")["ObjectLockLegalHoldStatus"] == "OFF"
    _delete(locked, version)


def test_earlier_versions_keep_their_locks_and_markers_have_none(locked: Any) -> None:
    version = _put(locked, ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=_in(locked, 2))
    later = _put(locked)
    marker = locked.delete_object(Bucket="lock-1", Key="k")["VersionId"]
    results = locked.delete_objects(
        Bucket="lock-1",
        Delete={"Objects": [{"Key": "k", "VersionId": each} for each in (version, later, marker)]},
        BypassGovernanceRetention=True,
    )
    assert results["Errors"] == [{"Key": "k", "VersionId": version, "Code": "AccessDenied", "Message": HELD}]
    assert {item["VersionId"] for item in results["Deleted"]} == {later, marker}
    assert locked.get_object_retention(Bucket="lock-1", Key="k", VersionId=version)["Retention"]["Mode"] == "COMPLIANCE"
    assert locked.listed("lock-1") == ["k"]
    assert _code(locked.delete_bucket, Bucket="lock-1")[0] == "BucketNotEmpty"


def test_locks_survive_a_restart_and_the_change_of_tags(locked: Any) -> None:
    until = _in(locked, 2).replace(microsecond=0)
    _put(locked, ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until)
    locked.put_object_tagging(Bucket="lock-1", Key="k", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    head = locked.head_object(Bucket="lock-1", Key="k")
    assert (head["ObjectLockMode"], head["ObjectLockRetainUntilDate"], head["TagCount"]) == ("COMPLIANCE", until, 1)


def test_new_versions_get_the_default_retention(locked: Any) -> None:
    before = _put(locked, "before")
    _default(locked, Mode="GOVERNANCE", Years=1)
    _put(locked)
    assert locked.get_object_retention(Bucket="lock-1", Key="k")["Retention"] == {
        "Mode": "GOVERNANCE",
        "RetainUntilDate": _in(locked, 365),
    }
    locked.copy_object(Bucket="lock-1", Key="copy", CopySource="lock-1/before")
    assert locked.head_object(Bucket="lock-1", Key="copy")["ObjectLockMode"] == "GOVERNANCE"
    locked.engine.put_object("lock-1", "of a service", b"1")
    assert locked.head_object(Bucket="lock-1", Key="of a service")["ObjectLockMode"] == "GOVERNANCE"
    _put(locked, "own", ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=_in(locked, 1))
    assert locked.head_object(Bucket="lock-1", Key="own")["ObjectLockMode"] == "COMPLIANCE"
    assert "ObjectLockMode" not in locked.head_object(Bucket="lock-1", Key="before", VersionId=before)


def test_a_multipart_upload_is_protected_when_it_is_complete(locked: Any) -> None:
    upload = locked.create_multipart_upload(
        Bucket="lock-1", Key="k", ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=_in(locked, 1)
    )
    target = {"Bucket": "lock-1", "Key": "k", "UploadId": upload["UploadId"]}
    part = locked.upload_part(**target, PartNumber=1, Body=b"1")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    version = locked.complete_multipart_upload(**target, MultipartUpload=parts)["VersionId"]
    with pytest.raises(AwsError, match=HELD):
        _delete(locked, version)


def test_a_copy_takes_no_lock_along(locked: Any) -> None:
    _put(locked, ObjectLockLegalHoldStatus="ON")
    locked.copy_object(Bucket="lock-1", Key="copy", CopySource="lock-1/k")
    assert "ObjectLockLegalHoldStatus" not in locked.head_object(Bucket="lock-1", Key="copy")
    locked.copy_object(Bucket="lock-1", Key="held", CopySource="lock-1/k", ObjectLockLegalHoldStatus="ON")
    assert locked.head_object(Bucket="lock-1", Key="held")["ObjectLockLegalHoldStatus"] == "ON"


@pytest.mark.parametrize(
    ("headers", "code", "message"),
    [
        ({"ObjectLockMode": "GOVERNANCE"}, "InvalidArgument", "must both be supplied"),
        ({"ObjectLockRetainUntilDate": datetime(2999, 1, 1, tzinfo=UTC)}, "InvalidArgument", "must both be supplied"),
        (
            {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": datetime(1999, 1, 1, tzinfo=UTC)},
            "InvalidArgument",
            "must be in the future!",
        ),
    ],
)
def test_put_object_with_a_lock_that_is_none(locked: Any, headers: Any, code: str, message: str) -> None:
    with pytest.raises(AwsError, match=message) as caught:
        _put(locked, **headers)
    assert caught.value.code == code
    assert locked.listed("lock-1") == []


def test_what_is_protected_must_come_with_a_digest(locked: Any) -> None:
    message = (
        "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters"
    )
    hold = {"key": "k", "bucket": "lock-1", "ObjectLockLegalHoldStatus": "ON"}
    assert _code(locked.put, **hold) == ("InvalidRequest", message)
    _default(locked, Mode="GOVERNANCE", Days=1)
    assert _code(locked.put, key="k", bucket="lock-1") == ("InvalidRequest", message)


def test_put_object_retention_that_is_none(locked: Any) -> None:
    version = _put(locked)
    with pytest.raises(AwsError, match="not well-formed"):
        _retain(locked, version, Mode="GOVERNANCE")
    with pytest.raises(AwsError, match="must be in the future!"):
        _retain(locked, version, Mode="GOVERNANCE", RetainUntilDate=_in(locked, 0))
    marker = locked.delete_object(Bucket="lock-1", Key="k")["VersionId"]
    with pytest.raises(AwsError, match="not allowed against this resource"):
        _retain(locked, marker, Mode="GOVERNANCE", RetainUntilDate=_in(locked, 1))


def test_lifecycle_leaves_what_is_held(locked: Any) -> None:
    locked.engine.start()
    rule = {
        "ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
    }  # fmt: skip
    locked.put_bucket_lifecycle_configuration(Bucket="lock-1", LifecycleConfiguration={"Rules": [rule]})
    held = _put(locked, ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=_in(locked, 6))
    _put(locked, "free")

    def versions(after_days: int) -> list[tuple[str, str]]:
        for _ in range(after_days):
            locked.clock.settle(2)
            locked.clock.advance(DAY_S)
            locked.clock.settle(2)
        found = locked.list_object_versions(Bucket="lock-1").get("Versions", [])
        return [(item["Key"], item["VersionId"]) for item in found]

    assert versions(5) == [("k", held)]
    assert locked.listed("lock-1") == []
    assert versions(3) == []
