"""From partition keys to shards: MD5 of the key, or the explicit hash key, and the shard whose range holds it.

An index into the router's shards is called a slot.
"""

from bisect import bisect_right
from collections.abc import Sequence

from afluente.services.kinesis.error import InvalidArgumentException
from afluente.services.kinesis.stream import HASH_KEYS, Shard
from afluente.services.kinesis.throughput import WriteLimit

try:
    # CPython's own: for a text as short as a key it takes half the time of OpenSSL's.
    from _md5 import md5  # type: ignore[import-not-found]  # has no stub
except ImportError:
    from hashlib import md5

REMEMBERED_KEYS = 16_384
"""Keys whose shard is remembered: producers use few keys over and over, and a look-up costs a fifth of an MD5."""


class Router:
    """The open shards of a stream, which cover all hash keys, and what each of them takes per second.

    Limits of shards that `before` had already go on, as long as the maximum record size is the same.
    """

    def __init__(self, shards: Sequence[Shard], max_record_bytes: int, before: "Router | None" = None) -> None:
        self.shards = sorted(shards, key=lambda shard: int(shard.starting_hash_key))
        self.bases = [shard.sequence_base for shard in self.shards]
        self.max_record_bytes = max_record_bytes
        same = before if before and before.max_record_bytes == max_record_bytes else None
        known = dict(zip([shard.index for shard in same.shards], same.limits, strict=True)) if same else {}
        self.limits: list[WriteLimit] = [
            known.get(shard.index) or WriteLimit(max_record_bytes) for shard in self.shards
        ]
        self._starts = [int(shard.starting_hash_key).to_bytes(16, "big") for shard in self.shards]
        self._known: dict[str, int] = {}

    def slots(self, partition_keys: Sequence[str], hash_keys: Sequence[str | None] | None = None) -> list[int]:
        """The slot of each record: by its ExplicitHashKey where it has one, else by its partition key."""
        slots = self._slots(partition_keys)
        for index, hash_key in enumerate(hash_keys or ()):
            if hash_key is not None:
                slots[index] = self._slot_of_hash_key(hash_key)
        return slots

    def _slots(self, partition_keys: Sequence[str]) -> list[int]:
        if len(self.shards) == 1:
            return [0] * len(partition_keys)
        known = self._known
        try:
            return [known[key] for key in partition_keys]
        except KeyError:
            return [self._learn(key) if (slot := known.get(key)) is None else slot for key in partition_keys]

    def _slot_of_hash_key(self, hash_key: str) -> int:
        """The slot of an ExplicitHashKey. Raises InvalidArgumentException beyond 2^128-1."""
        number = int(hash_key)
        if number >= HASH_KEYS:
            raise InvalidArgumentException(
                "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
                f"Specified value was {hash_key}"
            )
        return bisect_right(self._starts, number.to_bytes(16, "big")) - 1

    def _learn(self, partition_key: str) -> int:
        if len(self._known) >= REMEMBERED_KEYS:
            self._known = {}
        digest = md5(partition_key.encode()).digest()
        slot = self._known[partition_key] = bisect_right(self._starts, digest) - 1
        return slot
