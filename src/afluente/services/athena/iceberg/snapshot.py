"""One state of an Iceberg table, as a relation of DuckDB: its data files by name, its columns by field id."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyiceberg.manifest import FileFormat
from pyiceberg.table import FileScanTask, Table
from sqlglot import exp

from afluente.core.error import AwsError
from afluente.services.athena.error import QueryFailure
from afluente.services.athena.iceberg.column import duckdb_type
from afluente.services.athena.iceberg.lake import read_only
from afluente.services.athena.iceberg.metadata_table import metadata_rows
from afluente.services.athena.iceberg.predicate import row_filter
from afluente.services.athena.location import split
from afluente.services.athena.port import ObjectStore
from afluente.services.athena.reader.file import DataFile
from afluente.services.athena.sql.duck import duckdb_sql
from afluente.services.athena.sql.quote import identifier, literal
from afluente.services.athena.sql.scope import Scan


@dataclass(slots=True)
class Snapshot:
    """What a scan of an Iceberg table reads."""

    table: Table
    tasks: Sequence[FileScanTask]
    store: ObjectStore
    schema: Any
    metadata: str = ""
    files: list[DataFile] = field(default_factory=list)

    def relation(self, scan: Scan, folder: Path) -> str:
        """A SELECT of the wanted columns, and of the hidden ones that are used."""
        if self.metadata:
            return self._metadata(folder)
        everything = scan.version is not None  # then only the old schema knows what * is
        wanted = [part for part in self.schema.fields if everything or part.name.lower() in scan.used]
        hidden = sorted(name for name in scan.used if name in HIDDEN)
        plain = [task for task in self.tasks if not task.delete_files and task.file.file_format == FileFormat.PARQUET]
        selects = []
        if plain:
            selects.append(self._plain(plain, wanted, hidden))
        if len(plain) < len(self.tasks):
            rest = [task for task in self.tasks if task.delete_files or task.file.file_format != FileFormat.PARQUET]
            selects += [self._careful(task, wanted, hidden, folder) for task in rest]
        return f"({' UNION ALL '.join(selects) or _nothing(wanted, hidden)})"

    def _plain(self, tasks: Sequence[FileScanTask], wanted: Sequence[Any], hidden: Sequence[str]) -> str:
        files = [self._data_file(task.file.file_path) for task in tasks]
        self.files += files
        paths = "[" + ", ".join(literal(file.path) for file in files) + "]"
        schema = ", ".join(_by_id(part) for part in wanted)
        options = [paths, *([f"schema = map {{{schema}}}"] if wanted else []), *(["filename = true"] if hidden else [])]
        columns = [identifier(part.name) for part in wanted]
        source = f"read_parquet({', '.join(options)})"
        if not hidden:
            return f"SELECT {', '.join(columns) or ROW_ONLY} FROM {source}"
        rows = ", ".join(f"({', '.join([literal(file.path), *_hidden(file, hidden)])})" for file in files)
        names = ", ".join(["_file", *map(identifier, hidden)])
        shown = ", ".join([*(f"r.{name}" for name in columns), *(f"p.{identifier(name)}" for name in hidden)])
        return f"SELECT {shown} FROM {source} r JOIN (VALUES {rows}) p({names}) ON r.filename = p._file"

    def _careful(self, task: FileScanTask, wanted: Sequence[Any], hidden: Sequence[str], folder: Path) -> str:
        """A file with deleted rows, or of another format: pyiceberg reads it, into a file of the query's own."""
        import pyarrow.parquet as pq  # noqa: PLC0415  # only here
        from pyiceberg.expressions import AlwaysTrue  # noqa: PLC0415
        from pyiceberg.io.pyarrow import ArrowScan  # noqa: PLC0415

        file = self._data_file(task.file.file_path)
        self.files.append(file)
        scan = ArrowScan(self.table.metadata, self.table.io, self.schema, AlwaysTrue())
        copy = folder / f"{Path(file.path).name}.{len(self.files)}.parquet"
        pq.write_table(scan.to_table([task]), copy)
        shown = [*(identifier(part.name) for part in wanted)]
        shown += [f"{value} AS {identifier(name)}" for name, value in zip(hidden, _hidden(file, hidden), strict=True)]
        return f"SELECT {', '.join(shown) or ROW_ONLY} FROM read_parquet({literal(str(copy))})"

    def _data_file(self, uri: str) -> DataFile:
        try:
            found = self.store.get_object(*split(uri))
        except AwsError as error:
            raise QueryFailure("ICEBERG_CANNOT_OPEN_SPLIT", f"Error opening Iceberg split {uri}: {error}") from None
        return DataFile(str(found.path), uri, found.size, found.last_modified_ms)

    def _metadata(self, folder: Path) -> str:
        import pyarrow.parquet as pq  # noqa: PLC0415  # only here

        rows = metadata_rows(self.table, self.metadata)
        file = folder / f"{self.table.metadata.table_uuid}-{self.metadata}.parquet"
        pq.write_table(rows, file)
        return f"(SELECT * FROM read_parquet({literal(str(file))}))"


