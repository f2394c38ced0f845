"""Runs one Lambda function, in a process of its own: `runner.py <file.py or module>:<function> <arn> <timeout in s>`.

The protocol is `child`'s: an event as JSON in, `{"result": <JSON text>}` or `{"error": <text>}` out, with what the
function printed.
"""

import contextlib
import importlib
import importlib.util
import io
import json
import os
import struct
import sys
import time
import traceback
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

LENGTH = struct.Struct(">I")
LONGEST_PRINTED = 64 << 10


class Context:
    """The second argument of a handler, with the attributes of Lambda's."""

    function_version = "$LATEST"
    memory_limit_in_mb = "128"
    identity = None
    client_context = None

    def __init__(self, arn: str, timeout_s: float) -> None:
        self.invoked_function_arn = arn
        self.function_name = arn.rpartition(":function:")[2].partition(":")[0]
        self.log_group_name = f"/aws/lambda/{self.function_name}"
        self.log_stream_name = "local"
        self.aws_request_id = str(uuid.uuid4())
        self._ends_at_s = time.monotonic() + timeout_s

    def get_remaining_time_in_millis(self) -> int:
        """How long the function may still run."""
        return max(0, int((self._ends_at_s - time.monotonic()) * 1000))


def main() -> None:
    """Answer events until standard input ends."""
    name, arn, timeout_s = sys.argv[1], sys.argv[2], float(sys.argv[3])
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what prints below Python must not get between the answers
    handler: Callable[[Any, Any], Any] | None = None
    while len(head := sys.stdin.buffer.read(LENGTH.size)) == LENGTH.size:
        event = sys.stdin.buffer.read(LENGTH.unpack(head)[0])
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            try:
                handler = handler or _load(name)
                reply = {"result": json.dumps(handler(json.loads(event), Context(arn, timeout_s)))}
            except BaseException as error:  # whatever the function raises, its caller hears of it
                reply = {"error": "".join(traceback.format_exception_only(error)).strip()}
                traceback.print_exc()
        data = json.dumps(reply | {"printed": printed.getvalue()[:LONGEST_PRINTED]}).encode()
        answers.write(LENGTH.pack(len(data)) + data)
        answers.flush()


def _load(name: str) -> Callable[[Any, Any], Any]:
    where, _, function = name.rpartition(":")
    sys.path.insert(0, str((Path.cwd() / where).parent if where.endswith(".py") else Path.cwd()))
    if where.endswith(".py"):
        spec = importlib.util.spec_from_file_location(Path(where).stem, Path.cwd() / where)
        if spec is None or spec.loader is None:
            raise ImportError(f"{where} is not a Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    else:
        module = importlib.import_module(where)
    found: Callable[[Any, Any], Any] = getattr(module, function)
    return found


if __name__ == "__main__":
    main()
