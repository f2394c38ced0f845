"""The process a run's script is executed in: started, listened to, ended.

Its life hangs on this process: it watches a pipe whose other end we hold, so it ends when we do, however we end.
"""

import contextlib
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

MAIN = "afluente.services.glue.job.runtime.main"

Answer = Callable[[dict[str, Any]], Any]
"""Takes a request of the process, gives what it asked for; raises AwsError."""

Lines = Callable[[list[str]], None]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Launch:
    """What to start, and where."""

    folder: Path
    environment: Mapping[str, str]
    order: Mapping[str, Any]
    """What the process is told: script, arguments, threads ... (see runtime/order.py)."""


class Process:
    """One process, from `run` until it has ended."""

    def __init__(self, launch: Launch, answer: Answer, output: Lines, error: Lines) -> None:
        self._launch = launch
        self._answer = answer
        self._sinks = (output, error)
        self._child: subprocess.Popen[bytes] | None = None
        self._killed = False
        self._lifeline: int | None = None
        self._lock = threading.Lock()

    def run(self) -> int:
        """Start it, serve it, and return its exit code once all it wrote has been passed on."""
        ours, theirs = socket.socketpair()
        lifeline_read, self._lifeline = os.pipe()
        try:
            try:
                child = self._start(theirs.fileno(), lifeline_read)
            finally:
                theirs.close()
                os.close(lifeline_read)
            readers = [
                threading.Thread(target=_pump, args=(pipe, sink), name=f"glue-run-{child.pid}", daemon=True)
                for pipe, sink in zip((child.stdout, child.stderr), self._sinks, strict=True)
            ]
            for reader in readers:
                reader.start()
            self._serve(ours)
            code = child.wait()
            _end_group(child.pid)
            for reader in readers:
                reader.join()
            return code
        finally:
            ours.close()
            self.cut()

    def kill(self) -> None:
        """End it at once, with everything it started. What it put into S3 whole stays there."""
        with self._lock:
            self._killed = True
            if self._child is not None and self._child.poll() is None:
                _end_group(self._child.pid)

    def interrupt(self) -> None:
        """Have the statement that it is at end, as Ctrl-C would."""
        with self._lock:
            if self._child is not None and self._child.poll() is None:
                self._child.send_signal(signal.SIGINT)

    @property
    def has_ended(self) -> bool:
        """Whether it was there, and is no more."""
        return self._child is not None and self._child.poll() is not None

    def cut(self) -> None:
        """Let go of its lifeline, as our own end would: it ends itself."""
        with self._lock:
            if self._lifeline is not None:
                os.close(self._lifeline)
                self._lifeline = None

    def _start(self, channel: int, lifeline: int) -> subprocess.Popen[bytes]:
        with self._lock:
            order = {**self._launch.order, "channel": channel, "lifeline": lifeline}
            self._child = subprocess.Popen(  # noqa: S603  # running the user's script is what a job is
                [sys.executable, "-X", "utf8", "-m", MAIN, json.dumps(order)],
                cwd=self._launch.folder,
                env=dict(self._launch.environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=(channel, lifeline),
                start_new_session=True,
            )
            if self._killed:
                _end_group(self._child.pid)
            return self._child

    def _serve(self, channel: socket.socket) -> None:
        """Answer the process's requests, one JSON line each, until it closes its end, or is killed at any point."""
        with contextlib.suppress(OSError), channel.makefile("rwb") as stream:
            for line in stream:
                try:
                    reply = {"result": self._answer(json.loads(line))}
                except Exception as error:  # every failure is the script's to know
                    code, message = getattr(error, "code", type(error).__name__), str(error)
                    reply = {"error": {"code": code, "message": message}}
                stream.write(json.dumps(reply, default=str).encode() + b"\n")
                stream.flush()


def _pump(pipe: IO[bytes], sink: Lines) -> None:
    """Pass on the lines of `pipe` as they come, many at a time when they come fast."""
    rest = b""
    with pipe:
        while chunk := os.read(pipe.fileno(), 262_144):
            *lines, rest = (rest + chunk).split(b"\n")
            _pass_on(sink, lines)
    _pass_on(sink, [rest] if rest else [])


def _pass_on(sink: Lines, lines: list[bytes]) -> None:
    """A log that cannot be written must not stop the run, which would wait for its pipe to be read."""
    try:
        if lines:
            sink([line.decode(errors="replace").rstrip("\r") for line in lines])
    except Exception:
        log.exception("%s lines of a run's output are lost", len(lines))


def _end_group(pid: int) -> None:
    """Kill the process and what it started; they share a process group of its number."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
