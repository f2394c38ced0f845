"""How what a resource is differs from what its template says, for the properties that the template has.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_PropertyDifference.html
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from afluente.core.provider import Response
from afluente.services.cloudformation.template.expression import text

DATE = re.compile(r"\d{4}-\d\d-\d\d")


def differences(expected: Any, actual: Any, path: str = "") -> Iterator[Response]:
    """All differences. What the template leaves out may be anything; a scalar and its text are the same."""
    expected, actual = _parsed(expected, actual), _parsed(actual, expected)
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        for name, value in expected.items():
            if name in actual:
                yield from differences(value, actual[name], f"{path}/{name}")
            else:
                yield _difference("REMOVE", f"{path}/{name}", value, None)
    elif isinstance(expected, list) and isinstance(actual, list):
        yield from _listed(expected, actual, path)
    elif not _same(expected, actual):
        yield _difference("NOT_EQUAL", path, expected, actual)


def _listed(expected: list[Any], actual: list[Any], path: str) -> Iterator[Response]:
    """Lists have no order here: what is alike is paired first, and what is left in its order."""
    left = list(actual)
    unmatched = []
    for index, item in enumerate(expected):
        alike = next((other for other in left if not any(differences(item, other))), None)
        if alike is None:
            unmatched.append((index, item))
        else:
            left.remove(alike)
    for index, item in unmatched:
        if left:
            yield from differences(item, left.pop(0), f"{path}/{index}")
        else:
            yield _difference("REMOVE", f"{path}/{index}", item, None)
    for number, item in enumerate(left):
        yield _difference("ADD", f"{path}/{len(expected) + number}", None, item)


def _parsed(value: Any, other: Any) -> Any:
    """A document that one has as text and the other as an object is compared as an object."""
    if isinstance(value, str) and isinstance(other, Mapping | list):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _same(expected: Any, actual: Any) -> bool:
    one, other = text(expected), text(actual)
    if one == other:
        return True
    if DATE.match(one) and DATE.match(other):
        return _moment(one) == _moment(other)
    try:
        return float(one) == float(other)
    except ValueError:
        return False


def _moment(date: str) -> datetime | str:
    try:
        found = datetime.fromisoformat(date)
    except ValueError:
        return date
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _difference(kind: str, path: str, expected: Any, actual: Any) -> Response:
    return {
        "PropertyPath": path,
        "DifferenceType": kind,
        "ExpectedValue": shown(expected),
        "ActualValue": shown(actual),
    }


def shown(value: Any) -> str:
    """A value as drift detection shows it."""
    return json.dumps(value, default=str) if isinstance(value, Mapping | list | None) else text(value)
