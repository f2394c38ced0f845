"""The shards of a stream as a tree: which are there to be read, who descends from whom, and how resharding grows it.

A shard is open until it is split or merged, then closed, and gone when its last records are past retention.
"""

from collections.abc import Sequence
from itertools import count

import msgspec

from afluente.services.kinesis.error import ResourceNotFoundException
from afluente.services.kinesis.stream import HASH_KEYS, Reshard, Shard, Stream, shard_id


def kept_shards(stream: Stream, now_ms: int) -> list[Shard]:
    """The shards that may have records: not those that were closed before the retention period."""
    horizon_ms = stream.horizon_ms(now_ms)
    return [shard for shard in stream.shards if shard.closed_at_ms is None or shard.closed_at_ms >= horizon_ms]


def visible_shards(stream: Stream, now_ms: int) -> list[Shard]:
    """The shards that AWS lists: none while CREATING."""
    return [] if stream.status(now_ms) == "CREATING" else kept_shards(stream, now_ms)


def find_shard(stream: Stream, text: str, now_ms: int) -> Shard:
    """The shard with the id `text`; AWS takes the bare number too. Raises ResourceNotFoundException."""
    index = index_of(text)
    if index is None:
        raise unknown_shard(stream, text)
    for shard in kept_shards(stream, now_ms):
        if shard.index == index:
            return shard
    raise ResourceNotFoundException(
        f"Shard {shard_id(index)} in stream {stream.name} under account {stream.account} does not exist"
    )


def index_of(text: str) -> int | None:
    """The number in a shard id; None when `text` is none."""
    digits = text.rpartition("-")[2]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 20 and int(digits) < 1 << 31 else None


def unknown_shard(stream: Stream, text: str) -> ResourceNotFoundException:
    """What SplitShard and MergeShards answer for a shard that is not there, and all for an id that is none."""
    return ResourceNotFoundException(
        f"Could not find shard {text} in stream {stream.name} under account {stream.account}."
    )


def children(stream: Stream, parent: Shard) -> list[Shard]:
    """The shards that took over from a closed one."""
    return [shard for shard in stream.shards if parent.shard_id in shard.parents]


def resharded(stream: Stream, step: Reshard, partitions: Sequence[int], now_ms: int) -> tuple[Shard, ...]:
    """The stream's shards after `step`, with `partitions` of the log for the children."""
    parents = [shard for index in step.parents for shard in stream.shards if shard.index == index]
    last = max(int(parent.ending_hash_key) for parent in parents)
    ends = [*(str(int(start) - 1) for start in step.starts[1:]), str(last)]
    first_index = next_index(stream)
    born = [
        Shard(
            index=first_index + number,
            partition=partition,
            starting_hash_key=start,
            ending_hash_key=end,
            created_at_ms=now_ms,
            parents=tuple(parent.shard_id for parent in parents),
        )
        for number, (partition, start, end) in enumerate(zip(partitions, step.starts, ends, strict=True))
    ]
    kept = [
        msgspec.structs.replace(each, closed_at_ms=now_ms) if each.index in step.parents else each
        for each in stream.shards
    ]
    return (*kept, *born)


def next_index(stream: Stream) -> int:
    """The index of the next shard. The one with the highest is always open, so that none is ever given again."""
    return max(shard.index for shard in stream.shards) + 1


def uniform_steps(stream: Stream, target: int, split_at_ms: int, merge_at_ms: int) -> list[Reshard]:
    """The steps to `target` shards of even width, as AWS takes them: splits at the new bounds, then merges between.

    The shards in between are short-lived, and all have two children or one, as those of SplitShard and MergeShards.
    """
    width = HASH_KEYS // target
    bounds = [number * width for number in range(1, target)]
    steps: list[Reshard] = []
    pieces: list[tuple[int, int]] = []  # (index, starting hash key), in the order of hash keys
    indexes = count(next_index(stream))
    for shard in sorted(stream.open_shards, key=lambda shard: int(shard.starting_hash_key)):
        index, start = shard.index, int(shard.starting_hash_key)
        for bound in bounds:
            if start < bound <= int(shard.ending_hash_key):
                steps.append(Reshard(split_at_ms, (index,), (str(start), str(bound))))
                pieces.append((next(indexes), start))
                index, start = next(indexes), bound
        pieces.append((index, start))
    for low, high in zip([0, *bounds], [*bounds, HASH_KEYS], strict=True):
        first, *others = [index for index, start in pieces if low <= start < high]
        for other in others:
            steps.append(Reshard(merge_at_ms, (first, other), (str(low),)))
            first = next(indexes)
    return steps
