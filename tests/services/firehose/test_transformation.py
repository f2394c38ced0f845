"""The Lambda processor: batches, answers, failures, retries; functions in processes and behind endpoints."""

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.services.firehose.test_deaggregation import aggregate
from tests.services.firehose.test_deliver import LOGGING, logged, messages
from tests.services.firehose.test_processing import (
    KEY,
    errors,
    folders,
    partitioned,
    processing,
    processor,
    update,
)
from tests.services.firehose.world import ROLE, STREAM_ARN, World

from afluente.core.error import AwsError
from afluente.services.firehose.error import InvalidArgumentException

ARN = "arn:aws:lambda:us-east-1:000000000000:function:transform"
HANDLER = """
import base64, json, pathlib

def handler(event, context):
    with pathlib.Path("events.jsonl").open("a") as file:
        file.write(json.dumps(event) + "\\n")
    return {"records": [answer(record) for record in event["records"]]}

def answer(record):
    data = base64.b64decode(record["data"])
    reply = {"recordId": record["recordId"], "result": "Ok", "data": base64.b64encode(data.upper()).decode()}
    if data == b"drop":
        return {"recordId": record["recordId"], "result": "Dropped"}
    if data == b"fail":
        reply["result"] = "ProcessingFailed"
    if data == b"lose":
        reply["recordId"] = "another"
    if data == b"null":
        del reply["data"]
    if data == b"no base64":
        reply["data"] = "%"
    if data.startswith(b"key:"):
        reply["metadata"] = {"partitionKeys": {"k": data[4:].decode()}}
    return reply
"""


FLAKY = """
def flaky(event, context):
    path = pathlib.Path("ready")
    if not path.exists():
        path.touch()
        raise ValueError
    return handler(event, context)
"""


def function(world: World, source: str = HANDLER, **settings: Any) -> None:
    folder = world.settings.data
    (folder / "transform.py").write_text(source)
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    (folder / "lambda.toml").write_text("\n".join(
        ["[functions.transform]", 'handler = "transform.py:handler"', *lines]))  # fmt: skip


def invoked(world: World) -> list[dict[str, Any]]:
    path = world.settings.data / "events.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def transformed(**parameters: str) -> dict[str, Any]:
    defaults = {"LambdaArn": ARN, "BufferSizeInMBs": "1", "BufferIntervalInSeconds": "0"}
    return processing(processor("Lambda", **(defaults | parameters)))


def test_records_transformed(world: World) -> None:
    function(world)
    world.create(**transformed(), BufferingHints={"IntervalInSeconds": 60})
    world.put(b"a", b"drop", b"b")
    world.advance(60)
    assert world.buckets.bodies == [b"AB"]
    (event,) = invoked(world)
    first = event["records"][0]
    assert event.keys() == {"invocationId", "deliveryStreamArn", "region", "records"}
    assert first == {
        "recordId": first["recordId"],
        "approximateArrivalTimestamp": 1_790_000_001_000,
        "data": base64.b64encode(b"a").decode(),
    }


def test_records_of_a_stream_transformed(world: World) -> None:
    function(world)
    shard = world.streams.add_shard()
    world.create_on_stream(**transformed())
    world.stream_put(shard, b"a", aggregate([b"b", b"c"]))
    world.advance(300)
    assert world.buckets.bodies == [b"ABC"]
    (event,) = invoked(world)
    assert event["sourceKinesisStreamArn"] == STREAM_ARN
    found = [record["kinesisRecordMetadata"] for record in event["records"]]
    assert [item["partitionKey"] for item in found] == ["k", "key", "key"]
    assert [item["subsequenceNumber"] for item in found] == [0, 0, 1]
    assert found[1]["sequenceNumber"] == found[2]["sequenceNumber"] != found[0]["sequenceNumber"]
    assert found[0]["shardId"] == shard.shard_id
    assert found[0]["approximateArrivalTimestamp"] == 1_790_000_001_000


