"""Request bodies while they arrive: in memory, or from a certain size on in a temporary file."""

import asyncio
import contextlib
import hashlib
import io
import os
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import BinaryIO, Protocol

from afluente.core.error import AwsError
from afluente.wire.aws_chunked import STREAMING, IncompleteBody, MalformedTrailerError, Unframer, announced_trailers
from afluente.wire.message import Body
from afluente.wire.signature import ChunkSignatures

MEMORY_BYTES = 1 << 20
"""A larger object goes to a file."""

BATCH_BYTES = 2 << 20
"""What is handed to a worker thread at once; what stays in memory, with its framing, is less."""

BACKLOG_BYTES = 8 << 20
"""With more than this waiting for the disk, no more is read from the client."""

MAX_OBJECT_BYTES = 5 << 30
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html"""


class EntityTooLarge(AwsError):
    """An object larger than one request may carry."""


class XAmzContentSHA256Mismatch(AwsError):
    """A body that is not what its x-amz-content-sha256 says."""


class TooLarge(Exception):
    """A body beyond the limit of its service: answered with 413 and no body, as Kinesis does."""


class Receiver(Protocol):
    """Takes a body while it arrives."""

    def feed(self, data: bytes) -> None:
        """The body's next bytes."""

    def content(self) -> bytes | None:
        """The whole body, if it is in memory and needs no further work; raises TooLarge."""

    async def finish(self, headers: dict[str, str]) -> Body:
        """The whole body. Adds trailing headers to `headers`. Raises AwsError, TooLarge."""

    def discard(self) -> None:
        """Forget the body: the client went away, or the answer is out."""


class MemoryReceiver:
    """A body that stays in memory and has a limit."""

    __slots__ = ("_limit", "_parts", "_size")

    def __init__(self, limit: int) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self._limit = limit

    def feed(self, data: bytes) -> None:
        self._size += len(data)
        if self._size <= self._limit:
            self._parts.append(data)
        else:
            self._parts.clear()

    def content(self) -> bytes:
        if self._size > self._limit:
            raise TooLarge
        return self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)

    async def finish(self, headers: dict[str, str]) -> Body:  # noqa: ARG002  # has no trailers
        return self.content()

    def discard(self) -> None:
        self._parts.clear()


class RefusedReceiver:
    """A body that nobody wants: its request was refused by its head alone."""

    def __init__(self, error: AwsError) -> None:
        self._error = error

    def feed(self, data: bytes) -> None:
        pass

    def content(self) -> None:
        return None

    async def finish(self, headers: dict[str, str]) -> Body:  # noqa: ARG002  # there is none
        raise self._error

    def discard(self) -> None:
        pass


class SpoolFile:
    """A finished body in a temporary file: the gateway's `SpooledBody`."""

    def __init__(self, file: BinaryIO, path: Path, size: int) -> None:
        self._file = file
        self._released = False
        self.path = path
        self.size = size

    def read(self, size: int = -1, /) -> bytes:
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def release(self) -> None:
        self._released = True

    def discard(self) -> None:
        """Close, and remove the file unless it was given away."""
        self._file.close()
        if not self._released:
            self.path.unlink(missing_ok=True)


