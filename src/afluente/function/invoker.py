"""Invocations that nobody waits for, as Lambda's asynchronous ones: tried three times, and their output in the logs.

Source: "Error handling for asynchronous invocations", AWS Lambda Developer Guide.
"""

import logging
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from afluente.core.arn import Arn
from afluente.core.clock import Clock
from afluente.function.invocation import Function, InvocationFailed
from afluente.function.registry import Registry, function_name

PAUSES_MS = (60_000, 120_000)
"""Before the second and the third try; after that, the event is dropped."""

log = logging.getLogger(__name__)


class LogSink(Protocol):
    """CloudWatch Logs: takes (milliseconds, message) events; makes group and stream when missing."""

    def append(self, account: str, region: str, group: str, stream: str, events: Sequence[tuple[int, str]]) -> None: ...


class Invoker:
    """Invokes functions, each of which stays warm. Of one function, one thread at a time may ask."""

    def __init__(self, functions: Registry, logs: LogSink, clock: Clock) -> None:
        self._registry = functions
        self._logs = logs
        self._clock = clock
        self._lock = threading.Lock()
        self._functions: dict[str, Function] = {}

    def exists(self, arn: str) -> bool:
        """Whether there is such a function. Raises FunctionNotFound when the functions file cannot be used."""
        return self._registry.find(arn) is not None

    def tell(self, arn: str, payload: str, failures: int) -> int | None:
        """Invoke it; None when that is done or given up, or when to try again, after so many failures."""
        with self._lock:
            function = self._functions.setdefault(arn, self._registry.function(arn))
        try:
            self._print(arn, function.invoke(payload.encode()).printed)
        except InvocationFailed as failure:
            self._print(arn, str(failure))
            if failures < len(PAUSES_MS):
                return self._clock.now_ms() + PAUSES_MS[failures]
            log.warning("%s failed three times: an event is dropped: %s", arn, failure)
        return None

    def close(self) -> None:
        """End what runs."""
        with self._lock:
            functions = list(self._functions.values())
        for function in functions:
            function.close()

    def _print(self, arn: str, text: str) -> None:
        """Where Lambda puts what functions print; a log that cannot be written holds nothing up."""
        if not text:
            return
        with suppress(Exception):
            place, group = Arn.parse(arn), f"/aws/lambda/{function_name(arn)}"
            self._logs.append(place.account, place.region, group, "local", [(self._clock.now_ms(), text)])
