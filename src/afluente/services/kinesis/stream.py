"""A stream and its shards, as they are remembered. Immutable: a change makes a new one, which replaces the old."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from afluente.core.arn import Arn
from afluente.services.kinesis import sequence_number
from afluente.services.kinesis.consumer import Consumer
from afluente.services.kinesis.sequence_number import SequenceNumber

Key = tuple[str, str, str]
"""Account, region, stream name."""

HASH_KEYS = 1 << 128


class Shard(msgspec.Struct, frozen=True, kw_only=True):
    """A shard. Hash keys are decimal texts, as in AWS's answers; `partition` is its number in the record log."""

    index: int
    partition: int
    starting_hash_key: str
    ending_hash_key: str
    created_at_ms: int
    closed_at_ms: int | None = None
    parents: tuple[str, ...] = ()

    @property
    def shard_id(self) -> str:
        return shard_id(self.index)

    @property
    def created_s(self) -> int:
        """The second of creation in its sequence numbers. As on AWS, a child's is the one after its parents' close."""
        return self.created_at_ms // 1000 + bool(self.parents)

    @property
    def sequence_base(self) -> int:
        """The part that all of its sequence numbers share."""
        return sequence_number.base(self.created_s, self.index)

    @property
    def starting_sequence_number(self) -> str:
        return str(SequenceNumber(self.created_s, self.index, 0, self.created_s))

    @property
    def ending_sequence_number(self) -> str | None:
        """None while the shard is open."""
        if self.closed_at_ms is None:
            return None
        last = sequence_number.LAST_COUNTER
        return str(SequenceNumber(self.created_s, self.index, last, self.closed_at_ms // 1000))


class Reshard(msgspec.Struct, frozen=True, tag="reshard"):
    """A step to come: shards, by index, are closed, and their hash keys go to children that begin at `starts`."""

    at_ms: int
    parents: tuple[int, ...]
    starts: tuple[str, ...]


class Change(msgspec.Struct, frozen=True, tag="change"):
    """A step to come: members of the stream get new values, in their form as JSON."""

    at_ms: int
    members: dict[str, Any]


Step = Reshard | Change


class Stream(msgspec.Struct, frozen=True, kw_only=True):
    """A stream. It is UPDATING as long as steps are `pending`; of the other states, the clock alone decides."""

    account: str
    region: str
    name: str
    mode: str
    created_at_ms: int
    active_at_ms: int
    shards: tuple[Shard, ...]
    pending: tuple[Step, ...] = ()
    gone_at_ms: int | None = None
    retention_hours: int = 24
    max_record_kib: int = 1024
    key_id: str | None = None
    """The KMS key that records are said to be encrypted with."""

    encryption_changes: tuple[tuple[int, bool], ...] = ()
    """When encryption was turned on or off, in order: of a record, its arrival tells."""

    on_demand_since_ms: int = 0
    peaks: tuple[tuple[int, float], ...] = ()
    """Of an on-demand stream, the most that it took on a day (by its number), in shards at their limits."""

    warm_mib: int | None = None
    warm_target_mib: int | None = None
    shard_metrics: tuple[str, ...] = ()
    policy: str | None = None
    tags: dict[str, str] = {}
    in_day: dict[str, tuple[int, ...]] = {}
    """When that was done which may be done so often in 24 hours."""
    consumers: tuple[Consumer, ...] = ()
    """Those that were deregistered stay until the next change of consumers; see `consumers_at`."""

    @property
    def key(self) -> Key:
        return self.account, self.region, self.name

    @property
    def arn(self) -> str:
        return str(Arn("kinesis", self.region, self.account, f"stream/{self.name}"))

    def consumers_at(self, now_ms: int) -> list[Consumer]:
        """The consumers that are registered, by name."""
        return sorted((each for each in self.consumers if not each.is_gone(now_ms)), key=lambda consumer: consumer.name)

    @property
    def open_shards(self) -> list[Shard]:
        return [shard for shard in self.shards if shard.closed_at_ms is None]

    def status(self, now_ms: int) -> str:
        """CREATING, ACTIVE, UPDATING or DELETING."""
        if self.gone_at_ms is not None:
            return "DELETING"
        if self.created_at_ms <= now_ms < self.active_at_ms:  # earlier: the machine's clock was set back since
            return "CREATING"
        return "UPDATING" if self.pending else "ACTIVE"

    def is_due(self, now_ms: int) -> bool:
        """Is there a pending step whose time has come?"""
        return bool(self.pending) and self.pending[0].at_ms <= now_ms

    @property
    def due_at_ms(self) -> int | None:
        """When something is to become of it by itself; None when it waits for a request."""
        if self.gone_at_ms is not None:
            return self.gone_at_ms
        return self.pending[0].at_ms if self.pending else None

    def is_gone(self, now_ms: int) -> bool:
        """Has it been deleted, and is DELETING over?"""
        return self.gone_at_ms is not None and self.gone_at_ms <= now_ms

    @property
    def encryption_type(self) -> str:
        """Of records that are put now: NONE or KMS."""
        return "NONE" if self.key_id is None else "KMS"

    def encrypted_at(self, time_ms: int) -> bool:
        """Was a record that arrived at `time_ms` encrypted?"""
        return next((on for since_ms, on in reversed(self.encryption_changes) if since_ms <= time_ms), False)

    def changed(self, members: Mapping[str, Any], now_ms: int) -> "Stream":
        """The stream with new values for some members, in their form as JSON."""
        stream = msgspec.convert({**msgspec.to_builtins(self), **members}, Stream)
        if stream.mode != self.mode:
            stream = msgspec.structs.replace(stream, on_demand_since_ms=now_ms, peaks=())
        if stream.encryption_type == self.encryption_type:
            return stream
        changes = (*self.encryption_changes, (now_ms, stream.key_id is not None))
        return msgspec.structs.replace(stream, encryption_changes=changes)

    def horizon_ms(self, now_ms: int) -> int:
        """The arrival time before which records are no longer kept."""
        return now_ms - self.retention_hours * 3_600_000


def shard_id(index: int) -> str:
    """The shard id of the shard with this index."""
    return f"shardId-{index:012d}"


def even_shards(partitions: Sequence[int], created_at_ms: int) -> tuple[Shard, ...]:
    """Shards that share the hash keys evenly, one for each partition of the log; the last takes the rest."""
    width = HASH_KEYS // len(partitions)
    starts = [index * width for index in range(len(partitions))]
    ends = [start - 1 for start in starts[1:]] + [HASH_KEYS - 1]
    return tuple(
        Shard(
            index=index,
            partition=partition,
            starting_hash_key=str(starts[index]),
            ending_hash_key=str(ends[index]),
            created_at_ms=created_at_ms,
        )
        for index, partition in enumerate(partitions)
    )
