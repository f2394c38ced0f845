"""The Filters of ListCrawls."""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from afluente.core.error import NotImplemented as Unsupported
from afluente.services.glue.error import InvalidInputException

FIELDS = {"CRAWL_ID": "id", "STATE": "state", "START_TIME": "started_at_ms", "END_TIME": "ended_at_ms"}
COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "EQ": operator.eq, "NE": operator.ne, "GT": operator.gt, "GE": operator.ge, "LT": operator.lt, "LE": operator.le,
}  # fmt: skip

Crawl = Mapping[str, Any]


def matcher(filters: Sequence[Mapping[str, str]]) -> Callable[[Crawl], bool]:
    """Whether a crawl passes all of `filters`; times are in milliseconds. Raises InvalidInputException."""
    tests = [_test(one) for one in filters]
    return lambda crawl: all(test(crawl) for test in tests)


def _test(one: Mapping[str, str]) -> Callable[[Crawl], bool]:
    name, sign, value = one.get("FieldName", ""), one.get("FilterOperator", "EQ"), one.get("FieldValue", "")
    if name == "DPU_HOUR":
        raise Unsupported("Filters of DPU_HOUR are not supported: crawls here have no DPUs")
    if name not in FIELDS:
        raise InvalidInputException("A filter needs a FieldName.")
    member, compare = FIELDS[name], COMPARE[sign]
    if name in {"CRAWL_ID", "STATE"}:
        if sign not in {"EQ", "NE"}:
            raise InvalidInputException(f"{name} can be filtered by EQ and NE only.")
        return lambda crawl: compare(crawl[member], value)
    if not value.isdecimal():
        raise InvalidInputException(f"{name} is not a time in milliseconds: {value}")
    return lambda crawl: member in crawl and compare(crawl[member], int(value))