def test_records_wait_for_a_batch(world: World) -> None:
    function(world)
    world.create(**transformed(BufferIntervalInSeconds="10"), BufferingHints={"IntervalInSeconds": 0})
    world.put(b"a")
    world.advance(9)
    world.put(b"b")
    assert invoked(world) == []
    world.advance(1)
    assert world.buckets.bodies == [b"AB"]
    world.put(b"x" * 600_000)
    world.put(b"x" * 600_000)
    world.advance(0.25)
    assert [len(body) for body in world.buckets.bodies[1:]] == [1_200_000]


@pytest.mark.parametrize(
    ("record", "code", "message"),
    [
        (b"fail", "Lambda.ProcessingFailedStatus", "ProcessingFailed status set for record"),
        (b"lose", "Lambda.MissingRecordId", "One or more record Ids were not returned."),
        (b"null", "Lambda.InvalidReturnFormat", "The data field cannot be null"),
        (b"no base64", "Lambda.FunctionError", "The Lambda function was successfully invoked but"),
    ],
)
def test_records_that_fail(world: World, record: bytes, code: str, message: str) -> None:
    function(world)
    world.create(**transformed(), CloudWatchLoggingOptions=LOGGING)
    world.put(record, b"a")
    world.advance(300)
    assert folders(world)["2026/09/21/14"] == [b"A"]
    (failure,) = errors(world, "processing-failed/2026/09/21/14")
    assert failure.pop("errorMessage").startswith(message)
    assert failure == {
        "attemptsMade": 1,
        "arrivalTimestamp": 1_790_000_001_000,
        "errorCode": code,
        "attemptEndingTimestamp": 1_790_000_001_000,
        "rawData": base64.b64encode(record).decode(),
        "lambdaARN": ARN,
    }


@pytest.mark.parametrize(
    ("body", "code", "attempts"),
    [
        ("raise ValueError('x')", "Lambda.FunctionError", 3),
        ("import os; os.kill(os.getpid(), 9)", "Lambda.FunctionError", 3),
        ("import sys; sys.exit(1)", "Lambda.FunctionError", 3),
        ("return 'x' * 7000000", "Lambda.FunctionError", 3),
        ("return object()", "Lambda.FunctionError", 3),
        ("import time; time.sleep(60)", "Lambda.FunctionError", 3),
        ("return None", "Lambda.MissingRecordId", 1),
        ("return {}", "Lambda.MissingRecordId", 1),
        ("return {'records': 'x'}", "Lambda.JsonProcessingException", 1),
        ("return {'records': [{'recordId': '0', 'result': 'ok'}]}", "Lambda.JsonProcessingException", 1),
        (
            "return {'records': [{'recordId': r['recordId'], 'result': 'Dropped'} for r in event['records'] * 2]}",
            "Lambda.DuplicatedRecordId",
            1,
        ),
    ],
)
def test_batches_that_fail(world: World, body: str, code: str, attempts: int) -> None:
    function(world, f"def handler(event, context):\n    {body}\n", timeout_s=1)
    world.create(**transformed(NumberOfRetries="2"), CloudWatchLoggingOptions=LOGGING)
    world.put(b"a", b"b")
    for _ in range(2):
        world.advance(1)
    world.advance(300)
    failures = errors(world, "processing-failed/2026/09/21/14")
    assert [(item["errorCode"], item["attemptsMade"]) for item in failures] == [(code, attempts)] * 2
    entries = messages(world)
    assert [entry["errorCode"] for entry in entries] == [code] * attempts
    assert (entries[0]["processor"], entries[0]["deliveryStreamVersionId"]) == (ARN, 1)


def test_batch_that_succeeds_when_it_is_tried_again(world: World) -> None:
    function(world, HANDLER + FLAKY)
    toml = world.settings.data / "lambda.toml"
    toml.write_text(toml.read_text().replace(":handler", ":flaky"))
    world.create(**transformed())
    world.put(b"a")
    world.advance(1)
    world.advance(300)
    assert world.buckets.bodies == [b"A"]


