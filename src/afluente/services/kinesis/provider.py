"""The operations of Kinesis."""

from collections.abc import Mapping
from typing import Any, ClassVar

from afluente.core.arn import Arn
from afluente.core.call import Call
from afluente.core.clock import Clock, utc
from afluente.core.provider import Provider, Request, Response
from afluente.services.kinesis import description, mode, quota, retention
from afluente.services.kinesis.engine import PAGE_RECORDS, KinesisEngine
from afluente.services.kinesis.error import (
    InternalFailureException,
    InvalidArgumentException,
    ProvisionedThroughputExceededException,
    ResourceNotFoundException,
    UnrecognizedClientException,
)
from afluente.services.kinesis.listing import (
    PAGE_SHARDS,
    PAGE_STREAMS,
    SHARDS,
    STREAMS,
    ShardQuery,
    ShardsToken,
    StreamsToken,
    read_token,
)
from afluente.services.kinesis.put import (
    FAILED,
    check_ordering,
    check_sizes,
    measure_put_record,
    measure_put_records,
    put_records_answer,
    rate_exceeded,
    require_partition_keys,
)
from afluente.services.kinesis.reshard import Resharding
from afluente.services.kinesis.shard_tree import find_shard, visible_shards
from afluente.services.kinesis.stream import Key
from afluente.services.kinesis.tag import change_tags, check_characters, checked, tag_list

DESCRIBED_SHARDS = 100
"""DescribeStream shows no more shards at once, whatever Limit says."""


