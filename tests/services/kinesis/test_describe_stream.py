from datetime import timedelta

import pytest
from tests.services.kinesis.stand import ACCOUNT, REGION, Stand

from afluente.core.clock import utc
from afluente.services.kinesis.error import (
    ExpiredNextTokenException,
    InvalidArgumentException,
    ResourceNotFoundException,
    UnrecognizedClientException,
)

ARN = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/wind"


def test_describe_stream_has_the_members_that_aws_gives(stand: Stand) -> None:
    stand.stream()
    description = stand.describe_stream(StreamName="wind")["StreamDescription"]
    (shard,) = description.pop("Shards")
    assert description == {
        "StreamName": "wind",
        "StreamARN": ARN,
        "StreamStatus": "ACTIVE",
        "StreamModeDetails": {"StreamMode": "PROVISIONED"},
        "HasMoreShards": False,
        "RetentionPeriodHours": 24,
        "StreamCreationTimestamp": utc(stand.clock.now_ms()),
        "EnhancedMonitoring": [{"ShardLevelMetrics": []}],
        "EncryptionType": "NONE",
    }
    assert set(shard) == {"ShardId", "HashKeyRange", "SequenceNumberRange"}
    assert set(shard["SequenceNumberRange"]) == {"StartingSequenceNumber"}


def test_describe_stream_pages_through_shards(stand: Stand) -> None:
    stand.stream(shards=130)
    first = stand.describe_stream(StreamName="wind", Limit=10_000)["StreamDescription"]
    assert (len(first["Shards"]), first["HasMoreShards"]) == (100, True)
    rest = stand.describe_stream(StreamName="wind", ExclusiveStartShardId=first["Shards"][-1]["ShardId"])
    assert [shard["ShardId"] for shard in rest["StreamDescription"]["Shards"]] == [
        f"shardId-{index:012d}" for index in range(100, 130)
    ]
    assert rest["StreamDescription"]["HasMoreShards"] is False


def test_describe_stream_summary(stand: Stand) -> None:
    stand.stream(shards=3)
    summary = stand.describe_stream_summary(StreamARN=ARN)["StreamDescriptionSummary"]
    assert "Shards" not in summary
    expected = {"OpenShardCount": 3, "ConsumerCount": 0, "MaxRecordSizeInKiB": 1024, "StreamName": "wind"}
    assert expected.items() <= summary.items()


def test_describe_limits_counts_what_there_is(stand: Stand) -> None:
    stand.stream("one", shards=3)
    stand.create_stream(StreamName="two")
    limits = stand.describe_limits()
    assert (limits["OpenShardCount"], limits["OnDemandStreamCount"]) == (3, 1)  # as recorded from AWS


def test_a_stream_belongs_to_its_region(stand: Stand) -> None:
    stand.stream()
    elsewhere = stand.call(region="sa-east-1")
    assert stand.provider.list_streams(elsewhere, {})["StreamNames"] == []
    with pytest.raises(ResourceNotFoundException):
        stand.provider.describe_stream(elsewhere, {"StreamName": "wind"})


def test_address_with_neither_name_nor_arn(stand: Stand) -> None:
    with pytest.raises(InvalidArgumentException, match="Stream arn and stream name can't be empty at the same time"):
        stand.describe_stream()


def test_address_with_name_and_arn_that_differ(stand: Stand) -> None:
    stand.stream()
    stand.describe_stream(StreamName="wind", StreamARN=ARN)
    with pytest.raises(InvalidArgumentException) as error:
        stand.describe_stream(StreamName="sun", StreamARN=ARN)
    assert error.value.message == "Input stream name sun doesn't match the inferred name in stream arn wind"


def test_address_by_an_arn_of_another_account(stand: Stand) -> None:
    with pytest.raises(UnrecognizedClientException, match="No account found for the given parameters"):
        stand.describe_stream(StreamARN=ARN.replace(ACCOUNT, "1" * 12))


