"""`afluente up`: the wind farm, from its sensors to a query, on this machine.

An AWS client like any other, but for the numbers that AWS would show in CloudWatch: those it reads from the process.
"""

import argparse
import os
import threading
import time
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.live import Live

from afluente.app import App
from afluente.cli import serve, view
from afluente.cli.error import CommandError
from afluente.cli.sensor_process import APPS, SensorProcess
from afluente.core.setting import Settings
from windfarm.deployment import DeploymentError, Lake, deploy, query_text, sensor_key

ONCE_READINGS = 240
"""How many readings each sensor app sends in one pass."""

ONCE_DELIVERY_S = 1
FARM_DELIVERY_S = 60
QUERY_EVERY_S = 20.0

Clients = Callable[[str], Any]


def run(given: argparse.Namespace, settings: Settings) -> int:
    """Run the farm until a signal, or one full pass with `--once`."""
    stopping = serve.stop_on_signals()
    console = Console(highlight=False)
    app = serve.start(settings)
    serve.show_new_root_key(app)
    try:
        farm = Farm(app, given, stopping, console)
        return farm.once() if given.once else farm.watch()
    except DeploymentError as error:
        raise CommandError(str(error)) from None
    finally:
        app.stop()


class Farm:
    """The running farm: its lake, its sensor apps, and what is seen of them."""

    def __init__(self, app: App, given: argparse.Namespace, stopping: threading.Event, console: Console) -> None:
        self._app = app
        self._stopping = stopping
        self._console = console
        self._given = given
        self._client = clients(self._environment(app.root_key))
        self._say("making the lake (CloudFormation stack windfarm)")
        self.lake: Lake = deploy(self._client, parameters={"CrawlSchedule": "cron(0/5 * * * ? *)"})

    def _say(self, text: str) -> None:
        self._console.print(f"[dim]{time.strftime('%H:%M:%S')}[/] {text}")

    def _environment(self, key: tuple[str, str]) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self._app.endpoint,
            "AWS_ACCESS_KEY_ID": key[0],
            "AWS_SECRET_ACCESS_KEY": key[1],
            "AWS_DEFAULT_REGION": self._app.settings.region,
        }

    def _sensors(self, *options: str) -> list[SensorProcess]:
        common = ["--stream", self.lake.stream, "--turbines", str(self._given.turbines), *options]
        environment = self._environment(sensor_key(self._client, self.lake))
        return [SensorProcess(app, common, environment) for app in APPS]

    # ---- one pass -----------------------------------------------------------------------------------------------

    def once(self) -> int:
        """One full pass: records, raw objects, crawl, job, Parquet, a printed result."""
        self._delivery_interval(ONCE_DELIVERY_S)
        try:
            self._send_once()
            self._deliver()
        finally:
            self._delivery_interval(FARM_DELIVERY_S)
        self._crawl()
        self._run_job()
        columns, rows, scanned = self._query("latest")
        self._console.print(view.result_table("The latest value of every sensor (Athena)", columns, rows))
        self._say(f"Athena: {len(rows)} rows, {scanned:,} bytes scanned")
        return 0

    def _send_once(self) -> None:
        self._say("three sensor apps write to the stream")
        sensors = self._sensors("--rate", "200", "--count", str(ONCE_READINGS))
        statuses = [sensor.wait() for sensor in sensors]
        for sensor, status in zip(sensors, statuses, strict=True):
            if status:
                raise CommandError(f"the sensor app {sensor.app} failed: {sensor.said}")
        self._say(f"Kinesis: {sum(sensor.sent for sensor in sensors)} readings acknowledged")

    def _delivery_interval(self, seconds: int) -> None:
        firehose = self._client("firehose")
        stream = firehose.describe_delivery_stream(DeliveryStreamName=self.lake.delivery_stream)
        description = stream["DeliveryStreamDescription"]
        firehose.update_destination(
            DeliveryStreamName=self.lake.delivery_stream,
            CurrentDeliveryStreamVersionId=description["VersionId"],
            DestinationId=description["Destinations"][0]["DestinationId"],
            ExtendedS3DestinationUpdate={"BufferingHints": {"IntervalInSeconds": seconds, "SizeInMBs": 5}},
        )

    def _deliver(self) -> None:
        self._until("Firehose delivers", lambda: not self._app.farm_numbers().pending_records)
        objects = (
            self._client("s3").list_objects_v2(Bucket=self.lake.raw_bucket, Prefix="readings/").get("Contents", [])
        )
        self._say(f"Firehose: {len(objects)} objects under s3://{self.lake.raw_bucket}/readings/")

    def _crawl(self) -> None:
        glue = self._client("glue")
        self._until(
            "the crawler is free", lambda: glue.get_crawler(Name=self.lake.crawler)["Crawler"]["State"] == "READY"
        )
        self._runs_before = {run["Id"] for run in self._job_runs()}
        glue.start_crawler(Name=self.lake.crawler)
        self._until("the crawl ends", lambda: glue.get_crawler(Name=self.lake.crawler)["Crawler"]["State"] == "READY")
        crawl = glue.get_crawler(Name=self.lake.crawler)["Crawler"]["LastCrawl"]
        if crawl["Status"] != "SUCCEEDED":
            raise CommandError(f"the crawl ended {crawl['Status']}: {crawl.get('ErrorMessage', 'see its log')}")
        table = glue.get_table(DatabaseName=self.lake.database, Name="readings")["Table"]
        columns = ", ".join(f"{c['Name']} {c['Type']}" for c in table["StorageDescriptor"]["Columns"])
        self._say(f"Glue crawler: table {self.lake.database}.readings ({columns})")

    def _job_runs(self) -> list[dict[str, Any]]:
        runs: list[dict[str, Any]] = self._client("glue").get_job_runs(JobName=self.lake.job, MaxResults=20)["JobRuns"]
        return runs

    def _run_job(self) -> None:
        # the crawl's success starts the job: that is the template's conditional trigger
        def finished() -> dict[str, Any] | None:
            ended = [run for run in self._job_runs() if run["Id"] not in self._runs_before and "CompletedOn" in run]
            return ended[0] if ended else None

        run = self._until("the job ends", finished)
        if run["JobRunState"] != "SUCCEEDED":
            raise CommandError(f"the job run {run['Id']} ended {run['JobRunState']}: {run.get('ErrorMessage', '')}")
        objects = self._client("s3").list_objects_v2(Bucket=self.lake.lake_bucket, Prefix="lake/").get("Contents", [])
        seconds = (run["CompletedOn"] - run["StartedOn"]).total_seconds()
        self._say(
            f"Glue job: SUCCEEDED in {seconds:.1f} s; {len(objects)} Parquet objects in s3://{self.lake.lake_bucket}/lake/"
        )

    def _until(self, what: str, ready: Callable[[], Any], patience_s: float = 120) -> Any:
        """Wait until `ready` answers something true; that."""
        deadline = time.monotonic() + patience_s
        while not (answer := ready()):
            if self._stopping.wait(0.1):
                raise KeyboardInterrupt
            if time.monotonic() > deadline:
                raise CommandError(f"waited {patience_s:.0f} s until {what}, in vain; `afluente up` shows more")
        return answer

    # ---- queries ------------------------------------------------------------------------------------------------

    def _query(self, name: str) -> tuple[list[str], list[list[str]], int]:
        """Columns, rows and bytes scanned of one of the farm's queries."""
        athena = self._client("athena")
        execution = athena.start_query_execution(
            QueryString=query_text(name),
            WorkGroup=self.lake.work_group,
            QueryExecutionContext={"Database": self.lake.database},
        )["QueryExecutionId"]

        def ended() -> Any:
            query = athena.get_query_execution(QueryExecutionId=execution)["QueryExecution"]
            return query if query["Status"]["State"] in {"SUCCEEDED", "FAILED", "CANCELLED"} else None

        query = self._until("the query ends", ended)
        if query["Status"]["State"] != "SUCCEEDED":
            raise CommandError(f"the query {name} failed: {query['Status'].get('StateChangeReason')}")
        rows = athena.get_query_results(QueryExecutionId=execution)["ResultSet"]["Rows"]
        texts = [[cell.get("VarCharValue", "") for cell in row["Data"]] for row in rows]
        return texts[0], texts[1:], query["Statistics"]["DataScannedInBytes"]

    # ---- the live view ------------------------------------------------------------------------------------------

    def watch(self) -> int:
        """Run the farm and show it until a signal."""
        sensors = self._sensors("--interval", str(self._given.interval), "--report", "1")
        self._say(f"the console: {self._app.console}")
        seen = view.Seen(self._app.endpoint, self._app.console, self.lake)
        follower = threading.Thread(target=self._follow, args=(seen,), daemon=True)
        follower.start()
        try:
            with Live(console=self._console, auto_refresh=False) as live:
                while not self._stopping.wait(1):
                    seen.observe(sensors, self._app.farm_numbers())
                    seen.balance = self._app.balance(self.lake.delivery_stream)
                    live.update(view.farm(seen), refresh=self._console.is_terminal)
                    if not self._console.is_terminal and seen.seconds % 10 == 1:
                        self._say(view.line(seen))
        finally:
            for sensor in sensors:
                sensor.stop()
            follower.join()
        self._say(f"stopped; {sum(s.sent for s in sensors)} readings sent; all data is in {self._app.settings.data}")
        return 0

    def _follow(self, seen: view.Seen) -> None:
        """Crawl once the first object is there, and ask for the latest values now and then."""
        glue = self._client("glue")
        first_crawl = "LastCrawl" not in glue.get_crawler(Name=self.lake.crawler)["Crawler"]
        next_query_s = 0.0
        while not self._stopping.wait(1):
            try:
                if first_crawl and self._app.farm_numbers().objects:
                    glue.start_crawler(Name=self.lake.crawler)
                    first_crawl = False
                seen.crawler = glue.get_crawler(Name=self.lake.crawler)["Crawler"]
                seen.job_runs = self._job_runs()
                if time.monotonic() >= next_query_s and seen.lake_exists:
                    next_query_s = time.monotonic() + QUERY_EVERY_S
                    seen.result = self._query("latest")
                    seen.trouble = ""
            except (CommandError, KeyboardInterrupt) as error:
                seen.trouble = str(error)
            except Exception as error:
                seen.trouble = f"{type(error).__name__}: {error}"


def clients(environment: dict[str, str]) -> Clients:
    """Boto3 clients of the running Afluente, one per service, each made when first asked for."""
    import boto3  # noqa: PLC0415 - slow to import

    os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
    session = boto3.Session(
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=environment["AWS_DEFAULT_REGION"],
    )
    made: dict[str, Any] = {}
    lock = threading.Lock()

    def client(service: str) -> Any:
        with lock:
            if service not in made:
                made[service] = session.client(service, endpoint_url=environment["AWS_ENDPOINT_URL"])
            return made[service]

    return client
