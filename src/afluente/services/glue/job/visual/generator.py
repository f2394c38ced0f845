"""The script of a visual job, in the layout that Glue Studio gives it."""

from collections.abc import Callable
from typing import Any

from afluente.core.error import NotImplemented as Unsupported
from afluente.services.glue.error import InvalidInputException
from afluente.services.glue.job.visual import collection, iceberg, quality, row_filter, source, target, transform
from afluente.services.glue.job.visual.node import Node, Part
from afluente.services.glue.job.visual.text import Code, variable

GENERATORS: dict[str, Callable[[Node], Part]] = {
    "Aggregate": transform.aggregate,
    "ApplyMapping": transform.apply_mapping,
    "CatalogIcebergSource": iceberg.source,
    "CatalogSource": source.catalog,
    "CatalogTarget": target.s3_catalog,
    "CustomCode": collection.custom_code,
    "DropDuplicates": transform.drop_duplicates,
    "DropFields": transform.drop_fields,
    "DropNullFields": transform.drop_null_fields,
    "DynamicTransform": collection.dynamic_transform,
    "EvaluateDataQuality": quality.evaluate,
    "EvaluateDataQualityMultiFrame": quality.evaluate_frames,
    "FillMissingValues": transform.fill_missing_values,
    "Filter": row_filter.filter_rows,
    "Join": transform.join,
    "Merge": transform.merge,
    "RenameField": transform.rename_field,
    "Route": row_filter.route,
    "S3CatalogIcebergSource": iceberg.source,
    "S3CatalogSource": source.catalog,
    "S3CatalogTarget": target.s3_catalog,
    "S3CsvSource": source.csv,
    "S3DirectTarget": target.s3_direct,
    "S3GlueParquetTarget": target.s3_glue_parquet,
    "S3IcebergCatalogTarget": iceberg.catalog_target,
    "S3IcebergDirectTarget": iceberg.direct_target,
    "S3JsonSource": source.json,
    "S3ParquetSource": source.parquet,
    "SelectFields": transform.select_fields,
    "SelectFromCollection": collection.select_from_collection,
    "Spigot": transform.spigot,
    "SparkSQL": transform.spark_sql,
    "SplitFields": collection.split_fields,
    "Union": transform.union,
}

IMPORTS = """\
import sys
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from awsglue.context import GlueContext
from awsglue.job import Job
"""

HELPERS = {
    "DynamicFrame": "from awsglue.dynamicframe import DynamicFrame\n",
    "DynamicFrameCollection": "from awsglue.dynamicframe import DynamicFrameCollection\n",
    "EvaluateDataQuality": "from awsgluedq.transforms import EvaluateDataQuality\n",
    "FillMissingValues": "from awsglueml.transforms import FillMissingValues\n",
    "SqlFuncs": "from pyspark.sql import functions as SqlFuncs\n",
    "re": "import re\n",
    "dropNullColumns": """

def dropNullColumns(glueContext, frame, nullTexts, nullNumbers, transformation_ctx) -> DynamicFrame:
    df = frame.toDF()
    empty = []
    for name, kind in df.dtypes:
        column = SqlFuncs.col("`" + name + "`")
        nulls = nullTexts if kind == "string" else nullNumbers
        filled = df.filter(column.isNotNull())
        if nulls:
            filled = filled.filter(~SqlFuncs.trim(column.cast("string")).isin(nulls))
        if filled.limit(1).count() == 0:
            empty.append(name)
    return DropFields.apply(frame=frame, paths=empty, transformation_ctx=transformation_ctx)
""",
    "sparkAggregate": """

def sparkAggregate(glueContext, parentFrame, groups, aggs, transformation_ctx) -> DynamicFrame:
    columns = [getattr(SqlFuncs, function)(column) for column, function in aggs]
    result = parentFrame.toDF().groupBy(*groups).agg(*columns)
    return DynamicFrame.fromDF(result, glueContext, transformation_ctx)
""",
    "sparkSqlQuery": """

def sparkSqlQuery(glueContext, query, mapping, transformation_ctx) -> DynamicFrame:
    for alias, frame in mapping.items():
        frame.toDF().createOrReplaceTempView(alias)
    result = spark.sql(query)
    return DynamicFrame.fromDF(result, glueContext, transformation_ctx)
""",
    "sparkUnion": """

def sparkUnion(glueContext, unionType, mapping, transformation_ctx) -> DynamicFrame:
    for alias, frame in mapping.items():
        frame.toDF().createOrReplaceTempView(alias)
    result = spark.sql(
        "(select * from source1) UNION " + unionType + " (select * from source2)"
    )
    return DynamicFrame.fromDF(result, glueContext, transformation_ctx)
""",
}
NEEDS = {
    "dropNullColumns": {"DynamicFrame", "SqlFuncs"},
    "sparkAggregate": {"DynamicFrame", "SqlFuncs"},
    "sparkSqlQuery": {"DynamicFrame"},
    "sparkUnion": {"DynamicFrame"},
}

