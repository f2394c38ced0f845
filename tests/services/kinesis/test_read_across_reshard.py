"""Reading closed shards: to their end, on to their children, until their records are past retention."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from tests.services.kinesis.stand import ACCOUNT, REGION, Stand

from afluente.core.clock import utc
from afluente.services.kinesis.error import ResourceNotFoundException

HIGHEST = str(2**128 - 1)


def drain(stand: Stand, iterator: str, limit: int = 2) -> tuple[list[bytes], list[dict[str, Any]]]:
    """Everything from `iterator` to the end of its closed shard, and the children to go on with."""
    data: list[bytes] = []
    for _ in range(20):
        page = stand.get_records(ShardIterator=iterator, Limit=limit)
        data += [record["Data"] for record in page["Records"]]
        if "NextShardIterator" not in page:
            return data, page["ChildShards"]
        assert "ChildShards" not in page
        iterator = page["NextShardIterator"]
    raise AssertionError("the shard does not end")


def test_get_records_of_a_split_shard_ends_with_its_children(stand: Stand) -> None:
    stand.stream()
    stand.put(b"0", b"1", b"2")
    stand.split(at=1000)
    assert drain(stand, stand.iterator()) == (
        [b"0", b"1", b"2"],
        [
            {
                "ShardId": "shardId-000000000001",
                "ParentShards": ["shardId-000000000000"],
                "HashKeyRange": {"StartingHashKey": "0", "EndingHashKey": "999"},
            },
            {
                "ShardId": "shardId-000000000002",
                "ParentShards": ["shardId-000000000000"],
                "HashKeyRange": {"StartingHashKey": "1000", "EndingHashKey": HIGHEST},
            },
        ],
    )


def test_get_records_of_merged_shards_ends_with_the_same_child(stand: Stand) -> None:
    stand.stream(shards=2)
    stand.merge(0, 1)
    child = {
        "ShardId": "shardId-000000000002",
        "ParentShards": ["shardId-000000000000", "shardId-000000000001"],
        "HashKeyRange": {"StartingHashKey": "0", "EndingHashKey": HIGHEST},
    }
    assert [drain(stand, stand.iterator(shard=shard)) for shard in (0, 1)] == [([], [child])] * 2


def test_get_records_of_an_iterator_from_before_the_split(stand: Stand) -> None:
    stand.stream()
    stand.put(b"0")
    iterators = [stand.iterator("TRIM_HORIZON"), stand.iterator("LATEST")]
    stand.put(b"1")
    stand.split()
    stand.put(b"2")
    assert [drain(stand, iterator)[0] for iterator in iterators] == [[b"0", b"1"], [b"1"]]


def test_iterators_of_every_type_on_a_closed_shard(stand: Stand) -> None:
    stand.stream()
    (first,) = stand.put(b"0")
    stand.clock.advance(60)
    (second,) = stand.put(b"1")
    stand.clock.advance(60)
    stand.split()
    number, later = first["SequenceNumber"], second["SequenceNumber"]
    ending = stand.shards()[0]["SequenceNumberRange"]["EndingSequenceNumber"]
    now = utc(stand.clock.now_ms())
    for kind, members, expected in [
        ("TRIM_HORIZON", {}, [b"0", b"1"]),
        ("LATEST", {}, []),
        ("AT_SEQUENCE_NUMBER", {"StartingSequenceNumber": number}, [b"0", b"1"]),
        ("AFTER_SEQUENCE_NUMBER", {"StartingSequenceNumber": number}, [b"1"]),
        ("AFTER_SEQUENCE_NUMBER", {"StartingSequenceNumber": later}, []),
        ("AT_SEQUENCE_NUMBER", {"StartingSequenceNumber": ending}, []),
        ("AFTER_SEQUENCE_NUMBER", {"StartingSequenceNumber": ending}, []),
        ("AT_TIMESTAMP", {"Timestamp": now - timedelta(seconds=90)}, [b"1"]),
        ("AT_TIMESTAMP", {"Timestamp": now}, []),
    ]:
        data, children = drain(stand, stand.iterator(kind, **members))
        assert (data, len(children)) == (expected, 2), kind


def test_get_records_of_a_closed_shard_is_not_behind_at_its_end(stand: Stand) -> None:
    stand.stream()
    stand.put(b"0", b"1")
    stand.split()
    stand.clock.advance(100)
    page = stand.get_records(ShardIterator=stand.iterator(), Limit=1)
    assert page["MillisBehindLatest"] == 100_000
    page = stand.get_records(ShardIterator=page["NextShardIterator"])
    assert page["MillisBehindLatest"] == 0


def test_get_records_of_a_closed_shard_whose_records_are_past_retention_ends(stand: Stand) -> None:
    stand.stream()
    stand.put(b"0")
    stand.clock.advance(24 * 3600)
    stand.split()
    stand.clock.advance(10)  # the record is past retention, the shard is not
    data, children = drain(stand, stand.iterator())
    assert (data, len(children)) == ([], 2)


def test_closed_shards_vanish_when_retention_has_passed(stand: Stand) -> None:
    stand.stream()
    stand.put(b"0")
    (parent,) = stand.engine.shards(ACCOUNT, REGION, "wind")
    stand.split()
    stand.clock.advance(24 * 3600)
    assert len(stand.shards()) == 3
    stand.clock.advance(0.001)
    assert [shard["ShardId"] for shard in stand.shards()] == ["shardId-000000000001", "shardId-000000000002"]
    assert [shard["ParentShardId"] for shard in stand.shards()] == ["shardId-000000000000"] * 2
    assert stand.list_shards(StreamName="wind")["Shards"] == stand.shards()
    with pytest.raises(ResourceNotFoundException, match=r"^Shard shardId-000000000000 in .* does not exist$"):
        stand.iterator()
    stand.engine.control.sweep()
    assert stand.log.end(parent.partition) == 0
    with pytest.raises(ResourceNotFoundException):
        stand.engine.read(parent.partition, 0, 1)


def test_partition_of_a_vanished_shard_is_dropped_after_a_crash_in_between(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand.stream()
    stand.put(b"0")
    (parent,) = stand.engine.shards(ACCOUNT, REGION, "wind")
    stand.split()

    def crash(_partition: int) -> None:
        raise OSError("the power is gone")

    monkeypatch.setattr(stand.log, "drop", crash)
    stand.clock.advance(24 * 3600 + 1)
    with pytest.raises(OSError, match="power"):
        stand.engine.control.sweep()
    assert stand.log.end(parent.partition) == 1
    stand.reopen()
    stand.engine.control.sweep()
    assert stand.log.end(parent.partition) == 0
    assert len(stand.shards()) == 2


def test_iterator_of_a_shard_that_has_vanished(stand: Stand) -> None:
    stand.stream()
    stand.split()
    stand.clock.advance(24 * 3600 - 60)
    iterator = stand.iterator()
    stand.clock.advance(61)
    with pytest.raises(ResourceNotFoundException):
        stand.get_records(ShardIterator=iterator)


def test_hot_get_records_answers_as_the_generic_one(stand: Stand) -> None:
    stand.stream()
    stand.put(b"0")
    iterator = stand.iterator()
    for end, members in ((False, {"NextShardIterator"}), (True, {"ChildShards"})):
        if end:
            stand.split()
        body = json.dumps({"ShardIterator": iterator}).encode()
        answer = json.loads(asyncio.run(stand.hot["GetRecords"](stand.call("GetRecords"), body)) or b"null")
        generic = stand.get_records(ShardIterator=iterator)
        assert set(answer) == set(generic) == {"Records", "MillisBehindLatest"} | members
        assert answer.get("ChildShards") == generic.get("ChildShards")
