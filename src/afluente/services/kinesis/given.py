"""Records as GetRecords and SubscribeToShard give them, in JSON and in CBOR, made for compiled encoders."""

from typing import Any

import msgspec

from afluente.services.kinesis import sequence_number
from afluente.services.kinesis.reader import RecordBatch
from afluente.services.kinesis.stream import Stream


class GivenRecord(msgspec.Struct, rename="pascal", omit_defaults=True, gc=False):
    """A record in JSON."""

    sequence_number: str
    approximate_arrival_timestamp: float
    data: bytes
    partition_key: str
    encryption_type: str | None = None


def json_records(stream: Stream, batch: RecordBatch) -> list[GivenRecord]:
    """The records of a batch for JSON: timestamps are seconds."""
    records: list[GivenRecord] = []
    for piece in batch.pieces():
        arrived_s, encryption = piece.arrived_at_ms / 1000, _encryption(stream, piece.arrived_at_ms)
        records += [
            GivenRecord(number, arrived_s, data, key, encryption)
            for number, data, key in zip(
                sequence_number.texts(piece.numbers), piece.data, map(bytes.decode, piece.keys), strict=True
            )
        ]
    return records


def cbor_records(stream: Stream, batch: RecordBatch) -> list[dict[str, Any]]:
    """The records of a batch for CBOR: timestamps are milliseconds under tag 1."""
    import cbor2  # noqa: PLC0415  # only the Java SDK speaks CBOR; the others need not wait for the import

    records: list[dict[str, Any]] = []
    for piece in batch.pieces():
        arrived = cbor2.CBORTag(1, piece.arrived_at_ms)
        encryption = _encryption(stream, piece.arrived_at_ms)
        rest = {"EncryptionType": encryption} if encryption else {}
        records += [
            {
                "SequenceNumber": number,
                "ApproximateArrivalTimestamp": arrived,
                "Data": data,
                "PartitionKey": key,
                **rest,
            }
            for number, data, key in zip(
                sequence_number.texts(piece.numbers), piece.data, map(bytes.decode, piece.keys), strict=True
            )
        ]
    return records


def _encryption(stream: Stream, arrived_at_ms: int) -> str | None:
    return "KMS" if stream.encrypted_at(arrived_at_ms) else None
