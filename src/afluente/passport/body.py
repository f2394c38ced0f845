"""An object's bytes as the records that it is made of."""

import gzip
import io
import json
import re
import zipfile
import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from afluente.passport.error import PassportError
from afluente.passport.reading import Place

PARQUET = b"PAR1"
BLANK = re.compile(rb"\s*")
TEXT_BLANK = re.compile(r"\s*")
SCANNER = json.JSONDecoder()


class Piece(NamedTuple):
    """A record's bytes: [offset, offset + length)."""

    offset: int
    length: int


class Body(NamedTuple):
    """An object, unpacked."""

    bucket: str
    key: str
    data: bytes
    etag: str
    size: int
    modified: datetime

    @property
    def is_parquet(self) -> bool:
        """Whether it is a Parquet file."""
        return self.data[:4] == PARQUET == self.data[-4:]

    def place(self, piece: Piece, index: int, records: int) -> Place:
        """A record of it."""
        data = self.data[piece.offset : piece.offset + piece.length]
        return Place(
            self.bucket, self.key, piece.offset, piece.length, index, records, data, self.etag, self.size, self.modified
        )


def fetch(s3: Any, bucket: str, key: str) -> Body:
    """The object, gzip and zip unpacked. Raises PassportError for what cannot be unpacked here; what boto3 raises."""
    answer = s3.get_object(Bucket=bucket, Key=key)
    data = answer["Body"].read()
    return Body(bucket, key, _unpacked(key, data), answer["ETag"].strip('"'), len(data), answer["LastModified"])


def pieces(data: bytes) -> list[Piece]:
    """The records of a text: JSON documents, whether or not something stands between them; else its lines.

    What is left over after the last whole document is a record, too.
    """
    if data[BLANK.match(data).end() :][:1] != b"{":  # type: ignore[union-attr]  # it always matches
        return _lines(data)
    text, position = data.decode("latin-1"), 0  # a character for each byte
    found: list[Piece] = []
    while True:
        start = TEXT_BLANK.match(text, position).end()  # type: ignore[union-attr]  # it always matches
        if start == len(text):
            return found
        try:
            _, position = SCANNER.raw_decode(text, start)
        except ValueError:
            position = text.find("\n", start)
            position = len(text) if position < 0 else position
        found.append(Piece(start, position - start))


def find(body: Body, data: bytes) -> list[Place]:
    """Where the record lies in the object, byte for byte: as often as it does."""
    wanted = data.strip()
    every = pieces(body.data)
    return [
        body.place(piece, index, len(every))
        for index, piece in enumerate(every)
        if piece.length == len(wanted) and body.data.startswith(wanted, piece.offset)
    ]


def at(body: Body, offset: int) -> Place:
    """The record that has the byte at `offset`. Raises PassportError."""
    every = pieces(body.data)
    for index, piece in enumerate(every):
        if piece.offset <= offset < piece.offset + piece.length:
            return body.place(piece, index, len(every))
    raise PassportError(
        f"no record of s3://{body.bucket}/{body.key} has byte {offset}; it has {len(body.data):,} bytes"
    )


def numbered(body: Body, line: int) -> Place:
    """The record with that number, counted from 1. Raises PassportError."""
    every = pieces(body.data)
    if not 1 <= line <= len(every):
        raise PassportError(f"s3://{body.bucket}/{body.key} has {len(every):,} records, and none with number {line}")
    return body.place(every[line - 1], line - 1, len(every))


def _lines(data: bytes) -> list[Piece]:
    found, position = [], 0
    for line in data.split(b"\n"):
        if line.strip():
            found.append(Piece(position, len(line.rstrip(b"\r"))))
        position += len(line) + 1
    return found


def _unpacked(key: str, data: bytes) -> bytes:
    try:
        if data.startswith(b"\x1f\x8b"):
            return gzip.decompress(data)
        if data.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                names: Sequence[str] = archive.namelist()
                return b"".join(archive.read(name) for name in names)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise PassportError(f"{key} cannot be unpacked: {error}") from None
    return data
