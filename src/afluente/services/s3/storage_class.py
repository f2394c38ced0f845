"""Storage classes: which there are, which cannot be read until they are restored, and restoring.

They are kept and shown, and their rules are kept; the bytes stay where they are.
Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-retrieval-options.html
"""

from collections.abc import Mapping
from email.utils import format_datetime
from typing import Any

from msgspec.structs import replace

from afluente.core.clock import utc
from afluente.services.s3.error import (
    InvalidObjectState,
    InvalidStorageClass,
    MalformedXML,
    RestoreAlreadyInProgress,
    invalid_argument,
)
from afluente.services.s3.lifecycle_rule import midnight_after
from afluente.services.s3.object_row import ObjectRow
from afluente.services.s3.traits import STANDARD, Restore

HOUR_MS = 3_600_000

WATERFALL = (
    "STANDARD", "STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE",
)  # fmt: skip
"""Objects move down only."""

KNOWN = frozenset({*WATERFALL, "REDUCED_REDUNDANCY"})
ARCHIVED = frozenset({"GLACIER", "DEEP_ARCHIVE"})

RETRIEVAL_MS: Mapping[str, Mapping[str, int]] = {
    "GLACIER": {"Expedited": HOUR_MS // 12, "Standard": 5 * HOUR_MS, "Bulk": 12 * HOUR_MS},
    "DEEP_ARCHIVE": {"Standard": 12 * HOUR_MS, "Bulk": 48 * HOUR_MS},
}
"""How long a restore takes by its tier: the longest that AWS speaks of."""


def from_request(request: Mapping[str, Any]) -> str:
    """The class that a write asks for. Raises InvalidStorageClass."""
    asked = str(request.get("StorageClass", STANDARD))
    if asked not in KNOWN:
        raise InvalidStorageClass("The storage class you specified is not valid", StorageClassRequested=asked)
    return asked


def members(row: ObjectRow, now_ms: int) -> dict[str, str]:
    """`StorageClass` and `Restore` of answers about `row`: S3 does not speak of STANDARD there."""
    if row.traits.storage_class == STANDARD:
        return {}
    restore = restore_of(row, now_ms)
    shown = {"StorageClass": row.traits.storage_class}
    if restore is None:
        return shown
    if restore.ready_at_ms > now_ms:
        return {**shown, "Restore": 'ongoing-request="true"'}
    expiry = format_datetime(utc(restore.expires_at_ms), usegmt=True)
    return {**shown, "Restore": f'ongoing-request="false", expiry-date="{expiry}"'}


def status(row: ObjectRow, now_ms: int) -> dict[str, Any]:
    """The `RestoreStatus` of a listing that is asked for it."""
    restore = restore_of(row, now_ms)
    if restore is None:
        return {}
    if restore.ready_at_ms > now_ms:
        return {"RestoreStatus": {"IsRestoreInProgress": True}}
    return {"RestoreStatus": {"IsRestoreInProgress": False, "RestoreExpiryDate": utc(restore.expires_at_ms)}}


def restore_of(row: ObjectRow, now_ms: int) -> Restore | None:
    """The restore that is under way, or whose copy is still there."""
    restore = row.traits.restore
    return None if restore is None or restore.expires_at_ms <= now_ms else restore


def is_readable(row: ObjectRow, now_ms: int) -> bool:
    """Whether the bytes can be read: not those of an archived object, unless a restored copy is there."""
    if row.traits.storage_class not in ARCHIVED:
        return True
    restore = restore_of(row, now_ms)
    return restore is not None and restore.ready_at_ms <= now_ms


def check_readable(row: ObjectRow, now_ms: int, *, is_source: bool = False) -> None:
    """Raises InvalidObjectState. is_source: of a copy."""
    if not is_readable(row, now_ms):
        raise InvalidObjectState(
            "Operation is not valid for the source object's storage class"
            if is_source
            else "The operation is not valid for the object's storage class",
            StorageClass=row.traits.storage_class,
        )


def restored(row: ObjectRow, asked: Mapping[str, Any], now_ms: int) -> ObjectRow:
    """`row` with the restore that is asked for. Raises InvalidObjectState, RestoreAlreadyInProgress, MalformedXML."""
    if row.traits.storage_class not in ARCHIVED:
        raise InvalidObjectState(
            "Restore is not allowed for the object's current storage class", StorageClass=row.traits.storage_class
        )
    if "Days" not in asked:
        raise MalformedXML
    if asked["Days"] < 1:
        raise invalid_argument("Restoration days should be at least 1", "Days", asked["Days"])
    tier = str(asked.get("GlacierJobParameters", asked).get("Tier", "Standard"))
    if tier not in RETRIEVAL_MS[row.traits.storage_class]:
        raise invalid_argument("Retrieval option is not supported by this storage class", "Tier", tier)
    return replace(row, traits=replace(row.traits, restore=_restore(row, tier, asked["Days"], now_ms)))


def _restore(row: ObjectRow, tier: str, days: int, now_ms: int) -> Restore:
    """A new one, a faster one in place of one that is under way, or a longer stay of the copy that is there."""
    took = RETRIEVAL_MS[row.traits.storage_class]
    old = restore_of(row, now_ms)
    if old is None:
        return Restore(tier, now_ms + took[tier], midnight_after(now_ms + took[tier], days))
    if old.ready_at_ms <= now_ms:
        return Restore(old.tier, old.ready_at_ms, midnight_after(now_ms, days))
    if took[tier] >= took[old.tier]:
        raise RestoreAlreadyInProgress("Object restore is already in progress")
    return Restore(tier, min(old.ready_at_ms, now_ms + took[tier]), old.expires_at_ms)
