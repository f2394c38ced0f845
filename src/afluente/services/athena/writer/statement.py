"""Statements that write: CREATE TABLE AS, INSERT INTO, UNLOAD and CREATE VIEW.

Files are in place before the catalog names them, so that a table or a partition never points at half of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlglot import exp

from afluente.core.error import AwsError
from afluente.core.hive_type import parse as parse_hive_type
from afluente.services.athena.catalog import NAME, Catalog, Table
from afluente.services.athena.error import QueryFailure
from afluente.services.athena.execution import Execution
from afluente.services.athena.location import Location
from afluente.services.athena.port import ObjectStore
from afluente.services.athena.query import Column, Ready, Translated, check_columns, run, translate
from afluente.services.athena.sandbox import Session
from afluente.services.athena.sql.coercion import is_coerced
from afluente.services.athena.sql.quote import identifier
from afluente.services.athena.sql.trino_type import MILLISECONDS, TrinoType
from afluente.services.athena.sql.view import table_input
from afluente.services.athena.statement import CreateTableAs, CreateView, Insert, Select, Unload
from afluente.services.athena.table_format import FORMATS, LAZY_SIMPLE
from afluente.services.athena.writer.bucket import Bucketing
from afluente.services.athena.writer.file import Layout, WrittenFile, publish, write
from afluente.services.athena.writer.format import WriteFormat

CTAS_PROPERTIES = {
    "format", "external_location", "partitioned_by", "bucketed_by", "bucket_count", "write_compression",
    "parquet_compression", "orc_compression", "compression_level", "field_delimiter", "table_type", "is_external",
}  # fmt: skip
UNLOAD_PROPERTIES = {"format", "compression", "compression_level", "partitioned_by", "field_delimiter"}
MOST_BUCKETS = 100
HIVE_PRECISION = "Incorrect timestamp precision for {}; the configured precision is MILLISECONDS"
CLEAN = (
    ". You may need to manually clean the data at location '{}' before retrying. "
    "Athena will not delete data in your account."
)

INSERTABLE = {
    FORMATS["PARQUET"].serde: "PARQUET",
    FORMATS["ORC"].serde: "ORC",
    FORMATS["AVRO"].serde: "AVRO",
    FORMATS["JSON"].serde: "JSON",
    LAZY_SIMPLE: "TEXTFILE",
}
"""The SerDes that Athena inserts into, of those that Afluente writes."""

COMPRESSION = ("write.compression", "parquet.compression", "orc.compress", "avro.output.codec")
"""The table's parameters that name a compression."""


