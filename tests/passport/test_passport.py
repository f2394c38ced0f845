"""`afluente passport`: the way of one record, and every place where it can end."""

import dataclasses
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.passport.conftest import DELIMITER, Command, Farm, reading
from tests.services.firehose.test_deaggregation import aggregate

from afluente.core.setting import Settings

Steps = dict[str, Any]
FUNCTION = """
import base64, json

def handler(event, context):
    return {"records": [answer(record) for record in event["records"]]}

def answer(record):
    told = json.loads(base64.b64decode(record["data"]))
    result = "Dropped" if "drop" in told else "ProcessingFailed" if "fail" in told else "Ok"
    told = told | {"more": 1} if "add" in told else {} if "empty" in told else told
    data = base64.b64encode(json.dumps(told).encode()).decode()
    return {"recordId": record["recordId"], "result": result, "data": data}
"""


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    (tmp_path / "clean.py").write_text(FUNCTION)
    (tmp_path / "lambda.toml").write_text('[functions]\nclean = "clean.py:handler"\n')
    return dataclasses.replace(settings, lambda_functions=str(tmp_path / "lambda.toml"), shard_limits=False)


@pytest.fixture
def follow(command: Command) -> Callable[..., Steps]:
    """Runs `afluente passport ... --json`; its steps by station."""

    def run(*words: str, status: int = 0) -> Steps:
        told = json.loads(command("passport", *words, "--json", "--language", "en", status=status))
        return {step["station"]: step for step in told["steps"]}

    return run


def states(steps: Steps) -> dict[str, str]:
    return {station: step["code"] for station, step in steps.items()}


def test_whole_way_in_every_name_that_a_record_has(farm: Farm, follow: Callable[..., Steps], command: Command) -> None:
    farm.delivery_stream()
    numbers = farm.put(*(reading(number) for number in range(1, 9)))
    (key,) = farm.deliver()
    farm.crawl()
    run = farm.run_job()
    steps = follow(numbers[3])
    assert states(steps) == {
        "put": "put", "delivery": "delivered", "crawl": "crawled", "job": "row-written", "answer": "answered"
    }  # fmt: skip
    put, delivery, job = steps["put"]["facts"], steps["delivery"]["facts"], steps["job"]["facts"]
    assert put["partition_key"] == "key-3"
    assert put["hash"] == str(int(hashlib.md5(b"key-3", usedforsecurity=False).hexdigest(), 16))
    whole = farm.client("s3").get_object(Bucket="raw", Key=key)["Body"].read()
    assert json.loads(whole[delivery["offset"] : delivery["end"] + 1]) == reading(4)
    assert (delivery["object"], delivery["flush"], delivery["records"]) == (f"s3://raw/{key}", "flush_interval", 8)
    assert steps["crawl"]["facts"]["partition"].startswith("date=")
    assert (job["run"], job["bookmark"]) == (run, "on")
    assert job["file"].startswith("s3://lake/lake/date=2026-11-26/type=temperature/")
    assert steps["answer"]["facts"]["answer"].startswith("idtemp=4, data=20.04,")
    for name in (
        ["--where", "idtemp = 4"],
        ["--table", "farm.lake", "--where", "idtemp = 4"],
        [f"s3://raw/{key}", "--offset", str(delivery["offset"] + 5)],
        [f"s3://raw/{key}", "--line", str(delivery["record"])],
    ):
        assert follow(*name)["put"]["facts"]["sequence_number"] == numbers[3]
    drawn = command("passport", numbers[3], "--language", "pt")
    assert "O Athena o mostra." in drawn
    assert numbers[3] in drawn
    assert "2 linhas" in command("passport", "--where", "idtemp in (3, 4)", "--language", "pt")


def test_newest_of_several_is_followed(farm: Farm, follow: Callable[..., Steps]) -> None:
    farm.delivery_stream()
    farm.put(reading(1), reading(2))
    farm.deliver()
    last = farm.client("kinesis").put_record(StreamName="windfarm", Data=json.dumps(reading(3)), PartitionKey="k")
    farm.deliver()
    farm.crawl()
    assert follow("--where", "type = 'temperature'")["put"]["facts"]["sequence_number"] == last["SequenceNumber"]


