"""Delivery streams as they are remembered: one document each, and a copy in memory that puts read."""

from typing import Any

import msgspec

from afluente.core.arn import Arn
from afluente.services.firehose.configuration import Configuration
from afluente.services.firehose.encryption import Encryption
from afluente.store.database import Database
from afluente.store.document import Documents

Key = tuple[str, str, str]
"""(account, region, name)"""


class KinesisSource(msgspec.Struct, frozen=True):
    """The Kinesis stream that a delivery stream reads, and since when."""

    stream_arn: str
    role_arn: str
    started_at_ms: int


class DeliveryStream(msgspec.Struct, frozen=True):
    """One delivery stream. `id` tells it from an earlier one of the same name."""

    id: str
    account: str
    region: str
    name: str
    status: str
    created_at_ms: int
    version: int
    destination: Configuration
    tags: dict[str, str]
    due_at_ms: int
    """When CREATING turns into ACTIVE, or DELETING into nothing."""
    source: KinesisSource | None = None
    partition: int | None = None
    """Where direct puts lie in the record log."""
    throughput_hint_mb: int | None = None
    updated_at_ms: int | None = None
    encryption: Encryption = Encryption()
    processed: int | None = None
    """Where processed records lie in the record log, while records are processed."""

    @property
    def key(self) -> Key:
        """How it is found."""
        return self.account, self.region, self.name

    @property
    def arn(self) -> str:
        """Its ARN."""
        return arn_of(self.key)

    @property
    def kind(self) -> str:
        """AWS's DeliveryStreamType."""
        return "KinesisStreamAsSource" if self.source else "DirectPut"

    def changed(self, **members: Any) -> "DeliveryStream":
        """A copy with other values."""
        return msgspec.structs.replace(self, **members)


def arn_of(key: Key) -> str:
    """The ARN of the delivery stream under `key`."""
    account, region, name = key
    return str(Arn("firehose", region, account, f"deliverystream/{name}"))


class StreamTable:
    """Every delivery stream. Reads are from memory, which shows a write only after it is on disk."""

    def __init__(self, database: Database) -> None:
        self._documents = Documents(database, "firehose_delivery_stream")
        self._streams = {
            stream.key: stream
            for stream in (msgspec.convert(body, DeliveryStream) for _, body in self._documents.scan())
        }

    def get(self, key: Key) -> DeliveryStream | None:
        """The delivery stream under `key`."""
        return self._streams.get(key)

    def all(self) -> list[DeliveryStream]:
        """Every delivery stream, of every account and region."""
        return list(self._streams.values())

    def store(self, stream: DeliveryStream) -> None:
        """Write the delivery stream down; `show` it once that is committed."""
        self._documents.put(stream.key, msgspec.to_builtins(stream))

    def show(self, stream: DeliveryStream) -> None:
        """Have `get` give this. The caller holds the engine's lock."""
        self._streams[stream.key] = stream

    def erase(self, stream: DeliveryStream) -> None:
        """Remove what was written down; `hide` it once that is committed."""
        self._documents.delete(stream.key)

    def hide(self, stream: DeliveryStream) -> None:
        """Have `get` give nothing. The caller holds the engine's lock."""
        self._streams.pop(stream.key, None)
