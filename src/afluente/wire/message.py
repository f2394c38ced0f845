"""An HTTP request and an HTTP response as plain data, between the gateway and the protocols."""

from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO
from urllib.parse import parse_qsl

from afluente.core.call import Principal
from afluente.core.error import AwsError
from afluente.core.provider import Event, FileSlice, SpooledBody

Body = bytes | BinaryIO | SpooledBody


@dataclass(slots=True)
class HttpRequest:
    """A request, all of it received. Header names are lower-case; path and query are still percent-encoded.

    peer: the client's address, where it has one. signer: who signed, once that is verified. by_form: it was made of a
    web form.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: Body = b""
    peer: str = ""
    signer: Principal | None = None
    by_form: bool = False

    def content(self) -> bytes:
        """The whole body, in memory."""
        if isinstance(self.body, bytes):
            return self.body
        self.body.seek(0)
        return self.body.read()

    def parameters(self) -> dict[str, str]:
        """The decoded query string; of a repeated name the last counts. Raises ValueError when it is not UTF-8."""
        return dict(parse_qsl(self.query, keep_blank_values=True, errors="strict", max_num_fields=1000))

    @property
    def media_type(self) -> str:
        """The content type, lower-case and without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class EventBody:
    """A body without an end in sight: `start`, then every one of `events` encoded, then `fail` of what went wrong.

    What the three give is whole frames. Encoding takes as long as the event is large.
    """

    start: bytes
    events: AsyncGenerator[Event, None]
    encode: Callable[[Event], bytes]
    fail: Callable[[AwsError], bytes]


@dataclass(slots=True)
class HttpResponse:
    """A response. Content-Length is the gateway's to add, but for an answer to HEAD, which states it without a body."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | FileSlice | EventBody = b""
