"""Kinesis as the gateway sees it: which operations there are, and what of them is not supported."""

from collections.abc import Mapping
from typing import ClassVar

from afluente.core.arn import Arn
from afluente.core.call import Call
from afluente.core.clock import Clock
from afluente.core.policy_principal import PolicyPrincipals
from afluente.core.provider import Provider, Request
from afluente.services.kinesis.authorization import PERMISSIONS
from afluente.services.kinesis.consumer_operation import ConsumerOperations
from afluente.services.kinesis.engine import KinesisEngine
from afluente.services.kinesis.quota import check_creating
from afluente.services.kinesis.rate import Rates
from afluente.services.kinesis.record_operation import RecordOperations
from afluente.services.kinesis.reshard import Resharding
from afluente.services.kinesis.resource import ConsumerName, named_stream, resource_of_arn
from afluente.services.kinesis.setting_operation import SettingOperations
from afluente.services.kinesis.shard_operation import ShardOperations
from afluente.services.kinesis.stream_operation import StreamOperations
from afluente.services.kinesis.tag_operation import TagOperations

WITHOUT_STREAM = {"CreateStream", "DescribeAccountSettings", "DescribeLimits", "ListStreams", "UpdateAccountSettings"}


class KinesisProvider(
    StreamOperations,
    ShardOperations,
    RecordOperations,
    ConsumerOperations,
    TagOperations,
    SettingOperations,
    Provider,
):
    """Amazon Kinesis Data Streams.

    Of the operations that AWS has, these are left out: those on channels (a stream's own delivery to S3, of 2026) and
    on queues, which are services of their own, and UpdateStreamRecordDistributionStrategy: records go by their keys.
    """

    service = "kinesis"
    operations = (
        "AddTagsToStream",
        "CreateStream",
        "DecreaseStreamRetentionPeriod",
        "DeleteResourcePolicy",
        "DeleteStream",
        "DeregisterStreamConsumer",
        "DescribeAccountSettings",
        "DescribeLimits",
        "DescribeStream",
        "DescribeStreamConsumer",
        "DescribeStreamSummary",
        "DisableEnhancedMonitoring",
        "EnableEnhancedMonitoring",
        "GetRecords",
        "GetResourcePolicy",
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
        "PutResourcePolicy",
        "RegisterStreamConsumer",
        "RemoveTagsFromStream",
        "SplitShard",
        "StartStreamEncryption",
        "StopStreamEncryption",
        "SubscribeToShard",
        "TagResource",
        "UntagResource",
        "UpdateAccountSettings",
        "UpdateMaxRecordSize",
        "UpdateShardCount",
        "UpdateStreamMode",
        "UpdateStreamWarmThroughput",
    )
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {
        **{name: ("StreamId",) for name in operations if name not in WITHOUT_STREAM},
        "CreateStream": ("RecordDistributionStrategy=AUTO",),
    }

    permissions = PERMISSIONS

    def __init__(self, engine: KinesisEngine, clock: Clock, principals: PolicyPrincipals) -> None:
        self._engine = engine
        self.tokens = engine.tokens
        self._control = engine.control
        self._registration = engine.registration
        self._resharding = Resharding(engine.control, clock)
        self._accounts = engine.accounts
        self._policies = engine.policies
        self._principals = principals
        self._rates = Rates(clock)
        self._clock = clock

    def tags_of(self, resource: Arn) -> Mapping[str, str]:
        key = resource_of_arn(str(resource))
        if isinstance(key, ConsumerName):
            return self._registration.find(*key)[1].tags
        return self._control.find(key).stream.tags

    def admit(self, call: Call, request: Request) -> None:
        if self._engine.enforces_control_limits:
            self._rates.admit(call.operation, call.account, call.region, named_stream(call, request))
            if call.operation == "CreateStream":
                check_creating(self._control.streams(call.account, call.region), call, self._clock.now_ms())
        self._engine.faults.admit(call.operation)
