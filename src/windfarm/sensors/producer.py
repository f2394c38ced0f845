"""The producer that the three sensor apps share: readings into a Kinesis stream, in batches, losing none.

PutRecords takes up to 500 records and may refuse some of them: only those are sent again, with backoff. A signal
(Ctrl-C, SIGTERM) ends the app cleanly: what is in hand is sent first, then a line says what became of it all.
"""

import argparse
import json
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as ConnectionFailedError

from windfarm.sensors import weather
from windfarm.sensors.sensor import Profile, Sensor, write

BATCH_RECORDS = 500
"""Kinesis takes no more records than this in one PutRecords."""

ATTEMPTS = 12
UNREACHABLE = (HTTPClientError, ConnectionFailedError)
"""What boto3 raises when no answer came: no connection, or one that broke."""

BACKOFF_S, BACKOFF_MAX_S = 0.1, 5.0


@dataclass(frozen=True, slots=True)
class Record:
    """What is sent: the reading's bytes, under a key of its own for each turbine and sensor."""

    data: bytes
    partition_key: str


@dataclass(slots=True)
class Report:
    """What became of the readings."""

    sent: int = 0
    retried: int = 0
    failed: int = 0

    def __str__(self) -> str:
        return f"sent {self.sent}, retried {self.retried}, failed {self.failed}"


