"""What is known of the record that is followed."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(slots=True)
class Reading:
    """The record as it was put. What is not known is None or empty; data None: past the stream's retention."""

    data: bytes | None = None
    stream: str = ""
    sequence_number: str = ""
    shard_id: str = ""
    partition_key: str = ""
    arrived_at: datetime | None = None
    is_direct: bool = False
    """Put to Firehose itself, which gives records no place that could be looked up."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the record lies in an object: [offset, offset + length) of its bytes before compression.

    index: its number there, from 0. records: how many the object has. data: those bytes.
    """

    bucket: str
    key: str
    offset: int
    length: int
    index: int
    records: int
    data: bytes
    etag: str = ""
    size: int = 0
    modified: datetime | None = None

    @property
    def url(self) -> str:
        """As s3://bucket/key."""
        return f"s3://{self.bucket}/{self.key}"


def document(data: bytes | None) -> dict[str, Any] | None:
    """The JSON object that a record is; None when it is none."""
    try:
        found = json.loads((data or b"").decode())
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def brief(data: bytes, most: int = 120) -> str:
    """The record's bytes as a short text."""
    text = data.decode(errors="replace")
    return text if len(text) <= most else f"{text[:most]}..."