@dataclass(slots=True)
class Written:
    """What a statement wrote."""

    rows: int = 0
    uris: list[str] = field(default_factory=list)
    scanned_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Writer:
    """Runs writing statements of one execution."""

    catalog: Catalog
    store: ObjectStore
    session: Session
    execution: Execution
    database: str
    now: datetime
    enforced: bool
    """Whether the work group decides where results lie."""

    def translated(self, select: Select, tree: exp.Query | None = None) -> Translated:
        """The statement's query in DuckDB's words."""
        return translate(tree or select.query(), self.catalog, self.database, select.text, self.now)

    def create_table_as(self, statement: CreateTableAs) -> Written:
        """CREATE TABLE AS. Raises QueryFailure."""
        database = statement.name.database or self.database
        _known_properties(statement.properties, CTAS_PROPERTIES)
        if self.catalog.table(database, statement.name.table) is not None:
            if statement.if_not_exists:
                return Written()
            message = f"Destination table '{NAME}.{database}.{statement.name.table}' already exists"
            raise QueryFailure("TABLE_ALREADY_EXISTS", message + CLEAN.format(self.default_location()), (1, 1))
        form, layout = _form(statement.properties, "write_compression"), _layout(statement.properties)
        location = self._table_location(statement)
        if self.catalog.database(database) is None:
            raise QueryFailure("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist", (1, 1))
        self._check_empty(location, f"{database}.{statement.name.table}")
        query = self.translated(statement.select)
        columns, files, written = self._write(query, form, layout, statement.with_data)
        table = _table_input(statement.name.table, columns, layout, form, location)
        written.uris = publish(files, location, self.store)
        self._create_table(database, table, files, layout.keys, location)
        return written

    def _write(
        self, query: Translated, form: WriteFormat, layout: Layout, with_data: bool = True
    ) -> tuple[list[Column], list[WrittenFile], Written]:
        def action(ready: Ready) -> tuple[list[Column], list[WrittenFile], Written]:
            check_columns(ready.columns)
            _check_partition_columns(ready.columns, layout.keys)
            _hive_types(ready.columns, self.default_location())
            if not with_data:
                return ready.columns, [], Written()
            files, rows = write(ready, self.session.folder, form, layout, self.execution.engine_id)
            return ready.columns, files, Written(rows, [], ready.bytes_of())

        return run(query, self.catalog, self.store, self.session, action)

    def _create_table(
        self, database: str, table: dict[str, Any], files: list[WrittenFile], keys: Sequence[str], location: Location
    ) -> None:
        self.catalog.ask("CreateTable", DatabaseName=database, TableInput=table)
        if keys:
            self._add_partitions(database, table, files, location, keys)

    def _add_partitions(
        self, database: str, table: dict[str, Any], files: list[WrittenFile], location: Location, keys: Sequence[str]
    ) -> None:
        inputs: list[dict[str, Any]] = []
        storage = table["StorageDescriptor"]
        for values in dict.fromkeys(file.values for file in files):
            folder = "/".join(next(file for file in files if file.values == values).name.split("/")[: len(keys)])
            inputs.append({"Values": list(values), "StorageDescriptor": {**storage, "Location": f"{location}{folder}"}})
        if inputs:
            self.catalog.ask(
                "BatchCreatePartition", DatabaseName=database, TableName=table["Name"], PartitionInputList=inputs
            )

    def default_location(self) -> str:
        """Where a table lies that is given no place."""
        return f"{self.execution.location}tables/{self.execution.id}/"

    def _table_location(self, statement: CreateTableAs) -> Location:
        given = statement.properties.get("external_location")
        if given is None:
            return Location.parse(self.default_location())
        if self.enforced:
            raise QueryFailure(
                "NOT_SUPPORTED",
                "The Create Table As Select query failed because it was submitted with an 'external_location' property "
                "to an Athena Workgroup that enforces a centralized output location for all queries. Please remove the "
                "'external_location' property and resubmit the query.",
            )
        return _place(str(given))

    def _check_empty(self, location: Location, table: str) -> None:
        if not self.store.bucket_exists(location.bucket):
            raise QueryFailure("HIVE_METASTORE_ERROR", f"The bucket of {location} does not exist")
        if next(iter(self.store.iter_objects(location.bucket, location.prefix)), None) is not None:
            message = f"Target directory for table '{table}' already exists: {location}" + CLEAN.format(location)
            raise QueryFailure("HIVE_PATH_ALREADY_EXISTS", message)

    def insert(self, statement: Insert) -> Written:
        """INSERT INTO. Raises QueryFailure."""
        database = statement.name.database or self.database
        table = self.catalog.table(database, statement.name.table)
        if table is None:
            message = f"Table '{NAME}.{database}.{statement.name.table}' does not exist"
            raise QueryFailure("TABLE_NOT_FOUND", message, (1, 1))
        form = _insert_format(table)
        keys = [key.name for key in table.partition_keys]
        query = self.translated(statement.select)

        def action(ready: Ready) -> tuple[list[WrittenFile], Written]:
            fitted = _fitted(ready, table, statement.columns)
            files, rows = write(fitted, self.session.folder, form, Layout(keys), self.execution.engine_id)
            return files, Written(rows, [], ready.bytes_of())

        files, written = run(query, self.catalog, self.store, self.session, action)
        location = _place(table.storage.get("Location", ""))
        known = self._partition_locations(table) if keys else {}
        written.uris = publish(files, location, self.store, known)
        added = [file for file in files if file.values not in known]
        if keys:
            self._add_partitions(table.database, table.raw, added, location, keys)
        return written

    def _partition_locations(self, table: Table) -> dict[tuple[str, ...], Location]:
        """Where the partitions that the table has already lie."""
        return {
            tuple(one["Values"]): _place(one["StorageDescriptor"]["Location"])
            for one in self.catalog.partitions(table)
            if (one.get("StorageDescriptor") or {}).get("Location")
        }

    def unload(self, statement: Unload) -> Written:
        """UNLOAD. Raises QueryFailure."""
        _known_properties(statement.properties, UNLOAD_PROPERTIES)
        if "format" not in statement.properties:
            raise QueryFailure("NOT_SUPPORTED", "UNLOAD needs the property format")
        form, keys = _form(statement.properties, "compression"), _keys(statement.properties)
        location = _place(statement.location)
        self._check_empty(location, "unload")

        def action(ready: Ready) -> tuple[list[WrittenFile], Written]:
            _check_partition_columns(ready.columns, keys)
            _hive_types(ready.columns, str(location))
            files, rows = write(ready, self.session.folder, form, Layout(keys), self.execution.engine_id)
            return files, Written(rows, [], ready.bytes_of())

        files, written = run(self.translated(statement.select), self.catalog, self.store, self.session, action)
        written.uris = publish(files, location, self.store)
        return written

    def create_view(self, statement: CreateView) -> None:
        """CREATE VIEW. Raises QueryFailure."""
        database = statement.name.database or self.database
        existing = self.catalog.table(database, statement.name.table)
        if existing is not None and not (statement.replace and existing.is_view):
            name = f"{NAME}.{database}.{statement.name.table}"
            raise QueryFailure("TABLE_ALREADY_EXISTS", f"Table already exists: '{name}'", (1, 1))

        def action(ready: Ready) -> list[Column]:
            check_columns(ready.columns)
            return ready.columns

        columns = run(self.translated(statement.select), self.catalog, self.store, self.session, action)
        view = table_input(
            statement.name.table, statement.text, self.database, [(one.name.lower(), one.type) for one in columns]
        )
        operation = "UpdateTable" if existing is not None else "CreateTable"
        try:
            self.catalog.ask(operation, DatabaseName=database, TableInput=view)
        except AwsError as error:
            raise QueryFailure("HIVE_METASTORE_ERROR", error.message) from None


