"""The hot path in CBOR, which the Java SDK speaks unless it is told not to: the same handlers, other bytes."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from afluente.services.kinesis import description
from afluente.services.kinesis.engine import KinesisEngine, Page
from afluente.services.kinesis.given import cbor_records
from afluente.services.kinesis.hot import (
    Check,
    GetRecords,
    GetRecordsRequest,
    PutRecord,
    PutRecordRequest,
    PutRecords,
    PutRecordsRequest,
)
from afluente.services.kinesis.put import encryption, put_records_answer
from afluente.services.kinesis.sequence_number import texts
from afluente.services.kinesis.writer import Placed
from afluente.wire.codec import CBOR, Malformed

Request = TypeVar("Request")


def _read(body: bytes, kind: type[Request]) -> Request | None:
    """What `body` says, if it is plainly right. Blobs have to be byte strings."""
    try:
        return msgspec.convert(CBOR.load(body), kind, builtin_types=(bytes,))
    except (Malformed, msgspec.MsgspecError):
        return None


class CborPutRecords(PutRecords):
    """PutRecords in CBOR."""

    def _request(self, body: bytes) -> PutRecordsRequest | None:
        return _read(body, PutRecordsRequest)

    def _results(self, placed: Placed) -> bytes:
        if placed.refused or placed.future.exception() is not None:
            return CBOR.encode(put_records_answer(placed))
        following = {slot: iter(texts(numbers)).__next__ for slot, numbers in placed.numbers.items()}
        ids = [shard.shard_id for shard in placed.shards]
        records = [{"SequenceNumber": following[slot](), "ShardId": ids[slot]} for slot in placed.slots]
        return CBOR.encode({"FailedRecordCount": 0, "Records": records, **encryption(placed)})


class CborPutRecord(PutRecord):
    """PutRecord in CBOR."""

    def _request(self, body: bytes) -> PutRecordRequest | None:
        return _read(body, PutRecordRequest)

    def _result(self, placed: Placed) -> bytes:
        ((shard, number),) = placed.in_order()
        return CBOR.encode({"ShardId": shard.shard_id, "SequenceNumber": str(number), **encryption(placed)})


class CborGetRecords(GetRecords):
    """GetRecords in CBOR."""

    def _request(self, body: bytes) -> GetRecordsRequest | None:
        return _read(body, GetRecordsRequest)

    def _given(self, page: Page) -> bytes:
        records = cbor_records(page.stream, page.batch)
        answer: dict[str, Any] = {"Records": records, "MillisBehindLatest": page.millis_behind_latest}
        if page.next_iterator is None:
            answer["ChildShards"] = [description.child_shard(shard) for shard in page.children]
        else:
            answer["NextShardIterator"] = page.next_iterator
        return CBOR.encode(answer)


def cbor_operations(engine: KinesisEngine, check: Check) -> Mapping[str, PutRecords | PutRecord | GetRecords]:
    """As `hot_operations`, for CBOR."""
    if engine.faults.enabled:
        return {}
    return {
        "PutRecords": CborPutRecords(engine, check),
        "PutRecord": CborPutRecord(engine, check),
        "GetRecords": CborGetRecords(engine, check),
    }
