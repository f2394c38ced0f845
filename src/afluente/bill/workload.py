"""What the lake has to do in a month: the readings, the schedule, the queries, and what is assumed of the rest."""

from dataclasses import dataclass
from datetime import datetime

from afluente.core.schedule import Schedule

HOURS_PER_MONTH = 730
"""A twelfth of a year, as AWS's own calculator counts."""

DAYS_PER_MONTH = HOURS_PER_MONTH / 24
YEAR_MS = HOURS_PER_MONTH * 12 * 3_600_000
WEEK_MS = 7 * 24 * 3_600_000
ENOUGH_RUNS = 400


@dataclass(frozen=True, slots=True)
class Workload:
    """The quantities that a bill follows from.

    readings_per_s: of all sensors together. shards: None for a stream on demand. crawls: per month; the job follows
    each. days_per_query: how many days of the lake a query reads; None for all of it.
    Sizes are measured: a reading as the sensor apps write it, with its newline; its Parquet, of a few hours in a file,
    takes 3 to 8 bytes. The times of crawls and runs, and their logs, are assumed.
    """

    readings_per_s: float
    shards: int | None = 1
    delivery_s: int = 60
    crawls: float = HOURS_PER_MONTH / 6
    queries_per_day: float = 10
    days_per_query: int | None = None
    reading_bytes: int = 96
    lake_bytes_per_reading: float = 8
    crawl_s: float = 90
    crawler_dpus: int = 2
    job_run_s: float = 90
    job_dpus: int = 2
    log_bytes_per_run: int = 1_000_000
    encrypted_stream: bool = True

    @property
    def readings(self) -> int:
        """In a month."""
        return round(self.readings_per_s * HOURS_PER_MONTH * 3600)

    @property
    def queries(self) -> float:
        """In a month."""
        return self.queries_per_day * DAYS_PER_MONTH

    @property
    def shards_needed(self) -> int:
        """How many shards take the readings: 1,000 records or 1 MiB a second each."""
        by_count = self.readings_per_s / 1000
        by_size = self.readings_per_s * self.reading_bytes / 1024**2
        return max(1, -int(-max(by_count, by_size) // 1))


def runs_per_month(expression: str, start: datetime) -> float:
    """How often a Glue schedule comes due in a month, averaged over a year from `start`, or the weeks of 400 runs.

    Raises ValueError when `expression` is no schedule.
    """
    schedule = Schedule.parse(expression)
    start_ms = int(start.timestamp() * 1000)
    due_ms: list[int] = []
    while len(due_ms) < ENOUGH_RUNS or due_ms[-1] - due_ms[0] < WEEK_MS:
        next_ms = schedule.next_ms(due_ms[-1] if due_ms else start_ms)
        if next_ms is None or next_ms - start_ms > YEAR_MS:
            return len(due_ms) / 12
        due_ms.append(next_ms)
    return (len(due_ms) - 1) / (due_ms[-1] - due_ms[0]) * YEAR_MS / 12
