"""The course's walk-through with the real AWS CLI, unmodified: from an empty account to an Athena result."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from afluente.app import App
from afluente.core.clock import ManualClock

AWS = Path(sys.executable).with_name("aws")

FIREHOSE_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "firehose.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
GLUE_TRUST = json.loads(json.dumps(FIREHOSE_TRUST).replace("firehose", "glue"))
NODES = {
    "node1": {"CatalogSource": {"Name": "catalog_source", "Database": "windfarm", "Table": "wind_farm_project"}},
    "node2": {
        "S3GlueParquetTarget": {
            "Name": "s3_target",
            "Inputs": ["node1"],
            "Path": "s3://wind-farm-project/datalake",
            "Compression": "snappy",
        }
    },
}

Aws = Callable[..., Any]


@pytest.fixture
def aws(environment: dict[str, str], tmp_path: Path) -> Aws:
    """Runs one `aws` command; its JSON answer, or its text."""

    def run(*words: str) -> Any:
        done = subprocess.run(
            [AWS, *words], env=environment, capture_output=True, text=True, cwd=tmp_path, check=False, timeout=60
        )
        assert done.returncode == 0, f"aws {' '.join(words)}: {done.stderr}"
        return json.loads(done.stdout) if done.stdout.startswith("{") else done.stdout

    return run


def until(ready: Callable[[], Any], clock: ManualClock, patience_s: float = 90) -> Any:
    """Poll as a user would, moving the clock on; what `ready` answered in the end."""
    deadline = time.monotonic() + patience_s
    while not (answer := ready()):
        assert time.monotonic() < deadline, "waited in vain"
        clock.advance(1)
    return answer


def readings(kind: str, values: list[float]) -> list[bytes]:
    """What the course's producers write: texts, and no newline."""
    return [
        json.dumps(
            {
                "idtemp": str(number),
                "data": str(value),
                "type": kind,
                "timestamp": str(datetime(2026, 11, 24, 1, number)),
            }
        ).encode()
        for number, value in enumerate(values, 1)
    ]


