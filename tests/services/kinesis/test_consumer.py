"""Consumers: registering, finding, listing and deregistering them, their tags, and streams that have some."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.services.kinesis.stand import Stand

from afluente.services.kinesis.error import (
    ExpiredNextTokenException,
    InvalidArgumentException,
    LimitExceededException,
    ResourceInUseException,
    ResourceNotFoundException,
)

Make = Callable[..., Stand]
ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/wind"


@pytest.fixture
def stand(make_stand: Make) -> Stand:
    stand = make_stand()
    stand.stream("wind")
    return stand


def register(stand: Stand, name: str = "reader", **members: Any) -> Any:
    return stand.register_stream_consumer(StreamARN=ARN, ConsumerName=name, **members)["Consumer"]


def describe(stand: Stand, **members: Any) -> Any:
    return stand.describe_stream_consumer(**members)["ConsumerDescription"]


def names(stand: Stand, **members: Any) -> list[str]:
    return [each["ConsumerName"] for each in stand.list_stream_consumers(StreamARN=ARN, **members)["Consumers"]]


def count(stand: Stand) -> int:
    return int(stand.describe_stream_summary(StreamName="wind")["StreamDescriptionSummary"]["ConsumerCount"])


def test_register_as_awss_answers(stand: Stand) -> None:
    created_s = stand.clock.now_ms() // 1000
    consumer = register(stand)
    assert list(consumer) == ["ConsumerName", "ConsumerARN", "ConsumerStatus", "ConsumerCreationTimestamp"]
    assert consumer["ConsumerARN"] == f"{ARN}/consumer/reader:{created_s}"
    assert consumer["ConsumerCreationTimestamp"].timestamp() == created_s
    assert describe(stand, ConsumerARN=consumer["ConsumerARN"]) == {**consumer, "StreamARN": ARN}
    assert count(stand) == 1


def test_states_follow_the_clock(make_stand: Make) -> None:
    stand = make_stand(kinesis_create_delay_ms=500, kinesis_delete_delay_ms=500)
    stand.stream("wind")
    with pytest.raises(ResourceInUseException, match="not ACTIVE, instead in state CREATING"):
        register(stand)
    stand.clock.advance(0.5)
    arn = register(stand)["ConsumerARN"]
    assert describe(stand, ConsumerARN=arn)["ConsumerStatus"] == "CREATING"
    stand.clock.advance(0.5)
    assert describe(stand, ConsumerARN=arn)["ConsumerStatus"] == "ACTIVE"
    stand.deregister_stream_consumer(ConsumerARN=arn)
    stand.deregister_stream_consumer(ConsumerARN=arn)
    assert describe(stand, ConsumerARN=arn)["ConsumerStatus"] == "DELETING"
    assert count(stand) == 1
    with pytest.raises(ResourceInUseException, match="Consumer reader under stream wind already exists for account"):
        register(stand)
    stand.clock.advance(0.5)
    with pytest.raises(ResourceNotFoundException, match=r"under stream: wind, account 0+ not found\."):
        describe(stand, ConsumerARN=arn)
    assert count(stand) == 0


def test_who_is_registered_again_has_another_arn(stand: Stand) -> None:
    first = register(stand)["ConsumerARN"]
    stand.deregister_stream_consumer(ConsumerARN=first)
    second = register(stand)["ConsumerARN"]
    assert first != second
    with pytest.raises(ResourceNotFoundException):
        describe(stand, ConsumerARN=first)
    assert describe(stand, StreamARN=ARN, ConsumerName="reader")["ConsumerARN"] == second


def test_consumers_survive_a_restart(stand: Stand) -> None:
    before = register(stand, Tags={"farm": "west"})
    stand.reopen()
    assert describe(stand, ConsumerARN=before["ConsumerARN"]) == {**before, "StreamARN": ARN}
    assert stand.list_tags_for_resource(ResourceARN=before["ConsumerARN"])["Tags"] == [{"Key": "farm", "Value": "west"}]


def test_at_most_20_consumers(stand: Stand) -> None:
    for number in range(20):
        register(stand, f"reader-{number}")
    with pytest.raises(LimitExceededException, match="20"):
        register(stand, "one-too-many")
    stand.deregister_stream_consumer(StreamARN=ARN, ConsumerName="reader-3")
    register(stand, "one-too-many")


def test_at_most_5_are_creating(make_stand: Make) -> None:
    stand = make_stand(kinesis_create_delay_ms=1000)
    stand.stream("wind")
    stand.stream("sun")
    stand.clock.advance(1)
    for number in range(5):
        register(stand, f"reader-{number}")
    for arn in (ARN, ARN.replace("wind", "sun")):
        with pytest.raises(LimitExceededException, match="CREATING"):
            stand.register_stream_consumer(StreamARN=arn, ConsumerName="sixth")
    stand.clock.advance(1)
    register(stand, "sixth")


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"StreamARN": ARN},
        {"ConsumerName": "reader"},
        {"ConsumerARN": f"{ARN}/consumer/reader:1790000000", "ConsumerName": "other"},
        {"ConsumerARN": f"{ARN}/consumer/reader:1790000000", "StreamARN": ARN.replace("wind", "sun")},
    ],
)
@pytest.mark.parametrize("operation", ["describe_stream_consumer", "deregister_stream_consumer"])
def test_consumer_named_too_little_or_in_two_ways(stand: Stand, operation: str, members: dict[str, str]) -> None:
    register(stand)
    with pytest.raises(InvalidArgumentException):
        getattr(stand, operation)(**members)


def test_consumer_named_in_full(stand: Stand) -> None:
    arn = register(stand)["ConsumerARN"]
    assert describe(stand, ConsumerARN=arn, ConsumerName="reader", StreamARN=ARN)["ConsumerARN"] == arn
    stand.deregister_stream_consumer(ConsumerARN=arn, ConsumerName="reader", StreamARN=ARN)
    assert names(stand) == []


@pytest.mark.parametrize("arn", [f"{ARN}/consumer/reader:{'9' * 30}", f"{ARN}x/consumer/reader:1"])
def test_consumer_that_never_was(stand: Stand, arn: str) -> None:
    with pytest.raises(ResourceNotFoundException):
        describe(stand, ConsumerARN=arn)


def test_list_pages_in_order(stand: Stand) -> None:
    for name in ("delta", "alpha", "charlie", "bravo", "echo"):
        register(stand, name)
    assert names(stand) == ["alpha", "bravo", "charlie", "delta", "echo"]
    answer = stand.list_stream_consumers(StreamARN=ARN, MaxResults=2)
    found = [each["ConsumerName"] for each in answer["Consumers"]]
    while "NextToken" in answer:
        answer = stand.list_stream_consumers(StreamARN=ARN, MaxResults=2, NextToken=answer["NextToken"])
        found += [each["ConsumerName"] for each in answer["Consumers"]]
    assert found == ["alpha", "bravo", "charlie", "delta", "echo"]


def test_list_tokens_expire_and_are_of_their_stream(stand: Stand) -> None:
    for name in ("alpha", "bravo"):
        register(stand, name)
    token = stand.list_stream_consumers(StreamARN=ARN, MaxResults=1)["NextToken"]
    stand.stream("sun")
    with pytest.raises(InvalidArgumentException, match=r"Invalid NextToken\."):
        stand.list_stream_consumers(StreamARN=ARN.replace("wind", "sun"), NextToken=token)
    created = stand.describe_stream(StreamName="wind")["StreamDescription"]["StreamCreationTimestamp"]
    with pytest.raises(InvalidArgumentException, match="StreamCreationTimestamp"):
        names(stand, NextToken=token, StreamCreationTimestamp=created)
    stand.clock.advance(300)
    assert names(stand, NextToken=token) == ["bravo"]
    stand.clock.advance(1)
    with pytest.raises(ExpiredNextTokenException):
        names(stand, NextToken=token)


def test_list_of_another_stream_of_the_same_name(stand: Stand) -> None:
    for name in ("alpha", "bravo"):
        register(stand, name)
    created = stand.describe_stream(StreamName="wind")["StreamDescription"]["StreamCreationTimestamp"]
    assert names(stand, StreamCreationTimestamp=created) == ["alpha", "bravo"]
    token = stand.list_stream_consumers(StreamARN=ARN, MaxResults=1)["NextToken"]
    stand.delete_stream(StreamName="wind", EnforceConsumerDeletion=True)
    stand.clock.advance(1)
    stand.stream("wind")
    assert names(stand) == []
    with pytest.raises(ResourceNotFoundException):
        names(stand, NextToken=token)
    with pytest.raises(ResourceNotFoundException):
        names(stand, StreamCreationTimestamp=created)


def test_stream_with_consumers_is_deleted_only_by_force(stand: Stand) -> None:
    register(stand)
    with pytest.raises(ResourceInUseException, match="set the EnforceConsumerDeletion parameter to true"):
        stand.delete_stream(StreamName="wind")
    assert stand.status() == "ACTIVE"
    stand.delete_stream(StreamName="wind", EnforceConsumerDeletion=True)
    stand.stream("wind")
    assert count(stand) == 0
    stand.delete_stream(StreamName="wind")


def test_tags_of_a_consumer(stand: Stand) -> None:
    arn = register(stand, Tags={"farm": "west"})["ConsumerARN"]
    stand.tag_resource(ResourceARN=arn, Tags={"farm": "north", "unit": "2"})
    stand.untag_resource(ResourceARN=arn, TagKeys=["unit", "none"])
    assert stand.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "farm", "Value": "north"}]
    assert stand.list_tags_for_resource(ResourceARN=ARN)["Tags"] == []
    with pytest.raises(InvalidArgumentException, match="more than 50 tags"):
        stand.tag_resource(ResourceARN=arn, Tags={str(number): "" for number in range(50)})
    with pytest.raises(InvalidArgumentException, match="invalid characters"):
        register(stand, "other", Tags={"farm": "*"})
    with pytest.raises(ResourceNotFoundException):
        stand.tag_resource(ResourceARN=f"{arn}0", Tags={"farm": "north"})


def test_consumers_outlive_resharding(stand: Stand) -> None:
    arn = register(stand)["ConsumerARN"]
    stand.split()
    assert describe(stand, ConsumerARN=arn)["ConsumerStatus"] == "ACTIVE"
