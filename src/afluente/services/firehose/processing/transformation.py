"""The Lambda processor: batches of records through a function, with AWS's event, answers and failures.

Source: "Transform source data", Firehose developer guide; codes and messages as captured from AWS. A function that
fails is invoked again, as often as NumberOfRetries says; an answer is final, however malformed.
"""

import base64
import binascii
import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from afluente.core.clock import Clock
from afluente.core.error import AwsError
from afluente.function.invocation import (
    FUNCTION_ERROR,
    LARGEST_PAYLOAD,
    MESSAGES,
    Answer,
    Function,
    InvocationFailed,
)
from afluente.services.firehose.processing.unit import Failure, Outcome, Unit
from afluente.services.firehose.route import PROCESSING_FAILED
from afluente.services.firehose.stream import DeliveryStream

RETRY_MS = 1000
MALFORMED = "Lambda.JsonProcessingException"
OVERHEAD_BYTES = 700
"""What a record takes in an event beside its data, at most: ids, times, a partition key of 256 characters."""


@dataclass(frozen=True, slots=True)
class Caller:
    """What a transformation needs of its surroundings."""

    clock: Clock
    check: Callable[[], None]
    """Raises AwsError while the role may not invoke the function."""

    report: Callable[[str], None]
    """Tells CloudWatch Logs of an error code."""

    printed: Callable[[str], None]
    """Takes what the function printed."""

    measure: Callable[[int, bool], None]
    """Takes when an invocation began, and whether it succeeded."""


class Returned(msgspec.Struct):
    """One record of a function's answer."""

    result: Literal["Ok", "Dropped", "ProcessingFailed"]
    recordId: str | None = None  # noqa: N815  # as the function spells it
    data: str | None = None
    metadata: dict[str, Any] | None = None


class Returns(msgspec.Struct):
    """A function's answer."""

    records: list[Returned] = []


class Again(Exception):
    """An invocation failed, and is to be tried again at `at_ms`, with the same records."""

    def __init__(self, at_ms: int) -> None:
        super().__init__()
        self.at_ms = at_ms


@dataclass(slots=True)
class Work:
    """The records of one call of `apply`: what is still to be sent, and what has come of the others."""

    units: Sequence[Unit]
    waiting: deque[Sequence[Unit]]
    outcome: Outcome
    failures: int = 0


