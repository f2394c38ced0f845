"""The page for Prometheus: its format, and that it is told apart from S3's bucket `metrics`."""

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import Clients
from tests.gateway.conftest import Serve, http

from afluente.app import App
from afluente.core.clock import ManualClock
from afluente.core.metric import Measure, Metrics, Sample
from afluente.gateway.prometheus import is_scrape, page
from afluente.wire.message import HttpRequest

ACCEPT = (
    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
"""As Prometheus sends it."""

COMMENT = re.compile(r"# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)")
LINE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')
ESCAPES = {r"\\": "\\", r"\"": '"', r"\n": "\n"}


class Read(NamedTuple):
    types: dict[str, str]
    helps: dict[str, str]
    values: dict[tuple[str, tuple[tuple[str, str], ...]], float]


def read(text: str) -> Read:
    """The page as a scraper reads it. Fails on what is not the format."""
    found, family, seen = Read({}, {}, {}), "", list[str]()
    assert text.endswith("\n")
    for line in text.split("\n")[:-1]:
        comment = COMMENT.fullmatch(line)
        if comment:
            kind, name, rest = comment.groups()
            target = found.helps if kind == "HELP" else found.types
            assert name not in target, "one HELP and one TYPE for a name"
            target[name] = rest
            if name != family:
                assert name not in seen, "the lines of a name stand together"
                seen.append(name)
                family = name
            continue
        sample = LINE.fullmatch(line)
        assert sample, line
        name, labels, value = sample.groups()
        suffixes = ("_sum", "_count") if found.types[family] == "summary" else ("",)
        assert name in {family + suffix for suffix in suffixes}
        key = name, tuple(labels_of(labels or ""))
        assert key not in found.values
        found.values[key] = float(value)
    return found


def labels_of(text: str) -> Iterator[tuple[str, str]]:
    end = 0
    for label in LABEL.finditer(text):
        assert label.start() == end
        end = label.end()
        yield label[1], re.sub(r"\\.", lambda escape: ESCAPES[escape[0]], label[2])
    assert end == len(text)


def test_page_has_a_family_for_each_metric() -> None:
    metrics = Metrics(ManualClock())
    measures = (
        Measure("IncomingBytes", "Bytes", "Bytes."),
        Measure("PutRecords.Latency", "Milliseconds", "Time.", "summary"),
        Measure("DeliveryToS3.DataFreshness", "Seconds", "Age.", "gauge"),
    )
    for stream in ("wind", "sun"):
        recorder = metrics.recorder("1", "r", "AWS/Kinesis", {"StreamName": stream}, measures)
        recorder.record(0, 10, 3, 60)
        recorder.record(0, 20, 4.5, 30)
    found = read(page(metrics.totals(), [Sample("up", "gauge", "Up.", 1)]).decode())
    labels = (("account", "1"), ("region", "r"), ("stream_name", "sun"))
    assert found.types == {
        "up": "gauge",
        "afluente_kinesis_incoming_bytes_total": "counter",
        "afluente_kinesis_put_records_latency_milliseconds": "summary",
        "afluente_kinesis_delivery_to_s3_data_freshness_seconds": "gauge",
    }
    assert {name: value for (name, its), value in found.values.items() if its == labels} == {
        "afluente_kinesis_incoming_bytes_total": 30,
        "afluente_kinesis_put_records_latency_milliseconds_sum": 7.5,
        "afluente_kinesis_put_records_latency_milliseconds_count": 2,
        "afluente_kinesis_delivery_to_s3_data_freshness_seconds": 30,
    }


def test_page_names_the_service_once() -> None:
    metrics = Metrics(ManualClock())
    measure = Measure("glue.driver.aggregate.bytesRead", "Bytes", "Bytes.")
    metrics.recorder("1", "r", "Glue", {"JobName": "etl"}, [measure]).record(0, 5)
    ((name, labels),) = read(page(metrics.totals(), []).decode()).values
    assert name == "afluente_glue_driver_aggregate_bytes_read_bytes_total"
    assert labels[-1] == ("job_name", "etl")


@given(value=st.text(), help_=st.text(st.characters(exclude_characters="\r\x85\u2028\u2029", codec="utf-8")))
def test_page_escapes_whatever_a_label_or_a_help_says(value: str, help_: str) -> None:
    value = value.encode("utf-8", "replace").decode()
    found = read(page([], [Sample("a", "gauge", help_, 1.5, (("label", value),))]).decode())
    assert found.values == {("a", (("label", value),)): 1.5}


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_page_numbers_are_exact(value: float) -> None:
    assert read(page([], [Sample("a", "gauge", "A.", value)]).decode()).values == {("a", ()): value}


def scrape(app: App, path: str = "/_afluente/metrics", **headers: str) -> Read:
    with urlopen(Request(app.endpoint + path, headers=headers), timeout=20) as answer:
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        return read(answer.read().decode())


def test_scrape_shows_streams_deliveries_and_the_process(app: App, client: Clients) -> None:
    kinesis = client("kinesis")
    kinesis.create_stream(StreamName="wind", ShardCount=1)
    before = scrape(app)
    kinesis.put_record(StreamName="wind", Data=b"1234", PartitionKey="k")
    after = scrape(app)
    labels = (("account", "000000000000"), ("region", "us-east-1"), ("stream_name", "wind"))
    assert after.values["afluente_kinesis_incoming_bytes_total", labels] == 5
    assert after.values["afluente_log_bytes", ()] > 0
    assert after.values["afluente_connections", ()] >= 1
    assert after.values["process_resident_memory_bytes", ()] > 1 << 20
    kept = [name for name in before.values if name in after.values and "process" not in name[0]]
    assert all(after.values[name] >= before.values[name] for name in kept if after.types.get(name[0]) == "counter")


def test_scrape_at_the_path_that_prometheus_looks_at_by_itself(app: App) -> None:
    assert "afluente_build_info" in scrape(app, "/metrics", Accept=ACCEPT).types
    assert "afluente_build_info" in scrape(app, "/metrics", Accept="text/plain; version=0.0.4").types


def test_bucket_called_metrics_is_s3s(app: App, client: Clients) -> None:
    with pytest.raises(HTTPError) as caught:
        urlopen(app.endpoint + "/metrics", timeout=20)
    assert (caught.value.code, b"NoSuchBucket" in caught.value.read()) == (404, True)
    s3 = client("s3")
    s3.create_bucket(Bucket="metrics")
    s3.put_object(Bucket="metrics", Key="a", Body=b"1")
    assert [each["Key"] for each in s3.list_objects_v2(Bucket="metrics")["Contents"]] == ["a"]
    assert [each["Key"] for each in s3.list_objects(Bucket="metrics")["Contents"]] == ["a"]
    s3.meta.events.register("before-sign", lambda request, **_: request.headers.add_header("Accept", ACCEPT))
    assert [each["Key"] for each in s3.list_objects(Bucket="metrics")["Contents"]] == ["a"]
    assert "afluente_build_info" in scrape(app, "/metrics", Accept=ACCEPT).types


def test_only_get_is_a_scrape(serve: Serve) -> None:
    assert serve().ask(http("POST", "/_afluente/metrics")).status != 200


@pytest.mark.parametrize(("peer", "shown"), [("127.0.0.1", True), ("::1", True), ("192.0.2.7", False)])
@pytest.mark.parametrize("path", ["/_afluente/metrics", "/metrics"])
def test_the_page_is_for_this_machine_only(path: str, peer: str, shown: bool) -> None:
    assert is_scrape(HttpRequest("GET", path, "", {"accept": ACCEPT}, peer=peer)) is shown
