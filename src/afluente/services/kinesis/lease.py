"""Who may receive a shard's records at a time: one subscription of each consumer, for up to five minutes.

Times and the text are AWS's: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SubscribeToShard.html. As was
seen there, a subscription that another takes over from ends as if its time were up, without an error.
"""

import math
import threading
from collections.abc import Callable

from afluente.core.alarm import Alarms
from afluente.core.clock import Clock
from afluente.services.kinesis.error import ResourceInUseException
from afluente.services.kinesis.throughput import READ_BYTES, Bucket

LIFE_MS = 300_000
RENEWAL_MS = 5_000
"""So soon after a subscription was accepted, the same consumer may not subscribe to the shard again."""

Holder = tuple[str, str]
"""A consumer's ARN and a shard id."""


class Lease:
    """A subscription's right to a shard. `wake` is called when it ends; whoever has it sets it."""

    def __init__(self, accepted_at_ms: int, bucket: Bucket | None) -> None:
        self.accepted_at_ms = accepted_at_ms
        self.expires_at_ms = accepted_at_ms + LIFE_MS
        self.wake: Callable[[], None] | None = None
        self._bucket = bucket
        self._ended = False

    def is_over(self, now_ms: int) -> bool:
        """Has another taken over, or is its time up?"""
        return self._ended or now_ms >= self.expires_at_ms

    def end(self) -> None:
        """It is over."""
        self._ended = True
        wake = self.wake
        if wake is not None:
            wake()

    def ready_at_ms(self, now_ms: int) -> int:
        """When something may be sent; `now_ms` if at once. What was sent too much has to be waited for first."""
        level = 1.0 if self._bucket is None else self._bucket.level(now_ms)
        return now_ms if level > 0 else now_ms + math.floor(-level * 1000 / READ_BYTES) + 1

    def sent(self, size: int) -> None:
        """So many bytes were sent."""
        if self._bucket is not None:
            self._bucket.take(size)


class Leases:
    """The subscriptions there are. `enforce_limits`: 2 MiB per second to each, from one subscription to the next."""

    def __init__(self, alarms: Alarms, clock: Clock, *, enforce_limits: bool) -> None:
        self._alarms = alarms
        self._clock = clock
        self._enforce_limits = enforce_limits
        self._held: dict[Holder, Lease] = {}
        self._buckets: dict[Holder, Bucket] = {}
        self._lock = threading.Lock()

    def take(self, holder: Holder, description: str) -> Lease:
        """A lease, over which an older one of the same holder ends. Raises ResourceInUseException within 5 seconds."""
        now_ms = self._clock.now_ms()
        with self._lock:
            old = self._held.get(holder)
            if old is not None and now_ms < old.accepted_at_ms + RENEWAL_MS:
                raise ResourceInUseException(f"Another active subscription exists for this consumer: {description}")
            bucket = self._buckets.setdefault(holder, Bucket(READ_BYTES, READ_BYTES)) if self._enforce_limits else None
            lease = self._held[holder] = Lease(now_ms, bucket)
        if old is not None:
            old.end()
        self._alarms.set(lease.expires_at_ms, lambda: self._expire(holder, lease))
        return lease

    def _expire(self, holder: Holder, lease: Lease) -> None:
        with self._lock:
            if self._held.get(holder) is lease:
                del self._held[holder]
                self._buckets.pop(holder, None)
        lease.end()
