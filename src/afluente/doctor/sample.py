"""Looks into a folder of objects: what lies there, and the beginnings of a few of them."""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

LISTED = 10_000
"""Objects that are looked at, of folders that have more."""

OPENED = 5
HEAD_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Item:
    """One object."""

    bucket: str
    key: str
    size: int
    modified: datetime

    @property
    def is_hidden(self) -> bool:
        """Athena passes over objects whose name, or a folder's on the way, begins with `_` or `.`."""
        return any(part.startswith(("_", ".")) for part in self.key.split("/")) or self.key.endswith("/")


@dataclass(frozen=True, slots=True)
class JsonText:
    """What the beginning of a JSON object file has: whole documents by line, and how many lines are no document."""

    documents: Sequence[Sequence[Any]]
    broken_lines: int

    @property
    def lines(self) -> int:
        return len(self.documents)

    @property
    def objects(self) -> int:
        return sum(map(len, self.documents))


def place(location: str) -> tuple[str, str]:
    """Bucket and prefix of `s3://bucket/prefix`."""
    parts = urlsplit(location)
    return parts.netloc, parts.path.lstrip("/")


def items(s3: Any, bucket: str, prefix: str) -> list[Item]:
    """The objects under a prefix, up to LISTED; empty when there is no such bucket."""
    found: list[Item] = []
    try:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            found += [Item(bucket, o["Key"], o["Size"], o["LastModified"]) for o in page.get("Contents", [])]
            if len(found) >= LISTED:
                break
    except s3.exceptions.NoSuchBucket:
        return []
    return found


def some(candidates: Sequence[Item]) -> list[Item]:
    """A few of them, spread over the whole, the newest among them."""
    newest_first = sorted(candidates, key=lambda item: item.modified, reverse=True)
    step = max(1, len(newest_first) // OPENED)
    return newest_first[::step][:OPENED]


def head(s3: Any, item: Item) -> bytes:
    """The beginning of an object, unpacked when it is gzip."""
    if not item.size:
        return b""
    data: bytes = s3.get_object(Bucket=item.bucket, Key=item.key, Range=f"bytes=0-{HEAD_BYTES - 1}")["Body"].read()
    return _unpacked(data) if data.startswith(b"\x1f\x8b") else data


def json_text(data: bytes, complete: bool) -> JsonText | None:
    """`data` as lines of JSON documents; None when its first line is nothing like JSON.

    complete: whether `data` is the whole file; else its last line may be cut, and is left out.
    """
    lines = data.decode(errors="replace").split("\n")
    if not complete and len(lines) > 1:
        lines.pop()
    lines = [line for line in lines if line.strip()]
    if not lines or lines[0].lstrip()[:1] not in {"{", "["}:
        return None
    read = [_documents(line) for line in lines]
    return JsonText([documents for documents in read if documents], sum(not documents for documents in read))


def _documents(line: str) -> list[Any]:
    """The JSON documents of a line, back to back; none when it is not even one."""
    decoder, found, position = json.JSONDecoder(), [], 0
    while position < len(line):
        if line[position].isspace():
            position += 1
            continue
        try:
            document, position = decoder.raw_decode(line, position)
        except ValueError:
            break
        found.append(document)
    return found


def rows(text: JsonText) -> Iterator[dict[str, Any]]:
    """The documents that are objects."""
    for documents in text.documents:
        yield from (document for document in documents if isinstance(document, dict))


def folders(found: Iterable[Item], prefix: str) -> set[str]:
    """The folders below `prefix` that hold objects, each relative to it and without a slash at its end."""
    return {item.key[len(prefix) :].lstrip("/").rpartition("/")[0] for item in found}


def _unpacked(data: bytes) -> bytes:
    try:
        return zlib.decompressobj(31).decompress(data, 8 * HEAD_BYTES)
    except (zlib.error, gzip.BadGzipFile):
        return data
