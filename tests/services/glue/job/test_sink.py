"""What a job writes: files, their names, partitions, the catalog."""

import gzip
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

READ = """
f = glueContext.create_dynamic_frame.from_options("s3", {"paths": ["s3://lake/in/"]}, "json")
"""
ROWS = '{"a":1,"b":"x","t":"2026-01-01"}{"a":2,"b":"y z/=%","t":null}{"a":3,"b":null,"t":"2026-01-02"}'


def write(kind: str, options: str = "", format_options: str = "{}", frame: str = "f") -> str:
    return READ + (
        f'glueContext.write_dynamic_frame.from_options(frame={frame}, connection_type="s3", format="{kind}",'
        f' connection_options={{"path": "s3://lake/out/"{options}}}, format_options={format_options},'
        ' transformation_ctx="sink")\n'
    )


def sink(options: str, kind: str = '"glueparquet", compression="snappy"', frame: str = "f") -> str:
    return READ + (
        'sink = glueContext.getSink(path="s3://lake/out/", connection_type="s3", transformation_ctx="sink", '
        f"{options})\n"
        'sink.setCatalogInfo(catalogDatabase="db", catalogTableName="out")\n'
        f"sink.setFormat({kind})\n"
        f"sink.writeFrame({frame})\n"
    )


@pytest.fixture
def lake(world: Any) -> Any:
    world.put("in/1", ROWS)
    world.glue("CreateDatabase", DatabaseInput={"Name": "db"})
    return world


@pytest.mark.parametrize(
    ("kind", "codec", "ending", "stored"),
    [
        ("glueparquet", "snappy", "-snappy.parquet", "SNAPPY"),
        ("parquet", "gzip", "-gzip.parquet", "GZIP"),
        ("glueparquet", "uncompressed", ".parquet", "UNCOMPRESSED"),
    ],
)
def test_parquet(lake: Any, kind: str, codec: str, ending: str, stored: str) -> None:
    lake.succeed(write(kind, format_options=f'{{"compression": "{codec}"}}'))
    (key,) = lake.keys("out/")
    assert re.fullmatch(r"out/run-\d{13}-part-block-0-r-00000" + ending, key)
    path = lake.path(key)
    assert duckdb.sql(f"SELECT a, b FROM '{path}' ORDER BY a").fetchall() == [(1, "x"), (2, "y z/=%"), (3, None)]
    assert {codec for (codec,) in duckdb.sql(f"SELECT compression FROM parquet_metadata('{path}')").fetchall()} == {
        stored
    }


def test_json_is_lines_without_nulls(lake: Any) -> None:
    lake.succeed(write("json"))
    (key,) = lake.keys("out/")
    assert re.fullmatch(r"out/run-\d{13}-part-r-00000", key)
    assert sorted(Path(lake.path(key)).read_text().splitlines()) == [
        '{"a":1,"b":"x","t":"2026-01-01"}',
        '{"a":2,"b":"y z/=%"}',
        '{"a":3,"t":"2026-01-02"}',
    ]


def test_csv_with_options(lake: Any) -> None:
    lake.succeed(write("csv", ', "compression": "gzip"', '{"separator": "|", "quoteChar": -1}'))
    (key,) = lake.keys("out/")
    lines = gzip.decompress(Path(lake.path(key)).read_bytes()).decode().splitlines()
    assert (lines[0], sorted(lines[1:])) == ("a|b|t", ["1|x|2026-01-01", "2|y z/=%|", "3||2026-01-02"])


def test_partition_keys_make_folders_and_leave_the_files(lake: Any) -> None:
    lake.succeed(write("json", ', "partitionKeys": ["b"]'))
    folders = {key.rpartition("/")[0]: Path(lake.path(key)).read_text() for key in lake.keys("out/")}
    assert folders == {
        "out/b=x": '{"a":1,"t":"2026-01-01"}\n',
        "out/b=y z%2F%3D%25": '{"a":2}\n',
        "out/b=__HIVE_DEFAULT_PARTITION__": '{"a":3,"t":"2026-01-02"}\n',
    }


def test_repartition_makes_more_files(lake: Any) -> None:
    lake.put("in/1", "".join(f'{{"a":{n}}}' for n in range(1000)))
    lake.succeed(write("json", frame="f.repartition(3)"))
    assert [key.rpartition("-")[2] for key in lake.keys("out/")] == ["00000", "00001", "00002"]


def test_every_run_adds_files(lake: Any) -> None:
    lake.create_job("etl", write("json"))
    for _ in range(2):
        assert lake.finish("etl")["JobRunState"] == "SUCCEEDED"
    assert len(lake.keys("out/")) == 2


