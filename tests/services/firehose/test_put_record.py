import asyncio
import base64

import pytest
from tests.services.firehose.world import ROLE, World

from afluente.services.firehose.error import (
    InvalidArgumentException,
    ResourceNotFoundException,
    ServiceUnavailableException,
)
from afluente.store.record_log import LogFailed


def test_put_record_answers_with_an_opaque_id(world: World) -> None:
    world.create()
    answers = [
        world.ask("put_record", DeliveryStreamName="d", Record={"Data": data}) for data in (b"x", b"", b"y" * 1_024_000)
    ]
    assert all(answer["Encrypted"] is False for answer in answers)
    assert len({answer["RecordId"] for answer in answers}) == 3
    assert all(len(base64.b64decode(answer["RecordId"])) > 150 for answer in answers)


def test_put_record_is_durable_when_it_answers(world: World) -> None:
    world.create()
    world.put(b"one", b"two")
    partition = world.engine.get(("000000000000", "us-east-1", "d")).partition
    assert partition is not None
    assert [frame.count for frame in world.log.read(partition, 0, 1000)] == [2]


def test_put_record_batch_answers_for_each_record(world: World) -> None:
    world.create()
    answer = world.put(*[b"x"] * 500)
    assert answer["FailedPutCount"] == 0
    assert len({entry["RecordId"] for entry in answer["RequestResponses"]}) == 500


def test_put_record_batch_of_more_than_4_mib(world: World) -> None:
    world.create()
    world.put(*[b"x" * 1_000_000] * 4, b"x" * 194_304)
    with pytest.raises(InvalidArgumentException, match="4194304 bytes"):
        world.put(*[b"x" * 1_000_000] * 4, b"x" * 194_305)


def test_put_record_to_an_unknown_delivery_stream(world: World) -> None:
    with pytest.raises(ResourceNotFoundException, match=r"^Firehose d under account 000000000000 not found\.$"):
        world.put(b"x")


def test_put_record_while_creating(world: World) -> None:
    world.ask(
        "create_delivery_stream",
        DeliveryStreamName="d",
        S3DestinationConfiguration={"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::raw"},
    )
    with pytest.raises(ResourceNotFoundException, match=r"^Firehose d is not active in 000000000000 account\.$"):
        world.put(b"x")


def test_put_record_to_a_delivery_stream_with_a_source(world: World) -> None:
    world.streams.add_shard()
    world.create_on_stream()
    with pytest.raises(
        InvalidArgumentException,
        match=r"^This operation is not permitted on KinesisStreamAsSource delivery stream type\.$",
    ):
        world.put(b"x")


def test_put_record_that_cannot_be_stored(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.create()

    def fail(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(world.log._writer, "store", fail)
    with pytest.raises(ServiceUnavailableException) as raised:
        world.put(b"x")
    assert isinstance(raised.value.__cause__, LogFailed)
    assert raised.value.http_status == 503


def test_put_record_when_the_disk_cannot_keep_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.create()
    monkeypatch.setattr(type(world.log), "has_room", False)
    with pytest.raises(ServiceUnavailableException, match=r"^Slow down\.$"):
        world.put(b"x")


def test_put_record_before_deliveries_have_started(world: World) -> None:
    world.create()
    world.engine.stop()
    with pytest.raises(ServiceUnavailableException):
        world.put(b"x")


def test_put_records_at_once_share_commits(world: World) -> None:
    world.create()
    puts = [world.engine.put(("000000000000", "us-east-1", "d"), [b"%d" % n]) for n in range(50)]

    async def wait() -> None:
        await asyncio.gather(*(asyncio.wrap_future(put.future) for put in puts if put.future))

    asyncio.run(wait())
    world.settle()
    world.advance(300)
    assert world.buckets.bodies == [b"".join(b"%d" % n for n in range(50))]
