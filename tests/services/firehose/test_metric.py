"""What a delivery stream measures of itself, under AWS's names."""

import pytest
from tests.services.firehose.world import ACCOUNT, REGION, World

from afluente.core.metric import StatisticSet
from afluente.services.firehose.error import ServiceUnavailableException


def measured(world: World) -> dict[str, StatisticSet]:
    """What was measured since the last look, all minutes together."""
    found: dict[str, StatisticSet] = {}
    for metric, _, statistics in world.metrics.drain():
        assert metric[:3] == (ACCOUNT, REGION, "AWS/Firehose")
        assert metric.dimensions == (("DeliveryStreamName", "d"),)
        if metric.name in found:
            found[metric.name].merge(statistics)
        else:
            found[metric.name] = statistics
    return found


def totals(world: World) -> dict[str, float]:
    return {name: statistics.total for name, statistics in measured(world).items()}


def test_put_record_batch(world: World) -> None:
    world.create()
    world.put(b"1234", b"56")
    found = totals(world)
    assert found.pop("DeliveryToS3.DataFreshness") == 0
    assert found == {
        "IncomingBytes": 6,
        "IncomingPutRequests": 1,
        "IncomingRecords": 2,
        "PutRecordBatch.Bytes": 6,
        "PutRecordBatch.Latency": 0,
        "PutRecordBatch.Records": 2,
        "PutRecordBatch.Requests": 1,
    }


def test_put_record(world: World) -> None:
    world.create()
    world.ask("put_record", DeliveryStreamName="d", Record={"Data": b"1234"})
    found = totals(world)
    assert (found["PutRecord.Requests"], found["PutRecord.Bytes"], found["IncomingRecords"]) == (1, 4, 1)


def test_records_that_are_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.create()
    monkeypatch.setattr(type(world.log), "has_room", property(lambda _: False))
    with pytest.raises(ServiceUnavailableException):
        world.put(b"1", b"2", b"3")
    assert totals(world) == {"ThrottledRecords": 3}


def test_delivery_and_the_age_of_its_oldest_record(world: World) -> None:
    world.create(BufferingHints={"IntervalInSeconds": 60, "SizeInMBs": 1})
    world.put(b"1234")
    world.advance(30)
    assert measured(world)["DeliveryToS3.DataFreshness"].maximum == 30
    world.put(b"56")
    world.advance(30)
    found = measured(world)
    assert found["DeliveryToS3.DataFreshness"].maximum == 60
    names = ("Bytes", "Records", "ObjectCount", "Success")
    assert [found[f"DeliveryToS3.{name}"].total for name in names] == [6, 2, 1, 1]


def test_a_delivery_that_fails(world: World) -> None:
    world.create(BufferingHints={"IntervalInSeconds": 60, "SizeInMBs": 1})
    world.put(b"1234")
    world.buckets.buckets.clear()
    world.advance(60)
    success = measured(world)["DeliveryToS3.Success"]
    assert (success.samples, success.total) == (1, 0)


def test_what_is_read_from_a_kinesis_stream(world: World) -> None:
    shard = world.streams.add_shard()
    world.create_on_stream()
    world.stream_put(shard, b"1234", b"56")
    found = totals(world)
    assert found["DataReadFromKinesisStream.Records"] == 2
    assert found["DataReadFromKinesisStream.Bytes"] == 6
    assert found["KinesisMillisBehindLatest"] == 0
    assert "IncomingRecords" not in found


def test_a_deleted_delivery_stream_has_no_totals(world: World) -> None:
    world.create()
    world.put(b"1")
    world.ask("delete_delivery_stream", DeliveryStreamName="d")
    world.clock.advance(1)
    assert world.metrics.totals() == []
    assert totals(world)["IncomingRecords"] == 1
