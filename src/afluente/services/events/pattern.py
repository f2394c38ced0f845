"""Event patterns: which events a rule is about.

A pattern is an object like the event; each of its leaves is a list of values or comparisons, one of which must fit the
event's value there, or one of its values where it has a list. All leaves must fit.
Source: "Creating Amazon EventBridge event patterns" and "Comparison operators", Amazon EventBridge User Guide.
"""

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from afluente.services.events.error import InvalidEventPatternException

Event = Mapping[str, Any]
Test = Callable[[Any], bool]
"""Whether a leaf's value fits; `MISSING` where the event has none."""

MISSING = object()
LARGEST_NUMBER = 5e9
COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "=": lambda one, other: one == other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}


@lru_cache(1024)
def compiled(text: str) -> Callable[[Event], bool]:
    """Whether an event matches the pattern that `text` spells. Raises InvalidEventPatternException."""
    try:
        pattern = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidEventPatternException("Filter is not valid JSON") from None
    if not isinstance(pattern, dict):
        raise InvalidEventPatternException("Filter is not an object")
    if not pattern:
        raise InvalidEventPatternException("Empty objects are not allowed")
    try:
        return _object(pattern)
    except RecursionError:
        raise InvalidEventPatternException("Pattern is nested too deeply") from None


def _object(pattern: Mapping[str, Any]) -> Callable[[Event], bool]:
    tests = [_member(name, value) for name, value in pattern.items()]
    return lambda event: all(test(event) for test in tests)


def _member(name: str, value: Any) -> Callable[[Event], bool]:
    if name == "$or" and isinstance(value, list) and len(value) > 1 and all(isinstance(each, dict) for each in value):
        choices = [_object(each) for each in value]
        return lambda event: any(choice(event) for choice in choices)
    if isinstance(value, dict):
        if not value:
            raise InvalidEventPatternException("Empty objects are not allowed")
        inner = _object(value)
        return lambda event: _within(inner, event.get(name))
    if not isinstance(value, list):
        raise InvalidEventPatternException(f'"{name}" must be an object or an array')
    if not value:
        raise InvalidEventPatternException("Empty arrays are not allowed")
    return _leaf(name, [_test(each) for each in value])


def _within(inner: Callable[[Event], bool], value: Any) -> bool:
    """Of a list of objects, one must fit. What is missing is an object without members."""
    if isinstance(value, list):
        return any(inner(each) for each in value if isinstance(each, Mapping))
    return inner(value if isinstance(value, Mapping) else {})


def _leaf(name: str, tests: list[Test]) -> Callable[[Event], bool]:
    def fits(event: Event) -> bool:
        value = event.get(name, MISSING)
        values = value if isinstance(value, list) else [value]
        return any(test(each) for test in tests for each in values) if values else any(test(MISSING) for test in tests)

    return fits


def _test(wanted: Any) -> Test:
    if isinstance(wanted, dict):
        return _comparison(wanted)
    if isinstance(wanted, list):
        raise InvalidEventPatternException("Match value must be String, number, true, false, or null")
    return lambda value: _same(value, wanted)


def _same(value: Any, wanted: Any) -> bool:
    """300 and 300.0 are one number; true is none."""
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    return value is not MISSING and bool(value == wanted)


def _comparison(wanted: Mapping[str, Any]) -> Test:
    if len(wanted) != 1:
        raise InvalidEventPatternException("Only one key allowed in match expression")
    ((name, operand),) = wanted.items()
    maker = MAKERS.get(name)
    if maker is None:
        raise InvalidEventPatternException(f"Unrecognized match type {name}")
    return maker(operand)


def _prefix(operand: Any) -> Test:
    if _is_caseless(operand):
        start = operand["equals-ignore-case"].lower()
        return lambda value: isinstance(value, str) and value.lower().startswith(start)
    start = _text(operand, "prefix")
    return lambda value: isinstance(value, str) and value.startswith(start)


def _suffix(operand: Any) -> Test:
    if _is_caseless(operand):
        end = operand["equals-ignore-case"].lower()
        return lambda value: isinstance(value, str) and value.lower().endswith(end)
    end = _text(operand, "suffix")
    return lambda value: isinstance(value, str) and value.endswith(end)


