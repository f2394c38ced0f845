"""The hot path: requests that a service answers from the raw body, before anything generic touches them.

A handler is a coroutine, but usually waits at most once (for the disk). It is stepped directly instead of in a task,
which saves two rounds of the event loop; therefore it must not use what needs a current task (timeouts, locks).
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from afluente.core.call import Call


class HotPath(Protocol):
    """Answers one operation in one format from its body, or gives it back."""

    async def __call__(self, call: Call, body: bytes) -> bytes | None:
        """The body of the response; None: the generic path shall answer, and say what is wrong."""


Done = Callable[[bytes | None, BaseException | None], None]


class Stepper:
    """Runs a coroutine to its end on `loop` and then calls `done` with its result or its exception."""

    __slots__ = ("_coroutine", "_done", "_loop")

    def __init__(self, coroutine: Coroutine[Any, Any, bytes | None], done: Done, loop: asyncio.AbstractEventLoop):
        self._coroutine = coroutine
        self._done = done
        self._loop = loop

    def step(self, _: "asyncio.Future[Any] | None" = None) -> None:
        """Go on until the coroutine waits for something, or ends."""
        try:
            waited = self._coroutine.send(None)  # the future's own outcome reaches the coroutine through its await
        except StopIteration as end:
            self._done(end.value, None)
        except BaseException as error:  # handed on, whatever it is, as a task would
            self._done(None, error)
        else:
            self._wait(waited)

    def _wait(self, waited: Any) -> None:
        if waited is None:  # a bare yield: asyncio.sleep(0)
            self._loop.call_soon(self.step)
            return
        waited._asyncio_future_blocking = False  # noqa: SLF001  # the protocol between futures and what drives them
        waited.add_done_callback(self.step)
