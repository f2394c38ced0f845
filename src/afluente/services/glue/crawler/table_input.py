"""How a crawler writes what it found: the TableInput and PartitionInputs, with AWS's formats, SerDes and parameters."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from afluente.core.hive_type import HiveType
from afluente.core.hive_type import parse as parse_hive_type
from afluente.services.glue.crawler.column_type import STRING, settled
from afluente.services.glue.crawler.grouping import Dataset, Leaf, partition_keys, partition_values
from afluente.services.glue.crawler.schema import UNKNOWN, Format, Schema, Statistics
from afluente.services.glue.crawler.target import CatalogTable

RUN = "CRAWL_RUN_ID"
OWNER = "UPDATED_BY_CRAWLER"
CLASSIFIER_PARAMETERS = ("grokPattern", "jsonPath", "rowTag")
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
    table: CatalogTable | None = None
    """The table of the catalog that this is the data of, where a target names one."""
    unread: frozenset[tuple[str, ...]] = frozenset()
    """The values of partitions that an earlier crawl saw, and this one did not look into."""


def found_table(dataset: Dataset, name: str, origin: Origin, table: CatalogTable | None = None) -> FoundTable:
    """What to write for `dataset`, as the table `name`, or as the data of `table`."""
    found = _found_table(dataset, name, origin)
    return found if table is None else _as_data_of(table, found)


def _as_data_of(table: CatalogTable, found: FoundTable) -> FoundTable:
    """The table as it is, with the columns that its data has and what is known of it: its format is its owner's."""
    known = table.table_input
    keys = known.get("PartitionKeys", [])
    named = {key["Name"].lower() for key in keys}
    storage, fresh = known.get("StorageDescriptor", {}), found.table_input["StorageDescriptor"]
    columns = [column for column in fresh["Columns"] if column["Name"].lower() not in named]
    parameters = known.get("Parameters", {}) | found.table_input["Parameters"]
    if "classification" in known.get("Parameters", {}):
        parameters["classification"] = known["Parameters"]["classification"]
    table_input = known | {
        "Name": table.name,
        "StorageDescriptor": storage | {"Columns": columns or storage.get("Columns", [])},
        "Parameters": parameters,
    }
    fits = len(keys) == len(found.table_input["PartitionKeys"])
    partitions = [_in_format_of(storage, partition) for partition in found.partitions if fits]
    return FoundTable(table_input, partitions, found.location, table, found.unread)


def _in_format_of(storage: Mapping[str, Any], partition: dict[str, Any]) -> dict[str, Any]:
    own = {name: storage[name] for name in ("InputFormat", "OutputFormat", "SerdeInfo") if name in storage}
    return partition | {"StorageDescriptor": partition["StorageDescriptor"] | own}


def _found_table(dataset: Dataset, name: str, origin: Origin) -> FoundTable:
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
    leaves = list(partition_values(dataset, keys)) if keys else []
    partitions = [_partition(values, leaf, origin) for values, leaf in leaves]
    unread = frozenset(values for values, leaf in leaves if not leaf.read)
    return FoundTable(table_input, partitions, location, unread=unread)


def location_of(bucket: str, path: str) -> str:
    """The Location of a folder, with a slash at its end, or of a file."""
    return f"s3://{bucket}/{path}"


def known_schema(body: Mapping[str, Any], table: Mapping[str, Any]) -> Schema:
    """The schema that an earlier crawl wrote into a table or partition; what that does not say, its `table` does."""
    storage, parameters = body.get("StorageDescriptor", {}), table.get("Parameters", {}) | body.get("Parameters", {})
    serde = storage.get("SerdeInfo") or table.get("StorageDescriptor", {}).get("SerdeInfo", {})
    classification = parameters.get("classification", UNKNOWN)
    usual = FORMATS.get(classification)
    own = "" if usual and usual.serde == serde.get("SerializationLibrary") else serde.get("SerializationLibrary", "")
    form = Format(
        classification,
        parameters.get("compressionType", "none"),
        parameters.get("delimiter", ""),
        parameters.get("skip.header.line.count") == "1",
        parameters.get("areColumnsQuoted") == "true",
        own,
        tuple(serde.get("Parameters", {}).items()) if own or usual is None else (),
        tuple((name, parameters[name]) for name in CLASSIFIER_PARAMETERS if name in parameters),
    )
    columns = tuple((column["Name"], _known_type(column.get("Type", ""))) for column in storage.get("Columns", []))
    paths = tuple(filter(None, serde.get("Parameters", {}).get("paths", "").split(",")))
    return Schema(form, columns, paths, parameters.get("avro.schema.literal", ""))


def known_statistics(body: Mapping[str, Any]) -> Statistics:
    """What an earlier crawl counted of a table's or partition's data."""
    told = body.get("Parameters", {})
    objects, size, records, average = (
        int(text) if (text := told.get(name, "")).isascii() and text.isdigit() and len(text) < 19 else 0
        for name in ("objectCount", "sizeKey", "recordCount", "averageRecordSize")
    )
    return Statistics(objects, size, records, records * average, size)


def _known_type(text: str) -> HiveType:
    """The type that a catalog's text names; a string where the table's owner wrote what is none."""
    try:
        return parse_hive_type(text)
    except ValueError:
        return STRING


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
