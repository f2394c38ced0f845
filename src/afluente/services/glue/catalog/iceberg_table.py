"""A new Iceberg table, as CreateTable makes it: its first metadata file, and how the catalog names it.

The file's format: "Table Metadata" of the Iceberg specification, https://iceberg.apache.org/spec/#table-metadata
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from afluente.services.glue.catalog.iceberg_schema import Field, columns_of, fields_of, ids_of
from afluente.services.glue.error import InvalidInputException

VERSIONS = ("1", "2")
FIRST_PARTITION_ID = 1000
"""Of the first partition field, by the specification."""


@dataclass(frozen=True, slots=True)
class NewTable:
    """What to store: `metadata` under `bucket` and `key`, and the `table_input` that names it."""

    bucket: str
    key: str
    metadata: bytes
    table_input: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a table is like: its fields, how it is cut into partitions and sorted."""

    location: str
    fields: Sequence[Field]
    identifiers: Sequence[int] = ()
    partition: Mapping[str, Any] = field(default_factory=dict)
    order: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)


def new_table(table_input: Mapping[str, Any], iceberg_input: Mapping[str, Any], now_ms: int) -> NewTable:
    """The empty table of a TableInput's columns, or of CreateIcebergTableInput. Raises InvalidInputException."""
    version = iceberg_input.get("Version", "2")
    if version not in VERSIONS:
        raise InvalidInputException(f"Iceberg version {version} is not valid; it may be {' or '.join(VERSIONS)}.")
    if table_input.get("PartitionKeys"):
        raise InvalidInputException("Partition keys are not valid for an Iceberg table; its own metadata has them.")
    given = iceberg_input.get("CreateIcebergTableInput")
    shape = _of_columns(table_input) if given is None else _of_iceberg(given)
    bucket, _, folder = shape.location.removeprefix("s3://").partition("/")
    if not shape.location.startswith("s3://") or not bucket:
        raise InvalidInputException("An Iceberg table needs a Location, as s3://bucket/folder.")
    name = f"metadata/00000-{uuid.uuid4()}.metadata.json"
    named = _named(table_input, shape, f"{shape.location}/{name}", with_columns=given is not None)
    metadata = json.dumps(_metadata(shape, int(version), now_ms)).encode()
    return NewTable(bucket, f"{folder}/{name}" if folder else name, metadata, named)


def _of_columns(table_input: Mapping[str, Any]) -> _Shape:
    storage = table_input.get("StorageDescriptor", {})
    return _Shape(storage.get("Location", "").rstrip("/"), fields_of(storage.get("Columns", [])))


def _of_iceberg(given: Mapping[str, Any]) -> _Shape:
    fields = [
        {"id": one["Id"], "name": one["Name"], "required": one["Required"], "type": one["Type"]}
        | ({"doc": one["Doc"]} if "Doc" in one else {})
        for one in given["Schema"]["Fields"]
    ]
    ids = {one["id"] for one in fields}
    every = _every_id(fields)
    if len(set(every)) < len(every):
        raise InvalidInputException("The ids of an Iceberg schema's fields must differ.")
    spec, order = given.get("PartitionSpec", {}), given.get("WriteOrder", {})
    unknown = {one["SourceId"] for one in (*spec.get("Fields", ()), *order.get("Fields", ()))} - ids
    if unknown:
        raise InvalidInputException(f"There is no field of the id {min(unknown)} to partition or to sort by.")
    identifiers = given["Schema"].get("IdentifierFieldIds", ())
    return _Shape(given["Location"].rstrip("/"), fields, identifiers, spec, order, given.get("Properties", {}))


def _every_id(fields: Sequence[Field]) -> list[int]:
    """The ids of all fields, nested ones too. Raises InvalidInputException where a type has none."""
    columns_of(fields)  # says which type is none of Iceberg's
    try:
        return [one["id"] for one in fields] + [nested for one in fields for nested in ids_of(one["type"])]
    except (KeyError, TypeError, ValueError):
        raise InvalidInputException("A nested field of the Iceberg schema has no id.") from None


def _named(table_input: Mapping[str, Any], shape: _Shape, metadata: str, *, with_columns: bool) -> dict[str, Any]:
    own = {"Columns": columns_of(shape.fields), "Location": shape.location} if with_columns else {}
    return dict(table_input) | {
        "TableType": table_input.get("TableType", "EXTERNAL_TABLE"),
        "StorageDescriptor": table_input.get("StorageDescriptor", {}) | own,
        "Parameters": {
            **table_input.get("Parameters", {}),
            "table_type": "ICEBERG",
            "metadata_location": metadata,
        },
    }


def _metadata(shape: _Shape, version: int, now_ms: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "struct", "schema-id": 0, "fields": list(shape.fields)}
    if shape.identifiers:
        schema["identifier-field-ids"] = list(shape.identifiers)
    partition = [
        {"source-id": one["SourceId"], "field-id": one.get("FieldId", number), "name": one["Name"],
         "transform": one["Transform"]}
        for number, one in enumerate(shape.partition.get("Fields", ()), FIRST_PARTITION_ID)
    ]  # fmt: skip
    order = [
        {"source-id": one["SourceId"], "transform": one["Transform"], "direction": one["Direction"],
         "null-order": one["NullOrder"]}
        for one in shape.order.get("Fields", ())
    ]  # fmt: skip
    order_id = shape.order.get("OrderId", 1) if order else 0
    metadata: dict[str, Any] = {
        "format-version": version,
        "table-uuid": str(uuid.uuid4()),
        "location": shape.location,
        "last-updated-ms": now_ms,
        "last-column-id": max(_every_id(shape.fields), default=0),
        "current-schema-id": 0,
        "schemas": [schema],
        "default-spec-id": 0,
        "partition-specs": [{"spec-id": 0, "fields": partition}],
        "last-partition-id": max((one["field-id"] for one in partition), default=FIRST_PARTITION_ID - 1),
        "default-sort-order-id": order_id,
        "sort-orders": [{"order-id": order_id, "fields": order}],
        "properties": dict(shape.properties),
        "current-snapshot-id": -1,
        "refs": {},
        "snapshots": [],
        "snapshot-log": [],
        "metadata-log": [],
    }
    return metadata | ({"last-sequence-number": 0} if version > 1 else {"schema": schema, "partition-spec": partition})
