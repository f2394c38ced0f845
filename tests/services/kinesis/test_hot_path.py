"""The hot path and the generic one read the same bytes the same way, or the hot one leaves them to the generic."""

import asyncio
import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.services.kinesis.stand import Stand

from afluente.services.kinesis.reader import Record

KEYS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=140)
ENTRIES = st.lists(st.tuples(st.binary(max_size=300), KEYS), min_size=1, max_size=20)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """One for all examples: only what an example adds is looked at."""
    stand = Stand(tmp_path_factory.mktemp("hot") / "stand")
    stand.stream("hot", shards=3)
    stand.stream("generic", shards=3)
    yield stand
    stand.close()


def run(stand: Stand, operation: str, body: bytes) -> Any:
    answer = asyncio.run(stand.hot[operation](stand.call(operation), body))
    return None if answer is None else json.loads(answer)


def encoded(data: bytes, key: str) -> dict[str, str]:
    return {"Data": base64.b64encode(data).decode(), "PartitionKey": key}


def tail(stand: Stand, stream: str, positions: list[int]) -> list[list[Record]]:
    """Each shard's records from `positions` on."""
    shards = stand.engine.shards("000000000000", "us-east-1", stream)
    return [
        stand.engine.read(shard.partition, position, 1 << 30).records
        for shard, position in zip(shards, positions, strict=True)
    ]


def ends(stand: Stand, stream: str) -> list[int]:
    return [shard.next_position for shard in stand.engine.shards("000000000000", "us-east-1", stream)]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=ENTRIES, ascii_only=st.booleans())
def test_put_records_hot_stores_and_answers_as_the_generic_path(
    shared: Stand, records: list[tuple[bytes, str]], ascii_only: bool
) -> None:
    before = {stream: ends(shared, stream) for stream in ("hot", "generic")}
    body = {"StreamName": "hot", "Records": [encoded(data, key) for data, key in records]}
    answer = run(shared, "PutRecords", json.dumps(body, ensure_ascii=ascii_only).encode())
    if any(len(key) > 128 for _, key in records):
        assert answer is None
        return
    generic = shared.put_records(
        StreamName="generic", Records=[{"Data": data, "PartitionKey": key} for data, key in records]
    )
    assert answer["FailedRecordCount"] == generic["FailedRecordCount"] == 0
    assert [each["ShardId"] for each in answer["Records"]] == [each["ShardId"] for each in generic["Records"]]
    hot, stored = (tail(shared, stream, before[stream]) for stream in ("hot", "generic"))
    assert [[record[:2] for record in shard] for shard in hot] == [[record[:2] for record in shard] for shard in stored]
    by_number = {record.sequence_number: record[:2] for shard in hot for record in shard}
    assert [by_number[each["SequenceNumber"]] for each in answer["Records"]] == records


ENTRY = {"Data": "eA==", "PartitionKey": "key"}
PLAIN = {"StreamName": "hot", "Records": [ENTRY]}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        json.dumps({**PLAIN, "StreamName": "missing"}).encode(),
        json.dumps({**PLAIN, "StreamName": None}).encode(),
        json.dumps({"Records": [ENTRY]}).encode(),
        json.dumps({**PLAIN, "Records": []}).encode(),
        json.dumps({**PLAIN, "Records": [ENTRY] * 501}).encode(),
        json.dumps({**PLAIN, "DryRun": True}).encode(),
        json.dumps({**PLAIN, "StreamARN": "arn:aws:kinesis:us-east-1:000000000000:stream/hot"}).encode(),
        json.dumps({**PLAIN, "Records": [{"Data": "eA==", "PartitionKey": "k", "ExplicitHashKey": "0"}]}).encode(),
        json.dumps({**PLAIN, "Records": [{"Data": "eA==", "PartitionKey": ""}]}).encode(),
        json.dumps({**PLAIN, "Records": [{"Data": "eA==", "PartitionKey": "k" * 257}]}).encode(),
        json.dumps({**PLAIN, "Records": [{"Data": "eA=", "PartitionKey": "k"}]}).encode(),
        json.dumps({**PLAIN, "Records": [{"Data": "e A==", "PartitionKey": "k"}]}).encode(),
        json.dumps({**PLAIN, "Records": [{"Data": 7, "PartitionKey": "k"}]}).encode(),
        json.dumps({**PLAIN, "Records": [{"Data": "eA==", "PartitionKey": 7}]}).encode(),
        json.dumps({**PLAIN, "Records": [{"Data": "eA=="}]}).encode(),
        b'{"StreamName":"hot","Records":[{"Data":"eA==","PartitionKey":"\xff"}]}',
        b'{"StreamName":"hot","Records":[{"Data":"eA==","PartitionKey":"\\ud800"}]}',
        json.dumps({**PLAIN, "Records": [encoded(bytes(1 << 20), "key")]}).encode(),
        json.dumps({**PLAIN, "Records": [encoded(bytes(1 << 19), "key")] * 21}).encode(),
    ],
)
def test_put_records_that_is_not_plain_is_left_to_the_generic_path(shared: Stand, body: bytes) -> None:
    before = ends(shared, "hot")
    assert run(shared, "PutRecords", body) is None
    assert ends(shared, "hot") == before


