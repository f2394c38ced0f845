"""Switching a stream between provisioned and on demand, and its maximum record size."""

from afluente.core.clock import Clock
from afluente.services.kinesis import quota
from afluente.services.kinesis.control import Control
from afluente.services.kinesis.stream import Key

SWITCHES_IN_DAY = 2


def update_mode(control: Control, key: Key, mode: str, clock: Clock) -> None:
    """Switch to `mode`; the shards stay as they are. To ask for what is so already changes nothing, as on AWS."""
    with control.lock:
        stream = control.active(key)
        if mode == stream.mode:
            return
        stream = quota.count_in_day(stream, "mode", SWITCHES_IN_DAY, clock.now_ms())
        streams = control.streams(*key[:2])
        if mode == "ON_DEMAND":
            quota.check_on_demand(streams, key)
        else:
            quota.check_shards(streams, key, len(stream.open_shards))
        control.change(stream, mode=mode)


def update_max_record_size(control: Control, key: Key, kib: int) -> None:
    """Take records of up to `kib` KiB."""
    with control.lock:
        stream = control.active(key)
        if kib != stream.max_record_kib:
            control.change(stream, max_record_kib=kib)
