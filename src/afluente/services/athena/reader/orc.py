"""ORC: columns by their place in the table, as Hive writes them; by name when `orc.column.index.access` is false.

Stripes are read one after the other, and of each only the wanted columns.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.orc

from afluente.services.athena.catalog import Column
from afluente.services.athena.error import QueryFailure
from afluente.services.athena.reader.arrow_stream import ROWS, CountedFile, fitted, missing, relation
from afluente.services.athena.reader.file import DataFile
from afluente.services.athena.reader.relation import Relation, Request, hive_type

INDEX_ACCESS = "orc.column.index.access"

ORC_TYPES = {
    "int8": "BYTE", "int16": "SHORT", "int32": "INT", "int64": "LONG", "float": "FLOAT", "double": "DOUBLE",
    "bool": "BOOLEAN", "string": "STRING", "binary": "BINARY", "date32[day]": "DATE", "timestamp[ns]": "TIMESTAMP",
}  # fmt: skip


def read(request: Request) -> Relation:
    """The relation of an ORC table."""
    by_place = request.serde.get(INDEX_ACCESS, "true").strip().lower() != "false"
    places = {column.name: place for place, column in enumerate(request.schema)} if by_place else {}

    def arrays(data: CountedFile, file: DataFile) -> Iterator[tuple[int, Sequence[Any]]]:
        return _arrays(data, file, request.columns, places)

    return relation(request, arrays)


def _arrays(
    data: CountedFile, file: DataFile, columns: Sequence[Column], places: dict[str, int]
) -> Iterator[tuple[int, Sequence[Any]]]:
    try:
        source = pyarrow.orc.ORCFile(pa.PythonFile(data, mode="r"))
        names = _names(source.schema, columns, places)
        wanted = sorted({name for name in names if name is not None})
        if not wanted:
            for start in range(0, source.nrows, ROWS):
                rows = min(ROWS, source.nrows - start)
                yield rows, [missing(rows, column) for column in columns]
            return
        for stripe in range(source.nstripes):
            batch = source.read_stripe(stripe, columns=wanted)
            yield (
                batch.num_rows,
                [
                    missing(batch.num_rows, column) if name is None else _fitted(batch.column(name), column, file)
                    for name, column in zip(names, columns, strict=True)
                ],
            )
    except (pa.ArrowException, OSError) as error:
        raise QueryFailure(
            "HIVE_CANNOT_OPEN_SPLIT",
            f"Error opening Hive split {file.uri} (offset=0, length={file.size}): Malformed ORC file. {error}",
        ) from None


def _names(schema: Any, columns: Sequence[Column], places: dict[str, int]) -> list[str | None]:
    """What the file calls the columns; None for one that it does not have."""
    if places:
        return [schema.names[place] if (place := places[column.name]) < len(schema) else None for column in columns]
    found = {name.lower(): name for name in schema.names}
    return [found.get(column.name) for column in columns]


def _fitted(array: Any, column: Column, file: DataFile) -> Any:
    try:
        return fitted(array, hive_type(column))
    except ValueError:
        kind = ORC_TYPES.get(str(array.type), str(array.type).partition("<")[0].upper())
        raise QueryFailure(
            "HIVE_BAD_DATA",
            f"Malformed ORC file. Cannot read SQL type '{column.type}' from ORC stream '.{column.name}' of type {kind} "
            f"with attributes {{}} [{file.uri}]",
        ) from None
