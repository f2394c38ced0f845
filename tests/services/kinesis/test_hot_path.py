"""The hot path and the generic one read the same bytes the same way, or the hot one leaves them to the generic."""

import asyncio
import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.services.kinesis.stand import Stand

from afluente.core.error import AwsError
from afluente.services.kinesis.provider import KinesisProvider
from afluente.services.kinesis.reader import Record
from afluente.wire.binding import binding_of
from afluente.wire.message import HttpRequest
from afluente.wire.unsupported import refuse
from afluente.wire.validation import validate

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


def generic(stand: Stand, operation: str, body: bytes) -> Any:
    """The answer of the generic path, from bytes to bytes. Raises what it refuses with."""
    headers = {"x-amz-target": f"Kinesis_20131202.{operation}", "content-type": "application/x-amz-json-1.1"}
    request = HttpRequest("POST", "/", "", headers, body)
    binding = binding_of("kinesis", request)
    wanted = binding.operation(request)
    members = binding.parse(wanted, request)
    validate(binding.model, wanted, members)
    refuse("kinesis", operation, members, KinesisProvider.unsupported)
    method = {"PutRecords": stand.provider.put_records, "PutRecord": stand.provider.put_record}[operation]
    content = binding.answer(wanted, method(stand.call(operation), members), "request").body
    assert isinstance(content, bytes)
    return json.loads(content)


BASE64 = st.binary(max_size=300).map(lambda data: base64.b64encode(data).decode())
ODD = st.one_of(st.none(), st.integers(), st.text(max_size=12), st.booleans())
ODD_ENTRY = st.fixed_dictionaries(
    {"Data": BASE64 | st.text("QUJD=+/-_ \n", max_size=8) | ODD, "PartitionKey": KEYS | ODD},
    optional={"ExplicitHashKey": ODD, "Unknown": ODD},
)
ODD_BODY = st.fixed_dictionaries(
    {"Records": st.lists(ODD_ENTRY, max_size=3) | ODD}, optional={"DryRun": ODD, "StreamId": ODD, "Other": ODD}
)


def both(stand: Stand, operation: str, members: dict[str, Any], ascii_only: bool) -> tuple[Any, Any]:
    """What the hot path and the generic one make of the same request; of the latter None where it refuses."""
    bodies = [
        json.dumps({"StreamName": stream, **members}, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
        for stream in ("hot", "generic")
    ]
    before = {stream: ends(stand, stream) for stream in ("hot", "generic")}
    hot = run(stand, operation, bodies[0])
    try:
        slow = generic(stand, operation, bodies[1])
    except AwsError:
        slow = None
    if hot is None:
        assert ends(stand, "hot") == before["hot"]
        return hot, slow
    found, expected = (tail(stand, stream, before[stream]) for stream in ("hot", "generic"))
    assert [[each[:2] for each in shard] for shard in found] == [[each[:2] for each in shard] for shard in expected]
    by_number = {each.sequence_number: each[:2] for shard in found for each in shard}
    results = hot.get("Records", [hot])
    assert len(by_number) == len(results)
    entries = members.get("Records", [members])
    for result, entry in zip(results, entries, strict=True):
        assert by_number[result["SequenceNumber"]] == (base64.b64decode(entry["Data"]), entry["PartitionKey"])
    return hot, slow


def shape(answer: dict[str, Any]) -> Any:
    """All of an answer that does not differ between two streams."""
    results = [{**each, "SequenceNumber": None} for each in answer.get("Records", [answer])]
    return answer.get("FailedRecordCount"), results


@settings(max_examples=100, deadline=None)
@given(records=ENTRIES, ascii_only=st.booleans())
def test_put_records_hot_stores_and_answers_as_the_generic_path(
    shared: Stand, records: list[tuple[bytes, str]], ascii_only: bool
) -> None:
    hot, slow = both(shared, "PutRecords", {"Records": [encoded(data, key) for data, key in records]}, ascii_only)
    if all(len(key) <= 128 for _, key in records):
        assert shape(hot) == shape(slow)
    else:
        assert hot is None


@settings(max_examples=200, deadline=None)
@given(members=ODD_BODY, ascii_only=st.booleans())
def test_put_records_hot_takes_nothing_that_the_generic_path_refuses(
    shared: Stand, members: dict[str, Any], ascii_only: bool
) -> None:
    hot, slow = both(shared, "PutRecords", members, ascii_only)
    assert hot is None or shape(hot) == shape(slow)


@settings(max_examples=100, deadline=None)
@given(members=ODD_ENTRY, ascii_only=st.booleans())
def test_put_record_hot_takes_nothing_that_the_generic_path_refuses(
    shared: Stand, members: dict[str, Any], ascii_only: bool
) -> None:
    hot, slow = both(shared, "PutRecord", members, ascii_only)
    assert hot is None or shape(hot) == shape(slow)


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
    monkeypatch.setattr(stand.log._writer, "store", lambda _: 1 / 0)
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
