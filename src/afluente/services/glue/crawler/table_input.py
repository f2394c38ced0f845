"""How a crawler writes what it found: the TableInput and PartitionInputs, with AWS's formats, SerDes and parameters."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from afluente.services.glue.crawler.column_type import settled
from afluente.services.glue.crawler.grouping import Dataset, Leaf, partition_keys, partition_values
from afluente.services.glue.crawler.schema import UNKNOWN, Schema, Statistics

RUN = "CRAWL_RUN_ID"
OWNER = "UPDATED_BY_CRAWLER"
TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
TEXT_OUTPUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
HIVE = "org.apache.hadoop.hive"


@dataclass(frozen=True, slots=True)
class HiveFormat:
    """The classes by which Hive, Spark and Trino read a classification."""

    input: str
    output: str
    serde: str


FORMATS = {
    "json": HiveFormat(TEXT_INPUT, TEXT_OUTPUT, "org.openx.data.jsonserde.JsonSerDe"),
    "csv": HiveFormat(TEXT_INPUT, TEXT_OUTPUT, f"{HIVE}.serde2.lazy.LazySimpleSerDe"),
    "parquet": HiveFormat(
        f"{HIVE}.ql.io.parquet.MapredParquetInputFormat",
        f"{HIVE}.ql.io.parquet.MapredParquetOutputFormat",
        f"{HIVE}.ql.io.parquet.serde.ParquetHiveSerDe",
    ),
    "orc": HiveFormat(
        f"{HIVE}.ql.io.orc.OrcInputFormat", f"{HIVE}.ql.io.orc.OrcOutputFormat", f"{HIVE}.ql.io.orc.OrcSerde"
    ),
    "avro": HiveFormat(
        f"{HIVE}.ql.io.avro.AvroContainerInputFormat",
        f"{HIVE}.ql.io.avro.AvroContainerOutputFormat",
        f"{HIVE}.serde2.avro.AvroSerDe",
    ),
}


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose crawl it is, and of what: what tables and partitions are marked with."""

    crawler: str
    crawl_id: str
    bucket: str
    exclusions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundTable:
    """A table that a crawl found: its TableInput, and for each partition the PartitionInput."""

    table_input: dict[str, Any]
    partitions: list[dict[str, Any]]
    location: str


def found_table(dataset: Dataset, name: str, origin: Origin) -> FoundTable:
    """What to write for `dataset`, as the table `name`."""
    keys = partition_keys(dataset)
    location = location_of(origin.bucket, dataset.path)
    parameters = _parameters(dataset.schema, dataset.statistics, origin)
    if keys:
        parameters["partition_filtering.enabled"] = "true"
    table_input = {
        "Name": name,
        "Owner": "owner",
        "Retention": 0,
        "StorageDescriptor": _storage(dataset.schema, location, parameters),
        "PartitionKeys": [{"Name": key, "Type": "string"} for key in keys],
        "TableType": "EXTERNAL_TABLE",
        "Parameters": parameters,
    }
    partitions = [_partition(values, leaf, origin) for values, leaf in partition_values(dataset, keys) if keys]
    return FoundTable(table_input, partitions, location)


def location_of(bucket: str, path: str) -> str:
    """The Location of a folder, with a slash at its end, or of a file."""
    return f"s3://{bucket}/{path}"


def _partition(values: Sequence[str], leaf: Leaf, origin: Origin) -> dict[str, Any]:
    parameters = _parameters(leaf.schema, leaf.statistics, origin)
    storage = _storage(leaf.schema, location_of(origin.bucket, leaf.path), parameters)
    return {"Values": list(values), "StorageDescriptor": storage, "Parameters": parameters}


def _storage(schema: Schema, location: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    storage = {
        "Columns": [{"Name": name, "Type": str(settled(kind))} for name, kind in schema.columns],
        "Location": location,
        "Compressed": schema.format.compression != "none",
        "NumberOfBuckets": -1,
        "SerdeInfo": {},
        "BucketColumns": [],
        "SortColumns": [],
        "Parameters": dict(parameters),
        "StoredAsSubDirectories": False,
    }
    hive = _hive_format(schema)
    if hive is None:  # XML and what is unknown: there is no SerDe for it
        own = dict(schema.format.serde_parameters)
        return storage | ({"SerdeInfo": {"Parameters": own}} if own else {})
    serde = {"SerializationLibrary": hive.serde, "Parameters": _serde_parameters(schema)}
    return storage | {"InputFormat": hive.input, "OutputFormat": hive.output, "SerdeInfo": serde}


def _hive_format(schema: Schema) -> HiveFormat | None:
    if schema.format.serde:
        return HiveFormat(TEXT_INPUT, TEXT_OUTPUT, schema.format.serde)
    return FORMATS.get(schema.format.classification)


def _serde_parameters(schema: Schema) -> dict[str, str]:
    if schema.format.serde_parameters:
        return dict(schema.format.serde_parameters)
    if schema.format.classification == "json":
        return {"paths": ",".join(sorted(schema.paths))}
    if schema.format.classification == "csv":
        return {"field.delim": schema.format.delimiter}
    if schema.format.classification == "avro":
        return {"avro.schema.literal": schema.avro, "serialization.format": "1"}
    return {"serialization.format": "1"}


def _parameters(schema: Schema, statistics: Statistics, origin: Origin) -> dict[str, str]:
    form = schema.format
    parameters = {
        RUN: origin.crawl_id,
        "CrawlerSchemaDeserializerVersion": "1.0",
        "CrawlerSchemaSerializerVersion": "1.0",
        OWNER: origin.crawler,
        "averageRecordSize": str(statistics.average_record_size),
        "classification": form.classification,
        "compressionType": form.compression,
        "objectCount": str(statistics.objects),
        "recordCount": str(statistics.record_count),
        "sizeKey": str(statistics.size),
        "typeOfData": "file",
    }
    if form.classification == UNKNOWN:
        del parameters["averageRecordSize"], parameters["recordCount"]
    parameters |= dict(form.parameters)
    if form.delimiter:
        parameters |= {"areColumnsQuoted": str(form.quoted).lower(), "columnsOrdered": "true"}
        parameters["delimiter"] = form.delimiter
    if form.header:
        parameters["skip.header.line.count"] = "1"
    if schema.avro:
        parameters["avro.schema.literal"] = schema.avro
    if origin.exclusions:
        parameters["exclusions"] = json.dumps(origin.exclusions, separators=(",", ":"))
    return parameters
