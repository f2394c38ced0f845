"""Lifecycle rules: which are accepted, and when one expires a version of an object or aborts an upload.

Rules that change storage classes: transition.py. A stored rule is AWS's shape with dates in milliseconds. Expiry is
at the midnight (UTC) that follows the age in days.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from uuid import uuid4

from afluente.core.clock import utc
from afluente.services.s3 import lock, transition
from afluente.services.s3.error import InvalidArgument, InvalidRequest, MalformedXML
from afluente.services.s3.lifecycle_rule import DAY_MS, Rule, fits, is_enabled, midnight_after, prefix_of
from afluente.services.s3.object_row import ObjectRow
from afluente.services.s3.tag import from_set

MOST_RULES = 1000
LONGEST_ID = 255
MOST_KEPT_VERSIONS = 100
ACTIONS = frozenset(
    {
        "Expiration",
        "NoncurrentVersionExpiration",
        "AbortIncompleteMultipartUpload",
        "Transitions",
        "NoncurrentVersionTransitions",
    }
)


def to_store(rules: Sequence[Mapping[str, Any]]) -> list[Rule]:
    """The rules as they are stored. Raises InvalidRequest, InvalidArgument, MalformedXML."""
    if not 1 <= len(rules) <= MOST_RULES:
        raise MalformedXML
    stored = [_checked(rule) for rule in rules]
    if len({rule["ID"] for rule in stored}) < len(stored):
        raise InvalidArgument("Rule ID must be unique. Found same ID for more than one rule", ArgumentName="ID")
    return stored


def to_show(rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """The rules in AWS's shape."""
    return [_with_date(rule, utc) for rule in rules]


def expiration_of(row: ObjectRow, rules: Sequence[Rule]) -> tuple[int, str] | None:
    """(when, rule's id) that `row` expires first; None: never."""
    due = [(when, rule["ID"]) for rule in rules if (when := _expiry_ms(row, rule)) is not None]
    return min(due, default=None)


def expired(versions: Sequence[ObjectRow], rules: Sequence[Rule], now_ms: int) -> list[ObjectRow]:
    """Which of a key's versions, the latest first, are to go by now, and in which order.

    The latest, when it is an object, is to expire. What a lock holds stays.
    """
    latest, *earlier = versions
    gone = [
        row
        for newer, (row, successor) in enumerate(zip(earlier, versions, strict=False))
        if not lock.is_held(row, now_ms) and any(_is_outlived(row, successor, newer, rule, now_ms) for rule in rules)
    ]
    if latest.is_marker:
        is_over = len(gone) == len(earlier) and any(_is_idle(latest, rule, now_ms) for rule in rules)
    else:
        due = expiration_of(latest, rules)
        is_over = due is not None and due[0] <= now_ms
    return [*gone, latest] if is_over else gone


def expiration_header(row: ObjectRow, rules: Sequence[Rule] | None) -> dict[str, str]:
    """The `Expiration` member of answers about `row`."""
    expiration = expiration_of(row, rules or ())
    if expiration is None:
        return {}
    when, rule = expiration
    return {"Expiration": f'expiry-date="{format_datetime(utc(when), usegmt=True)}", rule-id="{rule}"'}


def abortion_of(key: str, initiated_at_ms: int, rules: Sequence[Rule]) -> tuple[int, str] | None:
    """(when, rule's id) that an upload is aborted first; None: never."""
    due = [
        (midnight_after(initiated_at_ms, rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]), rule["ID"])
        for rule in rules
        if is_enabled(rule) and "AbortIncompleteMultipartUpload" in rule and key.startswith(prefix_of(rule))
    ]
    return min(due, default=None)


def _checked(rule: Mapping[str, Any]) -> Rule:
    if rule["Status"] not in {"Enabled", "Disabled"} or ("Prefix" in rule) == ("Filter" in rule):
        raise MalformedXML
    if len(rule.get("ID", "")) > LONGEST_ID:
        raise InvalidArgument(f"ID length should not exceed allowed limit of {LONGEST_ID}", ArgumentName="ID")
    if ACTIONS.isdisjoint(rule):
        raise InvalidRequest("At least one action needs to be specified in a rule")
    if "Expiration" in rule:
        _check_expiration(rule["Expiration"])
    if "NoncurrentVersionExpiration" in rule:
        _check_noncurrent(rule)
    if rule.get("AbortIncompleteMultipartUpload", {"DaysAfterInitiation": 1}).get("DaysAfterInitiation", 0) < 1:
        raise InvalidArgument(
            "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer",
            ArgumentName="DaysAfterInitiation",
        )
    _check_filter(rule)
    transition.check(rule, _check_kept)
    stored = _with_date(rule, _midnight_ms)
    stored.setdefault("ID", str(uuid4()))
    return stored


