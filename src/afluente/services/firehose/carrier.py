"""One object, made and put into its bucket: bytes from an intent, the same each time it is carried out."""

import contextlib
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from afluente.core.clock import utc
from afluente.core.error import AwsError
from afluente.services.firehose.compression import Encoder
from afluente.services.firehose.destination import Destination
from afluente.services.firehose.ledger import Intent, Range
from afluente.services.firehose.permission import check_write
from afluente.services.firehose.port import ObjectStore, Roles
from afluente.services.firehose.prefix import object_key
from afluente.services.firehose.stream import DeliveryStream

SERVICE_PRINCIPAL = "firehose.amazonaws.com"
CONTENT_TYPE = "application/octet-stream"
IN_MEMORY_BYTES = 8 << 20
"""Larger objects go through a file."""


class AccessDenied(AwsError):
    """The delivery role can no longer be assumed."""

    status = 403


@dataclass(frozen=True, slots=True)
class Carrier:
    """Puts objects into `objects`; large ones by way of a file in `scratch`."""

    objects: ObjectStore
    roles: Roles
    scratch: Path

    def carry(self, stream: DeliveryStream, intent: Intent, blocks: Iterable[bytes]) -> None:
        """Put the object of `intent`, whose bytes are `blocks` joined by the delimiter.

        An AwsError says that nothing was put.
        """
        destination = Destination.of(intent.destination)
        if not self.roles.can_assume(stream.destination["RoleARN"], SERVICE_PRINCIPAL, stream.arn):
            raise AccessDenied("Access Denied")
        check_write(self.roles, stream.destination["RoleARN"], destination.bucket, intent.key)
        pieces = _encoded(_joined(blocks, destination.delimiter), destination.compression.encoder(intent.object_id))
        encoding = destination.compression.content_encoding
        if intent.size_bytes <= IN_MEMORY_BYTES:
            data = b"".join(pieces)
            self.objects.put_object(
                destination.bucket, intent.key, data, content_type=CONTENT_TYPE, content_encoding=encoding
            )
            return
        with self._file(pieces) as path:
            self.objects.put_file(
                destination.bucket, intent.key, path, content_type=CONTENT_TYPE, content_encoding=encoding
            )

    @contextlib.contextmanager
    def _file(self, pieces: Iterable[bytes]) -> Iterator[Path]:
        self.scratch.mkdir(parents=True, exist_ok=True)
        path = self.scratch / f"firehose-{uuid.uuid4()}"
        try:
            with path.open("wb") as file:
                file.writelines(pieces)
            yield path
        finally:
            path.unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove what a crash left in `scratch`."""
        for path in self.scratch.glob("firehose-*"):
            path.unlink()


def intend(stream: DeliveryStream, ranges: list[Range], oldest_ms: int, size_bytes: int) -> Intent:
    """The intent to deliver `ranges` as one object, named after the arrival of its oldest record."""
    destination = Destination.of(stream.destination)
    object_id = str(uuid.uuid4())
    key = object_key(
        destination.prefix, stream.name, stream.version, arrived=utc(oldest_ms), zone=destination.zone,
        object_id=object_id, extension=destination.extension,
    )  # fmt: skip
    return Intent(ranges, key, object_id, stream.destination, stream.version, size_bytes)


def _joined(blocks: Iterable[bytes], delimiter: bytes) -> Iterator[bytes]:
    for number, block in enumerate(blocks):
        if number and delimiter:
            yield delimiter
        yield block


def _encoded(pieces: Iterable[bytes], encoder: Encoder) -> Iterator[bytes]:
    for piece in pieces:
        yield encoder.feed(piece)
    yield encoder.finish()
