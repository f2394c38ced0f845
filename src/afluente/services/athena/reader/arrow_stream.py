"""Files that DuckDB does not read itself, as streams of Arrow batches: decoded as they are asked for, never whole.

A stream is registered under its name for the time of a query. What it reads of the objects is counted.
"""

import io
import secrets
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from afluente.core.arrow_type import TimeUnit, arrow_type
from afluente.core.hive_type import HiveType
from afluente.services.athena.catalog import Column
from afluente.services.athena.error import QueryFailure
from afluente.services.athena.reader.file import DataFile
from afluente.services.athena.reader.relation import PATH, Relation, Request, bounded, hive_type
from afluente.services.athena.sql.quote import identifier

UNIT: TimeUnit = "us"
ROWS = 65_536
"""Of a batch, where the reader can choose."""


class CountedFile(io.RawIOBase):
    """A file on disk that counts what is read of it."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._file = Path(path).open("rb")  # noqa: SIM115  # closed by `close`
        self.bytes_read = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readinto(self, buffer: Any) -> int:
        size = self._file.readinto(buffer)
        self.bytes_read += size
        return size

    def close(self) -> None:
        self._file.close()
        super().close()


Arrays = Callable[[CountedFile, DataFile], Iterator[tuple[int, Sequence[Any]]]]
"""The batches of a file: how many rows, and the wanted columns' arrays. Raises QueryFailure."""


class ArrowStream:
    """The rows of `files`, anew each time they are asked for."""

    def __init__(self, files: Sequence[DataFile], fields: Sequence[tuple[str, Any]], arrays: Arrays) -> None:
        self.name = f"stream_{secrets.token_hex(6)}"
        self.bytes_read = 0
        self.failure: QueryFailure | None = None
        self._files = files
        self._arrays = arrays
        path = pa.dictionary(pa.int8(), pa.string())
        self._schema = pa.schema([*fields, (PATH.strip('"'), path)])

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        reader = pa.RecordBatchReader.from_batches(self._schema, self._batches())
        return reader.__arrow_c_stream__(requested_schema)

    def _batches(self) -> Iterator[Any]:
        for file in self._files:
            with CountedFile(file.path) as data:
                try:
                    for rows, arrays in self._arrays(data, file):
                        yield pa.RecordBatch.from_arrays([*arrays, _repeated(file.path, rows)], schema=self._schema)
                except QueryFailure as failure:
                    self.failure = failure  # DuckDB would make a text of it
                    raise
                finally:
                    self.bytes_read += data.bytes_read


def _repeated(text: str, rows: int) -> Any:
    return pa.DictionaryArray.from_arrays(pa.nulls(rows, pa.int8()).fill_null(0), pa.array([text]))


def relation(request: Request, arrays: Arrays) -> Relation:
    """The relation of a table whose files `arrays` reads: all of the wanted columns, in their Arrow types."""
    wanted = [(column.name, hive_type(column)) for column in request.columns]
    stream = ArrowStream(request.files, [(name, arrow_type(kind, UNIT)) for name, kind in wanted], arrays)
    columns = [f"{bounded(identifier(name), kind)} AS {identifier(name)}" for name, kind in wanted]
    columns = columns or ['1 AS "$row"']
    if request.with_path:
        columns.append(f"CAST({PATH} AS VARCHAR) AS {PATH}")
    return Relation(f"SELECT {', '.join(columns)} FROM {identifier(stream.name)}", streams=(stream,))


def fitted(array: Any, kind: HiveType) -> Any:
    """The array in the type of its column. Raises ValueError when it is of another kind, or a value does not fit."""
    target = arrow_type(kind, UNIT)
    if array.type.equals(target):
        return array
    if kind.name == "struct" and pa.types.is_struct(array.type):
        return _struct(array, kind, target)
    if kind.name == "array" and pa.types.is_list(array.type):
        values = fitted(array.values, kind.fields[0][1])
        return pa.ListArray.from_arrays(array.offsets, values, type=target, mask=array.is_null())
    if kind.name == "map" and pa.types.is_map(array.type):
        keys, items = fitted(array.keys, kind.fields[0][1]), fitted(array.items, kind.fields[1][1])
        return pa.MapArray.from_arrays(array.offsets, keys, items, type=target, mask=array.is_null())
    if not any(test(array.type) for test in ACCEPTED.get(kind.name, ())):
        raise ValueError(f"{array.type} is no {kind}")
    return array.cast(target, safe=kind.name not in {"timestamp", "float"})


def _struct(array: Any, kind: HiveType, target: Any) -> Any:
    places = {field.name.lower(): place for place, field in enumerate(array.type)}
    members = [
        pa.nulls(len(array), arrow_type(inner, UNIT))
        if name.lower() not in places
        else fitted(array.field(places[name.lower()]), inner)
        for name, inner in kind.fields
    ]
    return pa.StructArray.from_arrays(members, type=target, mask=array.is_null())


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_binary(kind))


ACCEPTED: dict[str, tuple[Callable[[Any], Any], ...]] = {
    **dict.fromkeys(("tinyint", "smallint", "int", "bigint"), (pa.types.is_integer,)),
    "float": (pa.types.is_float32,),
    "double": (pa.types.is_floating,),
    "decimal": (pa.types.is_decimal, pa.types.is_integer),
    "boolean": (pa.types.is_boolean,),
    **dict.fromkeys(("string", "varchar", "char", "binary"), (_is_text,)),
    "date": (pa.types.is_date32,),
    "timestamp": (pa.types.is_timestamp,),
}
"""Of which kinds a file's column may be."""


def missing(rows: int, column: Column) -> Any:
    """The array of a column that a file does not have."""
    return pa.nulls(rows, arrow_type(hive_type(column), UNIT))