def _place(text: str) -> Location:
    try:
        return Location.parse(text)
    except ValueError:
        raise QueryFailure("HIVE_METASTORE_ERROR", f"Not an S3 location: {text}") from None


def _known_properties(properties: dict[str, str | list[str]], known: set[str]) -> None:
    for name in properties:
        if name not in known:
            raise QueryFailure("NOT_SUPPORTED", f"Afluente does not have the table property '{name}'")
    if str(properties.get("table_type", "HIVE")).upper() != "HIVE":
        raise QueryFailure("NOT_SUPPORTED", f"Afluente does not create {properties['table_type']} tables yet")
    if str(properties.get("is_external", "true")).lower() != "true":
        raise QueryFailure("NOT_SUPPORTED", "Afluente creates external tables only (is_external)")


def _form(properties: dict[str, str | list[str]], compression: str) -> WriteFormat:
    name = str(properties.get("format", "PARQUET"))
    given = properties.get(compression) or properties.get(f"{name.lower()}_compression") or ""
    level = str(properties.get("compression_level", ""))
    return WriteFormat.of(name, str(given), str(properties.get("field_delimiter", "\x01")), level=level)


def _layout(properties: dict[str, str | list[str]]) -> Layout:
    keys, columns = _keys(properties), _names(properties.get("bucketed_by", []))
    if bool(columns) != ("bucket_count" in properties):
        raise QueryFailure("INVALID_TABLE_PROPERTY", "bucketed_by and bucket_count must be specified together")
    if not columns:
        return Layout(keys)
    count = str(properties["bucket_count"])
    if not count.isdecimal() or not 1 <= int(count) <= MOST_BUCKETS:
        raise QueryFailure("INVALID_TABLE_PROPERTY", f"bucket_count must be from 1 to {MOST_BUCKETS}, not {count}")
    if set(columns) & set(keys):
        raise QueryFailure(
            "INVALID_TABLE_PROPERTY", "A column cannot be both a partition column and a bucketing column"
        )
    return Layout(keys, Bucketing(tuple(columns), int(count)))


def _keys(properties: dict[str, str | list[str]]) -> list[str]:
    return _names(properties.get("partitioned_by", []))


def _names(given: str | list[str]) -> list[str]:
    return [name.lower() for name in ([given] if isinstance(given, str) else given)]


def _check_partition_columns(columns: Sequence[Column], keys: Sequence[str]) -> None:
    names = [column.name.lower() for column in columns]
    for key in keys:
        if key not in names:
            raise QueryFailure("COLUMN_NOT_FOUND", f"Partition column '{key}' not present in schema")
    if keys and names[-len(keys) :] != list(keys):
        message = (
            "Partition keys must be the last columns in the table and in the same order as the table properties: "
            f"[{', '.join(keys)}]"
        )
        raise QueryFailure("HIVE_COLUMN_ORDER_MISMATCH", message)


