"""Nodes on Iceberg tables of the catalog. The job needs `--datalake-formats iceberg`, as on AWS."""

from afluente.core.error import NotImplemented as Unsupported
from afluente.services.glue.job.visual.node import Node, Part
from afluente.services.glue.job.visual.quality import before_target
from afluente.services.glue.job.visual.source import catalog
from afluente.services.glue.job.visual.text import call, dotted, literal

PROPERTIES = {"format-version": "2"}


def source(node: Node) -> Part:
    """CatalogIcebergSource and S3CatalogIcebergSource."""
    node.refuse("AdditionalIcebergOptions")
    return catalog(node)


def catalog_target(node: Node) -> Part:
    """S3IcebergCatalogTarget: rows are appended to a table that there is."""
    node.refuse("AdditionalOptions", "SchemaChangePolicy", "PartitionKeys")
    quality, helpers = before_target(node)
    return Part([*quality, *_appended(node, _table(node.members["Database"], node.members["Table"]))], helpers)


def direct_target(node: Node) -> Part:
    """S3IcebergDirectTarget: the table is made at the path where there is none yet, and rows are appended."""
    policy = node.members.get("SchemaChangePolicy", {})
    if not policy.get("Table") or not policy.get("Database"):
        raise Unsupported(
            f"S3IcebergDirectTarget of node {node.id} without a table in SchemaChangePolicy is not supported"
        )
    table = _table(policy["Database"], policy["Table"])
    codec = node.members["Compression"]
    given = {**node.members.get("AdditionalOptions", {}), "write.parquet.compression-codec": codec, **PROPERTIES}
    properties = ", ".join(f"{_text(name)} = {_text(value)}" for name, value in given.items())
    keys = ", ".join(f"`{dotted(path)}`" for path in node.members.get("PartitionKeys") or [])
    view = f"{node.variable}_rows"
    statement = (
        f"CREATE TABLE IF NOT EXISTS {table} USING iceberg{f' PARTITIONED BY ({keys})' if keys else ''} "
        f"LOCATION {_text(node.members['Path'])} TBLPROPERTIES ({properties}) AS SELECT * FROM {view} WHERE false"
    )
    quality, helpers = before_target(node)
    made = [
        f"{node.input}.toDF().createOrReplaceTempView({literal(view)})",
        call("spark.sql", sqlQuery=statement),
    ]
    return Part([*quality, *made, *_appended(node, table)], helpers)


def _appended(node: Node, table: str) -> list[str]:
    return [f"{node.variable} = {node.input}.toDF()", f"{node.variable}.writeTo({literal(table)}).append()"]


def _table(database: str, name: str) -> str:
    return f"glue_catalog.{database}.{name}"


def _text(value: str) -> str:
    """A text in Spark SQL."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
