"""Object Lock under enforcement, over HTTP: its headers, and the permissions that it takes."""

from datetime import UTC, datetime
from typing import Any

UNTIL = datetime(2999, 1, 1, tzinfo=UTC)
WRITE = {"Action": ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:ListBucket"]}


def test_object_lock_takes_permissions_of_its_own(place: Any, refused: Any) -> None:
    root, ana = place.client("s3"), place.client("s3", place.user("ana", WRITE))
    root.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    lock = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": UNTIL}
    target = {"Bucket": "locked", "Key": "k"}
    assert refused(ana.put_object, **target, Body=b"1", **lock)[1] == "AccessDenied"
    place.allow("ana", {"Action": [*WRITE["Action"], "s3:PutObjectRetention"]})
    version = ana.put_object(**target, Body=b"1", **lock)["VersionId"]

    assert "ObjectLockMode" not in ana.head_object(**target)
    head = root.head_object(**target)
    assert (head["ObjectLockMode"], head["ObjectLockRetainUntilDate"]) == ("GOVERNANCE", UNTIL)

    assert refused(ana.delete_object, **target, VersionId=version)[2] == (
        "Access Denied because object protected by object lock."
    )
    bypassing = {"VersionId": version, "BypassGovernanceRetention": True}
    assert "s3:BypassGovernanceRetention" in refused(ana.delete_object, **target, **bypassing)[2]
    found = ana.delete_objects(
        Bucket="locked",
        Delete={"Objects": [{"Key": "k", "VersionId": version}]},
        BypassGovernanceRetention=True,
    )
    assert found["Errors"][0]["Code"] == "AccessDenied"
    place.allow("ana", {"Action": [*WRITE["Action"], "s3:BypassGovernanceRetention"]})
    ana.delete_object(**target, **bypassing)
    assert root.list_object_versions(Bucket="locked").get("Versions") is None


def test_policies_limit_how_long_an_object_is_retained(place: Any, refused: Any) -> None:
    limit = {
        "Effect": "Deny",
        "Action": "s3:PutObjectRetention",
        "Condition": {"NumericGreaterThan": {"s3:object-lock-remaining-retention-days": "10"}},
    }
    ana = place.client("s3", place.user("ana", {"Action": "s3:*"}, limit))
    ana.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    ana.put_object(Bucket="locked", Key="k", Body=b"1")
    retention = {"Mode": "GOVERNANCE", "RetainUntilDate": UNTIL}
    assert refused(ana.put_object_retention, Bucket="locked", Key="k", Retention=retention)[1] == "AccessDenied"


def test_answers_of_object_lock_over_http(place: Any) -> None:
    s3 = place.client("s3")
    s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    configuration = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 2}}}
    s3.put_object_lock_configuration(Bucket="locked", ObjectLockConfiguration=configuration)
    assert s3.get_object_lock_configuration(Bucket="locked")["ObjectLockConfiguration"] == configuration
    s3.put_object(Bucket="locked", Key="k", Body=b"1", ObjectLockLegalHoldStatus="ON")
    got = s3.get_object(Bucket="locked", Key="k")
    assert (got["ObjectLockMode"], got["ObjectLockLegalHoldStatus"]) == ("GOVERNANCE", "ON")
    assert s3.get_object_retention(Bucket="locked", Key="k")["Retention"]["RetainUntilDate"] > got["LastModified"]
    assert s3.get_object_legal_hold(Bucket="locked", Key="k")["LegalHold"] == {"Status": "ON"}
