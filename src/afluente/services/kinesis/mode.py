"""Switching a stream between provisioned and on demand, and its maximum record size."""

import msgspec

from afluente.core.clock import Clock
from afluente.services.kinesis import quota, warm_throughput
from afluente.services.kinesis.control import Control
from afluente.services.kinesis.error import InvalidArgumentException
from afluente.services.kinesis.stream import Key

SWITCHES_IN_DAY = 2


def update_mode(control: Control, key: Key, mode: str, warm_mib: int | None, clock: Clock) -> None:
    """Switch to `mode`; the shards stay as they are, but for a warm throughput.

    To ask for what is so already changes nothing, as on AWS.
    """
    with control.lock:
        stream = control.active(key)
        if mode != stream.mode:
            stream = quota.count_in_day(stream, "mode", SWITCHES_IN_DAY, clock.now_ms())
            streams = control.streams(*key[:2])
            if mode == "ON_DEMAND":
                quota.check_on_demand(streams, key)
            else:
                quota.check_shards(streams, key, len(stream.open_shards))
        members: dict[str, object] = {"mode": mode}
        if warm_mib is not None:
            stream = msgspec.structs.replace(stream, warm_target_mib=warm_mib)
            warm_throughput.begin(control, stream, {**members, "warm_mib": warm_mib})
        elif mode != stream.mode:
            control.change(stream, **members, warm_mib=None, warm_target_mib=None)


def check_strategy(mode: str) -> None:
    """Raises InvalidArgumentException where a stream has no record distribution strategy."""
    if mode != "ON_DEMAND":
        raise InvalidArgumentException("RecordDistributionStrategy is only supported for StreamMode=ON_DEMAND")


def update_max_record_size(control: Control, key: Key, kib: int) -> None:
    """Take records of up to `kib` KiB."""
    with control.lock:
        stream = control.active(key)
        if kib != stream.max_record_kib:
            control.change(stream, max_record_kib=kib)