def test_record_that_waits_says_until_when(farm: Farm, follow: Callable[..., Steps]) -> None:
    farm.delivery_stream()
    (number,) = farm.put(reading(1))
    steps = follow(number)
    assert states(steps) == {"put": "put", "delivery": "delivery-not-yet"}
    assert "60 s" in steps["delivery"]["what"]


def test_record_from_before_the_delivery_stream_is_lost_by_design(farm: Farm, follow: Callable[..., Steps]) -> None:
    (number,) = farm.put(reading(1))
    assert states(follow(number)) == {"put": "put", "delivery": "no-delivery-stream"}
    farm.delivery_stream()
    assert states(follow(number, status=1)) == {"put": "put", "delivery": "before-delivery-stream"}


def test_delivered_record_that_is_not_crawled_and_then_not_read_by_the_job(
    farm: Farm, follow: Callable[..., Steps], command: Command
) -> None:
    farm.delivery_stream()
    (number,) = farm.put(reading(1))
    farm.deliver()
    assert states(follow(number)) == {"put": "put", "delivery": "delivered", "crawl": "no-table"}
    farm.crawl()
    assert states(follow(number))["job"] == "no-job"
    farm.run_job()
    (later,) = farm.put(reading(2))
    farm.deliver()
    columns = [{"Name": name, "Type": "string"} for name in reading(1)]
    broken = {"Columns": columns, "Location": "s3://absent/lake/", "SerdeInfo": {"SerializationLibrary": "x"}}
    farm.client("glue").create_table(DatabaseName="farm", TableInput={"Name": "copy", "StorageDescriptor": broken})
    assert states(follow(number))["job"] == "row-written"  # the job knows nothing of the other table
    assert "the query failed" in command("passport", number, "--into", "farm.copy", status=1)
    steps = follow(later)
    assert (states(steps)["job"], states(steps)["answer"]) == ("job-not-yet", "answered")
    assert "start-job-run --job-name lake" in steps["job"]["next"]
    farm.client("glue").delete_partition(
        DatabaseName="farm", TableName="readings", PartitionValues=[farm.keys()[0].split("/")[1].partition("=")[2]]
    )
    steps = follow(later)
    assert states(steps)["crawl"] == "no-partition"
    assert "start-crawler --name raw" in steps["crawl"]["next"]


def test_duplicate_of_a_retry_rejected_record_and_rows_twice_without_a_bookmark(
    farm: Farm, follow: Callable[..., Steps]
) -> None:
    farm.delivery_stream()
    first, again, broken, once = farm.put(reading(1), reading(1), reading(2, kind="wind"), reading(3))
    farm.deliver()
    farm.crawl()
    farm.run_job()
    for number in (first, again):
        assert states(follow(number))["job"] == "duplicate"
    steps = follow(broken, status=1)
    assert states(steps)["job"] == "rejected"
    assert "unknown type" in steps["job"]["what"]
    run = farm.run_job(**{"--job-bookmark-option": "job-bookmark-disable"})
    steps = follow(once, status=1)
    assert (states(steps)["job"], run in steps["job"]["what"]) == ("doubled", True)


def test_function_that_fails_changes_or_drops_a_record(farm: Farm, follow: Callable[..., Steps]) -> None:
    arn = "arn:aws:lambda:us-east-1:000000000000:function:clean"
    parameters = {"LambdaArn": arn, "BufferIntervalInSeconds": "0", "BufferSizeInMBs": "1"}
    named = [{"ParameterName": name, "ParameterValue": value} for name, value in parameters.items()]
    farm.delivery_stream(processors=[{"Type": "Lambda", "Parameters": named}])
    kept, changed, failed, emptied = farm.put(reading(1), reading(2, add=1), reading(3, fail=1), reading(4, empty=1))
    farm.drain()
    assert states(follow(kept))["delivery"] == "delivered"
    assert states(follow(changed))["delivery"] == "delivered-transformed"
    steps = follow(failed, status=1)
    assert states(steps)["delivery"] == "error-output"
    assert (
        "Lambda.FunctionReturnedFailed" in steps["delivery"]["what"] or "ProcessingFailed" in steps["delivery"]["what"]
    )
    assert states(follow(emptied))["delivery"] == "delivered-unverified"
    (dropped,) = farm.put(reading(5, drop=1))
    farm.drain()
    told = follow(dropped, status=1)["delivery"]
    assert (told["code"], "clean answered Dropped" in told["what"]) == ("dropped-by-function", True)


