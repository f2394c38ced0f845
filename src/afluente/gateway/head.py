"""The bytes of a response's head."""

import re
from collections.abc import Mapping
from email.utils import formatdate
from http import HTTPStatus

from afluente.core.clock import Clock

REASONS = {status.value: status.phrase for status in HTTPStatus}
UNSAFE = re.compile(r"[\x00-\x1f\x7f]")


def head(status: int, headers: Mapping[str, str]) -> bytes:
    """Status line and headers, up to and with the empty line."""
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    text = "\r\n".join(map(clean, lines))
    return _encoded(text + "\r\n\r\n")


def clean(text: str) -> str:
    """`text` without what could begin a header of its own."""
    return UNSAFE.sub(" ", text)


def _encoded(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


class DateHeader:
    """The Date header's value, formatted once per second."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._second = -1
        self._text = ""

    def now(self) -> str:
        """The present time, as HTTP writes it."""
        second = self._clock.now_ms() // 1000
        if second != self._second:
            self._second = second
            self._text = formatdate(second, usegmt=True)
        return self._text