def test_what_cannot_be_written_leaves_nothing(lake: Any) -> None:
    lake.put("in/1", '{"a":1}{"a":"x"}')
    for script, name in (
        (write("parquet"), "'a' holds values of several types"),
        (write("xml"), "'xml'"),
        (write("parquet", format_options='{"compression": "lzo"}'), "'lzo'"),
        (write("json", ', "mode": "overwrite"'), "mode"),
        (write("json", ', "partitionKeys": ["none"]'), "'none' is not a column"),
        (
            write("json", frame='f.resolveChoice(specs=[("a", "cast:int")]).map(lambda row: 1 / 0)') + "1 / 0",
            "division",
        ),
    ):
        assert name in lake.fail(script)
    assert lake.keys("out/") == []


def test_sink_creates_the_table_and_its_partitions(lake: Any) -> None:
    lake.create_job("etl", sink('enableUpdateCatalog=True, partitionKeys=["b"], updateBehavior="UPDATE_IN_DATABASE"'))
    run = lake.finish("etl")
    assert run["JobRunState"] == "SUCCEEDED", run
    table = lake.glue("GetTable", DatabaseName="db", Name="out")["Table"]
    assert table["StorageDescriptor"]["Columns"] == [{"Name": "a", "Type": "bigint"}, {"Name": "t", "Type": "string"}]
    assert table["PartitionKeys"] == [{"Name": "b", "Type": "string"}]
    assert table["StorageDescriptor"]["Location"] == "s3://lake/out/"
    assert table["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"].endswith("ParquetHiveSerDe")
    assert table["TableType"] == "EXTERNAL_TABLE"
    assert table["Parameters"]["classification"] == "parquet"
    assert (table["Parameters"]["CreatedByJob"], table["Parameters"]["CreatedByJobRun"]) == ("etl", run["Id"])
    partitions = lake.glue("GetPartitions", DatabaseName="db", TableName="out")["Partitions"]
    assert {each["Values"][0]: each["StorageDescriptor"]["Location"] for each in partitions} == {
        "x": "s3://lake/out/b=x/",
        "y z/=%": "s3://lake/out/b=y z%2F%3D%25/",
        "__HIVE_DEFAULT_PARTITION__": "s3://lake/out/b=__HIVE_DEFAULT_PARTITION__/",
    }
    assert lake.callers[-1].kind == "assumed-role"


def test_sink_updates_the_table_and_adds_partitions(lake: Any) -> None:
    options = 'enableUpdateCatalog=True, partitionKeys=["b"]'
    lake.succeed(sink(options))
    lake.put("in/1", '{"a":1.5,"b":"x","new":true}{"a":2,"b":"later","new":false}')
    lake.succeed(sink(options))
    table = lake.glue("GetTable", DatabaseName="db", Name="out")["Table"]
    assert {column["Name"]: column["Type"] for column in table["StorageDescriptor"]["Columns"]} == {
        "a": "double",
        "new": "boolean",
        "t": "string",
    }
    assert table["Parameters"]["LastUpdatedByJob"] == "job1"
    assert len(lake.glue("GetPartitions", DatabaseName="db", TableName="out")["Partitions"]) == 4


def test_sink_that_logs_changes_leaves_the_columns(lake: Any) -> None:
    options = 'enableUpdateCatalog=True, updateBehavior="LOG"'
    lake.succeed(sink(options, '"json"'))
    lake.put("in/1", '{"other":1}')
    lake.succeed(sink(options, '"json"'))
    table = lake.glue("GetTable", DatabaseName="db", Name="out")["Table"]
    assert [column["Name"] for column in table["StorageDescriptor"]["Columns"]] == ["a", "b", "t"]
    assert table["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"] == "org.openx.data.jsonserde.JsonSerDe"


def test_sink_without_update_leaves_the_catalog(lake: Any) -> None:
    lake.succeed(sink('partitionKeys=["b"]'))
    assert len(lake.keys("out/")) == 3
    assert lake.glue("GetTables", DatabaseName="db")["TableList"] == []


def test_write_from_catalog_goes_where_the_table_lies(lake: Any) -> None:
    lake.table("t", "s3://lake/there/", "parquet", "a bigint, t string", "b string")
    script = (
        READ
        + """
glueContext.write_dynamic_frame.from_catalog(frame=f, database="db", table_name="t",
    additional_options={"enableUpdateCatalog": True, "updateBehavior": "UPDATE_IN_DATABASE", "partitionKeys": ["b"]})
"""
    )
    lake.succeed(script)
    assert len(lake.keys("there/b=x/")) == 1
    assert len(lake.glue("GetPartitions", DatabaseName="db", TableName="t")["Partitions"]) == 3


def test_purge_s3_path(lake: Any) -> None:
    lake.put("old/1", "x")
    lake.put("older/1", "x")
    lake.clock.advance(3600 * 25)
    lake.put("old/2", "x")
    lake.succeed(
        'glueContext.purge_s3_path("s3://lake/old/", {"retentionPeriod": 24})\n'
        'glueContext.purge_s3_path("s3://lake/older/")\n'
    )
    assert lake.keys("old") == ["old/2", "older/1"]
    lake.succeed('glueContext.purge_s3_path("s3://lake/old/", {"retentionPeriod": 0})\n')
    assert lake.keys("old") == ["older/1"]
