"""Warm throughput: how much an on-demand stream is to take from the start, for accounts with a commitment."""

import msgspec

from afluente.services.kinesis.account import Accounts
from afluente.services.kinesis.capacity import warm_shards
from afluente.services.kinesis.control import Control
from afluente.services.kinesis.error import LimitExceededException, ValidationException
from afluente.services.kinesis.shard_tree import uniform_steps
from afluente.services.kinesis.stream import Change, Key, Stream

MAX_MIB = 10_240


def update(control: Control, accounts: Accounts, key: Key, mib: int) -> Stream:
    """Begin to scale to shards for `mib` MiB a second; the stream as it is now."""
    with control.lock:
        stream = control.find(key).stream
        check(accounts, key, stream.mode, mib)
        stream = msgspec.structs.replace(control.active(key), warm_target_mib=mib)
        begin(control, stream, {"warm_mib": mib})
        return stream


def begin(control: Control, stream: Stream, members: dict[str, object]) -> None:
    """Scale an ACTIVE stream to its warm throughput, and then have it get new values for `members`."""
    target, split_ms, merge_ms = warm_shards(stream.warm_target_mib or 0), control.update_ms(1), control.update_ms(2)
    steps = uniform_steps(stream, target, split_ms, merge_ms)
    control.begin(stream, *steps, Change(steps[-1].at_ms if steps else split_ms, members))


def check(accounts: Accounts, key: Key, mode: str | None, mib: int) -> None:
    """Raises ValidationException where there is no warm throughput, LimitExceededException for too much."""
    accounts.require_commitment(*key[:2])
    if mode != "ON_DEMAND":
        raise ValidationException("WarmThroughputMiBps is only supported for streams with StreamMode=ON_DEMAND")
    if mib > MAX_MIB:
        raise LimitExceededException(f"WarmThroughputMiBps is {mib}. An on-demand stream scales to {MAX_MIB} MiB/s.")