class KinesisProvider(Provider):
    """Amazon Kinesis Data Streams."""

    service = "kinesis"
    operations = (
        "AddTagsToStream",
        "CreateStream",
        "DecreaseStreamRetentionPeriod",
        "DeleteStream",
        "DescribeLimits",
        "DescribeStream",
        "DescribeStreamSummary",
        "GetRecords",
        "GetShardIterator",
        "IncreaseStreamRetentionPeriod",
        "ListShards",
        "ListStreams",
        "ListTagsForResource",
        "ListTagsForStream",
        "MergeShards",
        "PutRecord",
        "PutRecords",
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
        self._resharding = Resharding(engine.control, clock)
        self._clock = clock

    # Streams

    def create_stream(self, call: Call, request: Request) -> Response:
        key = (call.account, call.region, request["StreamName"])
        wanted = (request.get("StreamModeDetails") or {}).get("StreamMode")
        tags = checked(request.get("Tags") or {})
        self._control.create(key, wanted, request.get("ShardCount"), tags, request.get("MaxRecordSizeInKiB", 1024))
        return {}

    def delete_stream(self, call: Call, request: Request) -> Response:
        # EnforceConsumerDeletion is honoured: without RegisterStreamConsumer there is no consumer to object.
        self._control.delete(_key(call, request))
        return {}

    def describe_stream(self, call: Call, request: Request) -> Response:
        stream, now_ms = self._control.find(_key(call, request)).stream, self._clock.now_ms()
        shards = visible_shards(stream, now_ms)
        after = request.get("ExclusiveStartShardId")
        if after is not None:
            index = find_shard(stream, after, now_ms).index
            shards = [shard for shard in shards if shard.index > index]
        limit = min(request.get("Limit", DESCRIBED_SHARDS), DESCRIBED_SHARDS)
        page = description.stream(stream, shards[:limit], len(shards) > limit, now_ms)
        return {"StreamDescription": page}

    def describe_stream_summary(self, call: Call, request: Request) -> Response:
        stream = self._control.find(_key(call, request)).stream
        return {"StreamDescriptionSummary": description.summary(stream, self._clock.now_ms())}

    def describe_limits(self, call: Call, request: Request) -> Response:  # noqa: ARG002  # it has no members
        streams = self._control.streams(call.account, call.region)
        return {
            "ShardLimit": quota.SHARD_LIMIT,
            "OpenShardCount": quota.provisioned_shards(streams),
            "OnDemandStreamCount": quota.on_demand_streams(streams),
            "OnDemandStreamCountLimit": quota.ON_DEMAND_STREAM_LIMIT,
        }

    def list_streams(self, call: Call, request: Request) -> Response:
        after, now_ms = self._after_stream(call, request), self._clock.now_ms()
        streams = [each for each in self._control.streams(call.account, call.region) if each.name > after]
        limit = min(request.get("Limit", PAGE_STREAMS), PAGE_STREAMS)
        page = streams[:limit]
        answer: Response = {
            "StreamNames": [stream.name for stream in page],
            "HasMoreStreams": len(streams) > limit,
            "StreamSummaries": [description.list_entry(stream, now_ms) for stream in page],
        }
        if answer["HasMoreStreams"]:
            token = StreamsToken(call.account, call.region, page[-1].name, now_ms)
            answer["NextToken"] = self._engine.tokens.make(token)
        return answer

    def _after_stream(self, call: Call, request: Request) -> str:
        """The name after which ListStreams goes on."""
        after: str = request.get("ExclusiveStartStreamName", "")
        if "NextToken" not in request:
            return after
        if after:
            raise InvalidArgumentException("NextToken and ExclusiveStartStreamName cannot be provided together.")
        token: StreamsToken = read_token(self._engine.tokens, request["NextToken"], STREAMS, self._clock.now_ms())
        if (token.account, token.region) != (call.account, call.region):
            raise InvalidArgumentException("Invalid NextToken.")
        return token.after_name

    def update_stream_mode(self, call: Call, request: Request) -> Response:
        wanted = request["StreamModeDetails"]["StreamMode"]
        mode.update_mode(self._control, _key(call, request), wanted, self._clock)
        return {}

    def update_max_record_size(self, call: Call, request: Request) -> Response:
        mode.update_max_record_size(self._control, _key(call, request), request["MaxRecordSizeInKiB"])
        return {}

    def increase_stream_retention_period(self, call: Call, request: Request) -> Response:
        retention.increase(self._control, _key(call, request), request["RetentionPeriodHours"])
        return {}

    def decrease_stream_retention_period(self, call: Call, request: Request) -> Response:
        retention.decrease(self._control, _key(call, request), request["RetentionPeriodHours"])
        return {}

    # Shards

    def split_shard(self, call: Call, request: Request) -> Response:
        self._resharding.split(_key(call, request), request["ShardToSplit"], request["NewStartingHashKey"])
        return {}

    def merge_shards(self, call: Call, request: Request) -> Response:
        self._resharding.merge(_key(call, request), request["ShardToMerge"], request["AdjacentShardToMerge"])
        return {}

    def update_shard_count(self, call: Call, request: Request) -> Response:
        key = _key(call, request)
        scaling = self._resharding.update_shard_count(key, request["TargetShardCount"])
        return {
            "StreamName": key[2],
            "StreamARN": self._control.find(key).stream.arn,
            "CurrentShardCount": scaling.current,
            "TargetShardCount": scaling.target,
        }

    def list_shards(self, call: Call, request: Request) -> Response:
        now_ms = self._clock.now_ms()
        if "NextToken" in request:
            query = self._next_shards(call, request)
        else:
            query = ShardQuery.of_request(self._control.find(_list_key(call, request)).stream, request)
        page, token = query.page(
            visible_shards(query.stream, now_ms), min(request.get("MaxResults", PAGE_SHARDS), PAGE_SHARDS), now_ms
        )
        answer: Response = {"Shards": [description.shard(shard) for shard in page]}
        return answer if token is None else {**answer, "NextToken": self._engine.tokens.make(token)}

    def _next_shards(self, call: Call, request: Request) -> ShardQuery:
        """The query that a NextToken goes on with."""
        for member in ("StreamName", "StreamARN", "StreamCreationTimestamp", "ExclusiveStartShardId", "ShardFilter"):
            if member in request:
                raise InvalidArgumentException(f"NextToken and {member} cannot be provided together.")
        token: ShardsToken = read_token(self._engine.tokens, request["NextToken"], SHARDS, self._clock.now_ms())
        if token.key[:2] != (call.account, call.region):
            raise InvalidArgumentException("Invalid NextToken.")
        return ShardQuery.of_token(self._control.find(token.key).stream, token)

    def get_shard_iterator(self, call: Call, request: Request) -> Response:
        iterator = self._engine.shard_iterator(
            _key(call, request),
            request["ShardId"],
            request["ShardIteratorType"],
            request.get("StartingSequenceNumber"),
            request.get("Timestamp"),
        )
        return {"ShardIterator": iterator}

    # Records

    def put_record(self, call: Call, request: Request) -> Response:
        live = self._engine.writable(_key(call, request))
        require_partition_keys([request], "")
        check_sizes([request], live.stream, "")
        if "SequenceNumberForOrdering" in request:
            check_ordering(request["SequenceNumberForOrdering"], live.stream, self._clock.now_ms())
        hash_keys = [request.get("ExplicitHashKey")]
        placed = self._engine.put(live, [request["PartitionKey"]], [request["Data"]], hash_keys)
        measure_put_record(placed, call.arrived_at_ms)
        ((shard, number),) = placed.in_order()
        if number is None:
            raise ProvisionedThroughputExceededException(rate_exceeded(live.stream, shard))
        if placed.future.exception() is not None:
            raise InternalFailureException(FAILED)
        return {"ShardId": shard.shard_id, "SequenceNumber": str(number)}

    def put_records(self, call: Call, request: Request) -> Response:
        live, entries = self._engine.writable(_key(call, request)), request["Records"]
        require_partition_keys(entries, "records.{}.member.")
        check_sizes(entries, live.stream, "records.{}.member.")
        keys, data = [entry["PartitionKey"] for entry in entries], [entry["Data"] for entry in entries]
        hash_keys = [entry.get("ExplicitHashKey") for entry in entries]
        placed = self._engine.put(live, keys, data, hash_keys)
        measure_put_records(placed, call.arrived_at_ms)
        return put_records_answer(placed)

    def get_records(self, call: Call, request: Request) -> Response:
        limit = request.get("Limit", PAGE_RECORDS)
        stream = _arn_key(call, request["StreamARN"]) if "StreamARN" in request else None
        page = self._engine.page(request["ShardIterator"], call.account, call.region, limit, stream)
        records = [
            {
                "SequenceNumber": record.sequence_number,
                "ApproximateArrivalTimestamp": utc(record.arrived_at_ms),
                "Data": record.data,
                "PartitionKey": record.partition_key,
            }
            for record in page.batch.records
        ]
        answer: Response = {"Records": records, "MillisBehindLatest": page.millis_behind_latest}
        if page.next_iterator is None:
            return {**answer, "ChildShards": [description.child_shard(shard) for shard in page.children]}
        return {**answer, "NextShardIterator": page.next_iterator}

    # Tags

    def add_tags_to_stream(self, call: Call, request: Request) -> Response:
        change_tags(self._control, _key(call, request), checked(request["Tags"]))
        return {}

    def list_tags_for_stream(self, call: Call, request: Request) -> Response:
        tags = tag_list(self._control.find(_key(call, request)).stream.tags)
        after, limit = request.get("ExclusiveStartTagKey", ""), request.get("Limit", 50)
        rest = [tag for tag in tags if tag["Key"] > after]
        return {"Tags": rest[:limit], "HasMoreTags": len(rest) > limit}

    def remove_tags_from_stream(self, call: Call, request: Request) -> Response:
        check_characters(request["TagKeys"])
        change_tags(self._control, _key(call, request), {}, frozenset(request["TagKeys"]))
        return {}

    def tag_resource(self, call: Call, request: Request) -> Response:
        change_tags(self._control, _resource_key(call, request), checked(request["Tags"]))
        return {}

    def untag_resource(self, call: Call, request: Request) -> Response:
        check_characters(request["TagKeys"])
        change_tags(self._control, _resource_key(call, request), {}, frozenset(request["TagKeys"]))
        return {}

    def list_tags_for_resource(self, call: Call, request: Request) -> Response:
        return {"Tags": tag_list(self._control.find(_resource_key(call, request)).stream.tags)}


def _key(call: Call, request: Mapping[str, Any]) -> Key:
    """The stream that a request names by StreamName, StreamARN or both."""
    name, arn = request.get("StreamName"), request.get("StreamARN")
    if arn is None:
        if name is None:
            raise InvalidArgumentException("Stream arn and stream name can't be empty at the same time")
        return call.account, call.region, name
    named = _arn_key(call, arn)
    if name is not None and name != named[2]:
        raise InvalidArgumentException(f"Input stream name {name} doesn't match the inferred name in stream arn {arn}")
    return named


def _list_key(call: Call, request: Mapping[str, Any]) -> Key:
    if "StreamName" not in request and "StreamARN" not in request:
        raise InvalidArgumentException("Either NextToken or StreamName should be provided.")
    return _key(call, request)


def _resource_key(call: Call, request: Mapping[str, Any]) -> Key:
    return _arn_key(call, request["ResourceARN"])


def _arn_key(call: Call, text: str) -> Key:
    """The stream of an ARN. Consumers, channels and queues have ARNs too; there are none of them here."""
    arn = Arn.parse(text)
    if arn.account != call.account:
        raise UnrecognizedClientException("No account found for the given parameters")
    if arn.region != call.region or not arn.resource.startswith("stream/") or "/" in arn.name:
        raise ResourceNotFoundException(f"Resource {text} under account {call.account} not found.")
    return arn.account, arn.region, arn.name
