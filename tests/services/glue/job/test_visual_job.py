"""Visual jobs: the script that is generated, written to S3 and run."""

import json
from pathlib import Path
from typing import Any

import pytest

from afluente.core.error import AwsError
from afluente.core.error import NotImplemented as Unsupported
from afluente.services.glue.error import InvalidInputException
from afluente.services.glue.job.visual.generator import generate

FARM: dict[str, Any] = {
    "node1": {"CatalogSource": {"Name": "catalog_source", "Database": "db", "Table": "raw"}},
    "node2": {
        "S3GlueParquetTarget": {
            "Name": "s3_target", "Inputs": ["node1"], "Path": "s3://lake/datalake", "Compression": "snappy",
        }
    },
}  # fmt: skip
FARM_SCRIPT = """\
import sys
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from awsglue.context import GlueContext
from awsglue.job import Job

args = getResolvedOptions(sys.argv, ["JOB_NAME"])
sc = SparkContext()
glueContext = GlueContext(sc)
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

# Script generated for node catalog_source
catalogsource_node1 = glueContext.create_dynamic_frame.from_catalog(
    database="db",
    table_name="raw",
    transformation_ctx="catalogsource_node1",
)

# Script generated for node s3_target
s3target_node2 = glueContext.write_dynamic_frame.from_options(
    frame=catalogsource_node1,
    connection_type="s3",
    format="glueparquet",
    connection_options={"path": "s3://lake/datalake", "partitionKeys": []},
    format_options={"compression": "snappy"},
    transformation_ctx="s3target_node2",
)

job.commit()
"""


def source(path: str = "s3://lake/in/") -> dict[str, Any]:
    return {"S3JsonSource": {"Name": "In", "Paths": [path], "Recurse": True}}


def target(kind: str = "json", inputs: str = "t", **members: Any) -> dict[str, Any]:
    return {"S3DirectTarget": {"Name": "Out", "Inputs": [inputs], "Path": "s3://lake/out/", "Format": kind, **members}}


def create(world: Any, nodes: dict[str, Any], name: str = "visual") -> None:
    world.glue(
        "CreateJob",
        Name=name,
        Role="glue-role",
        GlueVersion="3.0",
        Command={"Name": "glueetl", "ScriptLocation": f"s3://lake/script/{name}", "PythonVersion": "3"},
        CodeGenConfigurationNodes=nodes,
    )


def output(world: Any, nodes: dict[str, Any]) -> list[dict[str, Any]]:
    """The JSON rows that a job of these nodes writes to s3://lake/out/."""
    create(world, nodes)
    run = world.finish("visual")
    assert run["JobRunState"] == "SUCCEEDED", run
    texts = [Path(world.path(key)).read_text() for key in world.keys("out/")]
    return sorted((json.loads(line) for text in texts for line in text.splitlines()), key=str)


def through(world: Any, kind: str, **members: Any) -> list[dict[str, Any]]:
    """The rows that one transform node makes of s3://lake/in/."""
    node = {kind: {"Name": kind, "Inputs": ["s"], **members}}
    return output(world, {"s": source(), "t": node, "o": target()})


def test_generate_the_farm() -> None:
    assert generate(FARM) == FARM_SCRIPT


def test_create_job_writes_the_script_and_the_run_writes_parquet(world: Any) -> None:
    world.put("raw/1", '{"idtemp":"1"}{"idtemp":"2"}')
    world.table("raw", "s3://lake/raw/", "json", "idtemp string")
    create(world, FARM)
    assert Path(world.path("script/visual")).read_text() == FARM_SCRIPT
    job = world.glue("GetJob", JobName="visual")["Job"]
    assert (job["JobMode"], job["CodeGenConfigurationNodes"]) == ("VISUAL", FARM)
    assert world.finish("visual")["JobRunState"] == "SUCCEEDED"
    (key,) = world.keys("datalake/")
    assert key.endswith("-part-block-0-r-00000-snappy.parquet")


def test_update_job_writes_the_script_again(world: Any) -> None:
    create(world, FARM)
    nodes = {"node1": FARM["node1"]}
    update = {
        "Role": "glue-role",
        "Command": {"Name": "glueetl", "ScriptLocation": "s3://lake/script/visual"},
        "CodeGenConfigurationNodes": nodes,
    }
    world.glue("UpdateJob", JobName="visual", JobUpdate=update)
    assert "write_dynamic_frame" not in Path(world.path("script/visual")).read_text()


def test_apply_mapping(world: Any) -> None:
    world.put("in/1", '{"a":"1","b":{"c":"2","d":"x"},"e":"gone"}')
    mapping = [
        {"ToKey": "id", "FromPath": ["a"], "FromType": "string", "ToType": "int"},
        {"ToKey": "n", "FromPath": ["b"], "FromType": "struct", "ToType": "struct",
         "Children": [{"ToKey": "c", "FromPath": ["b", "c"], "FromType": "string", "ToType": "int"}]},
        {"ToKey": "e", "FromPath": ["e"], "FromType": "string", "ToType": "string", "Dropped": True},
    ]  # fmt: skip
    assert through(world, "ApplyMapping", Mapping=mapping) == [{"id": 1, "n": {"c": 2}}]


