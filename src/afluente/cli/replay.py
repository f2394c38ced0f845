"""`afluente replay`: days of the wind farm in seconds, on a clock that is moved; in the end the ledger is balanced."""

import argparse
import dataclasses
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.progress import Progress

from afluente.app import App
from afluente.cli import serve, up
from afluente.cli.error import CommandError
from afluente.cli.language import language_of
from afluente.cli.ledger import show
from afluente.core.clock import ManualClock
from afluente.core.setting import Settings
from afluente.passport import delivery_stream, ledger
from afluente.passport.endpoint import Endpoint
from afluente.passport.journey import Lake
from afluente.passport.query import Athena
from windfarm import replay
from windfarm.deployment import deploy
from windfarm.replay import DAY_S, Hour, Plan, Tally
from windfarm.sensors.producer import Producer

CRAWL_S = 15 * 60
"""When after midnight the day is crawled, and the job follows."""
DELIVERY_S = 61
PATIENCE_S = 120


def run(given: argparse.Namespace, settings: Settings) -> int:
    """Replay, and print the ledger; 0 when it balances."""
    stopping = serve.stop_on_signals()
    today_s = int(time.time() - CRAWL_S - DELIVERY_S) // DAY_S * DAY_S
    plan = Plan(
        start_s=today_s - given.days * DAY_S, days=given.days, turbines=given.turbines, every_s=given.every * 60,
        seed=given.seed, outages=given.outages, retries=given.retries, broken=given.broken,
    )  # fmt: skip
    if settings.auth != "open":
        raise CommandError("a replay needs the open mode: signatures of the past are refused by enforcement")
    clock = ManualClock((plan.start_s + CRAWL_S + DELIVERY_S) * 1000)  # past the crawl of a day that is not replayed
    app = serve.start(dataclasses.replace(settings, shard_limits=False), clock)
    try:
        if app.newest_ms:
            raise CommandError(f"{settings.data} has records already; a replay needs a folder of its own: --data DIR")
        return Replay(app, clock, plan, stopping).run(language_of(given.language))
    finally:
        app.stop()


class Replay:
    """A farm whose time is moved on hour by hour."""

    def __init__(self, app: App, clock: ManualClock, plan: Plan, stopping: threading.Event) -> None:
        self._app = app
        self._clock = clock
        self._plan = plan
        self._stopping = stopping
        self._console = Console(highlight=False)
        self._client = up.clients(
            {
                "AWS_ENDPOINT_URL": app.endpoint, "AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any",
                "AWS_DEFAULT_REGION": app.settings.region,
            }
        )  # fmt: skip
        parameters = {"CrawlSchedule": "cron(15 0 * * ? *)"}
        self.lake = deploy(self._client, parameters=parameters, wait=lambda _: self._breathe())
        self._producer = Producer(self._client("kinesis"), self.lake.stream, lambda _: self._breathe())
        self.tally = Tally()

    def run(self, language: str) -> int:
        """Every hour, then the balance."""
        began_s = time.monotonic()
        with Progress(console=self._console, transient=True) as progress:
            task = progress.add_task("replaying", total=self._plan.days)
            for hour in replay.hours(self._plan, self.tally):
                self._live(hour)
                day = (hour.ends_s - self._plan.start_s) / DAY_S
                progress.update(
                    task, completed=day, description=f"{datetime.fromtimestamp(hour.ends_s, UTC):%Y-%m-%d %Hh}"
                )
        self._console.print(
            f"{self._plan.days} days of {self._plan.turbines} turbines in {time.monotonic() - began_s:.0f} s, seed "
            f"{self._plan.seed}: {self.tally.readings:,} readings, of which {self.tally.late:,} came late, "
            f"{self.tally.again:,} twice and {self.tally.broken:,} broken\n"
        )
        return self._balance(language)

    def _live(self, hour: Hour) -> None:
        if self._stopping.is_set():
            raise KeyboardInterrupt
        self._move_to(hour.ends_s)
        self._producer.send(hour.records)
        if hour.ends_s % DAY_S == 0:
            self._move_to(hour.ends_s + DELIVERY_S)
            self._until("the day is delivered", lambda: not self._app.farm_numbers().pending_records)
            days = (hour.ends_s - self._plan.start_s) // DAY_S
            self._move_to(hour.ends_s + CRAWL_S)
            self._until("the day is in the lake", lambda: len(self._ended_runs()) >= days)

    def _ended_runs(self) -> list[dict[str, Any]]:
        runs = [
            run
            for page in self._client("glue").get_paginator("get_job_runs").paginate(JobName=self.lake.job)
            for run in page["JobRuns"]
        ]
        failed = next((run for run in runs if run["JobRunState"] in {"FAILED", "TIMEOUT", "ERROR"}), None)
        if failed:
            raise CommandError(
                f"the job run {failed['Id']} failed: {failed.get('ErrorMessage', failed['JobRunState'])}"
            )
        return [run for run in runs if run["JobRunState"] == "SUCCEEDED"]

    def _move_to(self, moment_s: int) -> None:
        self._clock.advance(max(0.0, moment_s - self._clock.now_ms() / 1000))

    def _breathe(self) -> None:
        """A little time, for what works in the background by the machine's clock."""
        self._clock.advance(0.1)
        if self._stopping.wait(0.01):
            raise KeyboardInterrupt

    def _until(self, what: str, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not ready():
            self._breathe()
            if time.monotonic() > deadline:
                raise CommandError(f"waited {PATIENCE_S} s until {what}, in vain")

    def _balance(self, language: str) -> int:
        import boto3  # noqa: PLC0415 - slow to import

        region = self._app.settings.region
        session = boto3.Session("any", "any", region_name=region)
        streams = list(delivery_stream.every(self._client("firehose")))
        athena = Athena(self._client("athena"), self.lake.work_group, 0.05)
        endpoint = Endpoint(self._app.endpoint, session, region)
        pages = list(ledger.pages(Lake(self._client, athena, endpoint, None, streams, True), self.lake.stream))
        for page in pages:
            show(self._console, page, language)
        self._console.print(f"All of it is in {self._app.settings.data}: afluente up --data {self._app.settings.data}")
        return int(not all(page.balances for page in pages))
