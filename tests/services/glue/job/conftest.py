"""A small world for jobs: the real S3, IAM, logs and catalog, and jobs on top of them."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name

from afluente.core.call import Call, Principal
from afluente.core.clock import ManualClock
from afluente.core.metric import Metrics
from afluente.core.setting import Settings
from afluente.services.glue.catalog.engine import CatalogEngine
from afluente.services.glue.catalog.provider import CatalogOperations
from afluente.services.glue.column_statistic.provider import ColumnStatisticTaskOperations
from afluente.services.glue.data_quality.provider import DataQualityOperations
from afluente.services.glue.job.engine import JobEngine
from afluente.services.glue.job.provider import JobOperations
from afluente.services.glue.session.provider import SessionOperations
from afluente.services.glue.tag import TagOperations, Tags
from afluente.services.iam.engine import IamEngine
from afluente.services.logs.engine import LogsEngine
from afluente.services.s3.bucket import Bucket
from afluente.services.s3.engine import S3Engine
from afluente.store.database import Database

ACCOUNT, REGION = "000000000000", "us-east-1"
START = """
import sys
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job

args = getResolvedOptions(sys.argv, ["JOB_NAME"])
glueContext = GlueContext(SparkContext())
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)
"""


class _Operations(
    CatalogOperations,
    JobOperations,
    ColumnStatisticTaskOperations,
    DataQualityOperations,
    SessionOperations,
    TagOperations,
):
    def __init__(self, catalog: CatalogEngine, jobs: JobEngine, tags: Tags) -> None:
        self._catalog = catalog
        self._jobs = jobs
        self._tags = tags


class World:
    """Everything that a job needs, and short ways to ask for it."""

    def __init__(self, folder: Path) -> None:
        (folder / "s3").mkdir(parents=True)
        self.clock = ManualClock()
        self.database = Database(folder / "meta.db")
        self.tags = Tags(self.database)
        self.catalog = CatalogEngine(self.database, self.tags, self.clock)
        self.s3 = S3Engine(self.database, folder / "s3", self.clock)
        self.iam = IamEngine(self.database, self.clock)
        self.logs = LogsEngine(self.database, self.clock)
        self.callers: list[Principal] = []
        self.measured: list[dict[str, Any]] = []
        settings = Settings(data=folder, job_engine=os.environ.get("TEST_JOB_ENGINE", "duckdb"))
        self.metrics = Metrics(self.clock)
        self.jobs = JobEngine(
            self.database, self.tags, self.s3, self.iam, self.logs, self.invoke, settings, self.clock, self.metrics
        )
        self.operations = _Operations(self.catalog, self.jobs, self.tags)
        self.bucket("lake")
        self.role("glue-role")
        self.jobs.start()
        self.jobs.runs.serve("http://127.0.0.1:4566")

    def close(self) -> None:
        self.jobs.stop()
        self.database.close()

    def invoke(self, call: Call, service: str, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        if service == "cloudwatch":
            self.measured.append(dict(request))
            return {}
        assert service == "glue"
        self.callers.append(call.principal)
        answer: dict[str, Any] = getattr(self.operations, xform_name(operation))(call, dict(request))
        return answer

    def glue(self, operation: str, /, **request: Any) -> dict[str, Any]:
        root = Principal.root(ACCOUNT)
        call = Call("glue", operation, ACCOUNT, REGION, root, "request", self.clock.now_ms(), "http://here")
        answer: dict[str, Any] = getattr(self.operations, xform_name(operation))(call, request)
        return answer

    def bucket(self, name: str) -> None:
        self.s3.create_bucket(Bucket(name=name, account=ACCOUNT, region=REGION, created_at_ms=self.clock.now_ms()))

    def role(self, name: str, service: str = "glue.amazonaws.com") -> str:
        statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.iam.create_role(ACCOUNT, name, "/", {}, role_trust=trust, description=None, max_session_s=3600)
        self.iam.attach(self.iam.roles, ACCOUNT, name, "arn:aws:iam::aws:policy/AdministratorAccess")
        return f"arn:aws:iam::{ACCOUNT}:role/{name}"

    def put(self, key: str, text: str | bytes, bucket: str = "lake") -> None:
        self.s3.put_object(bucket, key, text.encode() if isinstance(text, str) else text)

    def keys(self, prefix: str = "", bucket: str = "lake") -> list[str]:
        return [item.key for item in self.s3.iter_objects(bucket, prefix)]

    def path(self, key: str, bucket: str = "lake") -> str:
        return str(self.s3.get_object(bucket, key).path)

    def create_job(self, name: str, script: str, **members: Any) -> None:
        """A job whose script is `script`, after the usual beginning when it uses `glueContext`."""
        self.put(f"scripts/{name}.py", START + script if "glueContext" in script else script)
        kind = members.pop("Kind", "glueetl")
        self.glue(
            "CreateJob",
            Name=name,
            Role="glue-role",
            Command={"Name": kind, "ScriptLocation": f"s3://lake/scripts/{name}.py"},
            **members,
        )

    def finish(self, name: str, **request: Any) -> dict[str, Any]:
        """Start a run and wait for its end."""
        run = self.glue("StartJobRun", JobName=name, **request)["JobRunId"]
        self.jobs.runs.join(300)
        found: dict[str, Any] = self.glue("GetJobRun", JobName=name, RunId=run)["JobRun"]
        return found

    def run(self, script: str, **members: Any) -> dict[str, Any]:
        """A job of that script, run once; its run."""
        name = f"job{len(self.keys('scripts/'))}"
        self.create_job(name, script, **members)
        return self.finish(name)

    def succeed(self, script: str, **members: Any) -> str:
        """As `run`; what it printed."""
        run = self.run(script, **members)
        assert run["JobRunState"] == "SUCCEEDED", run.get("ErrorMessage")
        return self.log(run)

    def fail(self, script: str, **members: Any) -> str:
        """As `run`; its error message."""
        run = self.run(script, **members)
        assert run["JobRunState"] == "FAILED"
        message: str = run["ErrorMessage"]
        return message

    def log(self, run: dict[str, Any], kind: str = "output") -> str:
        """What a run wrote."""
        found = self.database.read().execute(
            "SELECT e.message FROM log_event e JOIN log_stream s ON s.id = e.stream_id "
            "JOIN log_group g ON g.id = s.group_id WHERE g.name = ? AND s.name = ? ORDER BY e.rowid",
            (f"{run['LogGroupName']}/{kind}", run["Id"]),
        )
        return "\n".join(message for (message,) in found)

    def table(self, name: str, location: str, kind: str, columns: str, keys: str = "", **parameters: str) -> None:
        """A table `db.<name>`; columns as `a int, b string`."""
        serde = {
            "json": "org.openx.data.jsonserde.JsonSerDe",
            "csv": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
            "parquet": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
        }[kind]
        if not any(each["Name"] == "db" for each in self.glue("GetDatabases")["DatabaseList"]):
            self.glue("CreateDatabase", DatabaseInput={"Name": "db"})
        self.glue(
            "CreateTable",
            DatabaseName="db",
            TableInput={
                "Name": name,
                "TableType": "EXTERNAL_TABLE",
                "Parameters": {"classification": kind},
                "PartitionKeys": _columns(keys),
                "StorageDescriptor": {
                    "Columns": _columns(columns),
                    "Location": location,
                    "SerdeInfo": {"SerializationLibrary": serde, "Parameters": parameters},
                },
            },
        )

    def partition(self, table: str, *values: str, location: str) -> None:
        descriptor = self.glue("GetTable", DatabaseName="db", Name=table)["Table"]["StorageDescriptor"]
        self.glue(
            "CreatePartition",
            DatabaseName="db",
            TableName=table,
            PartitionInput={"Values": list(values), "StorageDescriptor": descriptor | {"Location": location}},
        )


def _columns(text: str) -> list[dict[str, str]]:
    return [{"Name": name, "Type": kind} for name, kind in re.findall(r"(\w+) ([^ ,]+)", text)]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "data")
    yield world
    world.close()
