"""What sinks tell the Glue catalog: tables, their columns, and the partitions that were written to."""

from collections.abc import Sequence
from typing import Any

from afluente.services.glue.job.runtime import run
from afluente.services.glue.job.runtime.catalog import Table, find_table, get_table, glue, partitions
from afluente.services.glue.job.runtime.channel import ServerError
from afluente.services.glue.job.runtime.connection import Schema

BATCH = 100
"""The most partitions that one call creates."""

FORMATS = {
    "avro": (
        "org.apache.hadoop.hive.ql.io.avro.AvroContainerInputFormat",
        "org.apache.hadoop.hive.ql.io.avro.AvroContainerOutputFormat",
        "org.apache.hadoop.hive.serde2.avro.AvroSerDe",
    ),
    "orc": (
        "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat",
        "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat",
        "org.apache.hadoop.hive.ql.io.orc.OrcSerde",
    ),
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
