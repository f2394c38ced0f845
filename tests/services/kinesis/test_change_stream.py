from collections.abc import Callable

import pytest
from tests.services.kinesis.stand import ACCOUNT, REGION, Stand

from afluente.services.kinesis.error import (
    InvalidArgumentException,
    LimitExceededException,
    ResourceInUseException,
    ResourceNotFoundException,
)

ARN = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/wind"


def pairs(answer: dict[str, list[dict[str, str]]]) -> list[tuple[str, str]]:
    return [(tag["Key"], tag["Value"]) for tag in answer["Tags"]]


def test_tags_are_added_replaced_listed_and_removed(stand: Stand) -> None:
    stand.stream()
    stand.add_tags_to_stream(StreamName="wind", Tags={"b": "2", "a": "1"})
    stand.tag_resource(ResourceARN=ARN, Tags={"b": "3", "c": ""})
    assert pairs(stand.list_tags_for_stream(StreamName="wind")) == [("a", "1"), ("b", "3"), ("c", "")]
    stand.remove_tags_from_stream(StreamName="wind", TagKeys=["a", "unknown"])
    stand.untag_resource(ResourceARN=ARN, TagKeys=["b"])
    assert pairs(stand.list_tags_for_resource(ResourceARN=ARN)) == [("c", "")]


def test_list_tags_for_stream_pages(stand: Stand) -> None:
    stand.stream()
    stand.add_tags_to_stream(StreamName="wind", Tags={"a": "1", "b": "2", "c": "3"})
    first = stand.list_tags_for_stream(StreamName="wind", Limit=2)
    assert (pairs(first), first["HasMoreTags"]) == ([("a", "1"), ("b", "2")], True)
    rest = stand.list_tags_for_stream(StreamName="wind", ExclusiveStartTagKey="b")
    assert (pairs(rest), rest["HasMoreTags"]) == ([("c", "3")], False)


def test_add_tags_with_a_character_that_tags_may_not_have(stand: Stand) -> None:
    stand.stream()
    stand.add_tags_to_stream(StreamName="wind", Tags={"é ü/x=y+z-1:@_.%": "统一码"})
    for tags in ({"a;b": "1"}, {"a": "<1>"}):
        with pytest.raises(InvalidArgumentException, match="Some tags contain invalid characters"):
            stand.add_tags_to_stream(StreamName="wind", Tags=tags)


def test_add_tags_beyond_fifty(stand: Stand) -> None:
    stand.stream()
    stand.add_tags_to_stream(StreamName="wind", Tags={str(number): "" for number in range(50)})
    stand.add_tags_to_stream(StreamName="wind", Tags={"0": "again"})
    for add, address, what in (
        (stand.add_tags_to_stream, {"StreamName": "wind"}, "stream wind"),
        (stand.tag_resource, {"ResourceARN": ARN}, f"resource {ARN}"),
    ):
        with pytest.raises(InvalidArgumentException) as error:
            add(**address, Tags={"50": ""})
        kind = what.partition(" ")[0]
        assert error.value.message == (
            f"Failed to add tags to {what} under account 000000000000 because a given {kind} cannot have more than 50 "
            "tags associated with it."
        )


def test_add_tags_that_are_aws_own(stand: Stand) -> None:
    stand.stream()
    with pytest.raises(InvalidArgumentException, match=r"^Some tag keys in the request started with 'aws:'"):
        stand.add_tags_to_stream(StreamName="wind", Tags={"aws:cloudformation:stack-name": "x"})


def test_add_tags_to_a_stream_that_is_creating(make_stand: Callable[..., Stand]) -> None:
    stand = make_stand(kinesis_create_delay_ms=500)
    stand.create_stream(StreamName="wind", Tags={"a": "1"})
    assert pairs(stand.list_tags_for_stream(StreamName="wind")) == [("a", "1")]
    with pytest.raises(ResourceInUseException, match="instead in state CREATING"):
        stand.tag_resource(ResourceARN=ARN, Tags={"b": "2"})


def test_tag_resource_that_is_no_stream(stand: Stand) -> None:
    with pytest.raises(ResourceNotFoundException):
        stand.tag_resource(ResourceARN=f"{ARN}/consumer/reader:1", Tags={"a": "1"})


