"""Source nodes: from the catalog, and from objects in S3."""

from typing import Any

from afluente.services.glue.job.visual.node import Node, Part
from afluente.services.glue.job.visual.text import call

SEPARATORS = {"comma": ",", "ctrla": "\u0001", "pipe": "|", "semicolon": ";", "tab": "\t"}
QUOTES: dict[str, str | int] = {"quote": '"', "quillemet": "\u00ab", "single_quote": "'", "disabled": -1}


def catalog(node: Node) -> Part:
    """CatalogSource and S3CatalogSource."""
    members = node.members
    text = call(
        "glueContext.create_dynamic_frame.from_catalog",
        database=members["Database"],
        table_name=members["Table"],
        push_down_predicate=members.get("PartitionPredicate"),
        additional_options=_bounds(members) or None,
        transformation_ctx=node.variable,
    )
    return Part([f"{node.variable} = {text}"])


def json(node: Node) -> Part:
    """S3JsonSource."""
    members = node.members
    options = {"multiLine": "true" if members.get("Multiline") else "false"}
    if path := members.get("JsonPath"):
        options["jsonPath"] = path
    return _from_s3(node, "json", options)


def csv(node: Node) -> Part:
    """S3CsvSource."""
    members = node.members
    options: dict[str, Any] = {
        "quoteChar": QUOTES[members["QuoteChar"]],
        "withHeader": bool(members.get("WithHeader")),
        "separator": SEPARATORS[members["Separator"]],
        "optimizePerformance": bool(members.get("OptimizePerformance")),
    }
    if members.get("SkipFirst"):
        options["skipFirst"] = True
    if members.get("Multiline"):
        options["multiLine"] = "true"
    if escaper := members.get("Escaper"):
        options["escaper"] = escaper
    return _from_s3(node, "csv", options)


def parquet(node: Node) -> Part:
    """S3ParquetSource."""
    return _from_s3(node, "parquet", {})


def _from_s3(node: Node, kind: str, format_options: dict[str, Any]) -> Part:
    members = node.members
    node_options: dict[str, Any] = {"paths": members["Paths"], "recurse": bool(members.get("Recurse", True))}
    if exclusions := members.get("Exclusions"):
        node_options["exclusions"] = "[" + ", ".join(f'"{pattern}"' for pattern in exclusions) + "]"
    named = {
        "compressionType": "CompressionType", "groupSize": "GroupSize", "groupFiles": "GroupFiles",
        "maxBand": "MaxBand", "maxFilesInBand": "MaxFilesInBand",
    }  # fmt: skip
    node_options |= {option: members[name] for option, name in named.items() if name in members}
    node_options |= _bounds(members)
    text = call(
        "glueContext.create_dynamic_frame.from_options",
        format_options=format_options,
        connection_type="s3",
        format=kind,
        connection_options=node_options,
        transformation_ctx=node.variable,
    )
    return Part([f"{node.variable} = {text}"])


def _bounds(members: dict[str, Any]) -> dict[str, str]:
    options = members.get("AdditionalOptions", {})
    named = {"boundedSize": "BoundedSize", "boundedFiles": "BoundedFiles"}
    return {option: str(options[name]) for option, name in named.items() if name in options}
