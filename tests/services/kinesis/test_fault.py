"""Injected faults: the same seed, the same failures; what fails is not stored, what does not keeps its order."""

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.conftest import clients
from tests.services.kinesis.stand import Stand

from afluente.app import App
from afluente.core.clock import ManualClock
from afluente.core.setting import Settings
from afluente.services.kinesis.fault import Faults


@pytest.fixture
def faulty(settings: Settings, clock: ManualClock) -> Iterator[Any]:
    """A client of an Afluente of which a fifth fails."""
    app = App(dataclasses.replace(settings, kinesis_fault_rate=0.2, kinesis_fault_seed=7, shard_limits=False), clock)
    app.start()
    yield clients(app.endpoint)("kinesis")
    app.stop()


def send(client: Any, count: int) -> tuple[list[str], list[int]]:
    """What became of `count` PutRecords of ten, and the numbers of the records that were stored."""
    client.create_stream(StreamName="wind", ShardCount=1)
    outcomes, stored = [], []
    for batch in range(count):
        entries = [{"Data": b"%d" % (10 * batch + place), "PartitionKey": "a"} for place in range(10)]
        try:
            answer = client.put_records(StreamName="wind", Records=entries)
        except ClientError as error:
            outcomes.append(error.response["Error"]["Code"])
            continue
        codes = [result.get("ErrorCode") for result in answer["Records"]]
        assert answer["FailedRecordCount"] == 10 - codes.count(None)
        outcomes += [code or "" for code in codes]
        stored += [10 * batch + place for place, code in enumerate(codes) if code is None]
    return outcomes, stored


def test_put_records_fails_in_whole_and_in_part(faulty: Any) -> None:
    outcomes, stored = send(faulty, 60)
    counts = Counter(outcomes)
    assert set(counts) == {"", "ProvisionedThroughputExceededException", "InternalFailure"}
    assert 0.7 < counts[""] / len(outcomes) < 0.9
    assert counts["ProvisionedThroughputExceededException"] > counts["InternalFailure"]
    found: list[int] = []
    iterator = shard_iterator(faulty)
    while len(found) < len(stored):
        try:
            page = faulty.get_records(ShardIterator=iterator)
        except faulty.exceptions.ProvisionedThroughputExceededException:
            continue
        found += [int(record["Data"]) for record in page["Records"]]
        iterator = page["NextShardIterator"]
    assert found == stored


def shard_iterator(client: Any) -> str:
    while True:
        try:
            answer = client.get_shard_iterator(
                StreamName="wind", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
            )
        except client.exceptions.ProvisionedThroughputExceededException:
            continue
        return str(answer["ShardIterator"])


def test_faults_follow_from_the_seed(make_stand: Callable[..., Stand]) -> None:
    def failures(seed: int) -> list[set[int]]:
        stand = make_stand(kinesis_fault_rate=0.3, kinesis_fault_seed=seed)
        stand.stream()
        results = [stand.put(*[b"x"] * 20) for _ in range(5)]
        return [{index for index, each in enumerate(result) if "ErrorCode" in each} for result in results]

    assert failures(1) == failures(1)
    assert failures(1) != failures(2)


def test_faults_spare_other_services_in_the_process(make_stand: Callable[..., Stand]) -> None:
    stand = make_stand(kinesis_fault_rate=1.0)
    stand.stream()
    inside = dataclasses.replace(stand.call(), internal=True)
    answer = stand.provider.put_records(
        inside, {"StreamName": "wind", "Records": [{"Data": b"x", "PartitionKey": "a"}]}
    )
    assert answer["FailedRecordCount"] == 0
    assert stand.put(b"y")[0]["ErrorCode"]
    shard, *_ = stand.engine.shards("000000000000", "us-east-1", "wind")
    assert [record.data for record in stand.engine.read(shard.partition, 0, 1 << 20).records] == [b"x"]


def test_faults_of_none_are_none(stand: Stand) -> None:
    assert stand.hot.keys() == {"PutRecords", "PutRecord", "GetRecords"}
    assert Faults(0.0, 1).of_records(500) == {}


@pytest.mark.parametrize("rate", [-0.1, 1.1])
def test_faults_of_a_rate_that_is_no_share(rate: float) -> None:
    with pytest.raises(ValueError, match="AFLUENTE_KINESIS_FAULT_RATE"):
        Faults(rate, 0)