def _hive_types(columns: Sequence[Column], location: str) -> list[str]:
    for column in columns:
        if column.type.name == "timestamp" and column.type.precision != MILLISECONDS:
            message = f"{HIVE_PRECISION.format(column.type)}; column name: {column.name.lower()}"
            raise QueryFailure("NOT_SUPPORTED", message + CLEAN.format(location))
    try:
        return [column.type.hive() for column in columns]
    except ValueError as error:
        raise QueryFailure("NOT_SUPPORTED", f"{error}{CLEAN.format(location)}") from None


def _table_input(
    name: str, columns: Sequence[Column], layout: Layout, form: WriteFormat, location: Location
) -> dict[str, Any]:
    described = [
        {"Name": column.name.lower(), "Type": kind}
        for column, kind in zip(columns, _hive_types(columns, str(location)), strict=True)
    ]
    known = FORMATS[form.name]
    serde = {"field.delim": form.delimiter, "serialization.format": form.delimiter} if form.name == "TEXTFILE" else {}
    buckets: dict[str, Any] = {}
    if layout.bucketing:
        buckets = {"BucketColumns": list(layout.bucketing.columns), "NumberOfBuckets": layout.bucketing.count}
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE", "has_encrypted_data": "false"},
        "PartitionKeys": [column for column in described if column["Name"] in layout.keys],
        "StorageDescriptor": {
            "Columns": [column for column in described if column["Name"] not in layout.keys],
            "Location": str(location).rstrip("/"),
            "InputFormat": known.input_format,
            "OutputFormat": known.output_format,
            "SerdeInfo": {"SerializationLibrary": known.serde, "Parameters": serde},
            **buckets,
        },
    }


def _insert_format(table: Table) -> WriteFormat:
    if table.is_view:
        raise QueryFailure("NOT_SUPPORTED", "Inserting into views is not supported", (1, 1))
    serde = table.storage.get("SerdeInfo") or {}
    library = serde.get("SerializationLibrary", "")
    if library not in INSERTABLE or table.is_iceberg:
        raise QueryFailure("NOT_SUPPORTED", f"Afluente does not insert into tables of this SerDe: {library}")
    if table.storage.get("BucketColumns") and table.storage.get("NumberOfBuckets", -1) > 0:
        raise QueryFailure("NOT_SUPPORTED", f"INSERT INTO is not supported on bucketed tables: {table.name}")
    properties = serde.get("Parameters") or {}
    delimiter = properties.get("field.delim") or properties.get("serialization.format") or "\x01"
    compression = next((table.parameters[name] for name in COMPRESSION if table.parameters.get(name)), "")
    schema = properties.get("avro.schema.literal", "")
    return WriteFormat.of(
        INSERTABLE[library], compression, "\x01" if delimiter == "1" else delimiter, avro_schema=schema
    )


def check_insert(given: Sequence[Column], wanted: Sequence[TrinoType]) -> None:
    """Raises QueryFailure unless each column of a query goes into its column of a table without a CAST."""
    kinds = [column.type for column in given]
    if len(kinds) != len(wanted) or not all(map(is_coerced, kinds, wanted)):
        shown = f"Table: [{', '.join(map(str, wanted))}], Query: [{', '.join(map(str, kinds))}]"
        raise QueryFailure("TYPE_MISMATCH", f"Insert query has mismatched column types: {shown}", (1, 1))


def _fitted(ready: Ready, table: Table, named: Sequence[str]) -> Ready:
    """The rows in the columns of the table: those not named are NULL, partition columns come last."""
    columns = [*table.columns, *table.partition_keys]
    names = list(named) or [column.name for column in columns]
    unknown = [name for name in names if name not in {column.name for column in columns}]
    if unknown:
        raise QueryFailure(
            "COLUMN_NOT_FOUND", f"Insert column name does not exist in target table: {unknown[0]}", (1, 1)
        )
    by_name = {column.name: column.type for column in columns}
    check_insert(ready.columns, [by_name[name] for name in names])
    sources = {name: f"c{place}" for place, name in enumerate(names)}
    kinds = [parse_hive_type(column.hive_type).duckdb() for column in columns]
    shown = [
        f"CAST({sources.get(column.name, 'NULL')} AS {kind}) AS {identifier(column.name)}"
        for column, kind in zip(columns, kinds, strict=True)
    ]
    inner = ", ".join(f"c{place}" for place in range(len(names)))
    sql = f"SELECT {', '.join(shown)} FROM ({ready.sql}) AS q({inner})"
    natives = ready.connection.sql(sql).types
    fitted = [Column(column.name, column.type, native) for column, native in zip(columns, natives, strict=True)]
    return Ready(sql, fitted, ready.connection, ready.bytes_of)
