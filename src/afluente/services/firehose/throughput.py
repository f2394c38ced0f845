"""What direct puts may bring in per second, as token buckets on the clock.

Source: "Amazon Data Firehose quota", Firehose developer guide.
"""

import threading
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from afluente.services.firehose.stream import DeliveryStream

MIB = 1 << 20
LARGE_REGIONS = frozenset({"us-east-1", "us-west-2", "eu-west-1"})


class Quota(NamedTuple):
    """Per second."""

    records: int
    requests: int
    bytes: int

    @staticmethod
    def of(region: str) -> "Quota":
        """The quota of a delivery stream in `region`."""
        return Quota(500_000, 2_000, 5 * MIB) if region in LARGE_REGIONS else Quota(100_000, 1_000, MIB)


class Throughput:
    """What is left of a quota: it fills up within a second. Not thread-safe."""

    def __init__(self, quota: Quota) -> None:
        self._quota = quota
        self._left = [float(amount) for amount in quota]
        self._filled_at_ms = 0

    def admit(self, sizes: Sequence[int], now_ms: int) -> int:
        """How many records of a request, from its first on, there is room for. What is admitted is taken."""
        self._fill(now_ms)
        records, requests, size = self._left
        if requests < 1:
            return 0
        fitting = sum(total <= size for total in accumulate(sizes))
        admitted = min(fitting, int(records))
        self._left = [records - admitted, requests - 1, size - sum(sizes[:admitted])]
        return admitted

    def _fill(self, now_ms: int) -> None:
        if now_ms > self._filled_at_ms:
            gained = (now_ms - self._filled_at_ms) / 1000
            self._left = [min(most, left + gained * most) for most, left in zip(self._quota, self._left, strict=True)]
            self._filled_at_ms = now_ms


class Quotas:
    """The throughput of every delivery stream, as far as it is limited (`enforced`)."""

    def __init__(self, enforced: bool) -> None:
        self._enforced = enforced
        self._throughput: dict[str, Throughput] = {}
        self._lock = threading.Lock()

    def admit(self, stream: DeliveryStream, sizes: Sequence[int], now_ms: int) -> int:
        """As `Throughput.admit`."""
        if not self._enforced:
            return len(sizes)
        with self._lock:
            if stream.id not in self._throughput:
                self._throughput[stream.id] = Throughput(Quota.of(stream.region))
            return self._throughput[stream.id].admit(sizes, now_ms)

    def forget(self, stream: DeliveryStream) -> None:
        """The delivery stream is gone."""
        self._throughput.pop(stream.id, None)
