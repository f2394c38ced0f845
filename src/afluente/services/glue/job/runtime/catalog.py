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
BATCH = 100
"""The most partitions that one call creates."""

SERDES = {
    "JsonSerDe": "json",
    "LazySimpleSerDe": "csv",
    "OpenCSVSerde": "csv",
    "ParquetHiveSerDe": "parquet",
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
    kind = SERDES.get(name) or parameters.get("classification", "")
    if kind not in {"json", "csv", "parquet", "glueparquet"}:
        raise NotImplementedError(f"reading the table {table['Name']} of the format {kind or name!r} is not supported")
    if kind != "csv":
        return kind, {}
    separator = parameters.get("separatorChar") or parameters.get("field.delim") or parameters.get("delimiter") or ","
    quote = parameters.get("quoteChar", '"' if name == "OpenCSVSerde" else -1)
    return kind, {"separator": separator, "quoteChar": quote, "skip": parameters.get("skip.header.line.count", "0")}


# ---- what sinks write -----------------------------------------------------------------------------------------------

FORMATS = {
    "parquet": (
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
    ),
    "json": (
        "org.apache.hadoop.mapred.TextInputFormat",
        "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "org.openx.data.jsonserde.JsonSerDe",
    ),
    "csv": (
        "org.apache.hadoop.mapred.TextInputFormat",
        "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
    ),
}


def publish(
    database: str,
    name: str,
    url: str,
    kind: str,
    columns: Schema,
    keys: Schema,
    values: Sequence[tuple[tuple[str, ...], str]],
    behavior: str,
    compression: str,
) -> None:
    """Create or update a table at `url`, and the partitions (values, location) that were written to."""
    found = find_table(database, name)
    if found is None:
        wanted = _new_table(name, url, kind, columns, keys, compression)
        glue("CreateTable", DatabaseName=database, TableInput=wanted)
        found = get_table(database, name)
    elif behavior == "UPDATE_IN_DATABASE" and _lacks(found, columns):
        glue("UpdateTable", DatabaseName=database, TableInput=_updated(found, columns))
        found = get_table(database, name)
    if keys:
        _add_partitions(found, values)


def _new_table(name: str, url: str, kind: str, columns: Schema, keys: Schema, compression: str) -> Table:
    order = run.current().order
    plain = "parquet" if kind == "glueparquet" else kind
    parameters = {
        "classification": kind,
        "compressionType": compression,
        "typeOfData": "file",
        "CreatedByJob": order.job,
        "CreatedByJobRun": order.run_id,
    }
    if kind == "glueparquet":
        parameters |= {"classification": "parquet", "useGlueParquetWriter": "true"}
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": parameters,
        "PartitionKeys": _described(keys),
        "StorageDescriptor": _descriptor(url, plain, columns, compression),
    }


def _descriptor(url: str, kind: str, columns: Schema, compression: str) -> dict[str, Any]:
    input_format, output_format, serde = FORMATS[kind]
    parameters = {"serialization.format": "1"}
    if kind == "csv":
        parameters |= {"field.delim": ",", "skip.header.line.count": "1"}
    if kind == "json":
        parameters["paths"] = ",".join(sorted(column for column, _ in columns))
    return {
        "Columns": _described(columns),
        "Location": url,
        "InputFormat": input_format,
        "OutputFormat": output_format,
        "Compressed": compression not in {"none", "snappy"},
        "NumberOfBuckets": -1,
        "SerdeInfo": {"SerializationLibrary": serde, "Parameters": parameters},
        "BucketColumns": [],
        "SortColumns": [],
        "StoredAsSubDirectories": False,
    }


def _described(columns: Schema) -> list[dict[str, str]]:
    return [{"Name": name.lower(), "Type": str(kind)} for name, kind in columns]


def _lacks(table: Table, columns: Schema) -> bool:
    """Whether a table does not describe these columns as they are now."""
    known = {column["Name"].lower(): column.get("Type") for column in table["StorageDescriptor"].get("Columns") or []}
    return any(known.get(name.lower()) != str(kind) for name, kind in columns)


def _updated(table: Table, columns: Schema) -> Table:
    """The table with these columns, and those it had besides them: older files still hold them."""
    order = run.current().order
    names = {name.lower() for name, _ in columns}
    descriptor = table["StorageDescriptor"]
    kept = [column for column in descriptor.get("Columns") or [] if column["Name"].lower() not in names]
    parameters = {"LastUpdatedByJob": order.job, "LastUpdatedByJobRun": order.run_id}
    inputs = ("Name", "Description", "Owner", "Retention", "PartitionKeys", "TableType")
    return {
        **{member: table[member] for member in inputs if member in table},
        "Parameters": table.get("Parameters", {}) | parameters,
        "StorageDescriptor": descriptor | {"Columns": _described(columns) + kept},
    }


def _add_partitions(table: Table, written: Sequence[tuple[tuple[str, ...], str]]) -> None:
    """Create those partitions that the table does not have yet."""
    order = run.current().order
    known = {tuple(each["Values"]) for each in partitions(table)}
    new = [
        {
            "Values": list(values),
            "StorageDescriptor": table["StorageDescriptor"] | {"Location": location},
            "Parameters": {"CreatedByJob": order.job, "CreatedByJobRun": order.run_id},
        }
        for values, location in written
        if values not in known
    ]
    for start in range(0, len(new), BATCH):
        answer = glue(
            "BatchCreatePartition",
            DatabaseName=table["DatabaseName"],
            TableName=table["Name"],
            PartitionInputList=new[start : start + BATCH],
        )
        for error in answer.get("Errors") or []:
            detail = error["ErrorDetail"]
            if detail["ErrorCode"] != "AlreadyExistsException":
                raise ServerError(detail["ErrorCode"], detail["ErrorMessage"])
