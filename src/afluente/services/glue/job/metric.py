"""What is measured of job runs that ask for it with `--enable-metrics`, under the names of Glue's job metrics.

Only what is truly known here: there are no Spark tasks and no executors to count. A run counts as itself and, with the
run id ALL, for its job. https://docs.aws.amazon.com/glue/latest/dg/monitoring-awsglue-with-cloudwatch-metrics.html
"""

import threading
from typing import NamedTuple

from afluente.core.metric import Measure, Metrics, Recorder
from afluente.services.glue.job.run_store import JobKey

NAMESPACE = "Glue"
ALL = "ALL"

AGGREGATES = (
    Measure("glue.driver.aggregate.bytesRead", "Bytes", "Bytes of the objects that runs have read."),
    Measure("glue.driver.aggregate.elapsedTime", "Milliseconds", "Time that scripts ran."),
)
"""Of the type count."""

FILE_SYSTEM = (
    Measure("glue.ALL.s3.filesystem.read_bytes", "Bytes", "Bytes of the objects that runs have read."),
    Measure("glue.ALL.s3.filesystem.write_bytes", "Bytes", "Bytes of the objects that runs have written."),
)
"""Of the type gauge, by which AWS means what is new since the last report."""

Recorders = tuple[Recorder, Recorder]


class Measured(NamedTuple):
    """What is known of a run that has ended. `read_bytes`: None of a run that was cut off."""

    elapsed_ms: int
    read_bytes: int | None
    written_bytes: int


class RunMetrics:
    """Takes runs that have ended."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._lock = threading.Lock()
        self._jobs: dict[JobKey, Recorders] = {}

    def ended(self, key: JobKey, run_id: str, measured: Measured) -> None:
        """Count a run of the job under `key`. Of the run itself nothing more will come, so it has no totals."""
        with self._lock:
            if key not in self._jobs:
                self._jobs[key] = self._recorders(key, ALL)
            job = self._jobs[key]
        run = self._recorders(key, run_id)
        now_ms = self._metrics.clock.now_ms()
        for aggregates, file_system in (job, run):
            aggregates.record(now_ms, measured.read_bytes, measured.elapsed_ms)
            file_system.record(now_ms, measured.read_bytes, measured.written_bytes)
        self._metrics.forget(run)

    def forget(self, key: JobKey) -> None:
        """The job is gone."""
        with self._lock:
            self._metrics.forget(self._jobs.pop(key, ()))

    def _recorders(self, key: JobKey, run_id: str) -> Recorders:
        account, region, job = key
        named = {"JobName": job, "JobRunId": run_id}
        return (
            self._metrics.recorder(account, region, NAMESPACE, named | {"Type": "count"}, AGGREGATES),
            self._metrics.recorder(account, region, NAMESPACE, named | {"Type": "gauge"}, FILE_SYSTEM),
        )
