"""One object, made and put into its bucket: bytes from an intent, the same each time it is carried out."""

import contextlib
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from afluente.core.clock import utc
from afluente.core.error import AwsError
from afluente.services.firehose import prefix
from afluente.services.firehose.compression import FORMATS, Compression, Encoder
from afluente.services.firehose.configuration import Configuration
from afluente.services.firehose.destination import Destination
from afluente.services.firehose.intake import Content, Parcel
from afluente.services.firehose.ledger import Intent
from afluente.services.firehose.permission import check_write
from afluente.services.firehose.port import ObjectStore, Roles
from afluente.services.firehose.route import Route
from afluente.services.firehose.stream import DeliveryStream

SERVICE_PRINCIPAL = "firehose.amazonaws.com"
CONTENT_TYPE = "application/octet-stream"
IN_MEMORY_BYTES = 8 << 20
"""Larger objects go through a file."""

UNCOMPRESSED = FORMATS["UNCOMPRESSED"]
LINE_END = b"\n"


class AccessDenied(AwsError):
    """The delivery role can no longer be assumed."""

    status = 403


@dataclass(frozen=True, slots=True)
class Carrier:
    """Puts objects into `objects`; large ones by way of a file in `scratch`."""

    objects: ObjectStore
    roles: Roles
    scratch: Path

    def carry(self, stream: DeliveryStream, intent: Intent, content: Content) -> None:
        """Put the object of `intent`. An AwsError says that nothing was put."""
        destination = Destination.of(intent.destination)
        if not self.roles.can_assume(destination.role_arn, SERVICE_PRINCIPAL, stream.arn):
            raise AccessDenied("Access Denied")
        check_write(self.roles, destination.role_arn, destination.bucket, intent.key)
        compression, delimiter = _form(intent, destination)
        pieces = _encoded(_joined(content.blocks(delimiter), delimiter), compression.encoder(intent.object_id))
        encoding = compression.content_encoding
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


def intend(stream: DeliveryStream, configuration: Configuration, parcel: Parcel, now_ms: int) -> Intent:
    """The intent to deliver a parcel as one object, named after the arrival of its oldest record."""
    destination = Destination.of(configuration)
    assert parcel.oldest_ms is not None  # noqa: S101  # for the type checker
    time = prefix.local(utc(parcel.oldest_ms), destination.zone)
    object_id, route = str(uuid.uuid4()), parcel.route
    extension = "" if route.error_type else destination.extension
    name = prefix.object_name(stream.name, stream.version, time, object_id, extension)
    folder = (
        prefix.evaluate_error(destination.prefix, destination.error_prefix, route.error_type, time)
        if route.error_type
        else prefix.evaluate(_prefix(destination, route), time, route.keys)
    )
    return Intent(
        parcel.ranges,
        folder + name,
        object_id,
        configuration,
        stream.version,
        parcel.object_bytes,
        parcel.records,
        parcel.oldest_ms,
        now_ms,
    )


def _prefix(destination: Destination, route: Route) -> str:
    """The prefix that the record's partition keys are for."""
    named = prefix.partition_keys(destination.prefix) if route.keys else []
    return route.prefix if route.keys and set(named) != route.keys.keys() else destination.prefix


def _form(intent: Intent, destination: Destination) -> tuple[Compression, bytes]:
    """How records become bytes: error objects are plain lines."""
    if Route.read(intent.ranges[0].route).error_type:
        return UNCOMPRESSED, LINE_END
    return destination.compression, destination.delimiter


def _joined(blocks: Iterable[bytes], delimiter: bytes) -> Iterator[bytes]:
    for number, block in enumerate(blocks):
        if number and delimiter:
            yield delimiter
        yield block


def _encoded(pieces: Iterable[bytes], encoder: Encoder) -> Iterator[bytes]:
    for piece in pieces:
        yield encoder.feed(piece)
    yield encoder.finish()
