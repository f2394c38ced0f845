"""The three sensor apps as processes of their own, as a user would start them, and what they say they sent."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import IO

APPS = ("power_factor", "temperature", "hydraulic_pressure")

REPORT = re.compile(r"sent (\d+), retried (\d+), failed (\d+)")


class SensorProcess:
    """One running sensor app. `sent`, `retried` and `failed` follow its reports; `said` is its last other line."""

    def __init__(self, app: str, options: Sequence[str], environment: Mapping[str, str]) -> None:
        self.app = app
        self.sent = self.retried = self.failed = 0
        self.said = ""
        self._process = subprocess.Popen(  # noqa: S603 - our own module, in this interpreter
            [sys.executable, "-m", f"windfarm.sensors.{app}", *options],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # Ctrl-C reaches it through us, after the last view
        )
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        self._reader = threading.Thread(target=self._follow, args=(self._process.stdout,), daemon=True)
        self._reader.start()

    def _follow(self, output: IO[str]) -> None:
        for line in output:
            if match := REPORT.search(line):
                self.sent, self.retried, self.failed = map(int, match.groups())
            if line.strip() and (match is None or "stopped" in line):
                self.said = line.strip()

    @property
    def running(self) -> bool:
        """Whether the app is still at work."""
        return self._process.poll() is None

    def wait(self) -> int:
        """Wait for the app's own end; its exit status."""
        status = self._process.wait()
        self._reader.join()
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        self._process.stdout.close()
        return status

    def stop(self) -> None:
        """Ask the app to end; it sends what it has in hand first."""
        if self.running:
            self._process.terminate()
        self.wait()
