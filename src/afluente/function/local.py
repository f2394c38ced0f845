"""A Python function on this machine, in a process of its own that stays warm, as on Lambda."""

import json
from collections.abc import Mapping
from pathlib import Path

import msgspec

from afluente.core.child import Child, ChildFailed
from afluente.function.invocation import FUNCTION_ERROR, LARGEST_PAYLOAD, Answer, InvocationFailed

RUNNER = Path(__file__).with_name("runner.py")


class Reply(msgspec.Struct):
    """What the runner says: the result as JSON text, or the error that the function raised; and what it printed."""

    result: str | None = None
    error: str | None = None
    printed: str = ""


class LocalFunction:
    """The function that `handler` names (`transform.py:lambda_handler`), relative to `folder`."""

    def __init__(self, arn: str, handler: str, folder: Path, environment: Mapping[str, str], timeout_s: float) -> None:
        self._arn = arn
        self._timeout_s = timeout_s
        self._source = folder / handler.rpartition(":")[0]
        self._changed_ns = self._last_change_ns()
        self._child = Child(RUNNER, (handler, arn, str(timeout_s)), environment=environment, folder=folder)

    def invoke(self, payload: bytes) -> Answer:
        """Run it. A changed source file is taken up first."""
        if self._last_change_ns() != self._changed_ns:
            self._changed_ns = self._last_change_ns()
            self._child.restart()
        try:
            reply = msgspec.json.decode(self._child.ask(payload, self._timeout_s), type=Reply)
        except (ChildFailed, msgspec.DecodeError) as failure:
            raise InvocationFailed(FUNCTION_ERROR, str(failure)) from None
        if reply.error is not None or reply.result is None:
            raise InvocationFailed(FUNCTION_ERROR, reply.error or "no result")
        result = reply.result.encode()
        if len(result) > LARGEST_PAYLOAD:
            message = {"errorType": "Function.ResponseSizeTooLarge", "errorMessage": f"{len(result)} bytes"}
            raise InvocationFailed(FUNCTION_ERROR, json.dumps(message))
        return Answer(result, reply.printed)

    def close(self) -> None:
        """End its process."""
        self._child.close()

    def _last_change_ns(self) -> int:
        try:
            return self._source.stat().st_mtime_ns
        except OSError:  # a module by name, or a file that is just being replaced
            return 0