def _check_expiration(expiration: Mapping[str, Any]) -> None:
    ways = [name for name in ("Days", "Date", "ExpiredObjectDeleteMarker") if expiration.get(name, False) is not False]
    if len(ways) != 1 and (ways or "ExpiredObjectDeleteMarker" not in expiration):
        raise MalformedXML
    if expiration.get("Days", 1) < 1:
        raise InvalidArgument("'Days' for Expiration action must be a positive integer", ArgumentName="Days")


def _check_noncurrent(rule: Mapping[str, Any]) -> None:
    noncurrent = rule["NoncurrentVersionExpiration"]
    if noncurrent.get("NoncurrentDays", 0) < 1:
        raise InvalidArgument(
            "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer",
            ArgumentName="NoncurrentDays",
        )
    _check_kept(noncurrent, "NoncurrentVersionExpiration")
    if "NewerNoncurrentVersions" in noncurrent and "Prefix" in rule:
        raise InvalidRequest("NewerNoncurrentVersions element can only be specified with a Filter element.")


def _check_kept(noncurrent: Mapping[str, Any], action: str) -> None:
    if not 1 <= noncurrent.get("NewerNoncurrentVersions", 1) <= MOST_KEPT_VERSIONS:
        raise InvalidArgument(
            f"'NewerNoncurrentVersions' for {action} action must be between 1 and {MOST_KEPT_VERSIONS}",
            ArgumentName="NewerNoncurrentVersions",
        )


def _check_filter(rule: Mapping[str, Any]) -> None:
    shape = rule.get("Filter", {})
    both = shape.get("And", {})
    if len(shape) > 1 or (both and len(both) < 2 and len(both.get("Tags", ())) < 2):
        raise MalformedXML
    tags = [shape["Tag"]] if "Tag" in shape else both.get("Tags", [])
    from_set(tags, 10)
    narrow = tags or any("ObjectSize" in name for name in (*shape, *both))
    if narrow and "AbortIncompleteMultipartUpload" in rule:
        raise InvalidRequest("AbortIncompleteMultipartUpload cannot be specified with Tags or object sizes.")
    if narrow and rule.get("Expiration", {}).get("ExpiredObjectDeleteMarker"):
        raise InvalidRequest("ExpiredObjectDeleteMarker cannot be specified with Tags or object sizes.")


def _midnight_ms(date: datetime) -> int:
    time_ms = int(date.timestamp() * 1000)
    if time_ms % DAY_MS:
        raise InvalidArgument("'Date' must be at midnight GMT", ArgumentName="Date")
    return time_ms


def _with_date(rule: Mapping[str, Any], change: Callable[[Any], Any]) -> dict[str, Any]:
    changed = dict(rule)
    if "Expiration" in rule:
        changed["Expiration"] = _with_own_date(rule["Expiration"], change)
    if "Transitions" in rule:
        changed["Transitions"] = [_with_own_date(each, change) for each in rule["Transitions"]]
    return changed


def _with_own_date(action: Mapping[str, Any], change: Callable[[Any], Any]) -> dict[str, Any]:
    return {**action, "Date": change(action["Date"])} if "Date" in action else dict(action)


def _expiry_ms(row: ObjectRow, rule: Rule) -> int | None:
    if not is_enabled(rule) or "Expiration" not in rule or not fits(row, rule):
        return None
    expiration = rule["Expiration"]
    if "Date" in expiration:
        return int(expiration["Date"])
    return midnight_after(row.modified_at_ms, expiration["Days"]) if "Days" in expiration else None


def _is_idle(marker: ObjectRow, rule: Rule, now_ms: int) -> bool:
    """Whether the rule removes a delete marker that hides nothing any more."""
    if rule.get("Expiration", {}).get("ExpiredObjectDeleteMarker"):
        return is_enabled(rule) and fits(marker, rule)
    due = _expiry_ms(marker, rule)
    return due is not None and due <= now_ms


def _is_outlived(row: ObjectRow, successor: ObjectRow, newer: int, rule: Rule, now_ms: int) -> bool:
    """Whether the rule removes an earlier version, which `successor` replaced; `newer` ones came before that."""
    noncurrent = rule.get("NoncurrentVersionExpiration")
    return (
        noncurrent is not None
        and is_enabled(rule)
        and fits(row, rule)
        and newer >= noncurrent.get("NewerNoncurrentVersions", 0)
        and midnight_after(successor.modified_at_ms, noncurrent["NoncurrentDays"]) <= now_ms
    )