def test_address_by_an_arn_of_another_region(stand: Stand) -> None:
    arn = ARN.replace(REGION, "eu-west-1")
    with pytest.raises(InvalidArgumentException) as error:
        stand.describe_stream(StreamARN=arn)
    assert error.value.message == f"The region specified in the ARN '{arn}' does not match the endpoint region"


@pytest.mark.parametrize("arn", [f"{ARN}/consumer/c:1", ARN.replace("wind", "sun")])
def test_address_by_an_arn_of_something_else(stand: Stand, arn: str) -> None:
    stand.stream()
    with pytest.raises(ResourceNotFoundException):
        stand.describe_stream(StreamARN=arn)


def test_list_streams_pages_by_token_and_by_name(stand: Stand) -> None:
    for name in ("c", "a", "b"):
        stand.stream(name)
    first = stand.list_streams(Limit=2)
    assert (first["StreamNames"], first["HasMoreStreams"]) == (["a", "b"], True)
    assert [summary["StreamName"] for summary in first["StreamSummaries"]] == ["a", "b"]
    second = stand.list_streams(NextToken=first["NextToken"])
    assert (second["StreamNames"], second["HasMoreStreams"]) == (["c"], False)
    assert "NextToken" not in second
    assert stand.list_streams(ExclusiveStartStreamName="a")["StreamNames"] == ["b", "c"]


def test_list_streams_with_a_token_that_expired(stand: Stand) -> None:
    stand.stream("a")
    stand.stream("b")
    token = stand.list_streams(Limit=1)["NextToken"]
    stand.clock.advance(301)
    with pytest.raises(ExpiredNextTokenException):
        stand.list_streams(NextToken=token)


def test_list_shards_pages_by_token(stand: Stand) -> None:
    stand.stream(shards=5)
    first = stand.list_shards(StreamName="wind", MaxResults=2)
    second = stand.list_shards(NextToken=first["NextToken"], MaxResults=2, StreamName="wind")
    third = stand.list_shards(NextToken=second["NextToken"], MaxResults=2)
    assert "NextToken" not in third
    found = [shard["ShardId"] for page in (first, second, third) for shard in page["Shards"]]
    assert found == [f"shardId-{index:012d}" for index in range(5)]


@pytest.mark.parametrize(
    ("shard_filter", "expected"),
    [
        ({"Type": "AFTER_SHARD_ID", "ShardId": "shardId-000000000000"}, 2),
        ({"Type": "AT_TRIM_HORIZON"}, 3),
        ({"Type": "FROM_TRIM_HORIZON"}, 3),
        ({"Type": "AT_LATEST"}, 3),
        ({"Type": "AT_LATEST", "Timestamp": utc(1 << 42)}, 3),
        ({"Type": "AT_LATEST", "ShardId": "shardId-000000000000"}, 2),
    ],
)
def test_list_shards_with_a_filter(stand: Stand, shard_filter: dict[str, object], expected: int) -> None:
    stand.stream(shards=3)
    assert len(stand.list_shards(StreamName="wind", ShardFilter=shard_filter)["Shards"]) == expected


def test_list_shards_at_a_time_before_the_stream_was_made(stand: Stand) -> None:
    stand.stream(shards=3)
    before = utc(stand.clock.now_ms()) - timedelta(minutes=1)
    at = {"Type": "AT_TIMESTAMP", "Timestamp": before}
    assert stand.list_shards(StreamName="wind", ShardFilter=at)["Shards"] == []
    since = {"Type": "FROM_TIMESTAMP", "Timestamp": before}
    assert len(stand.list_shards(StreamName="wind", ShardFilter=since)["Shards"]) == 3


