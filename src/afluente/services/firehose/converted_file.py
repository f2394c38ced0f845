"""The files of an object whose format is converted: one with the rows, one with the records that cannot be converted.

Source of the error records: "Handle errors for data format conversion", Firehose developer guide; a document per line.
"""

import base64
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from afluente.services.firehose.conversion.converter import SchemaFailure, converter_of
from afluente.services.firehose.intake import Content, Described
from afluente.services.firehose.ledger import Intent, Table
from afluente.services.firehose.schema import ENTITY_NOT_FOUND

Reason = tuple[str, str]
"""(code, message)"""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of the records. `rows` and `failed` say whether there is a file of each kind."""

    rows: int
    records: int
    size_bytes: int
    failed_records: int
    failed_bytes: int


def convert(intent: Intent, table: Table, content: Content, path: Path, error_path: Path) -> Result:
    """Write the rows to `path` and the error records to `error_path`, each only if there are any."""
    reasons: dict[int, Reason] = {}
    rows, everyone = 0, (ENTITY_NOT_FOUND, table.failure) if table.failure else None
    if everyone is None:
        try:
            converter = converter_of(intent.destination["DataFormatConversionConfiguration"], table.columns)
        except SchemaFailure as failure:
            everyone = failure.code, failure.message
        else:
            converted = converter.convert(content.batches(), path)
            rows = converted.rows
            reasons = {item.index: (item.code, item.message) for item in converted.failures}
    failed = failed_bytes = 0
    if everyone or reasons:
        with error_path.open("wb") as file:
            for record, reason in _failed(content.described(), reasons, everyone):
                file.write(_error_record(intent, table, record, reason) + b"\n")
                failed, failed_bytes = failed + 1, failed_bytes + len(record.data)
    return Result(rows, intent.records - failed, intent.size_bytes - failed_bytes, failed, failed_bytes)


def _failed(
    records: Iterable[Described], reasons: dict[int, Reason], everyone: Reason | None
) -> Iterator[tuple[Described, Reason]]:
    for number, record in enumerate(records):
        reason = everyone or reasons.get(number)
        if reason:
            yield record, reason


def _error_record(intent: Intent, table: Table, record: Described, reason: Reason) -> bytes:
    code, message = reason
    raw = record.detail.raw or record.data
    document = {
        "attemptsMade": 1,
        "arrivalTimestamp": record.arrived_at_ms,
        "lastErrorCode": code,
        "lastErrorMessage": message,
        "attemptEndingTimestamp": intent.sealed_at_ms,
        "rawData": base64.b64encode(raw).decode(),
        "sequenceNumber": record.detail.sequence_number,
        "subSequenceNumber": record.detail.subsequence,
        "dataCatalogTable": {
            "catalogId": table.catalog_id,
            "databaseName": table.database,
            "tableName": table.name,
            "region": table.region,
            "versionId": table.version_id,
            "catalogArn": table.catalog_arn,
        },
    }
    return json.dumps(document, separators=(",", ":")).encode()
