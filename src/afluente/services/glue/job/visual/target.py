"""Target nodes: objects in S3, with or without a table of the catalog."""

from typing import Any

from afluente.core.error import NotImplemented as Unsupported
from afluente.services.glue.job.visual.node import Node, Part
from afluente.services.glue.job.visual.quality import before_target
from afluente.services.glue.job.visual.text import call, dotted, literal

FORMATS = {"json", "csv", "parquet", "avro", "orc"}


def s3_direct(node: Node) -> Part:
    """S3DirectTarget."""
    kind = node.members["Format"]
    if kind not in FORMATS:
        raise Unsupported(f"S3DirectTarget.Format {kind} of node {node.id} is not supported")
    return _s3(node, kind)


def s3_glue_parquet(node: Node) -> Part:
    """S3GlueParquetTarget."""
    return _s3(node, "glueparquet")


def s3_catalog(node: Node) -> Part:
    """S3CatalogTarget, CatalogTarget."""
    members = node.members
    policy = members.get("SchemaChangePolicy", {})
    options: dict[str, Any] = {}
    if policy.get("EnableUpdateCatalog"):
        options = {"enableUpdateCatalog": True, "updateBehavior": policy.get("UpdateBehavior", "UPDATE_IN_DATABASE")}
    if keys := _partition_keys(members):
        options["partitionKeys"] = keys
    text = call(
        "glueContext.write_dynamic_frame.from_catalog",
        frame=node.input,
        database=members["Database"],
        table_name=members["Table"],
        additional_options=options or None,
        transformation_ctx=node.variable,
    )
    quality, helpers = before_target(node)
    return Part([*quality, f"{node.variable} = {text}"], helpers)


def _s3(node: Node, kind: str) -> Part:
    quality, helpers = before_target(node)
    lines = [*quality, *_fewer_files(node)]
    policy = node.members.get("SchemaChangePolicy", {})
    if policy.get("EnableUpdateCatalog"):
        return Part([*lines, *_sink(node, kind, policy)], helpers)
    compression = node.members.get("Compression")
    columnar = kind in {"parquet", "glueparquet"}
    options: dict[str, Any] = {"path": node.members["Path"]}
    if compression and not columnar:
        options["compression"] = compression
    options["partitionKeys"] = _partition_keys(node.members)
    text = call(
        "glueContext.write_dynamic_frame.from_options",
        frame=node.input,
        connection_type="s3",
        format=kind,
        connection_options=options,
        format_options={"compression": compression} if compression and columnar else None,
        transformation_ctx=node.variable,
    )
    return Part([*lines, f"{node.variable} = {text}"], helpers)


def _sink(node: Node, kind: str, policy: dict[str, Any]) -> list[str]:
    members = node.members
    compression = members.get("Compression")
    columnar = kind in {"parquet", "glueparquet"}
    text = call(
        "glueContext.getSink",
        path=members["Path"],
        connection_type="s3",
        updateBehavior=policy.get("UpdateBehavior", "UPDATE_IN_DATABASE"),
        partitionKeys=_partition_keys(members),
        enableUpdateCatalog=True,
        compression=compression if not columnar else None,
        transformation_ctx=node.variable,
    )
    table = (
        f"catalogDatabase={literal(policy.get('Database', ''))}, catalogTableName={literal(policy.get('Table', ''))}"
    )
    with_codec = f", compression={literal(compression)}" if compression and columnar else ""
    return [
        f"{node.variable} = {text}",
        f"{node.variable}.setCatalogInfo({table})",
        f"{node.variable}.setFormat({literal(kind)}{with_codec})",
        f"{node.variable}.writeFrame({node.input})",
    ]


def _partition_keys(members: dict[str, Any]) -> list[str]:
    return [dotted(path) for path in members.get("PartitionKeys") or []]


def _fewer_files(node: Node) -> list[str]:
    """What brings the number of files down to what was asked for."""
    wanted = int(node.members.get("NumberTargetPartitions") or 0)
    if wanted < 1:
        return []
    return [f"if ({node.input}.count() >= 1):\n    {node.input} = {node.input}.coalesce({wanted})"]
