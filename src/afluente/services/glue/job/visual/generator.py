"""The script of a visual job, in the layout that Glue Studio gives it."""

import re
from collections.abc import Callable
from typing import Any

from afluente.core.error import NotImplemented as Unsupported
from afluente.services.glue.error import InvalidInputException
from afluente.services.glue.job.visual import source, target, transform
from afluente.services.glue.job.visual.node import Node, Part
from afluente.services.glue.job.visual.text import Code, variable

GENERATORS: dict[str, Callable[[Node], Part]] = {
    "ApplyMapping": transform.apply_mapping,
    "CatalogSource": source.catalog,
    "DropDuplicates": transform.drop_duplicates,
    "DropFields": transform.drop_fields,
    "DropNullFields": transform.drop_null_fields,
    "Filter": transform.filter_rows,
    "Join": transform.join,
    "RenameField": transform.rename_field,
    "S3CatalogSource": source.catalog,
    "S3CatalogTarget": target.s3_catalog,
    "S3CsvSource": source.csv,
    "S3DirectTarget": target.s3_direct,
    "S3GlueParquetTarget": target.s3_glue_parquet,
    "S3JsonSource": source.json,
    "S3ParquetSource": source.parquet,
    "SelectFields": transform.select_fields,
    "SparkSQL": transform.spark_sql,
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
    "EvaluateDataQuality": "from awsgluedq.transforms import EvaluateDataQuality\n",
    "re": "import re\n",
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
    parts = []
    for node in _in_order(nodes):
        part = GENERATORS[node.kind](node)
        parts.append((node, part))
    needed = frozenset[str]().union(*(part.helpers for _, part in parts))
    if needed & {"sparkSqlQuery", "sparkUnion"}:
        needed |= {"DynamicFrame"}
    head = IMPORTS + "".join(HELPERS[name] for name in sorted(needed, key=_imports_first))
    ruleset = RULESET if "EvaluateDataQuality" in needed else ""
    body = "".join(_block(node, part) for node, part in parts)
    return f"{head}{START}{ruleset}{body}\njob.commit()\n"


def _imports_first(helper: str) -> tuple[bool, str]:
    return HELPERS[helper].startswith("\n"), helper


def _block(node: Node, part: Part) -> str:
    name = re.sub(r"[\r\n]+", " ", node.members.get("Name", node.id))
    return f"\n# Script generated for node {name}\n" + "\n".join(part.lines) + "\n"


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
