"""CloudWatch through the door that clients use, in each of the protocols they speak."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import cbor2
import pytest
from botocore.exceptions import ClientError
from tests.conftest import Clients
from tests.gateway.conftest import authorization

from afluente.app import App

TARGET = "GraniteServiceVersion20100801"


@pytest.fixture
def now(app: App) -> datetime:
    return datetime.fromtimestamp(app.clock.now_ms() / 1000, UTC)


def put(client: Clients, now: datetime, *values: float) -> None:
    data = [{"MetricName": "power", "Value": value, "Timestamp": now, "Unit": "Count"} for value in values]
    client("cloudwatch").put_metric_data(Namespace="Farm", MetricData=data)


def window(now: datetime) -> dict[str, Any]:
    return {"StartTime": now - timedelta(minutes=5), "EndTime": now + timedelta(minutes=5)}


def test_boto3(client: Clients, now: datetime) -> None:
    put(client, now, 1, 2)
    cloudwatch = client("cloudwatch")
    (metric,) = cloudwatch.list_metrics(Namespace="Farm")["Metrics"]
    assert metric == {"Namespace": "Farm", "MetricName": "power", "Dimensions": []}
    query = {"Id": "a", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}
    pages = cloudwatch.get_paginator("get_metric_data").paginate(MetricDataQueries=[query], **window(now))
    assert [page["MetricDataResults"][0]["Values"] for page in pages] == [[3.0]]


def test_boto3_compresses_what_is_large(client: Clients, now: datetime) -> None:
    sent: list[Any] = []
    client("cloudwatch").meta.events.register("before-send.cloudwatch", lambda request, **_: sent.append(request))
    put(client, now, *range(500))
    assert sent[0].headers["Content-Encoding"] == b"gzip"
    (point,) = client("cloudwatch").get_metric_statistics(
        Namespace="Farm", MetricName="power", Period=300, Statistics=["SampleCount"], **window(now)
    )["Datapoints"]
    assert (point["SampleCount"], point["Unit"]) == (500, "Count")


def test_boto3_errors_are_those_of_the_model(client: Clients, now: datetime) -> None:
    cloudwatch = client("cloudwatch")
    with pytest.raises(cloudwatch.exceptions.InvalidParameterValueException) as caught:
        cloudwatch.put_metric_data(Namespace="AWS/Farm", MetricData=[{"MetricName": "power", "Value": 1}])
    error = caught.value.response["Error"]
    assert (error["Code"], error["Type"]) == ("InvalidParameterValue", "Sender")
    with pytest.raises(
        ClientError, match=r"does not support MetricDataQueries\.\*\.Expression of cloudwatch:GetMetric"
    ):
        cloudwatch.get_metric_data(MetricDataQueries=[{"Id": "a", "Expression": "1 + 1"}], **window(now))
    with pytest.raises(ClientError, match="Value ':a' at 'namespace' failed to satisfy constraint"):
        cloudwatch.put_metric_data(Namespace=":a", MetricData=[{"MetricName": "power", "Value": 1}])
    with pytest.raises(ClientError, match="does not support cloudwatch:PutDashboard"):
        cloudwatch.put_dashboard(DashboardName="a", DashboardBody="{}")


def test_cli(client: Clients, environment: dict[str, str], now: datetime) -> None:
    put(client, now, 1, 2)
    command = [
        str(Path(sys.executable).with_name("aws")), "cloudwatch", "get-metric-statistics", "--namespace", "Farm",
        "--metric-name", "power", "--period", "60", "--statistics", "Maximum",
        "--start-time", window(now)["StartTime"].isoformat(), "--end-time", window(now)["EndTime"].isoformat(),
    ]  # fmt: skip
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert json.loads(found.stdout)["Datapoints"][0]["Maximum"] == 2.0


def ask(app: App, path: str, headers: dict[str, str], body: bytes) -> Any:
    request = Request(app.endpoint + path, body, {"Authorization": authorization("monitoring"), **headers})
    with urlopen(request, timeout=20) as answer:
        return answer.headers, answer.read()


def test_query_protocol(app: App, now: datetime) -> None:
    form = {
        "Action": "PutMetricData",
        "Version": "2010-08-01",
        "Namespace": "Farm",
        "MetricData.member.1.MetricName": "power",
        "MetricData.member.1.Value": "7",
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    ask(app, "/", headers, urlencode(form).encode())
    _, body = ask(app, "/", headers, b"Action=ListMetrics&Version=2010-08-01&Namespace=Farm")
    assert b"<ListMetricsResult><Metrics><member><Namespace>Farm</Namespace><MetricName>power</MetricName>" in body


def test_rpc_v2_cbor(app: App, now: datetime) -> None:
    headers = {"smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor", "Accept": "application/cbor"}
    tag = cbor2.CBORTag(1, int(now.timestamp()))
    datum = {"MetricName": "power", "Value": 7.5, "Timestamp": tag}
    path = f"/service/{TARGET}/operation/"
    head, body = ask(app, path + "PutMetricData", headers, cbor2.dumps({"Namespace": "Farm", "MetricData": [datum]}))
    assert (head["smithy-protocol"], body) == ("rpc-v2-cbor", b"")
    request = {
        "Namespace": "Farm",
        "MetricName": "power",
        "Statistics": ["Sum"],
        "Period": 60,
        "StartTime": cbor2.CBORTag(1, int(now.timestamp()) - 60),
        "EndTime": cbor2.CBORTag(1, float(now.timestamp()) + 60.5),
    }
    _, body = ask(app, path + "GetMetricStatistics", headers, cbor2.dumps(request))
    (point,) = cbor2.loads(body)["Datapoints"]
    assert point["Sum"] == 7.5
    assert now - point["Timestamp"] < timedelta(minutes=1)


def test_streams_are_watched_over_http(client: Clients, now: datetime) -> None:
    kinesis, cloudwatch = client("kinesis"), client("cloudwatch")
    kinesis.create_stream(StreamName="wind", ShardCount=1)
    kinesis.put_records(StreamName="wind", Records=[{"Data": b"1234", "PartitionKey": "k"}] * 3)
    dimensions = [{"Name": "StreamName", "Value": "wind"}]
    listed = cloudwatch.list_metrics(Namespace="AWS/Kinesis", Dimensions=dimensions)["Metrics"]
    assert "PutRecords.Success" in {metric["MetricName"] for metric in listed}
    (point,) = cloudwatch.get_metric_statistics(
        Namespace="AWS/Kinesis", MetricName="IncomingBytes", Dimensions=dimensions, Period=60,
        Statistics=["Sum"], **window(now),
    )["Datapoints"]  # fmt: skip
    assert (point["Sum"], point["Unit"]) == (15, "Bytes")


def test_alarm_on_a_stream_over_http(app: App, client: Clients) -> None:
    kinesis, cloudwatch = client("kinesis"), client("cloudwatch")
    kinesis.create_stream(StreamName="wind", ShardCount=1)
    cloudwatch.put_metric_alarm(
        AlarmName="much", Namespace="AWS/Kinesis", MetricName="IncomingRecords", Period=60, EvaluationPeriods=1,
        Dimensions=[{"Name": "StreamName", "Value": "wind"}], Statistic="Sum", Threshold=2,
        ComparisonOperator="GreaterThanThreshold", TreatMissingData="notBreaching", AlarmActions=[],
    )  # fmt: skip
    cloudwatch.get_waiter("alarm_exists").wait(AlarmNames=["much"])
    kinesis.put_records(StreamName="wind", Records=[{"Data": b"1234", "PartitionKey": "k"}] * 3)
    app.clock.advance(60)
    pages = cloudwatch.get_paginator("describe_alarms").paginate(StateValue="ALARM")
    (alarm,) = [alarm for page in pages for alarm in page["MetricAlarms"]]
    assert alarm["AlarmName"] == "much"
    cloudwatch.delete_alarms(AlarmNames=["much"])
    with pytest.raises(cloudwatch.exceptions.ResourceNotFound):
        cloudwatch.set_alarm_state(AlarmName="much", StateValue="OK", StateReason="gone")


def test_alarm_actions_are_refused_by_name(client: Clients) -> None:
    with pytest.raises(ClientError, match=r"does not support AlarmActions\.\* of cloudwatch:PutMetricAlarm"):
        client("cloudwatch").put_metric_alarm(
            AlarmName="much", AlarmActions=["arn:aws:sns:us-east-1:000000000000:topic"], EvaluationPeriods=1,
            ComparisonOperator="GreaterThanThreshold",
        )  # fmt: skip
