"""Which columns of an Iceberg table are moments with a time zone: Glue calls them `timestamp`, the metadata knows.

Athena takes the columns of Iceberg tables from their metadata. Read without pyiceberg, so that a query is planned soon.
"""

import gzip
from typing import Any

import msgspec

from afluente.core.error import AwsError
from afluente.services.athena.location import split
from afluente.services.athena.port import ObjectStore

GZIP = b"\x1f\x8b"


class _Field(msgspec.Struct):
    name: str
    type: Any


class _Schema(msgspec.Struct, rename="kebab"):
    fields: list[_Field]
    schema_id: int = 0


class _Metadata(msgspec.Struct, rename="kebab"):
    schemas: list[_Schema] = []
    current_schema_id: int = 0


def moments(metadata_location: str, store: ObjectStore) -> frozenset[str]:
    """Lower-case names of the current schema's moments. None where the metadata cannot be read: reading will say so."""
    try:
        data = store.get_object(*split(metadata_location)).path.read_bytes()
        found = msgspec.json.decode(gzip.decompress(data) if data.startswith(GZIP) else data, type=_Metadata)
    except (AwsError, OSError, ValueError):
        return frozenset()
    current = next((one for one in found.schemas if one.schema_id == found.current_schema_id), None)
    fields = current.fields if current is not None else ()
    return frozenset(field.name.lower() for field in fields if field.type == "timestamptz")
