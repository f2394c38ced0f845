"""`afluente serve` as a process of its own, which can be killed at any moment and started again on the same folder."""

import os
import select
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
START_S = 30
DEFAULTS = {"AFLUENTE_KINESIS_CREATE_DELAY_MS": "0"}


class Server:
    """A server process on `folder`, always at the same address. `settings` are environment variables."""

    def __init__(self, folder: Path, settings: Mapping[str, str] = DEFAULTS) -> None:
        self.folder = folder
        self.starts = 0
        self._settings = settings
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._process: subprocess.Popen[str] | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it; returns once it serves."""
        command = [sys.executable, "-m", "afluente.cli.main", "serve"]
        with (self.folder.parent / "server.log").open("a") as errors:
            self._process = subprocess.Popen(
                [*command, "--port", str(self.port), "--data", str(self.folder)],
                env={**os.environ, **self._settings, "PYTHONPATH": str(ROOT / "src")},
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self.starts += 1
        assert self._process.stdout is not None
        readable, _, _ = select.select([self._process.stdout], [], [], START_S)
        line = self._process.stdout.readline() if readable else ""
        assert self.endpoint in line, f"start {self.starts} failed: {self.log()}"

    def live(self, seconds: float) -> None:
        """Let it run for so long; fails when it ends by itself."""
        assert self._process is not None
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return
        raise AssertionError(f"the server ended with {code}: {self.log()}")

    def kill(self) -> None:
        """End it with `kill -9`."""
        if self._process:
            self._process.kill()
            self._process.wait()
            if self._process.stdout:
                self._process.stdout.close()
            self._process = None

    def log(self) -> str:
        """The end of what it wrote to standard error."""
        return (self.folder.parent / "server.log").read_text(errors="replace")[-4000:]

    def tracebacks(self) -> list[str]:
        """The tracebacks in all that it wrote to standard error."""
        text = (self.folder.parent / "server.log").read_text(errors="replace")
        return text.split("Traceback (most recent call last)")[1:]

    def resident_bytes(self) -> int:
        """The memory that the process holds now; 0 when it does not run."""
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text() if self._process else ""
        except OSError:
            return 0
        return next((int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmRSS")), 0)
