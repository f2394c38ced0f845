"""Splits and merges shards through crashes."""

import random
from itertools import pairwise
from typing import Any

MOST_OPEN = 5
LARGEST = (1 << 128) - 1


class Resharder:
    """Splits the shards of a stream while they are few, and merges them while they are many."""

    def __init__(self, kinesis: Any, stream: str, seed: int) -> None:
        self.closed: set[str] = set()
        self._kinesis = kinesis
        self._stream = stream
        self._random = random.Random(seed)

    def step(self) -> None:
        """One split or merge, now and then; not while the stream is UPDATING, or was asked too often."""
        if self._random.random() > 0.1:
            return
        shards = self._open()
        try:
            if len(shards) < self._random.randint(2, MOST_OPEN):
                self._split(self._random.choice(shards))
            else:
                self._merge(*self._random.choice(list(pairwise(shards))))
        except (self._kinesis.exceptions.ResourceInUseException, self._kinesis.exceptions.LimitExceededException):
            return

    def _split(self, shard: dict[str, Any]) -> None:
        low, high = _range(shard)
        self._kinesis.split_shard(
            StreamName=self._stream, ShardToSplit=shard["ShardId"], NewStartingHashKey=str((low + high) // 2)
        )
        self.closed.add(shard["ShardId"])

    def _merge(self, left: dict[str, Any], right: dict[str, Any]) -> None:
        self._kinesis.merge_shards(
            StreamName=self._stream, ShardToMerge=left["ShardId"], AdjacentShardToMerge=right["ShardId"]
        )
        self.closed |= {left["ShardId"], right["ShardId"]}

    def _open(self) -> list[dict[str, Any]]:
        shards = [shard for shard in self.shards() if "EndingSequenceNumber" not in shard["SequenceNumberRange"]]
        return sorted(shards, key=_range)

    def shards(self) -> list[dict[str, Any]]:
        """All shards, closed ones too."""
        pages = self._kinesis.get_paginator("list_shards").paginate(StreamName=self._stream)
        return [shard for page in pages for shard in page["Shards"]]

    def check(self) -> None:
        """What was acknowledged was done, and the open shards share all hash keys between them."""
        open_ = self._open()
        assert self.closed, "no load"
        assert not self.closed & {shard["ShardId"] for shard in open_}, "an acknowledged split or merge is undone"
        ranges = [_range(shard) for shard in open_]
        assert (ranges[0][0], ranges[-1][1]) == (0, LARGEST)
        assert all(left[1] + 1 == right[0] for left, right in pairwise(ranges)), ranges


def _range(shard: dict[str, Any]) -> tuple[int, int]:
    return int(shard["HashKeyRange"]["StartingHashKey"]), int(shard["HashKeyRange"]["EndingHashKey"])
