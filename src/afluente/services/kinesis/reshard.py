"""SplitShard, MergeShards and UpdateShardCount: what may be done to a stream's shards, and the steps it is done in.

Texts are those of kinesalite's suite and of answers recorded in 2026.
"""

from typing import NamedTuple

from afluente.core.clock import Clock
from afluente.services.kinesis import quota
from afluente.services.kinesis.control import Control
from afluente.services.kinesis.error import (
    InvalidArgumentException,
    LimitExceededException,
    ValidationException,
)
from afluente.services.kinesis.shard_tree import index_of, kept_shards, uniform_steps, unknown_shard
from afluente.services.kinesis.stream import Key, Reshard, Shard, Stream

UPDATES_IN_DAY = 10
MAX_SHARDS = 10_000
"""To which UpdateShardCount scales at most."""


class Scaling(NamedTuple):
    """Shard counts before and after an UpdateShardCount."""

    current: int
    target: int


class Resharding:
    """Reshards provisioned streams, one operation at a time."""

    def __init__(self, control: Control, clock: Clock) -> None:
        self._control = control
        self._clock = clock

    def split(self, key: Key, shard_id: str, new_starting_hash_key: str) -> None:
        """Close a shard and give its hash keys to two, the second of which begins at `new_starting_hash_key`."""
        with self._control.lock:
            stream = self._provisioned(key)
            shard = self._open(stream, shard_id)
            start, middle, end = (
                int(text) for text in (shard.starting_hash_key, new_starting_hash_key, shard.ending_hash_key)
            )
            if not start + 1 < middle < end:
                raise InvalidArgumentException(
                    f"NewStartingHashKey {new_starting_hash_key} used in SplitShard() on shard {shard.shard_id} in "
                    f"stream {stream.name} under account {stream.account} is not both greater than one plus the "
                    f"shard's StartingHashKey {start} and less than the shard's EndingHashKey {end}."
                )
            self._check_room(stream, 1)
            starts = (shard.starting_hash_key, new_starting_hash_key)
            self._control.begin(stream, Reshard(self._control.update_ms(1), (shard.index,), starts))

    def merge(self, key: Key, shard_id: str, adjacent_shard_id: str) -> None:
        """Close two shards whose hash keys adjoin and give them to one."""
        with self._control.lock:
            stream = self._provisioned(key)
            shards = [self._open(stream, text) for text in (shard_id, adjacent_shard_id)]
            low, high = shards
            if int(low.ending_hash_key) + 1 != int(high.starting_hash_key):
                raise InvalidArgumentException(
                    f"Shards {low.shard_id} and {high.shard_id} in stream {stream.name} under account "
                    f"{stream.account} are not an adjacent pair of shards eligible for merging"
                )
            parents = (low.index, high.index)
            self._control.begin(stream, Reshard(self._control.update_ms(1), parents, (low.starting_hash_key,)))

    def update_shard_count(self, key: Key, target: int) -> Scaling:
        """Begin to scale to `target` shards of even width. To ask for what is so already changes nothing."""
        with self._control.lock:
            stream = self._provisioned(key)
            scaling = Scaling(len(stream.open_shards), target)
            if target != scaling.current:
                _check_scaling(scaling)
                stream = quota.count_in_day(stream, "shard_count", UPDATES_IN_DAY, self._clock.now_ms())
                steps = uniform_steps(stream, target, self._control.update_ms(1), self._control.update_ms(2))
                self._check_room(stream, sum(len(step.starts) - len(step.parents) == 1 for step in steps))
                self._control.begin(stream, *steps)
            return scaling

    def _provisioned(self, key: Key) -> Stream:
        stream = self._control.active(key)
        if stream.mode != "PROVISIONED":
            raise ValidationException(
                f"Request is invalid. Stream {stream.name} under account {stream.account} is in On-Demand mode."
            )
        return stream

    def _open(self, stream: Stream, shard_id: str) -> Shard:
        index = index_of(shard_id)
        shards = [each for each in kept_shards(stream, self._clock.now_ms()) if each.index == index]
        if not shards:
            raise unknown_shard(stream, shard_id)
        if shards[0].closed_at_ms is not None:
            raise InvalidArgumentException(
                f"Shard {shards[0].shard_id} in stream {stream.name} under account {stream.account} has already been "
                "merged or split, and thus is not eligible for merging or splitting."
            )
        return shards[0]

    def _check_room(self, stream: Stream, added: int) -> None:
        quota.check_shards(self._control.streams(stream.account, stream.region), stream.key, added)


def _check_scaling(scaling: Scaling) -> None:
    """Raises LimitExceededException beyond double, below half (rounded down, as AWS does), and beyond 10,000."""
    current, target = scaling
    counts = f"Current open shard count: {current} Target shard count: {target}"
    if target > MAX_SHARDS:
        raise LimitExceededException(
            f"Target shard count or number of open shards cannot be greater than {MAX_SHARDS}. {counts}"
        )
    if target > 2 * current:
        raise LimitExceededException(
            f"UpdateShardCount cannot scale up over double your current open shard count. {counts}"
        )
    if target < current // 2:
        raise LimitExceededException(
            f"UpdateShardCount cannot scale down below half your current open shard count. {counts}"
        )
