"""What a service shows to the gateway: one short method per AWS operation.

A method is named as botocore names it (`put_record`), takes `(call, request)` with the request's members in AWS
spelling, already parsed and validated against the model, and returns the response's members. It may be a coroutine:
then it runs on the gateway's event loop and must never block; plain methods run on worker threads.

Timestamps in and out are aware UTC datetimes, blobs are bytes. A streaming request body is a binary file object; a
streaming response body is bytes or a `FileSlice`. A large request body is a `SpooledBody`, which may be kept
without copying it. A member that the model calls an event stream is an `EventStream`: an answer that goes on.
"""

from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Protocol, runtime_checkable

from afluente.core.arn import Arn
from afluente.core.call import Call
from afluente.core.permission import Permissions

Request = dict[str, Any]
Response = dict[str, Any]

STATUS = "$status"
"""A key of responses, which no member has: the HTTP status, where it is not the operation's usual one (REST only)."""

Invoke = Callable[[Call, str, str, Mapping[str, Any]], Response]
"""`invoke(call, service, operation, request)`: another service's operation, as that caller, in this process.

`service` and `operation` are in AWS spelling (`"glue"`, `"GetTable"`). The request is validated and the answer given
as if it had come over HTTP; errors arrive as `AwsError`. Blocking: call it from worker threads only.
"""


@dataclass(frozen=True, slots=True)
class FileSlice:
    """A streaming response body that the gateway sends straight from disk.

    `file`, when given, is the open file to send from, which the gateway then closes: what lies at `path` may have been
    replaced since.
    """

    path: Path
    offset: int
    length: int
    file: BinaryIO | None = None


@runtime_checkable
class SpooledBody(Protocol):
    """A streaming request body that the gateway has written to a temporary file in `<data>/tmp`.

    The file is complete and flushed to the operating system, not yet synced. The gateway removes it after the answer,
    unless it was released.
    """

    @property
    def path(self) -> Path: ...

    @property
    def size(self) -> int: ...

    def read(self, size: int = -1, /) -> bytes: ...

    def seek(self, offset: int, whence: int = 0, /) -> int: ...

    def release(self) -> None:
        """Give the file away: who calls this has moved it, and the gateway must not touch it again."""


class EventPayload(Protocol):
    """An event's members that write themselves, where interpreting the model for each of them would be too slow.

    Both methods run on a worker thread, so what they need may be worked out there.
    """

    def json(self) -> bytes:
        """The event in JSON, as the model would have it."""

    def cbor(self) -> bytes:
        """The same in CBOR."""


Event = tuple[str, Mapping[str, Any] | EventPayload]
"""An event's name, as the model's event stream has it, and its members."""


@dataclass(frozen=True, slots=True)
class EventStream:
    """A streaming answer: the events that follow the response, which is sent at once.

    `events` is iterated on the gateway's event loop, which must never be blocked, and only when the client has taken
    what came before. The answer ends cleanly where the iteration ends; an `AwsError` raised in it reaches the client
    as its last frame. It is closed (`aclose`) when the client goes away or the gateway stops; if that comes before the
    first event was asked for, nothing of it ever runs.
    """

    events: AsyncGenerator[Event, None]


class Provider:
    """The base of every provider.

    service: botocore's name of it (`firehose`).
    operations: the supported operations in AWS spelling; `docs/supported.md` is generated from this.
    unsupported: members of supported operations that AWS has and Afluente does not, as dotted paths by operation
        (`{"CreateStream": ("WarmThroughputMiBps",)}`; `*` steps into a list or map). A request that carries one is
        answered with `NotImplemented`, which names it: no field is accepted and ignored.
    quick: supported operations that take so little time that the gateway's event loop answers them itself, as handing
        over to a worker thread would take longer. They read what is at hand and never wait for another thread.
    permissions: what a caller of each supported operation must be allowed to do.
    """

    service: ClassVar[str]
    operations: ClassVar[tuple[str, ...]]
    permissions: ClassVar[Permissions]
    quick: ClassVar[tuple[str, ...]] = ()
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def admit(self, call: Call, request: Request) -> None:
        """Called with each validated request that comes over the network, before its method. Must not block.

        Raises what is to be answered instead, such as a throttle. Other services' calls in the process are not asked.
        """

    def tags_of(self, resource: Arn) -> Mapping[str, str]:  # noqa: ARG002  # most resources have none
        """The tags of a resource of this service: what policies know as aws:ResourceTag. AwsError: there is no such."""
        return {}