def test_partition_keys_by_function(world: World) -> None:
    function(world)
    settings = partitioned(Prefix="k=!{partitionKeyFromLambda:k}/") | transformed()
    world.create(**settings)
    world.put(b"key:one", b"key:two", b"key:one", b"none")
    world.advance(60)
    assert folders(world)["k=one"] == [b"KEY:ONEKEY:ONE"]
    assert folders(world)["k=two"] == [b"KEY:TWO"]
    (failure,) = errors(world, "errors/processing-failed")
    assert failure["errorMessage"] == "partitionKeys values must not be null or empty"


def test_partition_keys_of_what_a_function_returns(world: World) -> None:
    function(world)
    world.create(**partitioned("{c: .C}", processor("Lambda", LambdaArn=ARN)))
    world.put(b'{"c":"a"}')
    world.advance(60)
    world.advance(60)
    assert folders(world) == {"c=A": [b'{"C":"A"}']}


def test_changed_source_is_taken_up(world: World) -> None:
    function(world)
    world.create(**transformed(), BufferingHints={"IntervalInSeconds": 0})
    world.put(b"a")
    (world.settings.data / "transform.py").write_text(HANDLER.replace("upper", "title"))
    world.put(b"bc")
    assert world.buckets.bodies == [b"A", b"Bc"]


def test_what_a_function_prints_is_logged(world: World) -> None:
    function(world, HANDLER.replace("    return {", "    print('seen', len(event['records']))\n    return {", 1))
    world.create(**transformed())
    world.put(b"a")
    assert logged(world, "/aws/lambda/transform") == ["seen 1\n"]


def test_function_that_is_not_known(world: World) -> None:
    with pytest.raises(InvalidArgumentException, match=r"lambda\.toml cannot be used"):
        world.create(**transformed())
    function(world)
    with pytest.raises(InvalidArgumentException, match=r"is not in .*lambda.toml. Name the function there"):
        world.create(**transformed(LambdaArn=ARN.replace("transform", "other")))


def test_function_that_goes_away(world: World) -> None:
    function(world)
    world.create(**transformed(NumberOfRetries="0"))
    (world.settings.data / "lambda.toml").write_text("[functions]\n")
    world.put(b"a")
    world.advance(300)
    (failure,) = errors(world, "processing-failed/2026/09/21/14")
    assert failure["errorCode"] == "Lambda.ResourceNotFound"


def test_role_that_may_not_invoke(world: World) -> None:
    function(world)
    world.create(**transformed(NumberOfRetries="0"))
    world.roles.refused.add(f"lambda:InvokeFunction {ARN}")
    world.put(b"a")
    world.advance(300)
    (failure,) = errors(world, "processing-failed/2026/09/21/14")
    assert failure["errorCode"] == "Lambda.InvokeAccessDenied"
    assert invoked(world) == []


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"LambdaArn": "transform"}, "Invalid Lambda ARN: transform"),
        ({"BufferSizeInMBs": "3.1"}, "BufferSizeInMBs for lambda processor must be between 0.2 and 3."),
        ({"BufferIntervalInSeconds": "901"}, "BufferIntervalInSeconds for lambda processor must be between 0 and 900."),
        ({"NumberOfRetries": "301"}, "Number of retries for lambda must be between 0 and 300."),
        ({"NumberOfRetries": "x"}, "Number of retries for lambda must be between 0 and 300."),
        ({"RoleArn": ROLE + "x"}, "Firehose is unable to assume role"),
        ({"SubRecordType": "JSON"}, "SubRecordType is not a parameter of the Lambda processor."),
    ],
)
def test_transformation_refused(world: World, parameters: dict[str, str], message: str) -> None:
    function(world)
    with pytest.raises(InvalidArgumentException) as raised:
        world.create(**transformed(**parameters))
    assert raised.value.message.startswith(message)


