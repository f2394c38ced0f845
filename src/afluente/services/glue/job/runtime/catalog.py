"""The Glue catalog as a script's sources and sinks use it, through the Glue API as the job's role."""

from collections.abc import Iterator, Sequence
from typing import Any

from afluente.core.hive_type import parse
from afluente.services.glue.job.runtime import connection as sql
from afluente.services.glue.job.runtime import run, storage
from afluente.services.glue.job.runtime.channel import ServerError
from afluente.services.glue.job.runtime.connection import Schema
from afluente.services.glue.job.runtime.source import Input, Part
from afluente.services.glue.job.runtime.spark_sql import to_duckdb

Table = dict[str, Any]
SERDES = {
    "JsonSerDe": "json",
    "LazySimpleSerDe": "csv",
    "OpenCSVSerde": "csv",
    "ParquetHiveSerDe": "parquet",
    "OrcSerde": "orc",
    "AvroSerDe": "avro",
    "GrokSerDe": "grokLog",
}


def glue(operation: str, **request: Any) -> Any:
    """Call an operation of the Glue API. Raises ServerError."""
    return run.current().channel.ask("aws", service="glue", operation=operation, request=request)


def find_table(database: str, name: str) -> Table | None:
    """The table, or None."""
    try:
        found: Table = glue("GetTable", DatabaseName=database, Name=name)["Table"]
    except ServerError as error:
        if error.code == "EntityNotFoundException":
            return None
        raise
    return found


def get_table(database: str, name: str) -> Table:
    """Raises ServerError when there is none."""
    found: Table = glue("GetTable", DatabaseName=database, Name=name)["Table"]
    return found


def partitions(table: Table) -> Iterator[dict[str, Any]]:
    """Every partition of a table."""
    token: dict[str, str] = {}
    while True:
        page = glue("GetPartitions", DatabaseName=table["DatabaseName"], TableName=table["Name"], **token)
        yield from page["Partitions"]
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


def table_query(table: Table, predicate: str = "") -> str:
    """The SQL of the rows of a table, of those partitions that `predicate` holds for."""
    from afluente.services.glue.job.runtime import source  # noqa: PLC0415  # they need each other

    if is_iceberg(table):
        from afluente.services.glue.job.runtime.iceberg import rows  # noqa: PLC0415  # pyiceberg is slow to import

        return rows.table_query(table["DatabaseName"], table["Name"], predicate)
    return source.read(table_input(table, predicate, None))


def is_iceberg(table: Table) -> bool:
    """Whether a table is an Iceberg table."""
    return str(table.get("Parameters", {}).get("table_type", "")).upper() == "ICEBERG"


def table_input(table: Table, predicate: str, exclusions: str | None) -> Input:
    """What is to be read of a table: the files of those partitions that `predicate` holds for."""
    descriptor = table["StorageDescriptor"]
    keys = _columns(table.get("PartitionKeys") or [])
    exclusions = exclusions or table.get("Parameters", {}).get("exclusions")
    kind, options = _format(table)
    parts: Sequence[Part]
    if keys:
        chosen = _chosen(list(partitions(table)), keys, predicate)
        parts = [
            Part(storage.under(each["StorageDescriptor"]["Location"], exclusions=exclusions), tuple(each["Values"]))
            for each in chosen
        ]
    else:
        parts = [Part(storage.under(descriptor["Location"], exclusions=exclusions))]
    return Input(parts, kind, options, _columns(descriptor.get("Columns") or []), keys)


def _columns(columns: list[dict[str, str]]) -> Schema:
    return tuple((column["Name"], parse(column.get("Type", "string"))) for column in columns)


def _chosen(found: list[dict[str, Any]], keys: Schema, predicate: str) -> list[dict[str, Any]]:
    """Those partitions that the Spark SQL `predicate` on the partition columns holds for."""
    if not predicate.strip() or not found:
        return found
    columns = [[each["Values"][n] for each in found] for n in range(len(keys))]
    unnested = ", ".join(f"unnest(${n + 1}::VARCHAR[]) AS p{n}" for n in range(len(keys)))
    typed = ", ".join(
        f"TRY_CAST(p{n} AS {kind.duckdb()}) AS {sql.identifier(name)}" for n, (name, kind) in enumerate(keys)
    )
    numbered = f"SELECT unnest(range({len(found)})) AS __number, {unnested}"
    query = f"SELECT __number FROM (SELECT __number, {typed} FROM ({numbered})) WHERE {to_duckdb(predicate)}"
    numbers = sorted(number for (number,) in sql.execute(query, columns).fetchall())
    return [found[number] for number in numbers]


def _format(table: Table) -> tuple[str, dict[str, Any]]:
    """A table's format, and the options of its reader."""
    descriptor = table["StorageDescriptor"]
    serde = descriptor.get("SerdeInfo", {})
    parameters = {**table.get("Parameters", {}), **serde.get("Parameters", {})}
    name = serde.get("SerializationLibrary", "").rsplit(".", 1)[-1]
    if name and name not in SERDES:
        library = serde["SerializationLibrary"]
        raise NotImplementedError(f"reading the table {table['Name']} of the SerDe {library} is not supported")
    kind = SERDES.get(name) or parameters.get("classification", "")
    if kind not in {"json", "csv", "parquet", "glueparquet", "orc", "avro", "xml", "grokLog"}:
        raise NotImplementedError(f"reading the table {table['Name']} of the format {kind or name!r} is not supported")
    if kind == "xml":
        return kind, {"rowTag": parameters.get("rowTag")}
    if kind == "grokLog":
        pattern = parameters.get("input.format") or parameters.get("grokPattern")
        return kind, {"logFormat": pattern, "customPatterns": parameters.get("input.grokCustomPatterns", "")}
    if kind == "json" and "jsonPath" in parameters:  # a crawler's JSON classifier said so
        return kind, {"jsonPath": parameters["jsonPath"]}
    if kind != "csv":
        return kind, {}
    separator = parameters.get("separatorChar") or parameters.get("field.delim") or parameters.get("delimiter") or ","
    quote = parameters.get("quoteChar", '"' if name == "OpenCSVSerde" else -1)
    return kind, {"separator": separator, "quoteChar": quote, "skip": parameters.get("skip.header.line.count", "0")}
