"""Streams on demand scale by themselves: a shard that takes more than half of what it may is split, and after 30 days
without need shards are merged again.

AWS keeps room for twice the peak of the last 30 days, and splits a shard that takes more than 500 KB a second; when it
merges is not documented. What is measured is the average of a minute.
https://docs.aws.amazon.com/streams/latest/dev/how-do-i-size-a-stream.html
"""

import math
from collections.abc import Mapping

import msgspec

from afluente.core.clock import Clock
from afluente.services.kinesis.capacity import ON_DEMAND_SHARDS
from afluente.services.kinesis.control import Control
from afluente.services.kinesis.load import Written
from afluente.services.kinesis.quota import DAY_MS
from afluente.services.kinesis.shard_tree import uniform_steps
from afluente.services.kinesis.stream import Reshard, Shard, Stream
from afluente.services.kinesis.stream_table import LiveStream

PERIOD_MS = 60_000
PEAK_DAYS = 30
BUSY = 0.5
"""Of its limits, what a shard may take before it is split."""

MAX_SHARDS = 200
"""To which a stream scales by itself: AWS's default limit, 200 MB a second."""


class OnDemandScaling:
    """Looks at streams on demand, and reshards them."""

    def __init__(self, control: Control, clock: Clock) -> None:
        self._control = control
        self._clock = clock

    def observe(self, live: LiveStream) -> None:
        """Take into account what was written to a stream; does nothing for most of a minute."""
        now_ms = self._clock.now_ms()
        written = live.load.take(now_ms, PERIOD_MS) if live.load else None
        if written is None:
            return
        with self._control.lock:
            stream = live.stream
            if stream.mode != "ON_DEMAND" or stream.status(now_ms) != "ACTIVE":
                return
            noted = _noted(stream, written, now_ms)
            steps = _splits(noted, written, now_ms) or _merges(noted, now_ms)
            if steps:
                self._control.begin(noted, *steps)
            elif noted != stream:
                self._control.put(noted)


def _noted(stream: Stream, written: Mapping[int, Written], now_ms: int) -> Stream:
    """The stream with today's peak, and without those of more than 30 days ago."""
    total = Written(*map(sum, zip(*written.values(), strict=True))) if written else Written(0, 0)
    today = now_ms // DAY_MS
    peaks = {day: peak for day, peak in stream.peaks if day > today - PEAK_DAYS}
    if total.shards > 1.05 * peaks.get(today, 0):  # what is about the same is not worth a commit
        peaks[today] = round(total.shards, 3)
    return msgspec.structs.replace(stream, peaks=tuple(peaks.items()))


def _splits(stream: Stream, written: Mapping[int, Written], now_ms: int) -> list[Reshard]:
    """Steps that split the busy shards, the busiest first, as long as there may be more."""
    busy = [shard for shard in stream.open_shards if shard.index in written and written[shard.index].shards > BUSY]
    busy.sort(key=lambda shard: written[shard.index].shards, reverse=True)
    room = MAX_SHARDS - len(stream.open_shards)
    return [_halved(shard, now_ms) for shard in busy[: max(0, room)] if _width(shard) > 1]


def _halved(shard: Shard, now_ms: int) -> Reshard:
    start = int(shard.starting_hash_key)
    return Reshard(now_ms, (shard.index,), (str(start), str(start + _width(shard) // 2)))


def _width(shard: Shard) -> int:
    return int(shard.ending_hash_key) - int(shard.starting_hash_key) + 1


def _merges(stream: Stream, now_ms: int) -> list[Reshard]:
    """Steps to half the shards, or to as many as are needed, once 30 days have shown that these are enough."""
    if now_ms < stream.on_demand_since_ms + PEAK_DAYS * DAY_MS:
        return []
    current, wanted = len(stream.open_shards), shards_wanted(stream)
    return uniform_steps(stream, max(wanted, current // 2), now_ms, now_ms) if wanted <= current // 2 else []


def shards_wanted(stream: Stream) -> int:
    """How many shards there is need for: twice the highest peak, the warm throughput, and what all begin with."""
    peak = max((peak for _, peak in stream.peaks), default=0)
    return max(ON_DEMAND_SHARDS, math.ceil(peak / BUSY), stream.warm_mib or 0)