@pytest.mark.parametrize(
    ("processors", "message"),
    [
        (
            [processor("Lambda", LambdaArn=ARN), processor("Lambda", LambdaArn=ARN + "2")],
            "Cannot have more than 1 Lambda processor.",
        ),
        ([processor("Lambda", NumberOfRetries="1")], "LambdaArn is required when Lambda processor is used."),
        (
            [processor("Lambda", LambdaArn=ARN, BufferSizeInMBs="1")],
            "Both BufferSizeInMBs and BufferIntervalInSeconds are required to configure buffering for",
        ),
        (
            [processor("CloudWatchLogProcessing", DataMessageExtraction="true")],
            "CloudWatchLogProcessingProcessor can only be enabled with DecompressionProcessor",
        ),
        (
            [processor("Decompression"), processor("CloudWatchLogProcessing")],
            "Invalid parameter value for DataMessageExtraction. Allowed values are True and False.",
        ),
        (
            [processor("RecordDeAggregation", SubRecordType="JSON")],
            "class com.amazonaws.services.firehose.internal.model",
        ),
        (
            [processor("AppendDelimiterToRecord")] * 6,
            "A maximum of 5 and a minimum of 1 processor needs to be supplied",
        ),
    ],
)
def test_processors_refused(world: World, processors: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(InvalidArgumentException) as raised:
        world.create(**processing(*processors))
    assert raised.value.message.startswith(message)


def test_transformation_is_described_with_defaults(world: World) -> None:
    function(world)
    world.create(**processing(processor("Lambda", LambdaArn=ARN)))
    shown = world.describe()["Destinations"][0]["ExtendedS3DestinationDescription"]["ProcessingConfiguration"]
    assert shown["Processors"] == [
        processor(
            "Lambda",
            LambdaArn=ARN,
            NumberOfRetries="3",
            RoleArn=ROLE,
            BufferSizeInMBs="1",
            BufferIntervalInSeconds="60",
        )
    ]


def test_update_begins_and_ends_processing(world: World) -> None:
    function(world)
    shard = world.streams.add_shard()
    world.create_on_stream(BufferingHints={"IntervalInSeconds": 60})
    world.stream_put(shard, b"a")
    world.advance(60)
    world.stream_put(shard, b"b")
    update(world, "1", **transformed())
    world.stream_put(shard, b"c")
    world.advance(60)
    assert world.buckets.bodies == [b"a", b"BC"]
    processed = world.engine.get(KEY).processed
    world.stream_put(shard, b"d")
    update(world, "2", ProcessingConfiguration={"Enabled": False})
    world.stream_put(shard, b"e")
    world.advance(60)
    world.stream_put(shard, b"f")
    world.advance(60)
    assert world.buckets.bodies == [b"a", b"BC", b"D", b"e", b"f"]
    assert processed is not None
    assert world.engine.get(KEY).processed is None
    assert world.log.end(processed) == 0
    world.restart()
    update(world, "3", **transformed())
    world.stream_put(shard, b"g")
    world.advance(60)
    assert world.buckets.bodies[-1] == b"G"


def test_backup_has_records_as_they_came(world: World) -> None:
    function(world)
    world.buckets.buckets.add("backup")
    backup = {"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::backup", "BufferingHints": {"IntervalInSeconds": 60}}
    world.create(**transformed(), S3BackupMode="Enabled", S3BackupConfiguration=backup)
    world.put(b"a", b"drop", b"fail")
    world.advance(300)
    assert [stored.data for (bucket, _), stored in world.buckets.objects.items() if bucket == "backup"] == [
        b"adropfail"
    ]
    assert sorted(folders(world)["2026/09/21/14"]) == [b"A", b"adropfail"]


class Endpoint(BaseHTTPRequestHandler):
    """Lambda's Invoke API, for one function that answers as `status` and `error` say."""

    status = 200
    error = ""
    paths: list[str]

    def do_POST(self) -> None:
        type(self).paths.append(self.path)
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        records = [{"recordId": item["recordId"], "result": "Ok", "data": "QQ=="} for item in event["records"]]
        body = json.dumps({"records": records}).encode()
        self.send_response(self.status)
        if self.error:
            self.send_header("X-Amz-Function-Error", self.error)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def endpoint(world: World) -> Iterator[type[Endpoint]]:
    class Local(Endpoint):
        paths: list[str] = []  # noqa: RUF012

    server = HTTPServer(("127.0.0.1", 0), Local)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    (world.settings.data / "lambda.toml").write_text(f'[functions]\n"{ARN}" = "{url}"\n')
    yield Local
    server.shutdown()
    thread.join()
    server.server_close()


def test_endpoint_invoked(world: World, endpoint: type[Endpoint]) -> None:
    world.create(**transformed(LambdaArn=f"{ARN}:live"))
    world.put(b"x", b"y")
    world.advance(300)
    assert world.buckets.bodies == [b"AA"]
    assert endpoint.paths == ["/2015-03-31/functions/transform/invocations"]


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (200, "Unhandled", "Lambda.FunctionError"),
        (403, "", "Lambda.InvokeAccessDenied"),
        (404, "", "Lambda.ResourceNotFound"),
        (429, "", "Lambda.InvokeLimitExceeded"),
        (500, "", "Lambda.FunctionError"),
    ],
)
def test_endpoint_that_fails(world: World, endpoint: type[Endpoint], status: int, error: str, code: str) -> None:
    endpoint.status, endpoint.error = status, error
    world.create(**transformed(NumberOfRetries="1"))
    world.put(b"x")
    world.advance(1)
    world.advance(300)
    (failure,) = errors(world, "processing-failed/2026/09/21/14")
    assert (failure["errorCode"], failure["attemptsMade"]) == (code, 2)


