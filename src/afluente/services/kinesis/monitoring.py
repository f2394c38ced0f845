"""Enhanced monitoring: which metrics a stream has of each shard."""

from collections.abc import Callable, Collection
from typing import NamedTuple

from afluente.services.kinesis.control import Control
from afluente.services.kinesis.metric import SHARD_METRICS
from afluente.services.kinesis.stream import Key

ORDER = (
    "IncomingBytes",
    "OutgoingRecords",
    "IteratorAgeMilliseconds",
    "IncomingRecords",
    "ReadProvisionedThroughputExceeded",
    "WriteProvisionedThroughputExceeded",
    "OutgoingBytes",
)
"""In which AWS lists them."""


class Monitored(NamedTuple):
    """The metrics before and after a change."""

    current: tuple[str, ...]
    desired: tuple[str, ...]


def enable(control: Control, key: Key, metrics: Collection[str]) -> Monitored:
    """Have `metrics` too; `ALL` is all of them."""
    return _change(control, key, lambda current: current | _meant(metrics))


def disable(control: Control, key: Key, metrics: Collection[str]) -> Monitored:
    """Have `metrics` no longer."""
    return _change(control, key, lambda current: current - _meant(metrics))


def _change(control: Control, key: Key, change: Callable[[set[str]], set[str]]) -> Monitored:
    with control.lock:
        stream = control.active(key)
        wanted = change(set(stream.shard_metrics))
        desired = tuple(name for name in ORDER if name in wanted)
        if desired != stream.shard_metrics:
            control.change(stream, shard_metrics=desired)
        return Monitored(stream.shard_metrics, desired)


def _meant(metrics: Collection[str]) -> set[str]:
    return set(SHARD_METRICS if "ALL" in metrics else metrics)
