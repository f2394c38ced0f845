"""Nodes of visual jobs that compute, split, check and run the user's own code: each is run, its output looked at."""

import json
from pathlib import Path
from typing import Any

from tests.services.glue.job.test_visual_job import constant, create, extracted, output, source, target, through

SALES = '{"shop":"a","item":"x","n":1}{"shop":"a","item":"x","n":3}{"shop":"b","item":"y","n":5}{"shop":"b","n":null}'


def test_aggregate(world: Any) -> None:
    world.put("in/1", SALES)
    functions = ("sum", "avg", "min", "max", "count", "countDistinct", "stddev_pop", "var_samp", "sumDistinct")
    aggs = [{"Column": ["n"], "AggFunc": function} for function in functions]
    first, second = through(world, "Aggregate", Groups=[["shop"]], Aggs=aggs)
    assert first == {
        "shop": "a", "sum(n)": 4, "avg(n)": 2.0, "min(n)": 1, "max(n)": 3, "count(n)": 2, "count(DISTINCT n)": 2,
        "stddev_pop(n)": 1.0, "var_samp(n)": 2.0, "sum(DISTINCT n)": 4,
    }  # fmt: skip
    assert (second["shop"], second["count(n)"]) == ("b", 1)


def test_aggregate_of_everything(world: Any) -> None:
    world.put("in/1", SALES)
    aggs = [{"Column": ["n"], "AggFunc": "sum"}, {"Column": ["item"], "AggFunc": "countDistinct"}]
    assert through(world, "Aggregate", Groups=[], Aggs=aggs) == [{"sum(n)": 9, "count(DISTINCT item)": 2}]


def test_split_fields_and_select_from_collection(world: Any) -> None:
    world.put("in/1", '{"a":1,"b":"x"}')
    nodes = {
        "s": source(),
        "split-1": {"SplitFields": {"Name": "Split", "Inputs": ["s"], "Paths": [["a"]]}},
        "t": {"SelectFromCollection": {"Name": "Second", "Inputs": ["split-1"], "Index": 1}},
        "o": target(),
    }
    assert output(world, nodes) == [{"b": "x"}]


def test_route_sends_each_row_to_its_groups(world: Any) -> None:
    world.put("in/1", SALES)
    groups = [
        {"GroupName": "few", "LogicalOperator": "AND",
         "Filters": [{"Operation": "LT", "Negated": False, "Values": [extracted("n"), constant("2")]}]},
        {"GroupName": "a", "LogicalOperator": "OR",
         "Filters": [{"Operation": "REGEX", "Negated": False, "Values": [extracted("shop"), constant("a")]}]},
    ]  # fmt: skip
    world.put("in/1", SALES.replace("null", "7"))
    route = {"Route": {"Name": "Route", "Inputs": ["s"], "GroupFiltersList": groups}}
    nodes = {"s": source(), "r": route}
    for number, name in enumerate(("few", "a", "rest")):
        nodes[f"t{number}"] = {"SelectFromCollection": {"Name": name, "Inputs": ["r"], "Index": number}}
        nodes[f"o{number}"] = target(inputs=f"t{number}")
        nodes[f"o{number}"]["S3DirectTarget"]["Path"] = f"s3://lake/{name}/"
    create(world, nodes)
    run = world.finish("visual")
    assert run["JobRunState"] == "SUCCEEDED", run
    found = {
        name: sorted(
            json.loads(line)["n"]
            for key in world.keys(f"{name}/")
            for line in Path(world.path(key)).read_text().splitlines()
        )
        for name in ("few", "a", "rest")
    }
    assert found == {"few": [1], "a": [1, 3], "rest": [5, 7]}


def test_fill_missing_values(world: Any) -> None:
    world.put("in/1", '{"x":1,"y":2}{"x":2,"y":4}{"x":3,"y":null}')
    rows = through(world, "FillMissingValues", ImputedPath="y", FilledPath="z")
    assert [row["z"] for row in rows] == [2, 4, 6]