def test_endpoint_that_is_not_there(world: World) -> None:
    (world.settings.data / "lambda.toml").write_text('[functions]\ntransform = "http://127.0.0.1:1"\n')
    world.create(**transformed(NumberOfRetries="0"))
    world.put(b"x")
    world.advance(300)
    (failure,) = errors(world, "processing-failed/2026/09/21/14")
    assert failure["errorCode"] == "Lambda.FunctionError"


@pytest.mark.parametrize(
    "text",
    [
        '[functions]\ntransform = "http://169.254.169.254/"\n',
        '[functions]\ntransform = "http://example.com"\n',
        '[functions]\ntransform = "ftp://127.0.0.1"\n',
        '[functions]\ntransform = "transform.py"\n',
        "[functions.transform]\n",
        '[functions.transform]\nhandler = "a.py:b"\nendpoint = "http://127.0.0.1:1"\n',
        '[functions.transform]\nhandler = "a.py:b"\ntimeout_s = 301\n',
        '[functions.transform]\nhandler = "a.py:b"\nother = 1\n',
        "functions = 1\n",
        "no toml",
        "",
    ],
)
def test_file_of_functions_that_cannot_be_used(world: World, text: str) -> None:
    (world.settings.data / "lambda.toml").write_text(text)
    with pytest.raises(InvalidArgumentException, match="cannot be used"):
        world.create(**transformed())


def test_direct_puts_are_not_taken_for_decompression(world: World) -> None:
    world.create(**processing(processor("Decompression")))
    with pytest.raises(AwsError, match="Only requests from CloudWatch Logs are supported") as raised:
        world.put(b"x")
    assert raised.value.code == "InvalidSourceException"


def test_stop_while_a_function_runs(world: World) -> None:
    function(world, "import time, pathlib\ndef handler(event, context):\n    pathlib.Path('begun').touch()\n"
        "    time.sleep(60)\n", timeout_s=90)  # fmt: skip
    world.create(**transformed())
    put = world.engine.put(KEY, [b"a"])
    assert put.future
    put.future.result()
    begun = Path(world.settings.data / "begun")
    while not begun.exists():
        threading.Event().wait(0.01)
    world.engine.stop()
    function(world)
    world._start()
    world.advance(300)
    assert world.buckets.bodies == [b"A"]