def test_list_shards_after_the_records_of_the_first_hour_expired(stand: Stand) -> None:
    stand.stream(shards=2)
    stand.clock.advance(48 * 3600)
    assert len(stand.list_shards(StreamName="wind", ShardFilter={"Type": "AT_TRIM_HORIZON"})["Shards"]) == 2


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        ({}, "Either NextToken or StreamName should be provided."),
        ({"NextToken": "AAAA"}, "Invalid NextToken."),
        (
            {"NextToken": "x", "ShardFilter": {"Type": "AT_LATEST"}},
            "NextToken and ShardFilter cannot be provided together.",
        ),
        (
            {"StreamName": "wind", "ShardFilter": {"Type": "AFTER_SHARD_ID"}},
            "ShardId must be provided when the ShardFilter Type is AFTER_SHARD_ID.",
        ),
        (
            {"StreamName": "wind", "ShardFilter": {"Type": "AT_TIMESTAMP", "Timestamp": utc(1000)}},
            "ShardFilter Timestamp cannot be older than TRIM_HORIZON of the stream.",
        ),
        (
            {"StreamName": "wind", "ShardFilter": {"Type": "FROM_TIMESTAMP", "Timestamp": utc(1 << 42)}},
            "ShardFilter Timestamp must not be greater than current time.",
        ),
        (
            {"StreamName": "wind", "ShardFilter": {"Type": "FROM_TIMESTAMP"}},
            "Timestamp must be provided when the ShardFilter Type is FROM_TIMESTAMP.",
        ),
    ],
)
def test_list_shards_with_arguments_that_do_not_fit(stand: Stand, request_: dict[str, object], text: str) -> None:
    stand.stream()
    with pytest.raises(InvalidArgumentException, match=text):
        stand.list_shards(**request_)


def test_list_shards_with_a_token_of_another_stream(stand: Stand) -> None:
    stand.stream(shards=2)
    stand.stream("sun")
    token = stand.list_shards(StreamName="wind", MaxResults=1)["NextToken"]
    with pytest.raises(InvalidArgumentException, match="Invalid NextToken"):
        stand.list_shards(NextToken=token, StreamName="sun")


def test_list_shards_filters_on_a_tree(stand: Stand) -> None:
    """A split after one hour, a merge after two; what was open when, and what has been open since."""
    stand.stream()
    stand.clock.advance(3600)
    stand.split()
    stand.clock.advance(3600)
    stand.merge(1, 2)
    stand.clock.advance(3600)
    now_ms = stand.clock.now_ms()

    def listed(kind: str, hours_ago: float | None = None) -> list[int]:
        shard_filter: dict[str, object] = {"Type": kind}
        if hours_ago is not None:
            shard_filter["Timestamp"] = utc(now_ms) - timedelta(hours=hours_ago)
        found = stand.list_shards(StreamName="wind", ShardFilter=shard_filter)["Shards"]
        return [int(shard["ShardId"][-4:]) for shard in found]

    assert listed("AT_LATEST") == [3]
    assert listed("AT_TRIM_HORIZON") == [0]
    assert listed("FROM_TRIM_HORIZON") == [0, 1, 2, 3]
    assert [listed("AT_TIMESTAMP", hours) for hours in (2.5, 1.5, 0.5)] == [[0], [1, 2], [3]]
    assert [listed("FROM_TIMESTAMP", hours) for hours in (2.5, 1.5, 0.5)] == [[0, 1, 2, 3], [1, 2, 3], [3]]
    stand.clock.advance(22.5 * 3600)  # the split is 24.5 hours ago, the merge 23.5
    assert listed("AT_TRIM_HORIZON") == [1, 2]
    assert listed("FROM_TRIM_HORIZON") == [1, 2, 3]


def test_list_shards_takes_no_other_token(stand: Stand) -> None:
    stand.stream("a")
    stand.stream("wind")
    token = stand.list_streams(Limit=1)["NextToken"]
    with pytest.raises(InvalidArgumentException, match="Invalid NextToken"):
        stand.list_shards(NextToken=token)


def test_list_shards_of_a_stream_made_at_another_time(stand: Stand) -> None:
    stand.stream()
    made_at = utc(stand.clock.now_ms())
    assert stand.list_shards(StreamName="wind", StreamCreationTimestamp=made_at)["Shards"]
    with pytest.raises(ResourceNotFoundException):
        stand.list_shards(StreamName="wind", StreamCreationTimestamp=made_at - timedelta(hours=1))
