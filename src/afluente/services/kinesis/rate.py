"""How often the control plane may be called: per account and region, some per stream, as token buckets on the clock.

https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html and each operation's page of the API
reference.
"""

import threading
from collections.abc import Mapping
from typing import NamedTuple

from afluente.core.clock import Clock
from afluente.services.kinesis.error import LimitExceededException
from afluente.services.kinesis.stream import Key
from afluente.services.kinesis.throughput import Bucket

KEPT_BUCKETS = 4096
"""Beyond so many, those that are full are forgotten: they are as good as new ones."""


class Rate(NamedTuple):
    """Calls per second, for a whole account or for each stream."""

    per_s: int
    per_stream: bool = False


RATES: Mapping[str, Rate] = {
    **dict.fromkeys(
        (
            "AddTagsToStream",
            "CreateStream",
            "DeleteResourcePolicy",
            "DeleteStream",
            "DescribeAccountSettings",
            "GetResourcePolicy",
            "ListStreams",
            "PutResourcePolicy",
            "UpdateAccountSettings",
            "UpdateStreamWarmThroughput",
        ),
        Rate(5),
    ),
    **dict.fromkeys(
        (
            "DecreaseStreamRetentionPeriod",
            "DeregisterStreamConsumer",
            "DisableEnhancedMonitoring",
            "EnableEnhancedMonitoring",
            "IncreaseStreamRetentionPeriod",
            "ListStreamConsumers",
            "ListTagsForStream",
            "MergeShards",
            "RegisterStreamConsumer",
            "RemoveTagsFromStream",
            "SplitShard",
        ),
        Rate(5, per_stream=True),
    ),
    "DescribeLimits": Rate(1),
    "DescribeStream": Rate(10),
    "DescribeStreamConsumer": Rate(20, per_stream=True),
    "DescribeStreamSummary": Rate(20),
    "ListShards": Rate(1000, per_stream=True),
    "UpdateShardCount": Rate(10),
}


class Rates:
    """Counts calls, and says when there are too many."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: dict[tuple[str, ...], Bucket] = {}
        self._lock = threading.Lock()

    def admit(self, operation: str, account: str, region: str, stream: Key | None) -> None:
        """Count a call of `operation`, on `stream` if it is on one. Raises LimitExceededException for one too many."""
        rate = RATES.get(operation)
        if rate is None:
            return
        # what names no stream is answered with an error of its own
        place = stream if rate.per_stream and stream else (account, region)
        with self._lock:
            admitted = self._bucket((operation, *place), rate).admit(self._clock.now_ms())
        if not admitted:
            where = f"stream {stream[2]} under account {stream[0]}" if stream else f"account {account}"
            raise LimitExceededException(f"Rate exceeded for {where}.")

    def _bucket(self, place: tuple[str, ...], rate: Rate) -> Bucket:
        bucket = self._buckets.get(place)
        if bucket is None:
            if len(self._buckets) >= KEPT_BUCKETS:
                now_ms = self._clock.now_ms()
                self._buckets = {name: each for name, each in self._buckets.items() if not each.is_full(now_ms)}
            bucket = self._buckets[place] = Bucket(rate.per_s, rate.per_s)
        return bucket
