"""The hot path: PutRecords, PutRecord and GetRecords in JSON, decoded and encoded by compiled code.

Each answers only what is plainly right and returns None for everything else, before it has changed anything, so that
the generic path says what is wrong. A test holds both to reading the same bytes the same way.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Annotated, Any

import msgspec

from afluente.core.call import Call
from afluente.core.error import AwsError
from afluente.core.outcome import Outcomes
from afluente.services.kinesis import description, sequence_number
from afluente.services.kinesis.authorization import stream_of_token
from afluente.services.kinesis.engine import PAGE_RECORDS, KinesisEngine, Page
from afluente.services.kinesis.error import InternalFailureException, ProvisionedThroughputExceededException
from afluente.services.kinesis.given import GivenRecord, json_records
from afluente.services.kinesis.put import (
    FAILED,
    MAX_BATCH_BYTES,
    measure_put_record,
    measure_put_records,
    put_records_answer,
)
from afluente.services.kinesis.stream_table import LiveStream
from afluente.services.kinesis.writer import Placed
from afluente.store.record_log import LogFailed

# AWS counts a key's characters in UTF-16; up to 128 of any kind are within its 256, and longer keys are rare.
PartitionKey = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class PutEntry(msgspec.Struct, rename="pascal", forbid_unknown_fields=True, gc=False):
    """An entry of PutRecords with nothing but data and key."""

    data: bytes
    partition_key: PartitionKey


class PutRecordsRequest(msgspec.Struct, rename="pascal", forbid_unknown_fields=True, gc=False):
    """A PutRecords that names its stream."""

    stream_name: Name
    records: Annotated[list[PutEntry], msgspec.Meta(min_length=1, max_length=500)]


class PutRecordRequest(msgspec.Struct, rename="pascal", forbid_unknown_fields=True, gc=False):
    """A PutRecord that names its stream."""

    stream_name: Name
    data: bytes
    partition_key: PartitionKey


class GetRecordsRequest(msgspec.Struct, rename="pascal", forbid_unknown_fields=True, gc=False):
    """A GetRecords."""

    shard_iterator: Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
    limit: Annotated[int, msgspec.Meta(ge=1, le=PAGE_RECORDS)] = PAGE_RECORDS


class GetRecordsResponse(msgspec.Struct, rename="pascal", omit_defaults=True):
    """The answer to GetRecords."""

    records: list[GivenRecord]
    millis_behind_latest: int
    next_shard_iterator: str | None = None
    child_shards: Sequence[Mapping[str, Any]] | None = None


PUT_RECORDS = msgspec.json.Decoder(PutRecordsRequest)
PUT_RECORD = msgspec.json.Decoder(PutRecordRequest)
GET_RECORDS = msgspec.json.Decoder(GetRecordsRequest)
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError)
"""What decoding raises; bytes that are no UTF-8 come as the latter."""

ENCODER = msgspec.json.Encoder()


Check = Callable[[Call, str, str], None]
"""check(call, action, resource): raises an AwsError unless the caller may do this."""


class _HotPut:
    def __init__(self, engine: KinesisEngine, check: Check) -> None:
        self._engine = engine
        self._check = check
        self._outcomes: Outcomes | None = None

    def _place(
        self, call: Call, name: str, keys: Sequence[str], data: Sequence[bytes], body_size: int
    ) -> Placed | None:
        """Queue the records, or None: caller, stream or sizes are not plainly right, or the disk is behind."""
        if not self._engine.has_room:
            return None
        try:
            arn = f"arn:aws:kinesis:{call.region}:{call.account}:stream/{name}"
            self._check(call, f"kinesis:{call.operation}", arn)
            live = self._engine.writable_now((call.account, call.region, name))
        except AwsError:
            return None
        if not _fits(live, keys, data, body_size):
            return None
        return self._engine.place(live, keys, data)

    def _stored(self, placed: Placed) -> "asyncio.Future[None]":
        """What to await until the records are on disk."""
        loop = asyncio.get_running_loop()
        if self._outcomes is None or self._outcomes.loop is not loop:
            self._outcomes = Outcomes(loop)
        return self._outcomes.wait_for(placed.future)


class PutRecords(_HotPut):
    """PutRecords from its body."""

    async def __call__(self, call: Call, body: bytes) -> bytes | None:
        placed = self._placed(call, body)
        if placed is None:
            return None
        with suppress(LogFailed):  # then the answer says so of each record
            await self._stored(placed)
        measure_put_records(placed, call.arrived_at_ms)
        return self._results(placed)

    def _placed(self, call: Call, body: bytes) -> Placed | None:
        # Apart from what waits for the disk: the memory of thousands of records, still in the processor's caches, is
        # free for the next request meanwhile.
        request = self._request(body)
        if request is None:
            return None
        keys = [entry.partition_key for entry in request.records]
        data = [entry.data for entry in request.records]
        return self._place(call, request.stream_name, keys, data, len(body))

    def _request(self, body: bytes) -> PutRecordsRequest | None:
        try:
            return PUT_RECORDS.decode(body)
        except UNREADABLE:
            return None

    def _results(self, placed: Placed) -> bytes:
        return _results(placed)


class PutRecord(_HotPut):
    """PutRecord from its body."""

    async def __call__(self, call: Call, body: bytes) -> bytes | None:
        request = self._request(body)
        if request is None:
            return None
        placed = self._place(call, request.stream_name, [request.partition_key], [request.data], len(body))
        if placed is None or placed.refused:
            return None
        with suppress(LogFailed):
            await self._stored(placed)
        measure_put_record(placed, call.arrived_at_ms)
        if placed.future.exception() is not None:
            raise InternalFailureException(FAILED)
        return self._result(placed)

    def _request(self, body: bytes) -> PutRecordRequest | None:
        try:
            return PUT_RECORD.decode(body)
        except UNREADABLE:
            return None

    def _result(self, placed: Placed) -> bytes:
        ((shard, number),) = placed.in_order()
        return f'{{"ShardId":"{shard.shard_id}","SequenceNumber":"{number}"{_encryption(placed)}}}'.encode()


class GetRecords:
    """GetRecords from its body; reading and encoding are done on a worker thread."""

    def __init__(self, engine: KinesisEngine, check: Check) -> None:
        self._engine = engine
        self._check = check

    async def __call__(self, call: Call, body: bytes) -> bytes | None:
        request = self._request(body)
        if request is None:
            return None
        return await asyncio.to_thread(self._answer, call, request)

    def _answer(self, call: Call, request: GetRecordsRequest) -> bytes | None:
        try:
            for arn in stream_of_token(self._engine.tokens, {"ShardIterator": request.shard_iterator}):
                self._check(call, "kinesis:GetRecords", arn)
        except AwsError:
            return None
        try:
            page = self._engine.page(request.shard_iterator, call.account, call.region, request.limit)
        except ProvisionedThroughputExceededException:
            raise  # it has been counted, so it must not be tried again
        except AwsError:
            return None
        return self._given(page)

    def _request(self, body: bytes) -> GetRecordsRequest | None:
        try:
            return GET_RECORDS.decode(body)
        except UNREADABLE:
            return None

    def _given(self, page: Page) -> bytes:
        return _given(page)


def hot_operations(engine: KinesisEngine, check: Check) -> Mapping[str, PutRecords | PutRecord | GetRecords]:
    """The operations that the gateway may answer from the raw JSON body, by name; none while faults are injected."""
    if engine.faults.enabled:
        return {}
    return {
        "PutRecords": PutRecords(engine, check),
        "PutRecord": PutRecord(engine, check),
        "GetRecords": GetRecords(engine, check),
    }


def _fits(live: LiveStream, keys: Sequence[str], data: Sequence[bytes], body_size: int) -> bool:
    """Is every record within the stream's maximum, and all of them within a batch's? None to be answered here else."""
    limit = live.stream.max_record_kib << 10
    if body_size <= limit:  # no record is larger than the request that it came in
        return True
    # A key has four bytes a character at most; so what is near the limit goes the generic way, which counts exactly.
    size = sum(map(len, data)) + 4 * sum(map(len, keys))
    return size <= MAX_BATCH_BYTES and max(map(len, data)) <= limit - 4 * max(map(len, keys))


def _results(placed: Placed) -> bytes:
    """The body of a PutRecords answer, once the batch's future is done."""
    if placed.refused or placed.future.exception() is not None:
        return ENCODER.encode(put_records_answer(placed))
    entries, following = {}, {}
    for slot, numbers in placed.numbers.items():
        leading, rest = sequence_number.split(numbers)
        entries[slot] = f'{{"SequenceNumber":"{leading}%d","ShardId":"{placed.shards[slot].shard_id}"}}'.encode()
        following[slot] = sequence_number.each(rest).__next__
    records = b",".join([entries[slot] for slot in placed.slots])
    numbered = records % tuple([following[slot]() for slot in placed.slots])
    return b'{"FailedRecordCount":0,"Records":[%b]%b}' % (numbered, _encryption(placed).encode())


def _encryption(placed: Placed) -> str:
    """The member that an encrypted stream has more."""
    return "" if placed.stream.key_id is None else f',"EncryptionType":"{placed.stream.encryption_type}"'


def _given(page: Page) -> bytes:
    """The body of a GetRecords answer."""
    records = json_records(page.stream, page.batch)
    answer = GetRecordsResponse(records, page.millis_behind_latest, page.next_iterator)
    if page.next_iterator is None:
        answer.child_shards = [description.child_shard(shard) for shard in page.children]
    return ENCODER.encode(answer)
