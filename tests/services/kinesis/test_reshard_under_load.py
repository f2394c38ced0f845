"""Puts that race with resharding: none is lost, none lands in a shard after its close, each key keeps its order."""

import random
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.services.kinesis.stand import ACCOUNT, REGION, Stand

from afluente.services.kinesis.engine import Shard

KEYS = [f"turbine-{number}" for number in range(8)]
RESHARDINGS = 25


class Producer:
    """Numbers the records of each of its keys, and puts the next batch when the last is safe."""

    def __init__(self, name: str, put: Callable[[list[str], list[bytes]], object]) -> None:
        self.keys = [f"{name}-{key}" for key in KEYS]
        self.sent = 0
        self._put = put

    def run(self, done: threading.Event) -> None:
        while not done.is_set():
            self._put(self.keys * 2, [b"%d" % (2 * self.sent + half) for half in range(2) for _ in self.keys])
            self.sent += 1


class Reader:
    """Follows the shards as a consumer does: a closed one to its end, and only then its children."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        self._positions: dict[str, int] = {}
        self._finished: set[str] = set()
        self.data: dict[str, list[int]] = defaultdict(list)

    def run(self, done: threading.Event) -> None:
        while not done.is_set():
            self.read()

    def read(self) -> None:
        for shard in self._stand.engine.shards(ACCOUNT, REGION, "wind"):
            if shard.shard_id not in self._finished and self._finished.issuperset(shard.parents):
                self._read(shard)

    def _read(self, shard: Shard) -> None:
        batch = self._stand.engine.read(shard.partition, self._positions.get(shard.shard_id, 0), 1 << 20)
        for record in batch.records:
            self.data[record.partition_key].append(int(record.data))
        self._positions[shard.shard_id] = batch.next_position
        if shard.closed and batch.next_position >= shard.next_position:
            self._finished.add(shard.shard_id)


def test_put_that_was_routed_before_a_split_goes_to_a_child(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    stand.stream()
    live = stand.engine.writable((ACCOUNT, REGION, "wind"))
    (parent,) = stand.engine.shards(ACCOUNT, REGION, "wind")
    route = live.router.slots

    def split_meanwhile(keys: Sequence[str], hash_keys: Sequence[str | None] | None = None) -> list[int]:
        slots = route(keys, hash_keys)
        stand.split()
        return slots

    monkeypatch.setattr(live.router, "slots", split_meanwhile)
    placed = stand.engine.place(live, ["a", "b"], [b"1", b"2"])
    placed.future.result()
    assert {shard.index for shard, _ in placed.in_order()} <= {1, 2}
    assert stand.log.next_position(parent.partition) == 0


@pytest.fixture
def _many_switches() -> Iterator[None]:
    """Threads take turns often, so that they meet in unlikely places."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.usefixtures("_many_switches")
def test_puts_during_resharding(stand: Stand, seed: int) -> None:
    stand.stream(shards=2)
    live = stand.engine.writable((ACCOUNT, REGION, "wind"))
    generic = Producer("generic", lambda keys, data: stand.engine.put(live, keys, data, [None] * len(keys)))
    hot = Producer("hot", lambda keys, data: stand.engine.place(live, keys, data).future.result())
    reader, done = Reader(stand), threading.Event()
    with ThreadPoolExecutor(3) as pool:
        running = [pool.submit(each.run, done) for each in (generic, hot, reader)]
        reshard_at_random(stand, random.Random(seed))
        done.set()
    for future in running:
        future.result()
    for _ in range(2 * RESHARDINGS + 2):
        reader.read()
    for producer in (generic, hot):
        assert producer.sent > 0
        for key in producer.keys:
            assert reader.data[key] == list(range(2 * producer.sent)), key


def reshard_at_random(stand: Stand, choice: random.Random) -> None:
    for _ in range(RESHARDINGS):
        shards = stand.list_shards(StreamName="wind", ShardFilter={"Type": "AT_LATEST"})["Shards"]
        shards.sort(key=lambda shard: int(shard["HashKeyRange"]["StartingHashKey"]))
        place = choice.randrange(len(shards))
        if len(shards) > 3 and place:
            ids = [shard["ShardId"] for shard in shards[place - 1 : place + 1]]
            stand.merge_shards(StreamName="wind", ShardToMerge=ids[0], AdjacentShardToMerge=ids[1])
        else:
            stand.split(int(shards[place]["ShardId"][-12:]))
