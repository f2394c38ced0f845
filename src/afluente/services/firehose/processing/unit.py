"""Records on their way through the processors."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec


class RecordMetadata(NamedTuple):
    """Where a record of a Kinesis stream comes from; `subsequence` tells those apart that came in one aggregate."""

    shard_id: str
    partition_key: str
    sequence_number: str
    subsequence: int


class Unit(msgspec.Struct, frozen=True):
    """One record: as it is by now, as it came in, and what is known of it.

    `keys` are its partition keys, by how a prefix names them (`partitionKeyFromQuery:customer_id`).
    """

    data: bytes
    raw: bytes
    arrived_at_ms: int
    metadata: RecordMetadata | None = None
    keys: dict[str, str] = {}

    def changed(self, **members: Any) -> "Unit":
        """A copy with other values."""
        return msgspec.structs.replace(self, **members)


@dataclass(frozen=True, slots=True)
class Failure:
    """A record that could not be processed, and why, as it will stand in an error object of the kind `error_type`."""

    unit: Unit
    error_type: str
    code: str
    message: str
    attempts: int = 1
    lambda_arn: str = ""


@dataclass(slots=True)
class Outcome:
    """What came of a batch: records that go on, and failures. What is in neither was dropped."""

    units: list[Unit] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    def add(self, other: "Outcome") -> None:
        """Take in another batch's."""
        self.units += other.units
        self.failures += other.failures
