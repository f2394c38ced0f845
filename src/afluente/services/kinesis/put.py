"""What a put must satisfy beyond the model (keys, sizes, SequenceNumberForOrdering), and what PutRecords answers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from afluente.services.kinesis import sequence_number
from afluente.services.kinesis.error import InvalidArgumentException, ValidationException
from afluente.services.kinesis.fault import HINT, THROTTLED
from afluente.services.kinesis.metric import Written
from afluente.services.kinesis.stream import Shard, Stream
from afluente.services.kinesis.writer import Placed

MAX_BATCH_BYTES = 10 << 20
"""Data and partition keys of one PutRecords."""

FAILED = "Internal Service Failure."
"""AWS's text when a record could not be stored."""


def require_partition_keys(entries: Sequence[Mapping[str, Any]], path: str) -> None:
    """Raises ValidationException for entries without one: only streams that distribute by themselves do without.

    `path` leads to an entry, with `{}` for its number, which counts from one.
    """
    missing = [number for number, entry in enumerate(entries, 1) if entry.get("PartitionKey") is None]
    _complain(
        [
            f"Value null at '{path.format(number)}partitionKey' failed to satisfy constraint: Member must not be null"
            for number in missing
        ]
    )


def check_sizes(entries: Sequence[Mapping[str, Any]], stream: Stream, path: str) -> None:
    """Raises ValidationException for records, key included, beyond the stream's maximum, and for too much in all."""
    limit = stream.max_record_kib << 10
    sizes = [len(entry["Data"]) + len(entry["PartitionKey"].encode()) for entry in entries]
    _complain(
        [
            f"Value 'java.nio.HeapByteBuffer[pos=0 lim={len(entry['Data'])} cap={len(entry['Data'])}]' at "
            f"'{path.format(number)}data' failed to satisfy constraint: "
            f"Member must have length less than or equal to {limit}"
            for number, (entry, size) in enumerate(zip(entries, sizes, strict=True), 1)
            if size > limit
        ]
    )
    if sum(sizes) > MAX_BATCH_BYTES:
        raise InvalidArgumentException(f"Records size exceeds {MAX_BATCH_BYTES >> 20} MB limit")


def check_ordering(text: str, stream: Stream, now_ms: int) -> None:
    """Raises InvalidArgumentException unless `text` is a number that this stream can have given before now.

    More need not be done: every record gets a higher number than all that its shard gave before.
    """
    try:
        number = sequence_number.parse(text)
        known = any(
            shard.index == number.shard_index and shard.created_s == number.shard_created_s for shard in stream.shards
        )
        if known and number.arrived_s * 1000 <= now_ms:
            return
    except ValueError:
        pass
    raise InvalidArgumentException(
        f"ExclusiveMinimumSequenceNumber {text} used in PutRecord on stream {stream.name} "
        f"under account {stream.account} is invalid."
    )


def rate_exceeded(stream: Stream, shard: Shard) -> str:
    """AWS's text when a shard is over its limits."""
    return f"Rate exceeded for shard {shard.shard_id} in stream {stream.name} under account {stream.account}."


def put_records_answer(placed: Placed, injected: Mapping[int, str] = {}) -> dict[str, Any]:
    """The answer to PutRecords, once the batch's future is done.

    injected: the error codes of records, by their index, that were not placed at all.
    """
    stored = placed.future.exception() is None
    following = placed.in_order()
    results = [
        _injected(injected[index]) if index in injected else _result(placed, *next(following), stored=stored)
        for index in range(len(placed.slots) + len(injected))
    ]
    failed = sum("ErrorCode" in result for result in results)
    return {"FailedRecordCount": failed, "Records": results, **encryption(placed)}


def encryption(placed: Placed) -> dict[str, str]:
    """EncryptionType as the answer to a put has it: only of an encrypted stream."""
    return {} if placed.stream.key_id is None else {"EncryptionType": placed.stream.encryption_type}


def _result(placed: Placed, shard: Shard, number: int | None, *, stored: bool) -> dict[str, str]:
    if number is None:
        return {"ErrorCode": THROTTLED, "ErrorMessage": rate_exceeded(placed.stream, shard)}
    if stored:
        return {"SequenceNumber": str(number), "ShardId": shard.shard_id}
    return {"ErrorCode": "InternalFailure", "ErrorMessage": FAILED}


def _injected(code: str) -> dict[str, str]:
    return {"ErrorCode": code, "ErrorMessage": f"{FAILED if code == 'InternalFailure' else 'Rate exceeded.'} {HINT}"}


def measure_put_record(placed: Placed, since_ms: int) -> None:
    """Count a PutRecord that came at `since_ms`, once the batch's future is done."""
    placed.live.metrics.put_record(_written(placed), since_ms, stored=_measure_shards(placed))


def measure_put_records(placed: Placed, since_ms: int) -> None:
    """Count a PutRecords that came at `since_ms`, once the batch's future is done."""
    placed.live.metrics.put_records(_written(placed), since_ms, stored=_measure_shards(placed))


def _written(placed: Placed) -> Written:
    return Written(sum(placed.sizes.values()), sum(map(len, placed.numbers.values())), len(placed.refused))


def _measure_shards(placed: Placed) -> bool:
    """Count what each shard got, where that is asked for; whether it was stored."""
    stored, metrics = placed.future.exception() is None, placed.live.metrics
    if metrics.enhanced:
        refused = Counter(placed.slots[index] for index in placed.refused)
        shards = {
            placed.shards[slot].shard_id: Written(
                placed.sizes.get(slot, 0), len(placed.numbers.get(slot, ())), refused[slot]
            )
            for slot in {*placed.numbers, *refused}
        }
        metrics.shards_written(shards, stored=stored)
    return stored


def _complain(complaints: Sequence[str]) -> None:
    """Raise all complaints as AWS joins them: ten at most, under their number."""
    if complaints:
        errors = "error" if len(complaints) == 1 else "errors"
        raise ValidationException(f"{len(complaints)} validation {errors} detected: {'; '.join(complaints[:10])}")