START = """
args = getResolvedOptions(sys.argv, ["JOB_NAME"])
sc = SparkContext()
glueContext = GlueContext(sc)
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)
"""

RULESET = '''
# Default ruleset used by all target nodes with data quality enabled
DEFAULT_DATA_QUALITY_RULESET = """
    Rules = [
        ColumnCount > 0
    ]
"""
'''


def generate(nodes: dict[str, dict[str, Any]]) -> str:
    """The script of `CodeGenConfigurationNodes`. Raises InvalidInputException, NotImplemented that names the node."""
    parts = [(node, GENERATORS[node.kind](node)) for node in _in_order(nodes)]
    named = frozenset[str]().union(*(part.helpers for _, part in parts))
    needed = {*HELPERS} & named.union(*(NEEDS.get(name, set()) for name in named))
    texts = [*(HELPERS[name] for name in sorted(needed)), *(part.definition for _, part in parts)]
    head = IMPORTS + "".join(sorted(texts, key=lambda text: text.startswith("\n")))  # imports come first
    ruleset = RULESET if "DEFAULT_DATA_QUALITY_RULESET" in named else ""
    body = "".join(_block(node, part) for node, part in parts)
    last = "".join(f"\n{part.last}\n" for _, part in parts if part.last)
    return f"{head}{START}{ruleset}{body}{last}\njob.commit()\n"


def _block(node: Node, part: Part) -> str:
    return f"\n# Script generated for node {node.title}\n" + "\n".join(part.lines) + "\n"


def _in_order(given: dict[str, dict[str, Any]]) -> list[Node]:
    """Every node after its inputs, else as given."""
    kinds = {node_id: _kind(node_id, union) for node_id, union in given.items()}
    variables: dict[str, str] = {}
    done: dict[str, Node] = {}

    def visit(node_id: str, path: tuple[str, ...]) -> None:
        if node_id in path:
            raise InvalidInputException(f"Node {node_id} is its own input.")
        if node_id not in kinds:
            raise InvalidInputException(f"Node {path[-1]} has the input {node_id}, which does not exist.")
        if node_id in done:
            return
        kind, members = kinds[node_id]
        ids = tuple(members.get("Inputs") or ())
        for each in ids:
            visit(each, (*path, node_id))
        name = variable(members.get("Name", node_id), node_id)
        while name in variables.values():
            name += "_"
        variables[node_id] = name
        done[node_id] = Node(node_id, kind, members, name, tuple(Code(variables[each]) for each in ids), ids)

    for node_id in given:
        visit(node_id, ())
    return list(done.values())


def _kind(node_id: str, union: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """(type, members) of a node."""
    if len(union) != 1:
        raise InvalidInputException(f"Node {node_id} must be of exactly one type.")
    ((kind, members),) = union.items()
    if kind not in GENERATORS:
        raise Unsupported(f"The node type {kind} of node {node_id} is not supported")
    return kind, members
