import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from tests.services.kinesis.stand import Stand

from afluente.services.kinesis import sequence_number
from afluente.services.kinesis.error import (
    InternalFailureException,
    InvalidArgumentException,
    ProvisionedThroughputExceededException,
    ResourceNotFoundException,
    ValidationException,
)

MIB = 1 << 20


def entries(*data: bytes, key: str = "key") -> list[dict[str, Any]]:
    return [{"Data": datum, "PartitionKey": key} for datum in data]


def test_put_record_answers_where_it_went(stand: Stand) -> None:
    stand.stream()
    answer = stand.put_record(StreamName="wind", Data=b"reading", PartitionKey="02")
    assert set(answer) == {"ShardId", "SequenceNumber"}
    assert answer["ShardId"] == "shardId-000000000000"
    (record,) = stand.get_records(ShardIterator=stand.iterator())["Records"]
    assert (record["Data"], record["PartitionKey"]) == (b"reading", "02")
    assert record["SequenceNumber"] == answer["SequenceNumber"]


def test_put_records_answers_in_order(stand: Stand) -> None:
    stand.stream(shards=4)
    records = [{"Data": b"%d" % number, "PartitionKey": f"turbine-{number}"} for number in range(100)]
    answer = stand.put_records(StreamName="wind", Records=records)
    assert answer["FailedRecordCount"] == 0
    found = {}
    for shard in range(4):
        for record in stand.get_records(ShardIterator=stand.iterator(shard=shard))["Records"]:
            found[record["SequenceNumber"]] = (f"shardId-{shard:012d}", record["Data"])
    assert [found[each["SequenceNumber"]] for each in answer["Records"]] == [
        (each["ShardId"], b"%d" % number) for number, each in enumerate(answer["Records"])
    ]


@pytest.mark.parametrize("key", ["02", "turbina-é", "统一码", "💣", "x" * 256])
def test_put_record_routes_by_the_md5_of_the_key(stand: Stand, key: str) -> None:
    stand.stream(shards=3)
    hash_key = int(hashlib.md5(key.encode()).hexdigest(), 16)
    answer = stand.put_record(StreamName="wind", Data=b"", PartitionKey=key)
    shards = stand.list_shards(StreamName="wind")["Shards"]
    (home,) = [shard for shard in shards if shard["ShardId"] == answer["ShardId"]]
    assert int(home["HashKeyRange"]["StartingHashKey"]) <= hash_key <= int(home["HashKeyRange"]["EndingHashKey"])
    (record,) = stand.get_records(ShardIterator=stand.iterator(shard=int(answer["ShardId"][-1])))["Records"]
    assert record["PartitionKey"] == key


@pytest.mark.parametrize(("hash_key", "shard"), [(0, 0), (2**127 - 1, 0), (2**127, 1), (2**128 - 1, 1)])
def test_put_records_with_an_explicit_hash_key(stand: Stand, hash_key: int, shard: int) -> None:
    stand.stream(shards=2)
    record = {"Data": b"", "PartitionKey": "key", "ExplicitHashKey": str(hash_key)}
    (result,) = stand.put_records(StreamName="wind", Records=[record])["Records"]
    assert result["ShardId"] == f"shardId-{shard:012d}"


def test_put_record_with_a_hash_key_out_of_range(stand: Stand) -> None:
    stand.stream()
    with pytest.raises(InvalidArgumentException, match=rf"range: \[0, 2\^128-1\]. Specified value was {2**128}"):
        stand.put_record(StreamName="wind", Data=b"", PartitionKey="key", ExplicitHashKey=str(2**128))


def test_put_records_to_no_stream(stand: Stand) -> None:
    with pytest.raises(ResourceNotFoundException, match=r"^Stream sun under account 000000000000 not found\.$"):
        stand.put(b"lost", stream="sun")


def test_put_record_of_no_bytes(stand: Stand) -> None:
    stand.stream()
    stand.put(b"")
    assert stand.read() == [b""]


def test_put_record_of_the_greatest_size(stand: Stand) -> None:
    stand.stream()
    stand.put(bytes(MIB - len("key")))
    with pytest.raises(ValidationException, match=r"lim=1048574 .* at 'data' .*less than or equal to 1048576"):
        stand.put_record(StreamName="wind", Data=bytes(MIB - 2), PartitionKey="key")
    with pytest.raises(ValidationException, match=r"^1 validation error detected: .* at 'records\.2\.member\.data'"):
        stand.put(b"small", bytes(MIB))
    assert len(stand.read()) == 1


def test_put_record_of_a_size_that_the_stream_allows(stand: Stand) -> None:
    stand.create_stream(StreamName="wind", ShardCount=1, MaxRecordSizeInKiB=2048)
    stand.put(bytes(2 * MIB - 3))
    with pytest.raises(ValidationException, match="2097152"):
        stand.put(bytes(2 * MIB))


def test_put_records_of_more_than_ten_mebibytes(stand: Stand) -> None:
    stand.stream()
    data = [bytes(MIB - 3)] * 10
    assert stand.put_records(StreamName="wind", Records=entries(*data))["FailedRecordCount"] == 0
    with pytest.raises(InvalidArgumentException, match="Records size exceeds 10 MB limit"):
        stand.put_records(StreamName="wind", Records=entries(*data, b"x"))


