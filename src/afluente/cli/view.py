"""What `afluente up` shows: the farm in a dozen lines, told once a second."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from afluente.app import FarmNumbers
from afluente.cli.sensor_process import SensorProcess
from afluente.passport.balance import Balance
from windfarm.deployment import Lake

Result = tuple[list[str], list[list[str]], int]


@dataclass(slots=True)
class Seen:
    """What has been seen of the running farm."""

    endpoint: str
    console: str
    lake: Lake
    seconds: int = 0
    rates: dict[str, float] = field(default_factory=dict)
    sensors: list[SensorProcess] = field(default_factory=list)
    numbers: FarmNumbers | None = None
    balance: Balance | None = None
    crawler: dict[str, Any] = field(default_factory=dict)
    job_runs: list[dict[str, Any]] = field(default_factory=list)
    result: Result | None = None
    trouble: str = ""
    _sent: dict[str, int] = field(default_factory=dict)

    def observe(self, sensors: list[SensorProcess], numbers: FarmNumbers) -> None:
        """One more second has passed."""
        self.seconds += 1
        self.sensors = sensors
        self.numbers = numbers
        for sensor in sensors:
            new = sensor.sent - self._sent.get(sensor.app, 0)
            self.rates[sensor.app] = 0.7 * self.rates.get(sensor.app, float(new)) + 0.3 * new
            self._sent[sensor.app] = sensor.sent

    @property
    def lake_exists(self) -> bool:
        """Whether a job run has filled the lake."""
        return any(run["JobRunState"] == "SUCCEEDED" for run in self.job_runs)


def farm(seen: Seen) -> RenderableType:
    """The whole view."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold cyan", no_wrap=True)
    table.add_column()
    for name, text in _rows(seen):
        table.add_row(name, text)
    parts: list[RenderableType] = [table]
    if seen.result:
        parts += [Text(), result_table("latest values (Athena)", *seen.result[:2], most=9)]
    parts += [Text(), _try_next(seen)]
    return Panel(Group(*parts), title="Afluente: the wind farm", subtitle=seen.console, border_style="cyan")


def line(seen: Seen) -> str:
    """The view in one line, for output that is no terminal."""
    return " | ".join(f"{name} {text}" for name, text in _rows(seen))


def result_table(title: str, columns: list[str], rows: list[list[str]], most: int = 40) -> Table:
    """A query's result, its first `most` rows."""
    table = Table(*columns, title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for row in rows[:most]:
        table.add_row(*row)
    if len(rows) > most:
        table.caption = f"{len(rows) - most} more rows"
    return table


def _rows(seen: Seen) -> list[tuple[str, str]]:
    sensors = " · ".join(f"{sensor.app.replace('_', ' ')} {seen.rates[sensor.app]:.0f}/s" for sensor in seen.sensors)
    ended = [f"{sensor.app} has ended: {sensor.said}" for sensor in seen.sensors if not sensor.running]
    rows = [
        ("sensors", "; ".join([sensors, *ended])),
        *_streams(seen.lake.stream, seen.numbers),
        *([("ledger", str(seen.balance))] if seen.balance else []),
        ("crawler", _crawler(seen.crawler)),
        ("job", _job(seen)),
    ]
    return [*rows, ("trouble", seen.trouble)] if seen.trouble else rows


def _streams(stream: str, numbers: FarmNumbers | None) -> list[tuple[str, str]]:
    if numbers is None:
        return []
    delivery = f"{numbers.objects:,} objects, the newest {numbers.last_key}" if numbers.objects else "none yet (60 s)"
    if numbers.delivery_error:
        delivery += f"; {numbers.delivery_error}"
    return [
        ("stream", f"{stream}: {numbers.records:,} records, {numbers.pending_records:,} to deliver"),
        ("delivery", delivery),
    ]


def _crawler(crawler: dict[str, Any]) -> str:
    last = crawler.get("LastCrawl")
    state = crawler.get("State", "READY")
    return f"{state}, last crawl {last['Status']} {_ago(last['StartTime'])}" if last else f"{state}, never crawled"


def _job(seen: Seen) -> str:
    if not seen.job_runs:
        return "runs after the first crawl"
    run = seen.job_runs[0]
    text = f"{run['JobRunState']} {_ago(run['StartedOn'])}"
    if "CompletedOn" in run:
        text += f", took {(run['CompletedOn'] - run['StartedOn']).total_seconds():.1f} s"
    return f"{text}: {run['ErrorMessage']}" if run.get("ErrorMessage") else f"{text} (of {len(seen.job_runs)} runs)"


def _ago(moment: datetime) -> str:
    seconds = max(0, int((datetime.now(UTC) - moment).total_seconds()))
    return f"{seconds} s ago" if seconds < 120 else f"{seconds // 60} min ago"


def _try_next(seen: Seen) -> Text:
    return Text.from_markup(
        f"[dim]try next:  export AWS_ENDPOINT_URL={seen.endpoint} AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any\n"
        f"           aws s3 ls --recursive s3://{seen.lake.lake_bucket}/\n"
        f"           aws glue get-table --database-name {seen.lake.database} --name readings\n"
        "Ctrl-C stops; everything stays[/]"
    )
