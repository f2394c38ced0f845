"""Runs that are under way: each a process, followed by a thread until it ends, is told to end, or its time is over."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from afluente.core.clock import Clock
from afluente.core.loop import Loop
from afluente.services.glue.job.host import Host
from afluente.services.glue.job.launcher import Launcher, Start
from afluente.services.glue.job.process import Process
from afluente.services.glue.job.script import LaunchError

INTERRUPTED = "The run was interrupted: Afluente stopped while it was under way."

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: SUCCEEDED, FAILED, STOPPED or TIMEOUT, why, and what answered its process if it had one."""

    state: str
    message: str | None
    host: Host | None = None


@dataclass(slots=True)
class LiveRun:
    """One of them."""

    start: Start
    deadline_ms: int
    ended: Callable[[Outcome], None]
    thread: threading.Thread | None = None
    process: Process | None = None
    verdict: str | None = None
    """STOPPED, TIMEOUT, or FAILED when we stop, once someone has decided so."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def end(self, verdict: str) -> None:
        """Have it end with `verdict`, at once."""
        with self.lock:
            self.verdict = self.verdict or verdict
            if self.process is not None:
                self.process.kill()


class LiveRuns:
    """The runs of one kind that are under way.

    `also`: what else there is to do when a time comes; takes the time, returns when it wants to be asked again.
    """

    def __init__(
        self, launcher: Launcher, clock: Clock, name: str, also: Callable[[int], list[int]] = lambda _: []
    ) -> None:
        self._launcher = launcher
        self._clock = clock
        self._also = also
        self._runs: dict[str, LiveRun] = {}
        self._serving = threading.Event()
        self._timeouts = Loop(name, self._check_timeouts, clock)

    def start(self) -> None:
        """Watch timeouts. No script begins before `serve`."""
        self._timeouts.start()

    def serve(self) -> None:
        """Let scripts begin: the server listens, so that they find it."""
        self._serving.set()

    def stop(self) -> None:
        """End every run, and wait for it."""
        self._serving.set()
        self._timeouts.stop()
        for live in list(self._runs.values()):
            live.end("FAILED")
        self.join()

    def join(self, patience_s: float = 60) -> None:
        """Wait until no run is under way. Raises TimeoutError."""
        while self._runs:
            for run_id, live in list(self._runs.items()):
                if live.thread is not None:
                    live.thread.join(patience_s)
                    if live.thread.is_alive():
                        raise TimeoutError(f"run {run_id} did not end in {patience_s} s")

    def wake(self) -> None:
        """Look at the times again: there is something new to wait for."""
        self._timeouts.wake()

    def begin(self, start: Start, deadline_ms: int, ended: Callable[[Outcome], None]) -> None:
        """Start a run; `ended` is called once, on the run's thread."""
        run_id = start.run["Id"]
        live = LiveRun(start, deadline_ms, ended)
        live.thread = threading.Thread(target=self._follow, args=(live,), name=f"glue-{run_id[:12]}", daemon=True)
        self._runs[run_id] = live
        live.thread.start()
        self._timeouts.wake()

    def end(self, run_id: str, verdict: str) -> None:
        """Have a run end with `verdict`, if it is under way."""
        if live := self._runs.get(run_id):
            live.end(verdict)

    def _follow(self, live: LiveRun) -> None:
        """The run's thread, from its start to its end."""
        outcome = self._outcome(live)
        if live.verdict is not None:
            outcome = Outcome(live.verdict, INTERRUPTED if live.verdict == "FAILED" else None, outcome.host)
        try:
            live.ended(outcome)
        finally:
            del self._runs[live.start.run["Id"]]
            self._timeouts.wake()

    def _outcome(self, live: LiveRun) -> Outcome:
        self._serving.wait()
        try:
            return self._execute(live)
        except LaunchError as error:
            return Outcome("FAILED", str(error))
        except Exception as error:  # whatever it is, the run must end
            log.exception("run %s", live.start.run["Id"])
            return Outcome("FAILED", f"{type(error).__name__}: {error}")

    def _execute(self, live: LiveRun) -> Outcome:
        try:
            process, host = self._launcher.prepare(live.start)
            with live.lock:
                live.process = process
                if live.verdict is not None:
                    return Outcome(live.verdict, None)
            code = process.run()
        finally:
            self._launcher.remove(live.start)
        if host.ended and host.failure is None:
            return Outcome("SUCCEEDED", None, host)
        return Outcome("FAILED", host.failure or f"Command failed with exit code {code}", host)

    def _check_timeouts(self) -> int | None:
        now_ms = self._clock.now_ms()
        waiting = self._also(now_ms)
        for live in list(self._runs.values()):
            if live.deadline_ms <= now_ms:
                live.end("TIMEOUT")
            elif live.verdict is None:
                waiting.append(live.deadline_ms)
        return min(waiting, default=None)
