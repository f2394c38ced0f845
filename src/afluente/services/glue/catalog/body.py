"""What the catalog keeps of an input, as JSON: members in AWS spelling, times as milliseconds since the epoch."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from afluente.core.clock import utc

TIMES = ("LastAccessTime", "LastAnalyzedTime")
STORAGE_DEFAULTS = {"Compressed": False, "NumberOfBuckets": 0, "SortColumns": [], "StoredAsSubDirectories": False}
"""What AWS shows of a StorageDescriptor that says nothing of them."""


def encode(body: Mapping[str, Any]) -> bytes:
    """The bytes to store for a DatabaseInput, TableInput or PartitionInput."""
    return msgspec.json.encode({name: _milliseconds(value) for name, value in body.items()})


def decode(stored: bytes) -> dict[str, Any]:
    """What was encoded, with its times as datetimes and the defaults of its storage descriptor."""
    body: dict[str, Any] = msgspec.json.decode(stored)
    for name in TIMES:
        if name in body:
            body[name] = utc(body[name])
    if "StorageDescriptor" in body:
        body["StorageDescriptor"] = STORAGE_DEFAULTS | body["StorageDescriptor"]
    return body


def whole_seconds(time_ms: int) -> datetime:
    """The time as the catalog shows it: it knows no fractions."""
    return utc(time_ms - time_ms % 1000)


def _milliseconds(value: Any) -> Any:
    return round(value.timestamp() * 1000) if isinstance(value, datetime) else value
