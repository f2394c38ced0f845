"""Server-side encryption as a setting: its states, its limits, and what puts say of it."""

from typing import Any

import pytest
from tests.services.firehose.world import ROLE, World

from afluente.services.firehose.error import (
    InvalidArgumentException,
    LimitExceededException,
    ResourceInUseException,
    ResourceNotFoundException,
)

KMS_KEY = "arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555"


def start(world: World, **key: str) -> None:
    given = {"DeliveryStreamEncryptionConfigurationInput": key} if key else {}
    world.ask("start_delivery_stream_encryption", DeliveryStreamName="d", **given)


def stop(world: World) -> None:
    world.ask("stop_delivery_stream_encryption", DeliveryStreamName="d")


def shown(world: World) -> Any:
    return world.describe()["DeliveryStreamEncryptionConfiguration"]


def test_start_and_stop_delivery_stream_encryption(world: World) -> None:
    world.create()
    start(world)
    assert shown(world) == {"KeyType": "AWS_OWNED_CMK", "Status": "ENABLING"}
    assert world.put(b"a")["Encrypted"] is False
    world.advance(0.5)
    assert shown(world)["Status"] == "ENABLED"
    assert world.put(b"b")["Encrypted"] is True
    assert world.ask("put_record", DeliveryStreamName="d", Record={"Data": b"c"})["Encrypted"] is True
    world.restart()
    stop(world)
    assert shown(world) == {"Status": "DISABLING"}
    world.advance(0.5)
    assert shown(world) == {"Status": "DISABLED"}
    assert world.put(b"d")["Encrypted"] is False


def test_start_delivery_stream_encryption_under_a_key_of_ones_own(world: World) -> None:
    world.create()
    start(world, KeyType="CUSTOMER_MANAGED_CMK", KeyARN=KMS_KEY)
    assert shown(world) == {"KeyARN": KMS_KEY, "KeyType": "CUSTOMER_MANAGED_CMK", "Status": "ENABLING"}


def test_create_delivery_stream_encrypted(world: World) -> None:
    world.ask(
        "create_delivery_stream",
        DeliveryStreamName="d",
        S3DestinationConfiguration={"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::raw"},
        DeliveryStreamEncryptionConfigurationInput={"KeyType": "AWS_OWNED_CMK"},
    )
    assert shown(world)["Status"] == "ENABLING"
    world.advance(0.5)
    assert shown(world)["Status"] == "ENABLED"


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ({"KeyType": "CUSTOMER_MANAGED_CMK"}, "KeyARN has to be specified when KeyType is CUSTOMER_MANAGED_CMK"),
        ({"KeyType": "AWS_OWNED_CMK", "KeyARN": KMS_KEY}, "KeyARN cannot be specified when KeyType is AWS_OWNED_CMK"),
        (
            {"KeyType": "CUSTOMER_MANAGED_CMK", "KeyARN": KMS_KEY.replace("us-east-1", "eu-west-1")},
            "Cross-region keys are not allowed for SSE. Please provide CMKs in the same region as firehose",
        ),
    ],
)
def test_start_delivery_stream_encryption_refused(world: World, key: dict[str, str], message: str) -> None:
    world.create()
    with pytest.raises(InvalidArgumentException) as raised:
        start(world, **key)
    assert raised.value.message == message


def test_start_delivery_stream_encryption_on_a_kinesis_source(world: World) -> None:
    world.streams.add_shard()
    world.create_on_stream()
    with pytest.raises(InvalidArgumentException, match="only allowed for direct put delivery streams"):
        start(world)


def test_start_delivery_stream_encryption_of_none(world: World) -> None:
    with pytest.raises(ResourceNotFoundException):
        start(world)


def test_start_delivery_stream_encryption_while_one_is_under_way(world: World) -> None:
    world.create()
    start(world)
    with pytest.raises(ResourceInUseException):
        stop(world)


def test_start_delivery_stream_encryption_too_often(world: World) -> None:
    world.create()
    for _ in range(12):
        start(world)
        world.advance(1)
        stop(world)
        world.advance(1)
    start(world)
    world.advance(1)
    with pytest.raises(LimitExceededException):
        stop(world)
    world.advance(86_400)
    stop(world)
