"""Object Lock: what a bucket protects its new versions with, and what may be done to a version that is protected.

A stored configuration is AWS's shape. A version is held by its retention, until the clock has passed it, and by a legal
hold, until that is lifted.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from afluente.core.clock import utc
from afluente.services.s3.bucket import Bucket
from afluente.services.s3.checksum import Expected
from afluente.services.s3.error import (
    AccessDenied,
    InvalidRequest,
    MalformedXML,
    NoSuchObjectLockConfiguration,
    invalid_argument,
)
from afluente.services.s3.object_row import ObjectRow
from afluente.services.s3.traits import Retention, Traits

DAY_MS = 86_400_000
UNIT_DAYS = {"Days": 1, "Years": 365}
MOST_DAYS = 36_500
MODES = ("GOVERNANCE", "COMPLIANCE")
BYPASS = "x-amz-bypass-governance-retention"
_MODE = "x-amz-object-lock-mode"
_UNTIL = "x-amz-object-lock-retain-until-date"


def checked(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """A bucket's configuration as it is stored. Raises MalformedXML, InvalidArgument."""
    if configuration.get("ObjectLockEnabled") != "Enabled":
        raise MalformedXML
    if "Rule" in configuration:
        default = configuration["Rule"].get("DefaultRetention", {})
        lengths = [(name, default[name]) for name in UNIT_DAYS if name in default]
        if default.get("Mode") not in MODES or len(lengths) != 1:
            raise MalformedXML
        _check_length(*lengths[0])
    return dict(configuration)


def _check_length(unit: str, length: int) -> None:
    if length < 1:
        raise invalid_argument("Default retention period must be a positive integer value.", unit, length)
    if length * UNIT_DAYS[unit] > MOST_DAYS:
        raise invalid_argument("Default retention period too large.", unit, length)


def check_bucket(bucket: Bucket) -> None:
    """Raises InvalidRequest where the bucket has no Object Lock."""
    if bucket.object_lock is None:
        raise InvalidRequest("Bucket is missing Object Lock Configuration")


def from_request(request: Mapping[str, Any], bucket: Bucket, now_ms: int) -> Traits:
    """What the headers of a write protect its object with. Raises InvalidArgument, InvalidRequest."""
    mode, until, hold = (request.get(f"ObjectLock{name}") for name in ("Mode", "RetainUntilDate", "LegalHoldStatus"))
    if mode is until is hold is None:
        return Traits()
    check_bucket(bucket)
    if (mode is None) != (until is None):
        raise invalid_argument(
            f"{_UNTIL} and {_MODE} must both be supplied", *((_MODE, mode) if mode is not None else (_UNTIL, until))
        )
    if until is not None:
        _check_future(until, now_ms)
    retention = None if mode is None or until is None else Retention(mode, _ms(until))
    return Traits(retention=retention, legal_hold=None if hold is None else hold == "ON")


def check_digest(expected: Expected, request: Mapping[str, Any], bucket: Bucket) -> None:
    """What is to be protected must have arrived whole. Raises InvalidRequest."""
    is_protected = _default(bucket) is not None or any(name.startswith("ObjectLock") for name in request)
    if is_protected and expected.md5 is None and expected.algorithm is None:
        raise InvalidRequest(
            "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters"
        )


def protected(bucket: Bucket, row: ObjectRow) -> ObjectRow:
    """A new version, under the bucket's default retention unless it came with its own."""
    default = _default(bucket)
    if default is None or row.traits.retention is not None:
        return row
    days = sum(default[unit] * days for unit, days in UNIT_DAYS.items() if unit in default)
    retention = Retention(default["Mode"], row.modified_at_ms + days * DAY_MS)
    return replace(row, traits=replace(row.traits, retention=retention))


def _default(bucket: Bucket) -> dict[str, Any] | None:
    default: dict[str, Any] | None = (bucket.object_lock or {}).get("Rule", {}).get("DefaultRetention")
    return default


def is_held(row: ObjectRow, now_ms: int) -> bool:
    """Whether the version may not be deleted, unless who deletes bypasses governance."""
    retention = row.traits.retention
    return bool(row.traits.legal_hold) or (retention is not None and retention.until_ms > now_ms)


def check_delete(row: ObjectRow, now_ms: int, *, bypass: bool) -> None:
    """Raises AccessDenied. `bypass`: the caller may, and wants to, do without governance."""
    retention = row.traits.retention
    is_governed = retention is not None and retention.mode == "GOVERNANCE"
    if is_held(row, now_ms) and (row.traits.legal_hold or not (bypass and is_governed)):
        raise _protected()


def check_bypass(bucket: Bucket, request: Mapping[str, Any]) -> bool:
    """Whether the request bypasses governance. Raises InvalidArgument where there is none."""
    if "BypassGovernanceRetention" in request and bucket.object_lock is None:
        raise invalid_argument(
            f"{BYPASS} is only applicable to Object Lock enabled buckets.",
            BYPASS,
            str(request["BypassGovernanceRetention"]).lower(),
        )
    return bool(request.get("BypassGovernanceRetention"))


def retained(row: ObjectRow, asked: Mapping[str, Any], now_ms: int, *, bypass: bool) -> ObjectRow:
    """`row` under another retention, or none. Raises MalformedXML, InvalidArgument, AccessDenied."""
    if len({"Mode", "RetainUntilDate"} & set(asked)) == 1:
        raise MalformedXML
    new = Retention(asked["Mode"], _ms(asked["RetainUntilDate"])) if "Mode" in asked else None
    if new is not None:
        _check_future(asked["RetainUntilDate"], now_ms)
    old = row.traits.retention
    if old is not None and old.until_ms > now_ms and _is_weaker(new, old) and not (
        bypass and old.mode == "GOVERNANCE"
    ):  # fmt: skip
        raise _protected()
    return replace(row, traits=replace(row.traits, retention=new))


def _is_weaker(new: Retention | None, old: Retention) -> bool:
    """A change of the mode is one, too: only who may bypass governance gives a governed version over to compliance."""
    return new is None or new.mode != old.mode or new.until_ms < old.until_ms


def retention_of(row: ObjectRow) -> dict[str, Any]:
    """In AWS's shape. Raises NoSuchObjectLockConfiguration."""
    retention = row.traits.retention
    if retention is None:
        raise _no_lock()
    return {"Mode": retention.mode, "RetainUntilDate": utc(retention.until_ms)}


def hold_of(row: ObjectRow) -> dict[str, str]:
    """In AWS's shape. Raises NoSuchObjectLockConfiguration."""
    if row.traits.legal_hold is None:
        raise _no_lock()
    return {"Status": "ON" if row.traits.legal_hold else "OFF"}


def _check_future(until: datetime, now_ms: int) -> None:
    if _ms(until) <= now_ms:
        raise invalid_argument("The retain until date must be in the future!", _UNTIL, until.isoformat())


def _ms(time: datetime) -> int:
    return int(time.timestamp() * 1000)


def _protected() -> AccessDenied:
    return AccessDenied("Access Denied because object protected by object lock.")


def _no_lock() -> NoSuchObjectLockConfiguration:
    return NoSuchObjectLockConfiguration("The specified object does not have a ObjectLock configuration")