def test_put_record_hot_answers_as_the_generic_path(stand: Stand) -> None:
    stand.stream(shards=2)
    answer = run(stand, "PutRecord", json.dumps({"StreamName": "wind", **encoded(b"x", "key")}).encode())
    assert set(answer) == {"ShardId", "SequenceNumber"}
    generic = stand.put_record(StreamName="wind", Data=b"x", PartitionKey="key")
    assert generic["ShardId"] == answer["ShardId"]
    records = stand.get_records(ShardIterator=stand.iterator(shard=int(answer["ShardId"][-1])))["Records"]
    numbers = [record["SequenceNumber"] for record in records]
    assert numbers == [answer["SequenceNumber"], generic["SequenceNumber"]]


def test_put_record_hot_leaves_the_next_sequence_number_to_the_generic_path(stand: Stand) -> None:
    stand.stream()
    body = {"StreamName": "wind", **encoded(b"x", "key"), "SequenceNumberForOrdering": "1"}
    assert run(stand, "PutRecord", json.dumps(body).encode()) is None


def test_put_records_hot_throttles_one_by_one(make_stand: Callable[..., Stand]) -> None:
    stand = make_stand(shard_limits=True)
    stand.stream()
    body = json.dumps({"StreamName": "wind", "Records": [encoded(b"x", "key")] * 400}).encode()
    answers = [run(stand, "PutRecords", body) for _ in range(3)]
    assert [answer["FailedRecordCount"] for answer in answers] == [0, 0, 200]
    generic = stand.put(b"x")
    assert answers[-1]["Records"][-1] == generic[0]
    assert "SequenceNumber" in answers[-1]["Records"][0]
    assert run(stand, "PutRecord", json.dumps({"StreamName": "wind", **encoded(b"x", "key")}).encode()) is None


def test_put_records_hot_that_the_disk_refuses(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    stand.stream()
    monkeypatch.setattr(stand.log._table, "insert", lambda _: 1 / 0)
    body = json.dumps({"StreamName": "wind", "Records": [encoded(b"x", "key")] * 2}).encode()
    assert run(stand, "PutRecords", body) == {
        "FailedRecordCount": 2,
        "Records": [{"ErrorCode": "InternalFailure", "ErrorMessage": "Internal Service Failure."}] * 2,
    }


def test_get_records_hot_answers_as_the_generic_path(stand: Stand) -> None:
    stand.stream()
    stand.put(b"", b"\x00\xff", key='é"\\')
    stand.clock.advance(1.234)
    stand.put(b"more")
    answer = run(stand, "GetRecords", json.dumps({"ShardIterator": stand.iterator(), "Limit": 3}).encode())
    generic = stand.get_records(ShardIterator=stand.iterator(), Limit=3)
    assert answer["MillisBehindLatest"] == generic["MillisBehindLatest"] == 0
    assert answer["Records"] == [
        {
            **record,
            "Data": base64.b64encode(record["Data"]).decode(),
            "ApproximateArrivalTimestamp": record["ApproximateArrivalTimestamp"].timestamp(),
        }
        for record in generic["Records"]
    ]
    stand.put(b"last")
    page = stand.get_records(ShardIterator=answer["NextShardIterator"])
    assert [record["Data"] for record in page["Records"]] == [b"last"]


@pytest.mark.parametrize(
    "body", [b"{}", b'{"ShardIterator":"x"}', b'{"ShardIterator":"x","Limit":0}', b'{"ShardIterator":"x","Limit":1.5}']
)
def test_get_records_that_is_not_plain_is_left_to_the_generic_path(shared: Stand, body: bytes) -> None:
    assert run(shared, "GetRecords", body) is None
