"""Lifecycle rules that change storage classes: which are accepted, and what a version is to become by now.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html, and
answers of AWS.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from afluente.services.s3.error import InvalidArgument, InvalidRequest, MalformedXML
from afluente.services.s3.lifecycle_rule import Rule, described, fits, has_sizes, is_enabled, midnight_after
from afluente.services.s3.object_row import ObjectRow
from afluente.services.s3.storage_class import ARCHIVED, WATERFALL

DEFAULT_MINIMUM = "all_storage_classes_128K"
"""No object that is smaller has its class changed; the other one, varies_by_storage_class, lets archives take it."""
SMALLEST_BYTES = 128 << 10
IA_DAYS = 30
INFREQUENT = ("STANDARD_IA", "ONEZONE_IA")
IMPOSSIBLE = {("ONEZONE_IA", "GLACIER_IR")}


def check(rule: Mapping[str, Any], check_kept: Callable[[Mapping[str, Any], str], None]) -> None:
    """Raises MalformedXML, InvalidArgument, InvalidRequest. `check_kept`: of NewerNoncurrentVersions."""
    transitions, noncurrent = rule.get("Transitions", ()), rule.get("NoncurrentVersionTransitions", ())
    for each in transitions:
        _check_one(each)
    for each in noncurrent:
        if "StorageClass" not in each or "NoncurrentDays" not in each:
            raise MalformedXML
        _check_days("NoncurrentDays", "NoncurrentVersionTransition", each)
        check_kept(each, "NoncurrentVersionTransition")
    filtered = described(dict(rule))
    if len({"Date" in each for each in transitions}) > 1:
        raise InvalidRequest(
            f"Found mixed 'Date' and 'Days' based Transition actions in lifecycle rule for {_of(rule)}"
        )
    _check_order(transitions, "Date" if transitions and "Date" in transitions[0] else "Days", "Transition", filtered)
    _check_order(noncurrent, "NoncurrentDays", "NoncurrentVersionTransition", filtered)
    _check_expiration(rule, transitions)
    outlived = rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays")
    if outlived is not None and any(outlived <= each["NoncurrentDays"] for each in noncurrent):
        raise InvalidArgument(
            f"'NoncurrentDays' in the NoncurrentVersionExpiration action for filter {filtered} must be greater than "
            "'NoncurrentDays' in the NoncurrentVersionTransition action"
        )


def _check_one(transition: Mapping[str, Any]) -> None:
    if "StorageClass" not in transition or {"Days", "Date"} <= set(transition):
        raise MalformedXML
    if "Days" in transition:
        _check_days("Days", "Transition", transition)
    elif "Date" not in transition:
        raise InvalidArgument("'Transition' action must specify either 'Days' or 'Date'")


def _check_days(name: str, action: str, transition: Mapping[str, Any]) -> None:
    if transition[name] < 0:
        raise InvalidArgument(f"'{name}' in {action} action must be nonnegative", ArgumentName=name)
    if transition["StorageClass"] in INFREQUENT and transition[name] < IA_DAYS:
        raise InvalidArgument(
            f"'{name}' in {action} action must be greater than or equal to {IA_DAYS} for storageClass "
            f"'{transition['StorageClass']}'",
            ArgumentName=name,
        )


def _check_order(transitions: Sequence[Mapping[str, Any]], name: str, action: str, filtered: str) -> None:
    """Each class once, and a colder one later: after an infrequent one at least 30 days later."""
    for warm, cold in combinations(sorted(transitions, key=lambda each: WATERFALL.index(each["StorageClass"])), 2):
        if warm["StorageClass"] == cold["StorageClass"]:
            raise InvalidRequest(
                f"'StorageClass' must be different for '{action}' actions in same 'Rule' with filter {filtered}"
            )
        needs = IA_DAYS if name != "Date" and warm["StorageClass"] in INFREQUENT else 0
        if cold[name] <= warm[name] or (needs and cold[name] < warm[name] + needs):
            text = f"'{name}' in the {action} action for StorageClass"
            raise InvalidArgument(
                f"{text} '{cold['StorageClass']}' for filter {filtered} must be "
                f"{f'{needs} days more' if needs else 'greater'} than {text} '{warm['StorageClass']}' for filter "
                f"{filtered}"
            )


def _check_expiration(rule: Mapping[str, Any], transitions: Sequence[Mapping[str, Any]]) -> None:
    expiration = rule.get("Expiration", {})
    for name, other in (("Days", "Date"), ("Date", "Days")):
        if name in expiration and any(other in each for each in transitions):
            raise InvalidRequest(
                "Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle rule for "
                f"{_of(rule)}"
            )
        if name in expiration and any(expiration[name] <= each[name] for each in transitions):
            raise InvalidArgument(
                f"'{name}' in the Expiration action for filter {described(dict(rule))} must be greater than '{name}' "
                "in the Transition action"
            )


def _of(rule: Mapping[str, Any]) -> str:
    return f"filter {described(dict(rule))}"


def due(
    versions: Sequence[ObjectRow], rules: Sequence[Rule], now_ms: int, minimum: str
) -> Iterator[tuple[ObjectRow, str]]:
    """Which of a key's versions, the latest first, get another class by now. `minimum`: see `DEFAULT_MINIMUM`."""
    for newer, row in enumerate(versions, -1):
        successor = versions[newer] if newer >= 0 else None
        asked = (
            storage_class
            for rule in rules
            if is_enabled(rule) and not row.is_marker and fits(row, rule)
            for storage_class in _asked(row, successor, newer, rule, now_ms)
            if has_sizes(rule) or row.size >= _smallest(storage_class, minimum)
        )
        coldest = max(asked, key=WATERFALL.index, default=None)
        if coldest is not None and _is_colder(coldest, row.traits.storage_class):
            yield row, coldest


def _asked(row: ObjectRow, successor: ObjectRow | None, newer: int, rule: Rule, now_ms: int) -> Iterator[str]:
    """The classes that the rule's times have come for. `newer`: how many earlier versions came after `row`."""
    if successor is None:
        for each in rule.get("Transitions", ()):
            when = each["Date"] if "Date" in each else midnight_after(row.modified_at_ms, each["Days"])
            if when <= now_ms:
                yield each["StorageClass"]
        return
    for each in rule.get("NoncurrentVersionTransitions", ()):
        is_old = midnight_after(successor.modified_at_ms, each["NoncurrentDays"]) <= now_ms
        if is_old and newer >= each.get("NewerNoncurrentVersions", 0):
            yield each["StorageClass"]


def _smallest(storage_class: str, minimum: str) -> int:
    return 0 if minimum != DEFAULT_MINIMUM and storage_class in ARCHIVED else SMALLEST_BYTES


def _is_colder(storage_class: str, than: str) -> bool:
    rank = WATERFALL.index(than) if than in WATERFALL else 0
    return WATERFALL.index(storage_class) > rank and (than, storage_class) not in IMPOSSIBLE
