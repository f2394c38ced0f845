"""What a new stream begins with: its mode, and shards for it."""

from typing import NamedTuple

from afluente.services.kinesis.error import ValidationException

ON_DEMAND_SHARDS = 4
"""What a stream on demand has at least."""


class Capacity(NamedTuple):
    """A mode, and how many shards; on demand also the warm throughput that these are for, if any."""

    mode: str
    shards: int
    warm_mib: int | None = None


def capacity(mode: str | None, shard_count: int | None, warm_mib: int | None) -> Capacity:
    """The capacity that CreateStream asks for. Without mode and count, a stream is on demand."""
    if mode is None:
        mode = "ON_DEMAND" if shard_count is None else "PROVISIONED"
    if mode == "PROVISIONED":
        if shard_count is None:
            raise ValidationException("ShardCount is expected when StreamMode=PROVISIONED")
        return Capacity(mode, shard_count)
    if shard_count is not None:
        raise ValidationException("ShardCount is not expected when StreamMode=ON_DEMAND")
    return Capacity(mode, warm_shards(warm_mib or 0), warm_mib)


def warm_shards(mib: int) -> int:
    """How many shards take `mib` MiB a second."""
    return max(ON_DEMAND_SHARDS, mib)
