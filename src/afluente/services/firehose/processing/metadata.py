"""The MetadataExtraction processor: partition keys out of JSON records, by a jq query in a process of its own."""

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from afluente.core.child import Child, ChildFailed, ChildTimedOut
from afluente.services.firehose.error import InvalidArgumentException
from afluente.services.firehose.processing.unit import Failure, Outcome, Unit
from afluente.services.firehose.route import PROCESSING_FAILED

CODE = "DynamicPartitioning.MetadataExtractionFailed"
MISSING = "partitionKeys values must not be null or empty"
WORKER = Path(__file__).with_name("jq_worker.py")
ENVIRONMENT = {"HOME": "/nonexistent"}
"""Nothing of ours may be read by a query, and no `~/.jq`."""

COMPILE_S = 10.0
BATCH_S = 10.0
RECORD_S = 1.0
MOST_TIMEOUTS = 3
"""Records of a batch that may take too long, each given its time, before the others are not tried any more."""

Result = dict[str, Any] | str
"""Keys, or why there are none."""


class Query:
    """A compiled jq query. Used by one thread, but for `close`."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._child = Child(WORKER, environment=ENVIRONMENT)
        self._running = False
        self._closed = False

    def check(self) -> None:
        """Raises InvalidArgumentException when jq does not take the query."""
        try:
            problem = self._child.ask(self._text.encode(), COMPILE_S).decode()
        except ChildFailed as failure:
            problem = str(failure)
        finally:
            self._child.restart()
        if problem:
            raise InvalidArgumentException(f"MetaDataExtraction JQ Query is not a valid jq query: {problem}")

    def close(self) -> None:
        """End it, also while it runs."""
        self._closed = True
        self._child.close()

    def results(self, records: Sequence[bytes]) -> list[Result]:
        """What the query gives for each record. Raises InterruptedError when it is closed meanwhile."""
        try:
            return self._ask(records, BATCH_S)
        except ChildFailed:
            return self._one_by_one(records)

    def _one_by_one(self, records: Sequence[bytes]) -> list[Result]:
        results: list[Result] = []
        failed = 0
        for record in records:
            try:
                results += ["too many records failed"] if failed >= MOST_TIMEOUTS else self._ask([record], RECORD_S)
            except ChildTimedOut:
                failed += 1
                results.append("the query took too long")
            except ChildFailed:
                failed += 1
                results.append("the query ended the process that ran it")
        return results

    def _ask(self, records: Sequence[bytes], limit_s: float) -> list[Result]:
        lengths = struct.pack(f"<I{len(records)}I", len(records), *map(len, records))
        try:
            if not self._running:
                self._child.ask(self._text.encode(), COMPILE_S)
                self._running = True
            answer = self._child.ask(b"".join((lengths, *records)), limit_s)
        except ChildFailed:
            self._running = False
            if self._closed:
                raise InterruptedError from None
            raise
        return msgspec.json.decode(answer, type=list[dict[str, Any] | str])


def extract(query: Query, units: Sequence[Unit]) -> Outcome:
    """The units with the query's keys added, and a failure for each that has not got them all."""
    outcome = Outcome()
    for unit, result in zip(units, query.results([unit.data for unit in units]), strict=True):
        keys = _keys(result) if isinstance(result, dict) else result
        if isinstance(keys, str):
            outcome.failures.append(Failure(unit, PROCESSING_FAILED, CODE, keys))
        else:
            outcome.units.append(unit.changed(keys=unit.keys | keys))
    return outcome


def _keys(found: dict[str, Any]) -> dict[str, str] | str:
    keys = {}
    for name, value in found.items():
        if value is None or value == "":
            return MISSING
        if isinstance(value, dict | list):
            return "partitionKeys values must be strings, numbers or booleans"
        keys[f"partitionKeyFromQuery:{name}"] = _text(value)
    return keys


def _text(value: str | float | bool) -> str:
    """As jq writes it."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return msgspec.json.encode(value).decode()
