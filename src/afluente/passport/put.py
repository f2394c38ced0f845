"""The first station: the record in its stream."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from afluente.passport.error import PassportError
from afluente.passport.notice import Kind, Notice, State, Words
from afluente.passport.reading import Reading, brief

PUT = Kind(
    "put",
    State.DONE,
    Words("PutRecord: the stream has it, and gives it back."),
    Words("PutRecord: o stream tem o registro e o devolve."),
)
EXPIRED = Kind(
    "past-retention",
    State.UNKNOWN,
    Words(
        "The stream had it under that number, and has let go of it: its retention period is over.",
        "What was delivered of it is looked for all the same.",
    ),
    Words(
        "O stream teve o registro com esse número e já o descartou: o período de retenção passou.",
        "O que foi entregue dele é procurado mesmo assim.",
    ),
)
DIRECT = Kind(
    "direct-put",
    State.DONE,
    Words("Put to the delivery stream itself, which gives records no number that could be looked up."),
    Words("Enviado ao próprio delivery stream, que não dá aos registros um número que se possa consultar."),
)
UNKNOWN = Kind(
    "put-unknown",
    State.UNKNOWN,
    Words(
        "Which record of the stream it was is not known: none with its bytes is there any more, or more than one.",
        "Name it by its sequence number, as PutRecord answered it.",
    ),
    Words(
        "Não se sabe qual registro do stream era: nenhum com seus bytes está mais lá, ou há mais de um.",
        "Indique-o pelo número de sequência que PutRecord respondeu.",
    ),
)
WAYS = 100
"""Pages of a shard that are read to find a record by its bytes."""


def by_number(kinesis: Any, stream: str, sequence_number: str) -> Reading:
    """The record with that sequence number; without its data when it is past its retention. Raises PassportError."""
    if not (sequence_number.isascii() and sequence_number.isdigit()):
        raise PassportError(f"{sequence_number} is no sequence number; they have digits only, 56 of them")
    for shard in _shards(kinesis, stream):
        if int(shard["SequenceNumberRange"]["StartingSequenceNumber"]) > int(sequence_number):
            continue
        try:
            iterator = kinesis.get_shard_iterator(
                StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="AT_SEQUENCE_NUMBER",
                StartingSequenceNumber=sequence_number,
            )["ShardIterator"]  # fmt: skip
        except ClientError as error:
            if error.response["Error"]["Code"] not in {"InvalidArgumentException", "ValidationException"}:
                raise
            continue  # another shard's
        records = kinesis.get_records(ShardIterator=iterator, Limit=1)["Records"]
        if records and records[0]["SequenceNumber"] == sequence_number:
            return _reading(stream, shard["ShardId"], records[0])
        return Reading(stream=stream, sequence_number=sequence_number, shard_id=shard["ShardId"])
    raise PassportError(f"the stream {stream} has no record {sequence_number}, and never had one")


def by_bytes(kinesis: Any, stream: str, data: bytes, since: datetime, until: datetime) -> Reading | None:
    """The one record with these bytes that arrived in that time; None when there is none, or there are several."""
    wanted = data.strip()
    found = [
        _reading(stream, shard["ShardId"], record)
        for shard in _shards(kinesis, stream)
        for record in _records(kinesis, stream, shard["ShardId"], since, until)
        if record["Data"].strip() == wanted
    ]
    return found[0] if len(found) == 1 else None


def notice(kinesis: Any, reading: Reading) -> Notice:
    """How it stands with the put."""
    if reading.is_direct:
        return DIRECT.at("put", reading.arrived_at)
    facts: dict[str, object] = {"stream": reading.stream, "sequence_number": reading.sequence_number}
    if not reading.sequence_number:
        return UNKNOWN.at("put", None, {"stream": reading.stream})
    facts["shard"] = reading.shard_id
    if reading.data is None:
        return EXPIRED.at("put", None, facts)
    facts |= _hash(kinesis, reading) | {"bytes": len(reading.data), "data": brief(reading.data)}
    return PUT.at("put", reading.arrived_at, facts)


def _hash(kinesis: Any, reading: Reading) -> dict[str, object]:
    """The partition key, its hash, and whether that is what led to the shard."""
    number = int.from_bytes(hashlib.md5(reading.partition_key.encode(), usedforsecurity=False).digest())
    (shard,) = (item for item in _shards(kinesis, reading.stream) if item["ShardId"] == reading.shard_id)
    low, high = int(shard["HashKeyRange"]["StartingHashKey"]), int(shard["HashKeyRange"]["EndingHashKey"])
    facts: dict[str, object] = {"partition_key": reading.partition_key}
    if low <= number <= high:
        return facts | {"hash": str(number), "hash_range": f"{low} - {high}"}
    return facts | {"explicit_hash": f"{low} - {high}"}


def _shards(kinesis: Any, stream: str) -> Iterator[dict[str, Any]]:
    given: dict[str, Any] = {"StreamName": stream}
    while True:
        try:
            page = kinesis.list_shards(**given)
        except kinesis.exceptions.ResourceNotFoundException as error:
            raise PassportError(f"there is no stream {stream} ({error.response['Error']['Message']})") from None
        yield from page["Shards"]
        if not page.get("NextToken"):
            return
        given = {"NextToken": page["NextToken"]}


def _records(kinesis: Any, stream: str, shard: str, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
    iterator = kinesis.get_shard_iterator(
        StreamName=stream, ShardId=shard, ShardIteratorType="AT_TIMESTAMP", Timestamp=since
    )["ShardIterator"]
    for _ in range(WAYS):
        page = kinesis.get_records(ShardIterator=iterator)
        for record in page["Records"]:
            if record["ApproximateArrivalTimestamp"] > until:
                return
            yield record
        iterator = page.get("NextShardIterator")
        if iterator is None or not page["MillisBehindLatest"]:
            return


def _reading(stream: str, shard: str, record: dict[str, Any]) -> Reading:
    return Reading(
        record["Data"], stream, record["SequenceNumber"], shard, record["PartitionKey"],
        record["ApproximateArrivalTimestamp"],
    )  # fmt: skip