def test_conversion_that_fails_and_one_that_succeeds(farm: Farm, follow: Callable[..., Steps]) -> None:
    columns = [{"Name": "idtemp", "Type": "int"}, {"Name": "data", "Type": "double"}]
    farm.client("glue").create_table(
        DatabaseName="farm", TableInput={"Name": "schema", "StorageDescriptor": {"Columns": columns}}
    )
    schema = {"RoleARN": farm.role, "DatabaseName": "farm", "TableName": "schema", "Region": "us-east-1"}
    farm.delivery_stream(
        BufferingHints={"IntervalInSeconds": 60, "SizeInMBs": 64},
        DataFormatConversionConfiguration={
            "Enabled": True, "SchemaConfiguration": schema,
            "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": {}}},
            "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {}}},
        },
    )  # fmt: skip
    good, bad, other = farm.put({"idtemp": 1, "data": 0.5}, b"no json", {"idtemp": 2, "data": 0.5})
    farm.deliver()
    steps = follow(bad, status=1)
    assert states(steps)["delivery"] == "error-output"
    assert "ParseError" in steps["delivery"]["what"]
    assert steps["delivery"]["facts"]["object"].startswith("s3://raw/errors/format-conversion-failed/")
    assert {follow(number)["delivery"]["code"] for number in (good, other)} == {"delivered-converted"}
    assert {follow(number)["delivery"]["facts"]["row"] for number in (good, other)} == {1, 2}


def test_object_that_was_replaced_and_one_that_was_deleted(farm: Farm, follow: Callable[..., Steps]) -> None:
    farm.delivery_stream()
    (number,) = farm.put(reading(1))
    (key,) = farm.deliver()
    farm.client("s3").put_object(Bucket="raw", Key=key, Body=json.dumps(reading(2)))
    assert states(follow(number, status=1))["delivery"] == "bytes-differ"
    farm.client("s3").delete_object(Bucket="raw", Key=key)
    assert states(follow(number, status=1))["delivery"] == "object-gone"


def test_gzip_is_read_and_its_bytes_are_those_before_compression(farm: Farm, follow: Callable[..., Steps]) -> None:
    farm.delivery_stream(CompressionFormat="GZIP", ProcessingConfiguration={"Enabled": False})
    numbers = farm.put(reading(1), reading(2))
    (key,) = farm.deliver()
    facts = [follow(number)["delivery"]["facts"] for number in numbers]
    length = len(json.dumps(reading(1)))
    assert sorted(item["offset"] for item in facts) == [0, length]
    assert states(follow(f"s3://raw/{key}", "--offset", "3"))["put"] == "put"


def test_aggregate_of_a_producer_and_one_of_the_records_in_it(farm: Farm, follow: Callable[..., Steps]) -> None:
    farm.delivery_stream()
    packed = aggregate([json.dumps(reading(number)).encode() for number in (1, 2, 3)])
    _, number = farm.put(reading(9), packed)
    (key,) = farm.deliver()
    farm.crawl()
    facts = follow(number)["delivery"]["facts"]
    assert states(follow(number))["delivery"] == "delivered"
    steps = follow(f"s3://raw/{key}", "--line", "2")  # of four, the aggregate's three are first or last
    assert steps["put"]["facts"]["sequence_number"] == number
    assert steps["answer"]["facts"]["answer"].startswith("idtemp=2," if facts["record"] == 1 else "idtemp=1,")


def test_records_on_one_line_are_delivered_and_not_shown(farm: Farm, follow: Callable[..., Steps]) -> None:
    """As the course's projects have them: Firehose puts no newline between, so Athena reads one row of an object."""
    farm.delivery_stream(ProcessingConfiguration={"Enabled": False})
    farm.put(reading(1), reading(2))
    (key,) = farm.deliver()
    farm.crawl()
    shown, hidden = (follow(f"s3://raw/{key}", "--line", str(line), status=line - 1) for line in (1, 2))
    assert (states(shown)["delivery"], states(shown)["answer"]) == ("delivered", "answered")
    assert (states(hidden)["delivery"], states(hidden)["answer"]) == ("delivered", "not-answered")
    assert hidden["answer"]["next"] == "afluente doctor table farm.readings"


