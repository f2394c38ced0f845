"""One object, made and put into its bucket: bytes from an intent, the same each time it is carried out."""

import contextlib
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from afluente.core.error import AwsError
from afluente.services.firehose.compression import FORMATS, Compression, Encoder
from afluente.services.firehose.converted_file import Result, convert
from afluente.services.firehose.destination import Destination, converted_encoding
from afluente.services.firehose.intake import Content
from afluente.services.firehose.ledger import GivenUp, Intent, Table
from afluente.services.firehose.permission import check_write
from afluente.services.firehose.port import ObjectStore, Roles
from afluente.services.firehose.processing.failure import error_record
from afluente.services.firehose.processing.unit import Failure, Unit
from afluente.services.firehose.route import PROCESSING_FAILED, Route
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


class HalfDelivered(Exception):
    """One of two objects was put, and the other refused. Both are put again, until they are there."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """Puts objects into `objects`; large ones by way of a file in `scratch`."""

    objects: ObjectStore
    roles: Roles
    scratch: Path

    def carry(self, stream: DeliveryStream, intent: Intent, content: Content) -> Result | None:
        """Put the object of `intent`, or the objects; what became of the records that were to be converted.

        An AwsError says that nothing was put.
        """
        destination = Destination.of(intent.destination)
        if not self.roles.can_assume(destination.role_arn, SERVICE_PRINCIPAL, stream.arn):
            raise AccessDenied("Access Denied")
        check_write(self.roles, destination.role_arn, destination.bucket, intent.key)
        if intent.table is not None:
            check_write(self.roles, destination.role_arn, destination.bucket, intent.error_key)
            return self._carry_converted(destination, intent, intent.table, content)
        compression, delimiter = _form(intent, destination)
        blocks = _error_records(intent, intent.given_up, content) if intent.given_up else content.blocks(delimiter)
        pieces = _encoded(_joined(blocks, delimiter), compression.encoder(intent.object_id))
        encoding = compression.content_encoding
        if intent.size_bytes <= IN_MEMORY_BYTES:
            data = b"".join(pieces)
            self.objects.put_object(
                destination.bucket, intent.key, data, content_type=CONTENT_TYPE, content_encoding=encoding
            )
            return None
        with self._path() as path:
            with path.open("wb") as file:
                file.writelines(pieces)
            self._put_file(destination, intent.key, path, encoding)
        return None

    def _carry_converted(self, destination: Destination, intent: Intent, table: Table, content: Content) -> Result:
        with self._path() as path, self._path() as error_path:
            result = convert(intent, table, content, path, error_path)
            if not result.rows:
                self._put_file(destination, intent.error_key, error_path, None)
                return result
            self._put_file(destination, intent.key, path, converted_encoding(intent.destination))
            if result.failed_records:
                try:
                    self._put_file(destination, intent.error_key, error_path, None)
                except AwsError as error:
                    raise HalfDelivered(f"the error object was refused: {error}") from error
        return result

    def _put_file(self, destination: Destination, key: str, path: Path, encoding: str | None) -> None:
        self.objects.put_file(destination.bucket, key, path, content_type=CONTENT_TYPE, content_encoding=encoding)

    @contextlib.contextmanager
    def _path(self) -> Iterator[Path]:
        self.scratch.mkdir(parents=True, exist_ok=True)
        path = self.scratch / f"firehose-{uuid.uuid4()}"
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove what a crash left in `scratch`."""
        for path in self.scratch.glob("firehose-*"):
            path.unlink()


def _form(intent: Intent, destination: Destination) -> tuple[Compression, bytes]:
    """How records become bytes: error objects are plain lines."""
    if intent.given_up or Route.read(intent.ranges[0].route).error_type:
        return UNCOMPRESSED, LINE_END
    return destination.compression, destination.delimiter


def _error_records(intent: Intent, given_up: GivenUp, content: Content) -> Iterator[bytes]:
    """The lines that say of each record why it is not where it belongs."""
    for record in content.described():
        unit = Unit(record.data, record.detail.raw or record.data, record.arrived_at_ms)
        failure = Failure(unit, PROCESSING_FAILED, given_up.code, given_up.message, given_up.attempts)
        yield error_record(failure, intent.sealed_at_ms)


def _joined(blocks: Iterable[bytes], delimiter: bytes) -> Iterator[bytes]:
    for number, block in enumerate(blocks):
        if number and delimiter:
            yield delimiter
        yield block


def _encoded(pieces: Iterable[bytes], encoder: Encoder) -> Iterator[bytes]:
    for piece in pieces:
        yield encoder.feed(piece)
    yield encoder.finish()