def test_walkthrough(aws: Aws, app: App, clock: ManualClock, client: Any, tmp_path: Path) -> None:
    for name, document in {"firehose": FIREHOSE_TRUST, "glue": GLUE_TRUST, "nodes": NODES}.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(document))

    # a bucket and a stream
    assert aws("s3", "mb", "s3://wind-farm-project") == "make_bucket: wind-farm-project\n"
    aws("kinesis", "create-stream", "--stream-name", "windfarm")
    summary = aws("kinesis", "describe-stream-summary", "--stream-name", "windfarm")["StreamDescriptionSummary"]
    assert (summary["StreamStatus"], summary["OpenShardCount"]) == ("ACTIVE", 4)
    assert summary["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}

    # a role, and the delivery
    role = "firehose-role"
    created = aws("iam", "create-role", "--role-name", role, "--assume-role-policy-document", "file://firehose.json")
    arn = created["Role"]["Arn"]
    aws("iam", "attach-role-policy", "--role-name", role, "--policy-arn", "arn:aws:iam::aws:policy/AdministratorAccess")
    aws(
        "firehose",
        "create-delivery-stream",
        "--delivery-stream-name",
        "windfarm-delivery",
        "--delivery-stream-type",
        "KinesisStreamAsSource",
        "--kinesis-stream-source-configuration",
        f"KinesisStreamARN={summary['StreamARN']},RoleARN={arn}",
        "--s3-destination-configuration",
        f"BucketARN=arn:aws:s3:::wind-farm-project,RoleARN={arn},BufferingHints={{IntervalInSeconds=60}}",
    )

    # the producers
    written = (
        readings("powerfactor", [0.84, 0.91]) + readings("temperature", [22.5]) + readings("hydraulicpressure", [76])
    )
    for data in written:
        client("kinesis").put_record(StreamName="windfarm", Data=data, PartitionKey="02")
    clock.advance(30)
    assert "Contents" not in client("s3").list_objects_v2(Bucket="wind-farm-project")
    objects = until(lambda: client("s3").list_objects_v2(Bucket="wind-farm-project").get("Contents"), clock)
    assert len(objects) == 1
    body = client("s3").get_object(Bucket="wind-farm-project", Key=objects[0]["Key"])["Body"].read()
    assert body == b"".join(written)

    # the catalog
    glue_arn = aws(
        "iam", "create-role", "--role-name", "glue-role", "--assume-role-policy-document", "file://glue.json"
    )["Role"]["Arn"]
    for policy in ("service-role/AWSGlueServiceRole", "AmazonS3FullAccess"):
        policy_arn = f"arn:aws:iam::aws:policy/{policy}"
        aws("iam", "attach-role-policy", "--role-name", "glue-role", "--policy-arn", policy_arn)
    aws("glue", "create-database", "--database-input", "Name=windfarm")

    def crawl(name: str, path: str) -> None:
        aws(
            *("glue", "create-crawler", "--name", name, "--role", glue_arn, "--database-name", "windfarm"),
            *("--targets", f"S3Targets=[{{Path={path}}}]"),
        )
        aws("glue", "start-crawler", "--name", name)
        crawler = until(
            lambda: (
                (c := client("glue").get_crawler(Name=name)["Crawler"])["State"] == "READY" and "LastCrawl" in c and c
            ),
            clock,
        )
        assert crawler["LastCrawl"]["Status"] == "SUCCEEDED"
        assert aws("glue", "get-crawler", "--name", name)["Crawler"]["State"] == "READY"

    crawl("raw", "s3://wind-farm-project")
    table = aws("glue", "get-table", "--database-name", "windfarm", "--name", "wind_farm_project")["Table"]
    assert [c["Name"] for c in table["StorageDescriptor"]["Columns"]] == ["idtemp", "data", "type", "timestamp"]
    assert [c["Name"] for c in table["PartitionKeys"]] == [f"partition_{n}" for n in range(4)]
    assert table["Parameters"]["classification"] == "json"

    # the visual job
    aws(
        *("glue", "create-job", "--name", "datalake", "--role", glue_arn, "--glue-version", "3.0"),
        *("--command", "Name=glueetl,ScriptLocation=s3://wind-farm-project/script/datalake,PythonVersion=3"),
        *("--code-gen-configuration-nodes", "file://nodes.json"),
    )
    aws("glue", "start-job-run", "--job-name", "datalake")
    run = until(
        lambda: (r := client("glue").get_job_runs(JobName="datalake")["JobRuns"][0]).get("CompletedOn") and r, clock
    )
    assert run["JobRunState"] == "SUCCEEDED", run.get("ErrorMessage")
    assert aws("glue", "get-job-runs", "--job-name", "datalake")["JobRuns"][0]["JobRunState"] == "SUCCEEDED"
    assert ".parquet" in aws("s3", "ls", "s3://wind-farm-project/datalake/")
    assert "getResolvedOptions" in aws("s3", "cp", "s3://wind-farm-project/script/datalake", "-")

    # the lake's table
    crawl("lake", "s3://wind-farm-project/datalake/")
    lake = aws("glue", "get-table", "--database-name", "windfarm", "--name", "datalake")["Table"]
    assert lake["Parameters"]["classification"] == "parquet"

    # Athena, the results in a bucket of their own
    aws("s3", "mb", "s3://wind-farm-results")

    def query(sql: str) -> list[list[str]]:
        execution = aws(
            *("athena", "start-query-execution", "--query-string", sql),
            *("--query-execution-context", "Database=windfarm"),
            *("--result-configuration", "OutputLocation=s3://wind-farm-results/"),
        )["QueryExecutionId"]
        status = until(
            lambda: (
                (s := client("athena").get_query_execution(QueryExecutionId=execution)["QueryExecution"]["Status"])[
                    "State"
                ]
                not in {"QUEUED", "RUNNING"}
                and s
            ),
            clock,
        )
        assert status["State"] == "SUCCEEDED", status
        rows = aws("athena", "get-query-results", "--query-execution-id", execution)["ResultSet"]["Rows"]
        assert execution in aws("s3", "ls", "s3://wind-farm-results/")
        return [[cell.get("VarCharValue") for cell in row["Data"]] for row in rows]

    assert query("SELECT type, count(*) AS n FROM datalake GROUP BY type ORDER BY type") == [
        ["type", "n"],
        ["hydraulicpressure", "1"],
        ["powerfactor", "2"],
        ["temperature", "1"],
    ]
    # the raw objects hold all their readings on one line, of which Athena reads the first: as on AWS
    assert query("SELECT count(*) FROM wind_farm_project")[1] == ["1"]