@pytest.mark.parametrize(
    ("operation", "hours", "text"),
    [
        ("increase", 23, r"Minimum allowed retention period is 24 hours. Requested .* \(23 hours\) is too short."),
        ("increase", 8761, r"Maximum allowed retention period is 8760 hours. Requested .* \(8761 hours\) is too long."),
        ("increase", 47, r"\(47 hours\) for stream wind can not be shorter .* \(48 hours\). Use DecreaseRetention"),
        ("decrease", 49, r"\(49 hours\) for stream wind can not be longer .* \(48 hours\). Use IncreaseRetention"),
        ("decrease", 0, "Minimum allowed retention period is 24 hours"),
    ],
)
def test_retention_period_out_of_range(stand: Stand, operation: str, hours: int, text: str) -> None:
    stand.stream()
    stand.increase_stream_retention_period(StreamName="wind", RetentionPeriodHours=48)
    change = getattr(stand, f"{operation}_stream_retention_period")
    with pytest.raises(InvalidArgumentException, match=text):
        change(StreamName="wind", RetentionPeriodHours=hours)
    assert stand.describe_stream(StreamName="wind")["StreamDescription"]["RetentionPeriodHours"] == 48


def test_update_stream_mode_keeps_the_shards(make_stand: Callable[..., Stand]) -> None:
    stand = make_stand(kinesis_update_delay_ms=500)
    stand.stream(shards=2)
    stand.update_stream_mode(StreamARN=ARN, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    summary = stand.describe_stream_summary(StreamName="wind")["StreamDescriptionSummary"]
    assert (summary["StreamStatus"], summary["OpenShardCount"]) == ("UPDATING", 2)
    stand.put(b"meanwhile")
    with pytest.raises(ResourceInUseException, match="instead in state UPDATING"):
        stand.update_stream_mode(StreamARN=ARN, StreamModeDetails={"StreamMode": "PROVISIONED"})
    stand.clock.advance(1)
    description = stand.describe_stream(StreamName="wind")["StreamDescription"]
    assert (description["StreamStatus"], description["StreamModeDetails"]["StreamMode"]) == ("ACTIVE", "ON_DEMAND")


@pytest.mark.parametrize(
    ("operation", "request_", "member", "before", "after"),
    [
        ("increase_stream_retention_period", {"RetentionPeriodHours": 49}, "RetentionPeriodHours", 48, 49),
        ("decrease_stream_retention_period", {"RetentionPeriodHours": 24}, "RetentionPeriodHours", 48, 24),
        ("update_max_record_size", {"MaxRecordSizeInKiB": 2048}, "MaxRecordSizeInKiB", 1024, 2048),
    ],
)
def test_settings_change_when_updating_is_over(
    make_stand: Callable[..., Stand], operation: str, request_: dict[str, int], member: str, before: int, after: int
) -> None:
    """As recorded from AWS: until then they are shown, and hold, as they were."""
    stand = make_stand(kinesis_update_delay_ms=500)
    stand.stream()
    stand.increase_stream_retention_period(StreamName="wind", RetentionPeriodHours=48)
    stand.clock.advance(0.5)
    change = getattr(stand, operation)
    change(StreamARN=ARN, **request_)
    summary = stand.describe_stream_summary(StreamName="wind")["StreamDescriptionSummary"]
    assert (summary["StreamStatus"], summary[member]) == ("UPDATING", before)
    stand.clock.advance(0.5)
    summary = stand.describe_stream_summary(StreamName="wind")["StreamDescriptionSummary"]
    assert (summary["StreamStatus"], summary[member]) == ("ACTIVE", after)
    change(StreamARN=ARN, **request_)  # is so already: nothing to do
    assert stand.status() == "ACTIVE"


def test_update_stream_mode_twice_in_a_day(stand: Stand) -> None:
    stand.stream()

    def switch(mode: str) -> None:
        stand.update_stream_mode(StreamARN=ARN, StreamModeDetails={"StreamMode": mode})

    switch("ON_DEMAND")
    switch("ON_DEMAND")  # is so already: not counted
    summary = stand.describe_stream_summary(StreamName="wind")["StreamDescriptionSummary"]
    assert summary["RecordDistributionStrategy"] == "USER_PARTITION_KEY"
    stand.clock.advance(3600)
    switch("PROVISIONED")
    with pytest.raises(LimitExceededException) as error:
        switch("ON_DEMAND")
    assert error.value.message == "Rate exceeded for stream wind under account 000000000000."
    stand.clock.advance(23 * 3600)
    switch("ON_DEMAND")


def test_update_max_record_size_takes_effect(stand: Stand) -> None:
    stand.stream()
    stand.update_max_record_size(StreamARN=ARN, MaxRecordSizeInKiB=4096)
    stand.put(bytes(3 << 20))
    assert [len(data) for data in stand.read()] == [3 << 20]