class Producer:
    """Sends records to one stream and counts them in `report`.

    client: a boto3 Kinesis client. wait: blocks for that many seconds; the sensor app's own ends early on a signal.
    """

    def __init__(self, client: Any, stream: str, wait: Callable[[float], object]) -> None:
        self.report = Report()
        self._client = client
        self._stream = stream
        self._wait = wait

    def send(self, records: Sequence[Record]) -> None:
        """Send all of `records`, in batches; return when each is acknowledged or given up."""
        for start in range(0, len(records), BATCH_RECORDS):
            self._send_batch(list(records[start : start + BATCH_RECORDS]))

    def _send_batch(self, batch: list[Record]) -> None:
        for attempt in range(ATTEMPTS):
            if attempt:
                self.report.retried += len(batch)
                self._wait(random.uniform(0.5, 1.0) * min(BACKOFF_MAX_S, BACKOFF_S * 2**attempt))
            refused = self._put(batch)
            self.report.sent += len(batch) - len(refused)
            if not refused:
                return
            batch = refused
        self.report.failed += len(batch)

    def _put(self, batch: list[Record]) -> list[Record]:
        """Send `batch` once; the records that were refused."""
        try:
            answer = self._client.put_records(
                StreamName=self._stream,
                Records=[{"Data": record.data, "PartitionKey": record.partition_key} for record in batch],
            )
        except (self._client.exceptions.ProvisionedThroughputExceededException, *UNREACHABLE) as error:
            # an answer that was lost may have been a yes: the job drops the duplicate that this makes
            print(f"the stream did not take a batch, trying again: {error}", file=sys.stderr)
            return batch
        if not answer["FailedRecordCount"]:
            return []
        return [record for record, entry in zip(batch, answer["Records"], strict=True) if "ErrorCode" in entry]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a sensor app was asked to do; `count` readings in all, or endlessly."""

    stream: str
    turbines: int
    interval_s: float
    seed: int
    profile: Profile
    count: int | None
    labels: Path | None
    report_s: float | None


def readings(sensor: Sensor, plan: Plan, time_s: float) -> Iterator[Record]:
    """One reading of every turbine at `time_s`."""
    for turbine in range(1, plan.turbines + 1):
        value = sensor.read(plan.seed, turbine, time_s)
        yield Record(write(sensor, turbine, value, time_s, plan.profile), f"{turbine:02d}-{sensor.type}")


def run(sensor: Sensor, plan: Plan, producer: Producer, stopping: threading.Event) -> None:
    """Read and send, one round of all turbines per interval, until stopped or `plan.count` readings are sent."""
    remaining = plan.count if plan.count is not None else sys.maxsize
    due_s = time.time()
    report_due_s = due_s + (plan.report_s or float("inf"))
    while remaining > 0 and not stopping.is_set():
        batch: list[Record] = []
        # at high rates several rounds are due at once: they share a batch
        while due_s <= time.time() and len(batch) < BATCH_RECORDS and remaining > 0:
            round_ = list(readings(sensor, plan, due_s))[:remaining]
            _label(sensor, plan, due_s)
            batch += round_
            remaining -= len(round_)
            due_s += plan.interval_s
        producer.send(batch)
        if time.time() >= report_due_s:
            print(f"{sensor.title}: {producer.report}", flush=True)
            report_due_s = time.time() + (plan.report_s or 0)
        if remaining > 0:
            stopping.wait(max(0.0, due_s - time.time()))


def _label(sensor: Sensor, plan: Plan, time_s: float) -> None:
    """Write the faults that begin in this interval to the labels file, as JSON lines."""
    if plan.labels is None:
        return
    for turbine in range(1, plan.turbines + 1):
        fault = weather.fault_at(plan.seed, turbine, sensor.type, time_s)
        if fault and fault.start_s > time_s - plan.interval_s:
            with plan.labels.open("a") as file:
                file.write(json.dumps(asdict(fault)) + "\n")


def main(sensor: Sensor, arguments: Sequence[str] | None = None) -> int:
    """The command line of a sensor app; 0 when every reading was acknowledged."""
    plan = _parse(sensor, arguments)
    import boto3  # noqa: PLC0415 - slow to import, and --help needs none of it

    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    try:
        client = boto3.client("kinesis")
        client.describe_stream_summary(StreamName=plan.stream)
        producer = Producer(client, plan.stream, stopping.wait)
    except (BotoCoreError, ClientError) as error:
        print(f"{sensor.title}: cannot use the stream {plan.stream!r}: {error}", file=sys.stderr)
        return 1
    try:
        run(sensor, plan, producer, stopping)
    except (BotoCoreError, ClientError) as error:
        print(f"{sensor.title}: stopped: {error} ({producer.report})", file=sys.stderr)
        return 1
    print(f"{sensor.title}: {producer.report}", flush=True)
    return 1 if producer.report.failed else 0


def _parse(sensor: Sensor, arguments: Sequence[str] | None) -> Plan:
    unit = f" {sensor.unit}" if sensor.unit else ""
    parser = argparse.ArgumentParser(
        prog=f"python -m windfarm.sensors.{sensor.title.replace('battery ', '').replace(' ', '_')}",
        description=f"Send readings of the {sensor.title} ({sensor.low:g} to {sensor.high:g}{unit}) of a wind farm's "
        "turbines to a Kinesis stream. Set AWS_ENDPOINT_URL to send them to Afluente instead of AWS.",
    )
    parser.add_argument("--stream", default="windfarm", help="the Kinesis stream (default: %(default)s)")
    parser.add_argument("--turbines", type=_positive(int), default=3, help="how many turbines (default: %(default)s)")
    pace = parser.add_mutually_exclusive_group()
    pace.add_argument(
        "--interval", type=_positive(float), default=10.0, help="seconds between readings of a turbine (default: 10)"
    )
    pace.add_argument("--rate", type=_positive(float), help="instead: readings per second, of all turbines together")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same farm (default: 1)")
    parser.add_argument(
        "--profile",
        choices=("default", "course"),
        default="default",
        help="default: numbers and UTC ISO 8601 times; course: texts and naive local times, as the course writes them",
    )
    parser.add_argument("--count", type=_positive(int), help="stop after so many readings (default: run until Ctrl-C)")
    parser.add_argument("--labels", type=Path, help="append the faults that occur to this file, as JSON lines")
    parser.add_argument(
        "--report", type=_positive(float), metavar="SECONDS", help="say every so many seconds what was sent"
    )
    given = parser.parse_args(arguments)
    interval_s = given.turbines / given.rate if given.rate else given.interval
    return Plan(
        stream=given.stream,
        turbines=given.turbines,
        interval_s=interval_s,
        seed=given.seed,
        profile=given.profile,
        count=given.count,
        labels=given.labels,
        report_s=given.report,
    )


def _positive(kind: Callable[[str], Any]) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        number = kind(text)
        if not number > 0:
            raise argparse.ArgumentTypeError(f"{text} is not above zero")
        return number

    parse.__name__ = kind.__name__  # argparse names it in its errors
    return parse
