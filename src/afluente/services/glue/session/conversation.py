"""The statements of one session on their way to its process, and back with what came of them."""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

LOOK_S = 1.0
"""How often a process that waits for its next statement is looked at: one that died says nothing."""

Message = Mapping[str, Any]


class Statement(NamedTuple):
    """A statement: its number in the session, and its code."""

    number: int
    code: str


class Conversation:
    """What the session's process asks `next` for. Everything but that may be called from any thread."""

    def __init__(
        self,
        ready: Callable[[], None],
        begun: Callable[[int], None],
        ended: Callable[[int, Mapping[str, Any]], None],
    ) -> None:
        self._ready = ready
        self._begun = begun
        self._ended = ended
        self._changed = threading.Condition()
        self._waiting: deque[Statement] = deque()
        self._current: Statement | None = None
        self._is_closed = False
        self.is_alive: Callable[[], bool] = lambda: True

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way or waits."""
        return self._current is None and not self._waiting

    def add(self, statement: Statement) -> None:
        """Have it run when those before it have ended."""
        with self._changed:
            self._waiting.append(statement)
            self._changed.notify()

    def withdraw(self, number: int) -> bool:
        """Take a statement back; whether it had not begun."""
        with self._changed:
            found = [statement for statement in self._waiting if statement.number == number]
            for statement in found:
                self._waiting.remove(statement)
            return bool(found)

    def is_running(self, number: int) -> bool:
        """Whether the process is at work on this statement."""
        return self._current is not None and self._current.number == number

    def close(self) -> None:
        """There are no more statements."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()

    def next(self, message: Message) -> str | None:
        """The process asks for a statement's code, and tells what came of the one before. None: there are no more."""
        if self._current is None:
            self._ready()
        else:
            number, self._current = self._current.number, None
            self._ended(number, message["output"])
        with self._changed:
            while not self._waiting and not self._is_closed and self.is_alive():
                self._changed.wait(LOOK_S)
            if self._is_closed or not self._waiting:
                return None
            self._current = self._waiting.popleft()
        self._begun(self._current.number)
        return self._current.code
