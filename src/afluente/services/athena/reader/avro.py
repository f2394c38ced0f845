"""Avro: columns by name, whatever their case, through the reader's schema that the table names, if it names one.

Sources: the Apache Hive documentation of AvroSerDe for the table's properties and types, the Avro specification for the
resolution of the two schemas.
"""

import itertools
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any, cast

import fastavro
import pyarrow as pa

from afluente.core.arrow_type import arrow_type
from afluente.core.avro_codec import add_codecs
from afluente.core.hive_type import HiveType
from afluente.services.athena.catalog import Column
from afluente.services.athena.error import QueryFailure
from afluente.services.athena.reader.arrow_stream import UNIT, CountedFile, relation
from afluente.services.athena.reader.file import DataFile
from afluente.services.athena.reader.relation import Relation, Request, hive_type

ROWS = 10_000
LITERAL, URL = "avro.schema.literal", "avro.schema.url"

UNREADABLE = (ValueError, TypeError, EOFError, IndexError, KeyError, AttributeError, zlib.error, pa.ArrowException)
"""What fastavro may raise over a file that is broken, or whose schema is not what the table's can be read from."""

add_codecs()


def read(request: Request) -> Relation:
    """The relation of an Avro table."""
    if request.serde.get(URL):
        raise QueryFailure("NOT_SUPPORTED", f"Afluente does not have the SerDe property {URL}; use {LITERAL}")
    schema = _schema(request.serde.get(LITERAL, ""))

    def arrays(data: CountedFile, file: DataFile) -> Iterator[tuple[int, Sequence[Any]]]:
        return _arrays(data, file, request.columns, schema)

    return relation(request, arrays)


def _schema(literal: str) -> Any | None:
    """The reader's schema of the table. Raises QueryFailure for a text that is none."""
    if literal.strip() in {"", "none"}:
        return None
    try:
        return fastavro.parse_schema(json.loads(literal))
    except (ValueError, KeyError, TypeError, fastavro.schema.SchemaParseException) as error:
        raise QueryFailure("HIVE_METASTORE_ERROR", f"{LITERAL} is not an Avro schema: {error}") from None


def _arrays(
    data: CountedFile, file: DataFile, columns: Sequence[Column], schema: Any | None
) -> Iterator[tuple[int, Sequence[Any]]]:
    values = [_value_of(hive_type(column)) for column in columns]
    try:
        records: Iterator[Any] = fastavro.reader(cast(IO[bytes], data), schema)
        while batch := list(itertools.islice(records, ROWS)):
            rows = [{name.lower(): value for name, value in record.items()} for record in batch]
            yield (
                len(rows),
                [
                    _array([row.get(column.name) for row in rows], column, value, file)
                    for column, value in zip(columns, values, strict=True)
                ],
            )
    except UNREADABLE as error:
        raise QueryFailure(
            "HIVE_CANNOT_OPEN_SPLIT",
            f"Error opening Hive split {file.uri} (offset=0, length={file.size}): Not an Avro data file. {error}",
        ) from None


def _array(found: Sequence[Any], column: Column, value: Callable[[Any], Any], file: DataFile) -> Any:
    kind = hive_type(column)
    try:
        return pa.array([None if one is None else value(one) for one in found], arrow_type(kind, UNIT))
    except (pa.ArrowException, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise QueryFailure(
            "HIVE_BAD_DATA", f"Column {column.name} of type {column.type} does not match {file.uri}: {error}"
        ) from None


def _value_of(kind: HiveType) -> Callable[[Any], Any]:
    """Makes of a value, which is not null, what Arrow takes for the column."""
    if kind.name == "struct":
        fields = [(name, name.lower(), _nullable(_value_of(inner))) for name, inner in kind.fields]
        return lambda record: _struct(record, fields)
    if kind.name == "array":
        element = _nullable(_value_of(kind.fields[0][1]))
        return lambda items: [element(item) for item in items]
    if kind.name == "map":
        inner = _nullable(_value_of(kind.fields[1][1]))
        return lambda found: [(key, inner(value)) for key, value in found.items()]
    if kind.name in {"string", "varchar", "char"}:
        return _text
    return lambda value: value


def _nullable(value: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda one: None if one is None else value(one)


def _struct(record: Any, fields: Sequence[tuple[str, str, Callable[[Any], Any]]]) -> dict[str, Any]:
    found = {name.lower(): value for name, value in record.items()}
    return {name: value(found.get(key)) for name, key, value in fields}


def _text(value: Any) -> Any:
    return value if isinstance(value, (str, bytes)) else _uuid(value)


def _uuid(value: Any) -> str:
    if type(value).__name__ != "UUID":
        raise TypeError(f"{value!r} is no text")
    return str(value)