def test_drop_null_fields_of_what_counts_as_null(world: Any) -> None:
    world.put("in/1", '{"a":1,"b":"","c":"null","d":-1,"e":"?"}{"a":2,"b":null,"c":"","d":null,"e":" ? "}')
    checks = {"IsEmpty": True, "IsNullString": True, "IsNegOne": True}
    custom = [{"Value": "?", "Datatype": {"Id": "string", "Label": "String"}}]
    rows = through(world, "DropNullFields", NullCheckBoxList=checks, NullTextList=custom)
    assert rows == [{"a": 1}, {"a": 2}]


def test_merge(world: Any) -> None:
    world.put("in/1", '{"k":1,"v":"a"}{"k":2,"v":"b"}')
    world.put("in2/1", '{"k":2,"v":"new"}')
    merge = {"Merge": {"Name": "Merge", "Inputs": ["s", "s2"], "Source": "s2", "PrimaryKeys": [["k"]]}}
    rows = output(world, {"s": source(), "s2": source("s3://lake/in2/"), "t": merge, "o": target()})
    assert rows == [{"k": 1, "v": "a"}, {"k": 2, "v": "new"}]


def test_spigot(world: Any) -> None:
    world.put("in/1", '{"k":1}{"k":2}')
    assert len(through(world, "Spigot", Path="s3://lake/sample/", Topk=1)) == 2
    (key,) = world.keys("sample/")
    assert len(Path(world.path(key)).read_text().splitlines()) == 1


def test_custom_code(world: Any) -> None:
    world.put("in/1", '{"k":1}{"k":2}')
    code = """
        df = dfc.select(list(dfc.keys())[0]).toDF()
        big = DynamicFrame.fromDF(df.filter(df["k"] > 1), glueContext, "big")
        return DynamicFrameCollection({"big": big}, glueContext)
    """
    nodes = {
        "s": source(),
        "c": {"CustomCode": {"Name": "Mine", "Inputs": ["s"], "ClassName": "MyTransform", "Code": code}},
        "t": {"SelectFromCollection": {"Name": "Big", "Inputs": ["c"], "Index": 0}},
        "o": target(),
    }
    assert output(world, nodes) == [{"k": 2}]


def test_dynamic_transform(world: Any) -> None:
    world.put("in/1", '{"k":1}{"k":2}')
    module = """
from awsglue import DynamicFrame

def keep_more(self, least, column="k", names=()):
    assert names == ["a", "b"]
    return self.filter(lambda row: row[column] > least)

DynamicFrame.keep_more = keep_more
"""
    world.put("transforms/keep_more.py", module)
    parameters = [
        {"Name": "least", "Type": "int", "Value": ["1"]},
        {"Name": "names", "Type": "list", "ListType": "str", "Value": ["a", "b"]},
        {"Name": "column", "Type": "str", "IsOptional": True},
    ]
    rows = through(
        world, "DynamicTransform", TransformName="keep_more", FunctionName="keep_more", Parameters=parameters,
        Path="s3://lake/transforms/keep_more.py",
    )  # fmt: skip
    assert rows == [{"k": 2}]


def test_catalog_target(world: Any) -> None:
    world.put("in/1", '{"k":1,"d":"x"}')
    world.table("there", "s3://lake/there/", "json", "k bigint", "d string")
    catalog = {"CatalogTarget": {"Name": "There", "Inputs": ["s"], "Database": "db", "Table": "there"}}
    create(world, {"s": source(), "t": catalog})
    assert world.finish("visual")["JobRunState"] == "SUCCEEDED"
    (key,) = world.keys("there/")
    assert key.startswith("there/d=x/")


QUALITY = {"Ruleset": 'Rules = [ RowCount = 1, ColumnValues "k" matches "\\\\d" ]'}


def quality(kind: str, **members: Any) -> dict[str, Any]:
    return {kind: {"Name": "Check", "Inputs": ["s"], **QUALITY, **members}}


