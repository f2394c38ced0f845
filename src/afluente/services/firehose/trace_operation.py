"""The local endpoints of the record passport and the ledger: where Firehose put which records.

Documented in docs/passport.md. Whoever may describe a delivery stream may ask.
"""

from collections.abc import Callable, Mapping
from typing import Any

from afluente.core.call import Call
from afluente.core.error import ValidationException
from afluente.services.firehose.stream import Key, arn_of
from afluente.services.firehose.trace import PAGE, Trace

DELIVERIES_PATH = "/_afluente/deliveries"
POSITIONS_PATH = "/_afluente/positions"

Parameters = Mapping[str, str]
Check = Callable[[Call, str, str], None]


def operations(trace: Trace, check: Check) -> dict[str, Callable[[Call, Parameters], Any]]:
    """What answers, by path."""

    def deliveries(call: Call, given: Parameters) -> Any:
        _know(given, "delivery-stream", "sequence-number", "bucket", "key", "offset", "after")
        key = _key(call, given, check)
        if "sequence-number" in given:
            return trace.record(key, given["sequence-number"])
        if "key" in given:
            offset = _number(given, "offset")
            return {"found": trace.object(key, _text(given, "bucket"), given["key"], offset)}
        page = trace.deliveries(key, _number(given, "after") or 0)
        return {"deliveries": page, "next": page[-1].id if len(page) == PAGE else None}

    def positions(call: Call, given: Parameters) -> Any:
        _know(given, "delivery-stream", "since-ms", "until-ms")
        return trace.standing(_key(call, given, check), _number(given, "since-ms"), _number(given, "until-ms"))

    return {DELIVERIES_PATH: deliveries, POSITIONS_PATH: positions}


def _key(call: Call, given: Parameters, check: Check) -> Key:
    """The delivery stream that is asked about, if the caller may know of it."""
    key = (call.account, call.region, _text(given, "delivery-stream"))
    check(call, "firehose:DescribeDeliveryStream", arn_of(key))
    return key


def _know(given: Parameters, *names: str) -> None:
    unknown = sorted(given.keys() - set(names))
    if unknown:
        raise ValidationException(f"{unknown[0]} is no parameter of this path; it takes {', '.join(names)}.")


def _text(given: Parameters, name: str) -> str:
    if not given.get(name):
        raise ValidationException(f"The parameter {name} is missing.")
    return given[name]


def _number(given: Parameters, name: str) -> int | None:
    if name not in given:
        return None
    if not (given[name].isascii() and given[name].isdigit() and len(given[name]) <= 15):
        raise ValidationException(f"{name} is not a number: {given[name]}")
    return int(given[name])