@pytest.mark.parametrize(
    ("kind", "members", "expected"),
    [
        ("SelectFields", {"Paths": [["a"]]}, [{"a": 1}, {"a": 1}, {"a": 2}]),
        ("DropFields", {"Paths": [["b"], ["n"]]}, [{"a": 1}, {"a": 1}, {"a": 2}]),
        ("RenameField", {"SourcePath": ["a"], "TargetPath": ["z"]},
         [{"b": "x", "z": 1}, {"b": "x", "z": 1}, {"b": "y", "z": 2}]),
        ("DropNullFields", {}, [{"a": 1, "b": "x"}, {"a": 1, "b": "x"}, {"a": 2, "b": "y"}]),
        ("DropDuplicates", {}, [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]),
        ("DropDuplicates", {"Columns": [["b"]]}, [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]),
        ("SparkSQL", {"SqlQuery": "select a, count(*) n from it's where b <> '\\\\d' group by a".replace("it's", "it"),
                      "SqlAliases": [{"From": "s", "Alias": "it"}]}, [{"a": 1, "n": 2}, {"a": 2, "n": 1}]),
    ],
)  # fmt: skip
def test_transform(world: Any, kind: str, members: dict[str, Any], expected: list[dict[str, Any]]) -> None:
    world.put("in/1", '{"a":1,"b":"x","n":null}{"a":1,"b":"x","n":null}{"a":2,"b":"y","n":null}')
    assert through(world, kind, **members) == expected


def extracted(name: str) -> dict[str, Any]:
    return {"Type": "COLUMNEXTRACTED", "Value": [name]}


def constant(text: str) -> dict[str, Any]:
    return {"Type": "CONSTANT", "Value": [text]}


@pytest.mark.parametrize(
    ("operator", "filters", "expected"),
    [
        ("AND", [("GT", False, "a", "1"), ("REGEX", False, "b", "[xy]")], [2]),
        ("OR", [("EQ", False, "a", "1"), ("EQ", False, "b", "z")], [1, 3]),
        ("AND", [("LTE", True, "a", "1")], [2, 3]),
        ("AND", [("ISNULL", False, "n", "")], [2, 3]),
        ("AND", [("ISNULL", True, "n", "")], [1]),
    ],
)
def test_filter(world: Any, operator: str, filters: list[tuple[str, bool, str, str]], expected: list[int]) -> None:
    world.put("in/1", '{"a":1,"b":"x","n":5}{"a":2,"b":"y"}{"a":3,"b":"z"}')
    entries = [
        {"Operation": operation, "Negated": negated,
         "Values": [extracted(name), constant(value)] if operation != "ISNULL" else [extracted(name)]}
        for operation, negated, name, value in filters
    ]  # fmt: skip
    assert [row["a"] for row in through(world, "Filter", LogicalOperator=operator, Filters=entries)] == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("equijoin", [{"k": 2, "v": "b", "j": 2, "w": "x"}]),
        ("left", [{"k": 1, "v": "a"}, {"k": 2, "v": "b", "j": 2, "w": "x"}]),
        ("leftanti", [{"k": 1, "v": "a"}]),
        ("leftsemi", [{"k": 2, "v": "b"}]),
        ("right", [{"j": 3, "w": "y"}, {"k": 2, "v": "b", "j": 2, "w": "x"}]),
        ("outer", [{"j": 3, "w": "y"}, {"k": 1, "v": "a"}, {"k": 2, "v": "b", "j": 2, "w": "x"}]),
    ],
)
def test_join(world: Any, kind: str, expected: list[dict[str, Any]]) -> None:
    world.put("in/1", '{"k":1,"v":"a"}{"k":2,"v":"b"}')
    world.put("in2/1", '{"j":2,"w":"x"}{"j":3,"w":"y"}')
    join = {
        "Name": "Join", "Inputs": ["s", "s2"], "JoinType": kind,
        "Columns": [{"From": "s", "Keys": [["k"]]}, {"From": "s2", "Keys": [["j"]]}],
    }  # fmt: skip
    rows = output(world, {"s": source(), "s2": source("s3://lake/in2/"), "t": {"Join": join}, "o": target()})
    assert rows == expected


@pytest.mark.parametrize(("kind", "number"), [("ALL", 3), ("DISTINCT", 2)])
def test_union(world: Any, kind: str, number: int) -> None:
    world.put("in/1", '{"k":1}{"k":2}')
    world.put("in2/1", '{"k":2}')
    union = {"Union": {"Name": "Union", "Inputs": ["s", "s2"], "UnionType": kind}}
    rows = output(world, {"s": source(), "s2": source("s3://lake/in2/"), "t": union, "o": target()})
    assert len(rows) == number