def test_put_record_without_a_partition_key(stand: Stand) -> None:
    stand.stream()
    with pytest.raises(ValidationException, match=r"Value null at 'partitionKey' .*: Member must not be null"):
        stand.put_record(StreamName="wind", Data=b"")
    with pytest.raises(ValidationException, match=r"2 validation errors .*records\.1\.member.*; .*records\.2\.member"):
        stand.put_records(StreamName="wind", Records=[{"Data": b""}, {"Data": b""}])


def test_put_record_with_the_sequence_number_before(stand: Stand) -> None:
    stand.stream()
    first = stand.put_record(StreamName="wind", Data=b"1", PartitionKey="key")["SequenceNumber"]
    answer = stand.put_record(StreamName="wind", Data=b"2", PartitionKey="key", SequenceNumberForOrdering=first)
    assert int(answer["SequenceNumber"]) > int(first)


@pytest.mark.parametrize("change", [(0, 1, 0, 0), (100, 0, 0, 0), (0, 0, 0, 3600)])
def test_put_record_with_a_sequence_number_from_elsewhere(stand: Stand, change: tuple[int, ...]) -> None:
    stand.stream()
    number = sequence_number.parse(stand.put(b"1")[0]["SequenceNumber"])
    other = str(sequence_number.SequenceNumber(*map(sum, zip(number, change, strict=True))))
    with pytest.raises(InvalidArgumentException, match=f"^ExclusiveMinimumSequenceNumber {other} used in PutRecord on"):
        stand.put_record(StreamName="wind", Data=b"", PartitionKey="key", SequenceNumberForOrdering=other)


def test_put_records_beyond_a_thousand_a_second_fail_one_by_one(make_stand: Callable[..., Stand]) -> None:
    stand = make_stand(shard_limits=True)
    stand.stream()
    for _ in range(2):
        assert not any("ErrorCode" in each for each in stand.put(*[b"x"] * 450))
    results = stand.put(*[b"x"] * 200)
    assert ["ErrorCode" in each for each in results] == [False] * 100 + [True] * 100
    assert results[-1] == {
        "ErrorCode": "ProvisionedThroughputExceededException",
        "ErrorMessage": "Rate exceeded for shard shardId-000000000000 in stream wind under account 000000000000.",
    }
    assert len(stand.read()) == 1000
    stand.clock.advance(0.1)
    assert ["ErrorCode" in each for each in stand.put(*[b"x"] * 101)] == [False] * 100 + [True]


def test_put_records_beyond_a_mebibyte_a_second_admit_what_fits(make_stand: Callable[..., Stand]) -> None:
    stand = make_stand(shard_limits=True)
    stand.stream()
    results = stand.put(bytes(MIB - 100), bytes(1000), b"small")
    assert ["ErrorCode" in each for each in results] == [False, True, False]
    assert stand.read() == [bytes(MIB - 100), b"small"]


def test_put_record_beyond_the_rate(make_stand: Callable[..., Stand]) -> None:
    stand = make_stand(shard_limits=True)
    stand.stream()
    stand.put(bytes(MIB - 3))
    with pytest.raises(ProvisionedThroughputExceededException, match="Rate exceeded for shard shardId-000000000000"):
        stand.put_record(StreamName="wind", Data=b"x", PartitionKey="key")
    stand.clock.advance(1)
    stand.put_record(StreamName="wind", Data=b"x", PartitionKey="key")


def test_put_records_throttles_each_shard_for_itself(make_stand: Callable[..., Stand]) -> None:
    stand = make_stand(shard_limits=True)
    stand.stream(shards=2)
    halves = ["0", str(2**127)]
    records = [{"Data": bytes(MIB - 3), "PartitionKey": "key", "ExplicitHashKey": half} for half in halves]
    assert stand.put_records(StreamName="wind", Records=records)["FailedRecordCount"] == 0
    assert stand.put_records(StreamName="wind", Records=records)["FailedRecordCount"] == 2


def test_put_records_that_the_disk_refuses(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    stand.stream()

    def fail(_: object) -> None:
        raise OSError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(stand.log._writer, "store", fail)
        answer = stand.put_records(StreamName="wind", Records=entries(b"a", b"b"))
        assert answer["FailedRecordCount"] == 2
        assert answer["Records"][0] == {"ErrorCode": "InternalFailure", "ErrorMessage": "Internal Service Failure."}
        with pytest.raises(InternalFailureException):
            stand.put_record(StreamName="wind", Data=b"", PartitionKey="key")
    stand.put(b"after")
    assert stand.read() == [b"after"]


def test_put_records_survive_a_restart_and_the_numbers_go_on(stand: Stand) -> None:
    stand.stream()
    before = stand.put(b"1", b"2")
    stand.reopen()
    after = stand.put(b"3")
    assert stand.read() == [b"1", b"2", b"3"]
    numbers = [int(each["SequenceNumber"]) for each in (*before, *after)]
    assert numbers == sorted(set(numbers))


def test_statistics_count_what_ever_came_in(stand: Stand) -> None:
    stand.stream()
    stand.put(b"1234", b"5678")
    stand.reopen()
    (found,) = stand.engine.statistics()
    assert (found.stream, found.records_ever) == ("wind", 2)