class Transformation:
    """Sends records of `stream` through `function`, which `arn` names, up to 1 + `retries` times."""

    def __init__(self, stream: DeliveryStream, arn: str, retries: int, function: Function, caller: Caller) -> None:
        self._stream = stream
        self._arn = arn
        self._attempts = 1 + retries
        self._function = function
        self._caller = caller
        self._work: Work | None = None
        self._closed = False

    def apply(self, units: Sequence[Unit]) -> Outcome:
        """What the function made of the units; dropped ones are gone.

        Raises Again, upon which it is to be called with the same list later; InterruptedError when it is closed.
        """
        if self._work is None or self._work.units is not units:
            self._work = Work(units, deque(_batches(units)), Outcome())
        work = self._work
        while work.waiting:
            work.outcome.add(self._apply(work, work.waiting[0]))
            work.waiting.popleft()
            work.failures = 0
        self._work = None
        return work.outcome

    def close(self) -> None:
        """Let go of the function, also while it runs."""
        self._closed = True
        self._function.close()

    def _apply(self, work: Work, units: Sequence[Unit]) -> Outcome:
        ids = [f"{number:056d}" for number in range(len(units))]
        began_ms = self._caller.clock.now_ms()
        try:
            self._check_size(units)
            answer = self._invoke(units, ids)
        except InvocationFailed as failure:
            self._failed(failure, began_ms)
            work.failures += 1
            if work.failures < self._attempts:
                raise Again(self._caller.clock.now_ms() + RETRY_MS) from None
            return self._all_failed(units, failure.code, work.failures)
        self._caller.measure(began_ms, True)
        self._caller.printed(answer.printed)
        return self._outcome(units, ids, answer.payload, 1 + work.failures)

    def _invoke(self, units: Sequence[Unit], ids: Sequence[str]) -> Answer:
        if self._closed:
            raise InterruptedError
        try:
            self._caller.check()
        except AwsError as error:
            raise InvocationFailed("Lambda.InvokeAccessDenied", error.message) from None
        return self._function.invoke(msgspec.json.encode(self._event(units, ids)))

    def _failed(self, failure: InvocationFailed, began_ms: int) -> None:
        if self._closed:
            raise InterruptedError
        self._caller.measure(began_ms, False)
        self._caller.printed(failure.detail)
        self._caller.report(failure.code)

    def _event(self, units: Sequence[Unit], ids: Sequence[str]) -> dict[str, Any]:
        source = {"sourceKinesisStreamArn": self._stream.source.stream_arn} if self._stream.source else {}
        return {
            "invocationId": str(uuid.uuid4()),
            "deliveryStreamArn": self._stream.arn,
            **source,
            "region": self._stream.region,
            "records": [_event_record(unit, record_id) for unit, record_id in zip(units, ids, strict=True)],
        }

    @staticmethod
    def _check_size(units: Sequence[Unit]) -> None:
        if len(units) == 1 and _size(units[0]) > LARGEST_PAYLOAD:
            raise InvocationFailed(FUNCTION_ERROR, f"a record of {len(units[0].data)} bytes does not fit an invocation")

    def _outcome(self, units: Sequence[Unit], ids: Sequence[str], payload: bytes, attempts: int) -> Outcome:
        try:
            returned = msgspec.json.decode(payload, type=Returns | None) or Returns()
        except msgspec.DecodeError:
            self._caller.report(MALFORMED)
            return self._all_failed(units, MALFORMED, attempts)
        counts = Counter(item.recordId for item in returned.records)
        found = {item.recordId: item for item in returned.records}
        outcome = Outcome()
        for unit, record_id in zip(units, ids, strict=True):
            self._take(outcome, unit, found.get(record_id), counts[record_id], attempts)
        for code in sorted({failure.code for failure in outcome.failures} - {"Lambda.ProcessingFailedStatus"}):
            self._caller.report(code)
        return outcome

    def _take(self, outcome: Outcome, unit: Unit, item: Returned | None, count: int, attempts: int) -> None:
        data = _decoded(item.data) if item else None
        if item and count == 1 and item.result == "Ok" and data is not None:
            outcome.units.append(unit.changed(data=data, keys=unit.keys | _keys(item.metadata)))
        elif code := _failure_code(item, count):
            outcome.failures.append(self._failure(unit, code, attempts))

    def _all_failed(self, units: Sequence[Unit], code: str, attempts: int) -> Outcome:
        return Outcome(failures=[self._failure(unit, code, attempts) for unit in units])

    def _failure(self, unit: Unit, code: str, attempts: int) -> Failure:
        return Failure(unit, PROCESSING_FAILED, code, MESSAGES[code], attempts, self._arn)


def _failure_code(item: Returned | None, count: int) -> str | None:
    """Why a record cannot go on; None when it was dropped."""
    if item is None:
        return "Lambda.MissingRecordId"
    if count > 1:
        return "Lambda.DuplicatedRecordId"
    if item.result == "ProcessingFailed":
        return "Lambda.ProcessingFailedStatus"
    if item.result == "Dropped":
        return None
    return "Lambda.InvalidReturnFormat" if item.data is None else FUNCTION_ERROR


def _event_record(unit: Unit, record_id: str) -> dict[str, Any]:
    record: dict[str, Any] = {
        "recordId": record_id,
        "approximateArrivalTimestamp": unit.arrived_at_ms,
        "data": base64.b64encode(unit.data).decode(),
    }
    if unit.metadata:
        record["kinesisRecordMetadata"] = {
            "sequenceNumber": unit.metadata.sequence_number,
            "subsequenceNumber": unit.metadata.subsequence,
            "partitionKey": unit.metadata.partition_key,
            "shardId": unit.metadata.shard_id,
            "approximateArrivalTimestamp": unit.arrived_at_ms,
        }
    return record


def _size(unit: Unit) -> int:
    """What a record takes in an event, at most."""
    return (len(unit.data) + 2) // 3 * 4 + OVERHEAD_BYTES


def _batches(units: Sequence[Unit]) -> Iterator[Sequence[Unit]]:
    """The units in batches that fit an invocation; one that fits none is alone."""
    start = size = 0
    for number, unit in enumerate(units):
        size += _size(unit)
        if size > LARGEST_PAYLOAD and number > start:
            yield units[start:number]
            start, size = number, _size(unit)
    if start < len(units):
        yield units[start:]


def _decoded(data: str | None) -> bytes | None:
    try:
        return None if data is None else base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return None


def _keys(metadata: Mapping[str, Any] | None) -> dict[str, str]:
    keys = (metadata or {}).get("partitionKeys")
    if not isinstance(keys, dict):
        return {}
    return {f"partitionKeyFromLambda:{name}": str(value) for name, value in keys.items() if value is not None}