def test_evaluate_data_quality_gives_its_input_or_the_outcomes(world: Any) -> None:
    world.put("in/1", '{"k":1}{"k":2}')
    options = {"EvaluationContext": "mine", "ResultsPublishingEnabled": True, "CloudWatchMetricsEnabled": False}
    nodes = {
        "s": source(),
        "p": quality("EvaluateDataQuality", PublishingOptions=options),
        "t": quality("EvaluateDataQuality", Output="EvaluationResults"),
        "o": target(),
        "q": target(inputs="p"),
    }
    nodes["q"]["S3DirectTarget"]["Path"] = "s3://lake/same/"
    rows = output(world, nodes)
    assert [(row["Rule"], row["Outcome"]) for row in rows] == [
        ('ColumnValues "k" matches "\\\\d"', "Passed"),
        ("RowCount = 1", "Failed"),
    ]
    (key,) = world.keys("same/")
    assert len(Path(world.path(key)).read_text().splitlines()) == 2
    contexts = {
        world.glue("GetDataQualityResult", ResultId=each["ResultId"])["EvaluationContext"]
        for each in world.glue("ListDataQualityResults")["Results"]
    }
    assert contexts == {"mine", "Check_nodet"}


def test_evaluate_data_quality_ends_the_job_before_or_after_it_writes(world: Any) -> None:
    world.put("in/1", '{"k":1}{"k":2}')
    for timing, written in (("Immediate", 0), ("AfterDataLoad", 1)):
        stop = {"StopJobOnFailureTiming": timing}
        nodes = {
            "s": source(),
            "c": quality("EvaluateDataQualityMultiFrame", StopJobOnFailureOptions=stop),
            "t": {"SelectFromCollection": {"Name": "Rows", "Inputs": ["c"], "Index": 0}},
            "o": target(),
        }
        create(world, nodes, timing)
        run = world.finish(timing)
        assert run["JobRunState"] == "FAILED"
        assert "AssertionError: The job failed due to failing DQ rules for node: In_nodes" in run["ErrorMessage"]
        assert len(world.keys("out/")) == written


def test_evaluate_data_quality_of_several_frames(world: Any) -> None:
    world.put("in/1", '{"k":1}{"k":2}')
    world.put("in2/1", '{"k":1}')
    rules = 'Rules = [ ReferentialIntegrity "k" "other.k" = 1 ]'
    nodes = {
        "s": source(),
        "s2": source("s3://lake/in2/"),
        "c": quality(
            "EvaluateDataQualityMultiFrame", Inputs=["s", "s2"], Ruleset=rules, AdditionalDataSources={"other": "s2"}
        ),
        "t": {"SelectFromCollection": {"Name": "Rows", "Inputs": ["c"], "Index": 2}},
        "o": target(),
    }
    assert [(row["k"], row["DataQualityEvaluationResult"]) for row in output(world, nodes)] == [
        (1, "Passed"),
        (2, "Failed"),
    ]


def test_iceberg_tables_as_targets_and_sources(world: Any) -> None:
    world.glue("CreateDatabase", DatabaseInput={"Name": "db"})
    world.put("in/1", '{"id":1,"kind":"a"}{"id":2,"kind":"b"}')
    policy = {"EnableUpdateCatalog": True, "Database": "db", "Table": "things"}
    direct = {
        "Name": "Made", "Inputs": ["s"], "Path": "s3://lake/things", "Format": "iceberg", "Compression": "zstd",
        "PartitionKeys": [["kind"]], "SchemaChangePolicy": policy,
    }  # fmt: skip
    appended = {"Name": "More", "Inputs": ["s"], "Database": "db", "Table": "things"}
    arguments = {"--datalake-formats": "iceberg"}
    for name, node in (("one", {"S3IcebergDirectTarget": direct}), ("two", {"S3IcebergCatalogTarget": appended})):
        create(world, {"s": source(), "o": node}, name)
        run = world.finish(name, Arguments=arguments)
        assert run["JobRunState"] == "SUCCEEDED", run
    table = world.glue("GetTable", DatabaseName="db", Name="things")["Table"]
    assert table["StorageDescriptor"]["Location"] == "s3://lake/things"
    assert any("kind=a" in key for key in world.keys("things/data/"))
    read = {"CatalogIcebergSource": {"Name": "In", "Database": "db", "Table": "things"}}
    create(world, {"s": read, "o": target(inputs="s")}, "three")
    assert world.finish("three", Arguments=arguments)["JobRunState"] == "SUCCEEDED"
    texts = [Path(world.path(key)).read_text() for key in world.keys("out/")]
    rows = sorted((json.loads(line) for text in texts for line in text.splitlines()), key=str)
    assert rows == [{"id": 1, "kind": "a"}] * 2 + [{"id": 2, "kind": "b"}] * 2
