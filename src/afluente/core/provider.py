"""What a service shows to the gateway: one short method per AWS operation.

A method is named as botocore names it (`put_record`), takes `(call, request)` with the request's members in AWS
spelling, already parsed and validated against the model, and returns the response's members. It may be a coroutine:
then it runs on the gateway's event loop and must never block; plain methods run on worker threads.

Timestamps in and out are aware UTC datetimes, blobs are bytes. A streaming request body is a binary file object; a
streaming response body is bytes or a `FileSlice`. A large request body is a `SpooledBody`, which may be kept
without copying it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Protocol, runtime_checkable

from afluente.core.call import Call

Request = dict[str, Any]
Response = dict[str, Any]

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


class Provider:
    """The base of every provider.

    service: botocore's name of it (`firehose`).
    operations: the supported operations in AWS spelling; `docs/supported.md` is generated from this.
    unsupported: members of supported operations that AWS has and Afluente does not, as dotted paths by operation
        (`{"CreateStream": ("WarmThroughputMiBps",)}`; `*` steps into a list or map). A request that carries one is
        answered with `NotImplemented`, which names it: no field is accepted and ignored.
    """

    service: ClassVar[str]
    operations: ClassVar[tuple[str, ...]]
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {}