@pytest.mark.parametrize(
    "kind", ["table_type = 'ICEBERG', is_external = false, location = 's3://lake/copy/'", "format = 'PARQUET'"]
)
def test_table_that_athena_made_is_looked_into_when_it_is_named(
    farm: Farm, follow: Callable[..., Steps], kind: str
) -> None:
    farm.delivery_stream()
    number, _ = farm.put(reading(1), reading(2))
    farm.deliver()
    farm.crawl()
    athena = farm.client("athena")
    query = athena.start_query_execution(
        QueryString=f"CREATE TABLE farm.copy WITH ({kind}) AS SELECT idtemp, data, type FROM farm.readings",
        WorkGroup="farm",
    )["QueryExecutionId"]
    farm.wait_until(
        lambda: athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]["State"] == "SUCCEEDED"
    )
    steps = follow(number, "--into", "farm.copy")
    assert states(steps)["job"] == "row-of-unknown-run"
    assert steps["answer"]["facts"]["answer"] == "idtemp=1, data=20.01, type=temperature"
    assert follow("--table", "farm.copy", "--where", "idtemp = 1")["put"]["facts"]["sequence_number"] == number


def test_record_past_its_retention_is_still_found_in_its_object(farm: Farm, follow: Callable[..., Steps]) -> None:
    farm.delivery_stream()
    (number,) = farm.put(reading(1))
    farm.deliver()
    farm.clock.advance(25 * 3600)
    steps = follow(number)
    assert states(steps) == {"put": "past-retention", "delivery": "delivered", "crawl": "no-table"}
    assert steps["delivery"]["facts"]["record"] == 1
    steps = follow(steps["delivery"]["facts"]["object"])
    assert states(steps) == {"put": "put-unknown", "delivery": "lies-delivered", "crawl": "no-table"}
    assert steps["delivery"]["facts"]["flush"] == "flush_interval"


def test_without_afluentes_endpoint_as_on_aws_the_record_is_found_by_its_bytes(
    farm: Farm, follow: Callable[..., Steps], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("afluente.passport.endpoint.Endpoint.is_afluente", False)
    farm.delivery_stream(ProcessingConfiguration={"Enabled": False})
    numbers = farm.put(reading(1), reading(2))
    assert states(follow(numbers[1]))["delivery"] == "not-found"
    (key,) = farm.deliver()
    steps = follow(numbers[1])
    assert states(steps)["delivery"] == "delivered"
    assert steps["delivery"]["facts"]["flush"] == "flush_unknown"
    back = follow(f"s3://raw/{key}", "--line", str(steps["delivery"]["facts"]["record"]))
    assert back["put"]["facts"]["sequence_number"] == numbers[1]


def test_direct_put_has_no_number_but_a_way(farm: Farm, follow: Callable[..., Steps]) -> None:
    destination = {
        "RoleARN": farm.role, "BucketARN": "arn:aws:s3:::raw", "Prefix": "direct/",
        "ProcessingConfiguration": {"Enabled": True, "Processors": [DELIMITER]},
    }  # fmt: skip
    firehose = farm.client("firehose")
    firehose.create_delivery_stream(DeliveryStreamName="direct", ExtendedS3DestinationConfiguration=destination)
    farm.wait_for("direct")
    records = [{"Data": json.dumps(reading(number)).encode()} for number in (1, 2)]
    firehose.put_record_batch(DeliveryStreamName="direct", Records=records)
    (key,) = farm.deliver()
    steps = follow(f"s3://raw/{key}", "--line", "2")
    assert states(steps) == {"put": "direct-put", "delivery": "lies-delivered", "crawl": "no-table"}


UNFOLLOWED: tuple[tuple[list[str], str], ...] = (
    (["123"], "has no record 123"),
    (["abc"], "no sequence number"),
    ([], "name a record"),
    (["1", "--where", "x = 1"], "name a record"),
    (["1", "--stream", "absent"], "no stream absent"),
    (["--where", "x = 1"], "no table lies over"),
    (["--table", "farm.absent", "--where", "x = 1"], "no table farm.absent"),
    (["s3://raw/absent"], "cannot be read"),
    (["1", "--delivery-stream", "absent"], "no delivery stream absent"),
)
"""What is asked for, and what is said of it."""


def test_what_cannot_be_followed_is_one_sentence(farm: Farm, command: Command) -> None:
    farm.put(reading(1))
    for words, says in UNFOLLOWED:
        said = command("passport", *words, status=1)
        assert says in said
        assert said.count("\n") == 1
