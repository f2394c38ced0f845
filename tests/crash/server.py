"""`afluente serve` as a process of its own, which can be killed at any moment and started again on the same folder."""

import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
START_S = 120
END_S = 60
SETTINGS = {
    "AFLUENTE_KINESIS_CREATE_DELAY_MS": "0",
    "AFLUENTE_KINESIS_DELETE_DELAY_MS": "0",
    "AFLUENTE_KINESIS_UPDATE_DELAY_MS": "0",
    "AFLUENTE_FIREHOSE_CREATE_DELAY_MS": "0",
    "AFLUENTE_QUERY_MEMORY_MIB": "256",
}


class Server:
    """A server process on `folder`, always at the same address. `settings` are environment variables."""

    module = "afluente.cli.main"

    def __init__(self, folder: Path, settings: Mapping[str, str] = SETTINGS) -> None:
        self.folder = folder
        self.starts = 0
        self._settings = settings
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._process: subprocess.Popen[str] | None = None
        self._log = self.folder.parent / "server.log"

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it; returns once it serves."""
        assert self.begin({}), f"start {self.starts} failed: {self.log()}"

    def begin(self, environment: Mapping[str, str]) -> bool:
        """Start it; True once it serves, False when it died of a SIGKILL before it did."""
        with self._log.open("a") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self.module, *self._arguments()],
                env={
                    **os.environ,
                    "AFLUENTE_LAMBDA_FUNCTIONS": str(self.folder.parent / "lambda.toml"),
                    **self._settings,
                    **environment,
                    "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
                },
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self.starts += 1
        assert self._process.stdout is not None
        readable, _, _ = select.select([self._process.stdout], [], [], START_S)
        line = self._process.stdout.readline() if readable else ""
        if not readable:
            self.kill(signal.SIGABRT)
        elif not line and self._process.wait(START_S) == -signal.SIGKILL:
            return False
        assert self.endpoint in line, f"start {self.starts} failed: {self.log()}"
        return True

    def live(self, seconds: float) -> None:
        """Let it run for so long; fails when it ends by itself."""
        assert not self.dies(seconds), f"the server was killed by something else: {self.log()}"

    def dies(self, seconds: float) -> bool:
        """Let it run for so long; whether it died of a SIGKILL. Fails when it ends otherwise."""
        assert self._process is not None
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        assert code == -signal.SIGKILL, f"the server ended with {code}: {self.log()}"
        return True

    def kill(self, number: int = signal.SIGKILL) -> None:
        """End it with a signal, by default with `kill -9`. Fails with its threads' stacks when it does not end."""
        if self._process:
            self._process.send_signal(number)
            try:
                self._process.wait(END_S)
            except subprocess.TimeoutExpired:
                self._process.send_signal(signal.SIGABRT)
                self._process.wait(END_S)
                raise AssertionError(f"it did not end at signal {number}: {self.log()}") from None
            if self._process.stdout:
                self._process.stdout.close()
            self._process = None

    def signal(self, number: int) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def log(self) -> str:
        """The end of what it wrote to standard error."""
        return self._log.read_text(errors="replace")[-20_000:]

    def tracebacks(self) -> list[str]:
        """The tracebacks in all that it wrote to standard error."""
        return self._log.read_text(errors="replace").split("Traceback (most recent call last)")[1:]

    def resident_bytes(self) -> int:
        """The memory that the process holds now; 0 when it does not run."""
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text() if self._process else ""
        except OSError:
            return 0
        return next((int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmRSS")), 0)

    def _arguments(self) -> Sequence[str]:
        return ["serve", "--port", str(self.port), "--data", str(self.folder)]
