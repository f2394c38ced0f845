"""A new Iceberg table, as CreateTable makes it of a TableInput: its first metadata file, and how the catalog names it.

The file's format: "Table Metadata" of the Iceberg specification, https://iceberg.apache.org/spec/#table-metadata
"""

import itertools
import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from afluente.core.hive_type import HiveType
from afluente.core.hive_type import parse as parse_hive_type
from afluente.services.glue.error import InvalidInputException

TYPES = {
    "tinyint": "int", "smallint": "int", "int": "int", "bigint": "long", "float": "float", "double": "double",
    "boolean": "boolean", "string": "string", "varchar": "string", "char": "string", "binary": "binary",
    "date": "date", "timestamp": "timestamp",
}  # fmt: skip
VERSIONS = ("1", "2")
LAST_PARTITION_ID = 999
"""Before the first partition field's, which the specification has begin at 1000."""


@dataclass(frozen=True, slots=True)
class NewTable:
    """What to store: `metadata` under `bucket` and `key`, and the `table_input` that names it."""

    bucket: str
    key: str
    metadata: bytes
    table_input: dict[str, Any]


def new_table(table_input: Mapping[str, Any], iceberg_input: Mapping[str, Any], now_ms: int) -> NewTable:
    """The table of `table_input`, empty and unpartitioned. Raises InvalidInputException."""
    version = iceberg_input.get("Version", "2")
    if version not in VERSIONS:
        raise InvalidInputException(f"Iceberg version {version} is not valid; it may be {' or '.join(VERSIONS)}.")
    if table_input.get("PartitionKeys"):
        raise InvalidInputException(
            "Partition keys are not valid for an Iceberg table; its metadata says how it is cut."
        )
    storage = table_input.get("StorageDescriptor", {})
    location = storage.get("Location", "").rstrip("/")
    bucket, _, folder = location.removeprefix("s3://").partition("/")
    if not location.startswith("s3://") or not bucket:
        raise InvalidInputException("An Iceberg table needs StorageDescriptor.Location, as s3://bucket/folder.")
    metadata = _metadata(storage.get("Columns", []), location, int(version), now_ms)
    name = f"metadata/00000-{uuid.uuid4()}.metadata.json"
    parameters = {"table_type": "ICEBERG", "metadata_location": f"{location}/{name}"}
    named = dict(table_input) | {
        "TableType": table_input.get("TableType", "EXTERNAL_TABLE"),
        "Parameters": {**table_input.get("Parameters", {}), **parameters},
    }
    return NewTable(bucket, f"{folder}/{name}" if folder else name, json.dumps(metadata).encode(), named)


def _metadata(columns: list[Mapping[str, str]], location: str, version: int, now_ms: int) -> dict[str, Any]:
    ids = itertools.count(len(columns) + 1)
    fields = [_field(number, column, ids) for number, column in enumerate(columns, 1)]
    schema = {"type": "struct", "schema-id": 0, "fields": fields}
    metadata: dict[str, Any] = {
        "format-version": version,
        "table-uuid": str(uuid.uuid4()),
        "location": location,
        "last-updated-ms": now_ms,
        "last-column-id": next(ids) - 1,
        "current-schema-id": 0,
        "schemas": [schema],
        "default-spec-id": 0,
        "partition-specs": [{"spec-id": 0, "fields": []}],
        "last-partition-id": LAST_PARTITION_ID,
        "default-sort-order-id": 0,
        "sort-orders": [{"order-id": 0, "fields": []}],
        "properties": {},
        "current-snapshot-id": -1,
        "refs": {},
        "snapshots": [],
        "snapshot-log": [],
        "metadata-log": [],
    }
    return metadata | ({"last-sequence-number": 0} if version > 1 else {"schema": schema, "partition-spec": []})


def _field(number: int, column: Mapping[str, str], ids: Iterator[int]) -> dict[str, Any]:
    try:
        kind = _type(parse_hive_type(column.get("Type") or "string"), ids)
    except (ValueError, KeyError):
        raise InvalidInputException(
            f"The type {column.get('Type')} of {column['Name']} is none of Iceberg's."
        ) from None
    comment = {"doc": column["Comment"]} if column.get("Comment") else {}
    return {"id": number, "name": column["Name"], "required": False, "type": kind, **comment}


def _type(kind: HiveType, ids: Iterator[int]) -> Any:
    """A Hive type in Iceberg's words, its fields with ids of their own. Raises KeyError."""
    if kind.name == "decimal":
        precision, scale = kind.decimal_size
        return f"decimal({precision}, {scale})"
    if kind.name == "struct":
        named = [(next(ids), name, inner) for name, inner in kind.fields]
        fields = [{"id": one, "name": name, "required": False, "type": _type(inner, ids)} for one, name, inner in named]
        return {"type": "struct", "fields": fields}
    if kind.name == "array":
        element = next(ids)
        inner = _type(kind.fields[0][1], ids)
        return {"type": "list", "element-id": element, "element-required": False, "element": inner}
    if kind.name == "map":
        key, value = next(ids), next(ids)
        types = {"key": _type(kind.fields[0][1], ids), "value": _type(kind.fields[1][1], ids)}
        return {"type": "map", "key-id": key, "value-id": value, "value-required": False, **types}
    return TYPES[kind.name]