def _ignoring_case(operand: Any) -> Test:
    wanted = _text(operand, "equals-ignore-case").lower()
    return lambda value: isinstance(value, str) and value.lower() == wanted


def _wildcard(operand: Any) -> Test:
    text = _text(operand, "wildcard")
    if re.search(r"\\(?![*\\])", text):
        raise InvalidEventPatternException("Invalid escape character in wildcard")
    if "**" in text.replace(r"\*", ""):
        raise InvalidEventPatternException("Consecutive wildcard characters are not allowed")
    parts = re.findall(r"\\[*\\]|\*|[^*\\]+", text)
    expression = "".join(".*" if part == "*" else re.escape(re.sub(r"\\(.)", r"\1", part)) for part in parts)
    matches = re.compile(expression, re.DOTALL).fullmatch
    return lambda value: isinstance(value, str) and matches(value) is not None


def _exists(operand: Any) -> Test:
    if not isinstance(operand, bool):
        raise InvalidEventPatternException("exists match pattern must be either true or false.")
    return lambda value: (value is not MISSING) is operand


def _address(operand: Any) -> Test:
    try:
        network = ipaddress.ip_network(_text(operand, "cidr"), strict=False)
    except ValueError:
        raise InvalidEventPatternException("Malformed CIDR, one '/' required") from None

    def fits(value: Any) -> bool:
        try:
            return isinstance(value, str) and ipaddress.ip_address(value) in network
        except ValueError:
            return False

    return fits


def _numeric(operand: Any) -> Test:
    """`[">", 0, "<=", 5]`"""
    if not isinstance(operand, list) or len(operand) not in (2, 4):
        raise InvalidEventPatternException("Invalid numeric match: must be an array of operators and numbers")
    pairs = list(zip(operand[::2], operand[1::2], strict=True))
    for sign, bound in pairs:
        if not isinstance(sign, str) or sign not in COMPARE:
            raise InvalidEventPatternException(f"Unrecognized numeric range operator: {sign}")
        if isinstance(bound, bool) or not isinstance(bound, int | float) or abs(bound) > LARGEST_NUMBER:
            raise InvalidEventPatternException(f"Value of {sign} must be numeric")
    return lambda value: (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and all(COMPARE[sign](value, bound) for sign, bound in pairs)
    )


def _anything_but(operand: Any) -> Test:
    """One value or several, or one of the comparisons of texts, with one text or several."""
    if isinstance(operand, dict):
        if len(operand) != 1 or next(iter(operand)) not in {"prefix", "suffix", "equals-ignore-case", "wildcard"}:
            raise InvalidEventPatternException("Unsupported anything-but pattern")
        ((name, inner),) = operand.items()
        tests = [MAKERS[name](each) for each in (inner if isinstance(inner, list) else [inner])]
    else:
        values = operand if isinstance(operand, list) else [operand]
        if not all(isinstance(each, str | int | float) and not isinstance(each, bool) for each in values):
            raise InvalidEventPatternException("Value of anything-but must be strings or numbers")
        tests = [_test(each) for each in values]
    if not tests:
        raise InvalidEventPatternException("Empty arrays are not allowed")
    return lambda value: value is not MISSING and not any(test(value) for test in tests)


def _is_caseless(operand: Any) -> bool:
    return isinstance(operand, dict) and operand.keys() == {"equals-ignore-case"} and isinstance(
        operand["equals-ignore-case"], str
    )  # fmt: skip


def _text(operand: Any, name: str) -> str:
    if not isinstance(operand, str):
        raise InvalidEventPatternException(f"{name} match pattern must be a string")
    return operand


MAKERS: Mapping[str, Callable[[Any], Test]] = {
    "anything-but": _anything_but,
    "cidr": _address,
    "equals-ignore-case": _ignoring_case,
    "exists": _exists,
    "numeric": _numeric,
    "prefix": _prefix,
    "suffix": _suffix,
    "wildcard": _wildcard,
}
