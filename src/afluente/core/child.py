"""A process of its own for code that is not ours, or that can bring a process down: asked by messages, within a time.

A message is its length (4 bytes, big-endian) and as many bytes, on the child's standard input; the answer comes the
same way on its standard output. A child that dies or takes too long is replaced by the next question.
"""

import struct
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

HEAD = struct.Struct(">I")
LONGEST_ANSWER = 64 << 20


class ChildFailed(Exception):
    """The child gave no answer."""


class ChildTimedOut(ChildFailed):
    """The child took too long, and was ended."""


class Child:
    """Runs the Python file `script`, which needs nothing but the standard library and installed packages.

    May be used from any thread; questions wait for each other.
    """

    def __init__(
        self,
        script: Path,
        arguments: Sequence[str] = (),
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        self._command = [sys.executable, "-IB", str(script), *arguments]
        self._environment = dict(environment or {})
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False
        self._lock = threading.Lock()

    def ask(self, message: bytes, limit_s: float) -> bytes:
        """The answer to a message. Raises ChildFailed, ChildTimedOut."""
        with self._lock:
            process = self._process = self._process or self._started()
            if self._closed:
                self._end()
                raise ChildFailed("it was stopped")
            return self._ask(process, message, limit_s)

    def restart(self) -> None:
        """Begin with a new process at the next question."""
        with self._lock:
            self._end()

    def close(self) -> None:
        """End it for good, also while it is being asked."""
        self._closed = True
        process = self._process
        if process:
            process.kill()
        self.restart()

    def _ask(self, process: "subprocess.Popen[bytes]", message: bytes, limit_s: float) -> bytes:
        timer = threading.Timer(limit_s, process.kill)
        timer.daemon = True
        timer.start()
        try:
            return _exchange(process, message)
        except (OSError, EOFError) as error:
            self._end()
            if not timer.is_alive():
                raise ChildTimedOut(f"it took longer than {limit_s:g} s") from None
            raise ChildFailed(f"it ended: {error or 'no answer'}") from None
        finally:
            timer.cancel()

    def _started(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(  # noqa: S603  # the command is ours, and no shell reads it
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self._environment,
            cwd=self._folder,
        )

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for stream in (process.stdin, process.stdout):
            if stream:
                _close(stream)
        process.wait()


def _close(stream: object) -> None:
    try:
        stream.close()  # type: ignore[attr-defined]  # a pipe
    except OSError:  # what was not written cannot be any more
        return


def _exchange(process: "subprocess.Popen[bytes]", message: bytes) -> bytes:
    assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018  # for the type checker
    process.stdin.write(HEAD.pack(len(message)) + message)
    process.stdin.flush()
    head = process.stdout.read(HEAD.size)
    if len(head) < HEAD.size:
        raise EOFError
    (size,) = HEAD.unpack(head)
    if size > LONGEST_ANSWER:
        raise EOFError(f"an answer of {size} bytes")
    answer = process.stdout.read(size)
    if len(answer) < size:
        raise EOFError
    return answer
