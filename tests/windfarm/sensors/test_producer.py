"""The shared producer: batches, retries of what was refused, and a clean end."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from windfarm.sensors.power_factor import SENSOR
from windfarm.sensors.producer import ATTEMPTS, Plan, Producer, Record, _parse, readings, run


class Throttled(Exception):
    """What the client raises for a whole call that was refused."""


class StreamClient:
    """A Kinesis client that refuses what `refuse` says, and keeps what it took."""

    class exceptions:  # noqa: N801 - boto3 spells it so
        ProvisionedThroughputExceededException = Throttled

    def __init__(self, refuse: Any = lambda _call, _index: False) -> None:
        self.taken: list[tuple[str, bytes]] = []
        self.calls: list[int] = []
        self._refuse = refuse

    def put_records(self, StreamName: str, Records: list[dict[str, Any]]) -> dict[str, Any]:
        call = len(self.calls)
        self.calls.append(len(Records))
        verdict = self._refuse(call, None)
        if isinstance(verdict, Exception):
            raise verdict
        entries: list[dict[str, str]] = []
        for index, record in enumerate(Records):
            if self._refuse(call, index):
                entries.append({"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "slow down"})
            else:
                self.taken.append((record["PartitionKey"], record["Data"]))
                entries.append({"SequenceNumber": "1", "ShardId": "shardId-000000000000"})
        return {"FailedRecordCount": sum("ErrorCode" in entry for entry in entries), "Records": entries}


def records(count: int) -> list[Record]:
    return [Record(b"%d" % number, "01") for number in range(count)]


def producer(client: StreamClient) -> Producer:
    return Producer(client, "windfarm", lambda _: None)


def test_send_takes_at_most_500_records_a_batch() -> None:
    client = StreamClient()
    producer(client).send(records(1201))
    assert client.calls == [500, 500, 201]


def test_send_retries_only_what_was_refused() -> None:
    client = StreamClient(lambda call, index: call == 0 and index is not None and index % 2 == 1)
    sender = producer(client)
    sender.send(records(10))
    assert client.calls == [10, 5]
    assert sorted(data for _, data in client.taken) == sorted(b"%d" % n for n in range(10))
    assert (sender.report.sent, sender.report.retried, sender.report.failed) == (10, 5, 0)


@pytest.mark.parametrize("error", [Throttled("slow down"), EndpointConnectionError(endpoint_url="http://127.0.0.1:1")])
def test_send_retries_a_call_that_failed_whole(error: Exception) -> None:
    client = StreamClient(lambda call, index: error if call < 2 and index is None else False)
    sender = producer(client)
    sender.send(records(3))
    assert client.calls == [3, 3, 3]
    assert (sender.report.sent, sender.report.retried, sender.report.failed) == (3, 6, 0)


def test_send_gives_up_after_many_attempts_and_says_so() -> None:
    client = StreamClient(lambda _call, index: index == 0)
    sender = producer(client)
    sender.send(records(2))
    assert len(client.calls) == ATTEMPTS
    assert (sender.report.sent, sender.report.failed) == (1, 1)


def plan(**changes: Any) -> Plan:
    given: dict[str, Any] = dict.fromkeys(Plan.__dataclass_fields__)
    given.update(stream="windfarm", turbines=3, interval_s=0.0001, seed=1, profile="default", count=10)
    return Plan(**{**given, **changes})


def test_run_sends_the_count_asked_for() -> None:
    client = StreamClient()
    run(SENSOR, plan(), producer(client), threading.Event())
    assert len(client.taken) == 10


def test_run_stops_on_a_signal() -> None:
    client, stopping = StreamClient(), threading.Event()
    stopping.set()
    run(SENSOR, plan(count=None), producer(client), stopping)
    assert client.taken == []


def test_readings_default_profile_writes_numbers_and_utc() -> None:
    first = next(iter(readings(SENSOR, plan(), 1_790_000_000.25)))
    reading = json.loads(first.data)
    assert first.partition_key == "01-powerfactor"
    assert list(reading) == ["idtemp", "data", "type", "timestamp"]
    assert (reading["idtemp"], reading["type"]) == (1, "powerfactor")
    assert isinstance(reading["data"], float)
    assert reading["timestamp"] == "2026-09-21T14:13:20.250Z"


def test_readings_course_profile_writes_texts_and_a_naive_time() -> None:
    reading = json.loads(next(iter(readings(SENSOR, plan(profile="course"), 1_790_000_000.25))).data)
    assert {type(value) for value in reading.values()} == {str}
    assert "T" not in reading["timestamp"]
    assert "+" not in reading["timestamp"]


def test_run_writes_the_labels_of_faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from windfarm.sensors import weather

    fault = weather.Fault(2, "powerfactor", 0, 2**40, 0.5)
    monkeypatch.setattr(weather, "fault_at", lambda _seed, turbine, _kind, _time: fault if turbine == 2 else None)
    labels = tmp_path / "labels.jsonl"
    run(SENSOR, plan(labels=labels, count=3, interval_s=2**41), producer(StreamClient()), threading.Event())
    assert [json.loads(line)["turbine"] for line in labels.read_text().splitlines()] == [2]


@pytest.mark.parametrize("arguments", [["--turbines", "0"], ["--interval", "-1"], ["--profile", "x"], ["--rate", "a"]])
def test_parse_a_bad_option_exits_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        _parse(SENSOR, arguments)
    assert exit_.value.code == 2
    assert arguments[0] in capsys.readouterr().err


def test_parse_rate_is_readings_per_second_of_all_turbines() -> None:
    assert _parse(SENSOR, ["--rate", "100", "--turbines", "50"]).interval_s == 0.5
