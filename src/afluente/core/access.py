"""One answered request, for who keeps a log of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from afluente.core.call import Call


@dataclass(frozen=True, slots=True)
class Access:
    """What was asked and answered. `path` is as a path-style client sends it; `error` is empty where there is none.

    headers, answer: the heads of request and response; the request's names in lower case. `sent`: bytes of the body.
    """

    call: Call
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    peer: str
    status: int
    answer: Mapping[str, str]
    error: str
    sent: int
    took_ms: int


Listener = Callable[[str, Callable[[], Access]], None]
"""listener(path, access): what was asked for by that path, and how to know more. It must be quick: the answer waits."""