ROW_ONLY = '1 AS "$row"'

HIDDEN: dict[str, Callable[[DataFile], str]] = {
    "$path": lambda file: literal(file.uri),
    "$file_size": lambda file: f"CAST({file.size} AS BIGINT)",
    "$file_modified_time": lambda file: f"CAST(to_timestamp({file.modified_ms} / 1000e0) AS TIMESTAMPTZ)",
    "$partition": lambda _: "NULL",
}


def _hidden(file: DataFile, names: Sequence[str]) -> list[str]:
    return [HIDDEN[name](file) for name in names]


def _by_id(part: Any) -> str:
    """An entry of the reader's schema: found by field id, NULL where a file is older than the column."""
    kind = literal(duckdb_type(part.field_type))
    return f"{part.field_id}: {{'name': {literal(part.name)}, 'type': {kind}, 'default_value': NULL}}"


def _nothing(wanted: Sequence[Any], hidden: Sequence[str]) -> str:
    columns = [f"CAST(NULL AS {duckdb_type(part.field_type)}) AS {identifier(part.name)}" for part in wanted]
    columns += [f"CAST(NULL AS VARCHAR) AS {identifier(name)}" for name in hidden]
    return f"SELECT {', '.join(columns) or ROW_ONLY} WHERE false"


def snapshot_of(scan: Scan, store: ObjectStore, connection: Any, folder: Path) -> Snapshot:
    """The state of the table that a scan asks for, and the files that may hold wanted rows. Raises QueryFailure."""
    table = read_only(scan.table, store, folder)
    if scan.metadata_table:
        return Snapshot(table, [], store, None, scan.metadata_table)
    snapshot_id = _snapshot_id(table, scan.version, connection)
    schema = table.schema()
    if snapshot_id is not None:
        found = table.snapshot_by_id(snapshot_id)
        schema = table.schemas()[found.schema_id] if found is not None and found.schema_id is not None else schema
    planned = table.scan(row_filter=row_filter(scan.predicates, schema), snapshot_id=snapshot_id, case_sensitive=False)
    return Snapshot(table, list(planned.plan_files()), store, schema)


def _snapshot_id(table: Table, version: exp.Version | None, connection: Any) -> int | None:
    """FOR VERSION AS OF, FOR TIMESTAMP AS OF."""
    if version is None:
        return None
    value = duckdb_sql(version.expression.copy())
    if version.name.upper() == "TIMESTAMP":
        (moment,) = connection.execute(f"SELECT epoch_ms(CAST({value} AS TIMESTAMPTZ))").fetchone()
        found = table.snapshot_as_of_timestamp(moment)
        if found is None:
            text = dt.datetime.fromtimestamp(moment / 1000, dt.UTC).isoformat(sep=" ", timespec="milliseconds")
            raise QueryFailure("INVALID_ARGUMENTS", f"No version history table at or before {text}")
        return found.snapshot_id
    (number,) = connection.execute(f"SELECT CAST({value} AS BIGINT)").fetchone()
    if table.snapshot_by_id(number) is None:
        raise QueryFailure("INVALID_ARGUMENTS", f"Iceberg snapshot ID does not exists: {number}")
    return int(number)
