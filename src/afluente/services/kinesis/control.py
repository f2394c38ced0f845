"""The control plane: making, changing and deleting streams, and what becomes of them with time.

One thread at a time changes streams. Records are `engine`'s.
"""

import threading
from collections.abc import Mapping
from typing import Any

import msgspec

from afluente.core.clock import Clock
from afluente.core.setting import Settings
from afluente.services.kinesis.error import (
    InvalidArgumentException,
    LimitExceededException,
    ResourceInUseException,
    ResourceNotFoundException,
    ValidationException,
)
from afluente.services.kinesis.stream import Key, Stream, even_shards
from afluente.services.kinesis.stream_table import LiveStream, StreamTable
from afluente.store.record_log import RecordLog

SHARD_LIMIT = 20_000
ON_DEMAND_STREAM_LIMIT = 50
ON_DEMAND_SHARDS = 4
"""What a new on-demand stream starts with."""

MIN_RETENTION_HOURS, MAX_RETENTION_HOURS = 24, 8760


class Control:
    """Streams' lives, over the table that keeps them."""

    def __init__(self, table: StreamTable, log: RecordLog, settings: Settings, clock: Clock) -> None:
        self._table = table
        self._log = log
        self._settings = settings
        self._clock = clock
        self._lock = threading.RLock()

    def find(self, key: Key) -> LiveStream:
        """The stream under `key`, in whatever state. Raises ResourceNotFoundException."""
        live = self._table.get(key)
        if live is None or live.stream.is_gone(self._clock.now_ms()):
            raise ResourceNotFoundException(f"Stream {key[2]} under account {key[0]} not found.")
        return live

    def streams(self, account: str, region: str) -> list[Stream]:
        """The streams of one account and region, by name."""
        now_ms = self._clock.now_ms()
        everything = [live.stream for live in self._table.scan()]
        return [each for each in everything if each.key[:2] == (account, region) and not each.is_gone(now_ms)]

    def create(
        self, key: Key, mode: str | None, shard_count: int | None, tags: Mapping[str, str], max_record_kib: int
    ) -> Stream:
        """Make a stream. Without mode and count it is on demand."""
        mode, count = _capacity(mode, shard_count)
        now_ms = self._clock.now_ms()
        with self._lock:
            self._make_room(key, mode, count)
            stream = Stream(
                account=key[0],
                region=key[1],
                name=key[2],
                mode=mode,
                created_at_ms=now_ms,
                active_at_ms=now_ms + self._settings.kinesis_create_delay_ms,
                shards=even_shards(self._log.new_partitions(count), now_ms),
                tags=dict(tags),
                max_record_kib=max_record_kib,
            )
            self._table.put(stream)
        return stream

    def delete(self, key: Key) -> None:
        """Begin to delete; deleting again changes nothing."""
        with self._lock:
            stream = self.find(key).stream
            if stream.gone_at_ms is None:
                gone_at_ms = self._clock.now_ms() + self._settings.kinesis_delete_delay_ms
                self._table.put(msgspec.structs.replace(stream, gone_at_ms=gone_at_ms))

    def change_tags(self, key: Key, added: Mapping[str, str], removed: frozenset[str] = frozenset()) -> None:
        """Add tags over those of the same key, and remove some. Raises InvalidArgumentException beyond 50."""
        with self._lock:
            stream = self.find(key).stream
            tags = {name: value for name, value in {**stream.tags, **added}.items() if name not in removed}
            if len(tags) > 50:
                raise InvalidArgumentException(
                    f"Failed to add tags to stream {stream.name} under account {stream.account} because a given "
                    "stream cannot have more than 50 tags associated with it."
                )
            self._table.put(msgspec.structs.replace(stream, tags=tags))

    def increase_retention(self, key: Key, hours: int) -> None:
        """Keep records for longer."""
        with self._lock:
            stream = self._active(key)
            _check_retention(hours)
            if hours < stream.retention_hours:
                raise InvalidArgumentException(
                    f"Requested retention period ({hours} hours) for stream {stream.name} can not be shorter than "
                    f"existing retention period ({stream.retention_hours} hours). Use DecreaseRetentionPeriod API."
                )
            self._table.put(msgspec.structs.replace(stream, retention_hours=hours))

    def decrease_retention(self, key: Key, hours: int) -> None:
        """Keep records for less long; what is older is no longer given from now on."""
        with self._lock:
            stream = self._active(key)
            _check_retention(hours)
            if hours > stream.retention_hours:
                raise InvalidArgumentException(
                    f"Requested retention period ({hours} hours) for stream {stream.name} can not be longer than "
                    f"existing retention period ({stream.retention_hours} hours). Use IncreaseRetentionPeriod API."
                )
            self._table.put(msgspec.structs.replace(stream, retention_hours=hours))

    def update(self, key: Key, **changes: Any) -> None:
        """Change an ACTIVE stream, which is UPDATING for a while."""
        with self._lock:
            stream = self._active(key)
            updating_until_ms = self._clock.now_ms() + self._settings.kinesis_create_delay_ms
            self._table.put(msgspec.structs.replace(stream, updating_until_ms=updating_until_ms, **changes))

    def update_mode(self, key: Key, mode: str) -> None:
        """Switch between PROVISIONED and ON_DEMAND; the shards stay as they are."""
        with self._lock:
            stream = self._active(key)
            if mode == "ON_DEMAND" and stream.mode != mode:
                self._check_on_demand(key, 1)
            self.update(key, mode=mode)

    def sweep(self) -> int | None:
        """Remove what is gone for good; when the next deleted stream will be."""
        now_ms = self._clock.now_ms()
        with self._lock:
            for live in self._table.scan():
                if live.stream.is_gone(now_ms):
                    self._table.remove(live.stream)
        for partition in self._table.dropped_partitions():
            self._log.drop(partition)
            self._table.forget_partition(partition)
        return min((at for live in self._table.scan() if (at := live.stream.gone_at_ms) is not None), default=None)

    def _active(self, key: Key) -> Stream:
        stream = self.find(key).stream
        status = stream.status(self._clock.now_ms())
        if status != "ACTIVE":
            raise ResourceInUseException(
                f"Stream {stream.name} under account {stream.account} not ACTIVE, instead in state {status}"
            )
        return stream

    def _make_room(self, key: Key, mode: str, shard_count: int) -> None:
        """Check that there may be a new stream under `key`, and clear away a deleted one."""
        account, region, name = key
        old = self._table.get(key)
        if old is not None and not old.stream.is_gone(self._clock.now_ms()):
            raise ResourceInUseException(f"Stream {name} under account {account} already exists.")
        if mode == "ON_DEMAND":
            self._check_on_demand(key, 1)
        current = sum(len(stream.open_shards) for stream in self.streams(account, region))
        if current + shard_count > SHARD_LIMIT:
            raise LimitExceededException(
                f"This request would exceed the shard limit for the account {account} in {region}. Current shard "
                f"count for the account: {current}. Limit: {SHARD_LIMIT}. Number of additional shards that would have "
                f"resulted from this request: {shard_count}. Refer to the AWS Service Limits page "
                "(http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits and how "
                "to request higher limits."
            )
        if old is not None:
            self._table.remove(old.stream)

    def _check_on_demand(self, key: Key, added: int) -> None:
        account, region, _ = key
        current = sum(stream.mode == "ON_DEMAND" for stream in self.streams(account, region))
        if current + added > ON_DEMAND_STREAM_LIMIT:
            raise LimitExceededException(
                f"This request would exceed the on-demand stream limit for the account {account} in {region}. "
                f"Current on-demand stream count for the account: {current}. Limit: {ON_DEMAND_STREAM_LIMIT}."
            )


def _capacity(mode: str | None, shard_count: int | None) -> tuple[str, int]:
    if mode is None:
        mode = "ON_DEMAND" if shard_count is None else "PROVISIONED"
    if mode == "PROVISIONED":
        if shard_count is None:
            raise ValidationException("ShardCount is expected when StreamMode=PROVISIONED")
        return mode, shard_count
    if shard_count is not None:
        raise ValidationException("ShardCount is not expected when StreamMode=ON_DEMAND")
    return mode, ON_DEMAND_SHARDS


def _check_retention(hours: int) -> None:
    if hours < MIN_RETENTION_HOURS:
        raise InvalidArgumentException(
            f"Minimum allowed retention period is {MIN_RETENTION_HOURS} hours. "
            f"Requested retention period ({hours} hours) is too short."
        )
    if hours > MAX_RETENTION_HOURS:
        raise InvalidArgumentException(
            f"Maximum allowed retention period is {MAX_RETENTION_HOURS} hours. "
            f"Requested retention period ({hours} hours) is too long."
        )