def test_sources_and_targets_with_all_their_options(world: Any) -> None:
    world.put("csv/1.csv", "a;b\n1;x\n")
    world.put("csv/2.tmp", "a;b\n2;y\n")
    world.glue("CreateDatabase", DatabaseInput={"Name": "db"})
    policy = {"EnableUpdateCatalog": True, "UpdateBehavior": "UPDATE_IN_DATABASE", "Database": "db", "Table": "out"}
    nodes = {
        "s": {
            "S3CsvSource": {
                "Name": "In", "Paths": ["s3://lake/csv/"], "Separator": "semicolon", "QuoteChar": "quote",
                "WithHeader": True, "Exclusions": ["**.tmp"], "Recurse": True,
            }
        },
        "t": target(
            "parquet", "s", Compression="gzip", PartitionKeys=[["b"]], SchemaChangePolicy=policy,
            NumberTargetPartitions="1", AutoDataQuality={"IsEnabled": True, "EvaluationContext": "quality"},
        ),
        "c": {
            "S3CatalogTarget": {
                "Name": "Catalog", "Inputs": ["s"], "Database": "db", "Table": "there", "PartitionKeys": [["b"]],
                "SchemaChangePolicy": {"EnableUpdateCatalog": True, "UpdateBehavior": "LOG"},
            }
        },
    }  # fmt: skip
    world.table("there", "s3://lake/there/", "parquet", "a string", "b string")
    create(world, nodes)
    run = world.finish("visual")
    assert run["JobRunState"] == "SUCCEEDED", run
    assert [key.rpartition("/")[0] for key in world.keys("out/")] == ["out/b=x"]
    assert world.keys("out/")[0].endswith("-gzip.parquet")
    assert [key.rpartition("/")[0] for key in world.keys("there/")] == ["there/b=x"]
    for table in ("out", "there"):
        (partition,) = world.glue("GetPartitions", DatabaseName="db", TableName=table)["Partitions"]
        assert partition["Values"] == ["x"]
    assert "data quality: ColumnCount > 0: Passed" in world.log(run)


def test_names_and_order_of_nodes() -> None:
    nodes = {
        "node-3": target("json", "node-2"),
        "node-2": {"SelectFields": {"Name": "1st choice: a\nb", "Inputs": ["node-1"], "Paths": [["a"]]}},
        "node-1": {"S3CatalogSource": {"Name": "In", "Database": "d", "Table": 't"', "PartitionPredicate": "y == 1"}},
    }
    script = generate(nodes)
    compile(script, "script", "exec")
    places = [script.index(name + " = ") for name in ("In_node1", "_1stchoiceab_node2", "Out_node3")]
    assert places == sorted(places)
    assert "# Script generated for node 1st choice: a b\n" in script
    assert 'table_name="t\\""' in script
    assert 'push_down_predicate="y == 1"' in script


@pytest.mark.parametrize(
    ("nodes", "error", "named"),
    [
        ({"n": {"PIIDetection": {"Name": "x", "Inputs": ["s"]}}}, Unsupported, "PIIDetection of node n"),
        ({"n": {"S3JsonSource": {}, "S3CsvSource": {}}}, InvalidInputException, "exactly one type"),
        ({"s": source(), "t": target("hyper", "s")}, Unsupported, "S3DirectTarget.Format hyper"),
        ({"t": target("json", "none")}, InvalidInputException, "input none, which does not exist"),
        ({"t": target("json", "t")}, InvalidInputException, "its own input"),
        ({"s": source(), "t": {"CustomCode": {"Name": "x", "Inputs": ["s"], "Code": "", "ClassName": "a b"}}},
         InvalidInputException, "ClassName of node t"),
        ({"s": source(), "t": {"DynamicTransform": {
            "Name": "x", "TransformName": "x", "Inputs": ["s"], "FunctionName": "x",
            "Path": "s3://aws-glue-studio-transforms-1/gs_x.py"}}}, Unsupported, "DynamicTransform.Path"),
        ({"s": source(), "t": {"Merge": {"Name": "x", "Inputs": ["s"], "Source": "s", "PrimaryKeys": [["a"]]}}},
         InvalidInputException, "Source of node t"),
    ],
)  # fmt: skip
def test_create_job_refuses_nodes(world: Any, nodes: dict[str, Any], error: type[AwsError], named: str) -> None:
    with pytest.raises(error, match=named):
        create(world, nodes)
    assert world.glue("GetJobs")["Jobs"] == []
    assert world.keys("script/") == []


def test_create_job_whose_script_has_no_bucket(world: Any) -> None:
    with pytest.raises(InvalidInputException, match="the bucket does not exist"):
        world.glue(
            "CreateJob",
            Name="visual",
            Role="glue-role",
            Command={"Name": "glueetl", "ScriptLocation": "s3://nowhere/script"},
            CodeGenConfigurationNodes=FARM,
        )