class ObjectReceiver:
    """An object's bytes: unframed, compared with the hash they were announced with, spooled when large.

    What costs time is done in batches on `pool`, at most one at a time; `pause` and `resume` hold the client back.
    """

    def __init__(  # noqa: PLR0917  # where the body comes from, and goes
        self,
        headers: Mapping[str, str],
        folder: Path,
        pool: Executor,
        pause: Callable[[], None],
        resume: Callable[[], None],
        signatures: ChunkSignatures | None = None,
    ) -> None:
        announced = headers.get("x-amz-content-sha256", "")
        self._unframer = Unframer(signatures) if announced.startswith(STREAMING) else None
        self._announced = announced.lower() if len(announced) == 64 else None
        self._decoded_length = headers.get("x-amz-decoded-content-length")
        self._hash = hashlib.sha256() if self._announced else None
        self._sink = Sink(folder)
        self._pool, self._pause, self._resume = pool, pause, resume
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._running: asyncio.Future[None] | None = None
        self._error: BaseException | None = None
        self._closed = False

    def feed(self, data: bytes) -> None:
        if self._error is not None:
            return
        self._waiting.append(data)
        self._waiting_bytes += len(data)
        if self._running is None and self._waiting_bytes >= BATCH_BYTES:
            self._absorb_in_pool()
        if self._waiting_bytes > BACKLOG_BYTES:
            self._pause()

    def content(self) -> None:
        return None

    async def settle(self) -> None:
        """Wait until no thread works on the body."""
        while self._running is not None:
            await asyncio.wait([self._running])

    async def finish(self, headers: dict[str, str]) -> Body:
        await self.settle()
        if self._is_plain():
            return b"".join(self._take())
        if self._error is None and self._waiting_bytes >= MEMORY_BYTES // 4:
            self._absorb_in_pool()
            return await self.finish(headers)
        if self._error is None:
            self._absorb(self._take())
        if self._error is not None:
            raise self._error
        return self._finished(headers)

    def discard(self) -> None:
        self._closed = True
        if self._running is None:
            self._sink.discard()

    def _is_plain(self) -> bool:
        """Whether all of the body is here, and nothing is to be done with it."""
        untouched = self._error is None and self._sink.size == 0
        return untouched and self._unframer is None and self._hash is None and self._waiting_bytes <= MEMORY_BYTES

    def _take(self) -> list[bytes]:
        waiting, self._waiting, self._waiting_bytes = self._waiting, [], 0
        return waiting

    def _absorb_in_pool(self) -> None:
        loop = asyncio.get_running_loop()
        self._running = loop.run_in_executor(self._pool, self._absorb, self._take())
        self._running.add_done_callback(self._absorbed)

    def _absorbed(self, future: "asyncio.Future[None]") -> None:
        self._running = None
        self._error = self._error or future.exception()
        if self._closed:
            self._sink.discard()
        elif self._waiting_bytes >= BATCH_BYTES and self._error is None:
            self._absorb_in_pool()
        self._resume()

    def _absorb(self, batch: list[bytes]) -> None:
        try:
            for data in batch:
                for piece in self._unframer.feed(data) if self._unframer else (data,):
                    if self._hash is not None:
                        self._hash.update(piece)
                    self._sink.write(piece)
        except AwsError as error:
            self._error = error

    def _finished(self, headers: dict[str, str]) -> Body:
        if self._hash is not None and self._hash.hexdigest() != self._announced:
            raise XAmzContentSHA256Mismatch(
                "The provided 'x-amz-content-sha256' header does not match what was computed.",
                ClientComputedContentSHA256=self._announced,
                S3ComputedContentSHA256=self._hash.hexdigest(),
            )
        if self._unframer is not None:
            self._unframer.finish()
            self._take_framing_from(headers, self._unframer)
        return self._sink.finish()

    def _take_framing_from(self, headers: dict[str, str], unframer: Unframer) -> None:
        """Leave `headers` as if the body had come plain."""
        if self._decoded_length is not None and self._decoded_length != str(self._sink.size):
            raise IncompleteBody
        if unframer.trailers.keys() != announced_trailers(headers.get("x-amz-trailer", "")):
            raise MalformedTrailerError
        headers.update(unframer.trailers)
        headers["content-length"] = str(self._sink.size)
        encodings = [e.strip() for e in headers.pop("content-encoding", "").split(",")]
        kept = ",".join(e for e in encodings if e and e.lower() != "aws-chunked")
        if kept:
            headers["content-encoding"] = kept


class Sink:
    """Bytes in memory up to MEMORY_BYTES, then in a file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._memory = io.BytesIO()
        self._file: BinaryIO | None = None
        self._path = folder
        self.size = 0

    def write(self, data: bytes) -> None:
        self.size += len(data)
        if self.size > MAX_OBJECT_BYTES:
            raise EntityTooLarge(
                "Your proposed upload exceeds the maximum allowed size", MaxSizeAllowed=MAX_OBJECT_BYTES
            )
        if self._file is None and self.size > MEMORY_BYTES:
            self._open()
        (self._memory if self._file is None else self._file).write(data)

    def finish(self) -> Body:
        if self._file is None:
            self._memory.seek(0)
            return self._memory
        file = self._file
        file.flush()
        file.seek(0)
        self._file = None  # from here on its owner is who gets it
        return SpoolFile(file, self._path, self.size)

    def discard(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):  # closing writes what is left, for which the disk may have no room
                self._file.close()
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)

    def _open(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix="body-", dir=self._folder)
        self._path = Path(name)
        self._file = os.fdopen(descriptor, "w+b", buffering=MEMORY_BYTES)
        self._file.write(self._memory.getbuffer())
        self._memory = io.BytesIO()
