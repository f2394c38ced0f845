"""Kinesis as the gateway sees it: which operations there are, and what of them is not supported."""

from collections.abc import Mapping
from typing import ClassVar

from afluente.core.clock import Clock
from afluente.core.provider import Provider
from afluente.services.kinesis.consumer_operation import ConsumerOperations
from afluente.services.kinesis.engine import KinesisEngine
from afluente.services.kinesis.record_operation import RecordOperations
from afluente.services.kinesis.reshard import Resharding
from afluente.services.kinesis.shard_operation import ShardOperations
from afluente.services.kinesis.stream_operation import StreamOperations
from afluente.services.kinesis.tag_operation import TagOperations


class KinesisProvider(StreamOperations, ShardOperations, RecordOperations, ConsumerOperations, TagOperations, Provider):
    """Amazon Kinesis Data Streams."""

    service = "kinesis"
    operations = (
        "AddTagsToStream",
        "CreateStream",
        "DecreaseStreamRetentionPeriod",
        "DeleteStream",
        "DeregisterStreamConsumer",
        "DescribeLimits",
        "DescribeStream",
        "DescribeStreamConsumer",
        "DescribeStreamSummary",
        "GetRecords",
        "GetShardIterator",
        "IncreaseStreamRetentionPeriod",
        "ListShards",
        "ListStreamConsumers",
        "ListStreams",
        "ListTagsForResource",
        "ListTagsForStream",
        "MergeShards",
        "PutRecord",
        "PutRecords",
        "RegisterStreamConsumer",
        "RemoveTagsFromStream",
        "SplitShard",
        "TagResource",
        "UntagResource",
        "UpdateMaxRecordSize",
        "UpdateShardCount",
        "UpdateStreamMode",
    )
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {
        **{name: ("StreamId",) for name in operations if name not in {"CreateStream", "DescribeLimits", "ListStreams"}},
        **dict.fromkeys(("GetRecords", "GetShardIterator", "PutRecord", "PutRecords"), ("StreamId", "DryRun")),
        "CreateStream": ("WarmThroughputMiBps", "RecordDistributionStrategy"),
        "UpdateStreamMode": ("StreamId", "WarmThroughputMiBps"),
    }

    def __init__(self, engine: KinesisEngine, clock: Clock) -> None:
        self._engine = engine
        self._control = engine.control
        self._registration = engine.registration
        self._resharding = Resharding(engine.control, clock)
        self._clock = clock
