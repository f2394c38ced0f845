"""What a run prints, in CloudWatch Logs: a group each for output and errors, a stream per run."""

from afluente.core.clock import Clock
from afluente.services.glue.job.permission import Permission
from afluente.services.glue.job.port import Logs
from afluente.services.glue.job.run_store import JobKey, Run

MAX_EVENT_CHARACTERS = 60_000
"""CloudWatch takes 256 KiB an event; four bytes a character at most."""

BATCH = 1000


class RunLog:
    """The log of one run. What its role may not log is lost, as on AWS."""

    def __init__(  # noqa: PLR0917  # whose log, where it goes, and who may write it
        self, logs: Logs, key: JobKey, run: Run, arguments: dict[str, str], permission: Permission, clock: Clock
    ) -> None:
        self._logs = logs
        self._permission = permission
        self._account, self._region, _ = key
        self._stream = run["Id"]
        self._group = run["LogGroupName"]
        self._clock = clock
        continuous = arguments.get("--enable-continuous-cloudwatch-log", "false").lower() == "true"
        self._continuous = arguments.get("--continuous-log-logGroup", "/aws-glue/jobs/logs-v2") if continuous else None

    def output(self, lines: list[str]) -> None:
        """What the run wrote to its standard output."""
        self._append("output", lines)

    def error(self, lines: list[str]) -> None:
        """What the run wrote to its standard error."""
        self._append("error", lines)

    def _append(self, kind: str, lines: list[str]) -> None:
        now_ms = self._clock.now_ms()
        events = [(now_ms, part) for line in lines for part in _parts(line)]
        for start in range(0, len(events), BATCH):
            batch = events[start : start + BATCH]
            self._write(f"{self._group}/{kind}", self._stream, batch)
            if self._continuous:
                self._write(self._continuous, f"{self._stream}-driver", batch)

    def _write(self, group: str, stream: str, events: list[tuple[int, str]]) -> None:
        needed = self._logs.needed_to_append(self._account, self._region, group, stream)
        if self._permission.may_log(needed):
            self._logs.append(self._account, self._region, group, stream, events)


def _parts(line: str) -> list[str]:
    """`line` in events: none for an empty one, which CloudWatch does not take, several for a very long one."""
    return [line[start : start + MAX_EVENT_CHARACTERS] for start in range(0, len(line), MAX_EVENT_CHARACTERS)]
