"""Streams and shards as AWS's answers show them."""

from collections.abc import Sequence
from typing import Any

from afluente.core.clock import utc
from afluente.services.kinesis.consumer import Consumer
from afluente.services.kinesis.stream import Shard, Stream

Response = dict[str, Any]


def shard(shard: Shard) -> Response:
    """A shard; EndingSequenceNumber and parents only where it has them."""
    numbers = {"StartingSequenceNumber": shard.starting_sequence_number}
    if shard.ending_sequence_number is not None:
        numbers["EndingSequenceNumber"] = shard.ending_sequence_number
    members = ("ParentShardId", "AdjacentParentShardId")
    return {
        "ShardId": shard.shard_id,
        **dict(zip(members, shard.parents, strict=False)),
        "HashKeyRange": {"StartingHashKey": shard.starting_hash_key, "EndingHashKey": shard.ending_hash_key},
        "SequenceNumberRange": numbers,
    }


def child_shard(shard: Shard) -> Response:
    """A ChildShard, as the last page of a closed shard has them."""
    return {
        "ShardId": shard.shard_id,
        "ParentShards": list(shard.parents),
        "HashKeyRange": {"StartingHashKey": shard.starting_hash_key, "EndingHashKey": shard.ending_hash_key},
    }


def stream(stream: Stream, shards: Sequence[Shard], has_more: bool, now_ms: int) -> Response:
    """StreamDescription, with the page of shards it has."""
    return {**_common(stream, now_ms), "Shards": [shard(each) for each in shards], "HasMoreShards": has_more}


def summary(stream: Stream, now_ms: int) -> Response:
    """StreamDescriptionSummary. AWS leaves OpenShardCount out while the stream is CREATING or DELETING."""
    found = {
        **_common(stream, now_ms),
        "ConsumerCount": len(stream.consumers_at(now_ms)),
        "ChannelCount": 0,
        "MaxRecordSizeInKiB": stream.max_record_kib,
    }
    if stream.mode == "ON_DEMAND":
        found["RecordDistributionStrategy"] = "USER_PARTITION_KEY"
        if stream.warm_target_mib is not None:
            found["WarmThroughput"] = warm_throughput(stream)
    if stream.status(now_ms) not in {"CREATING", "DELETING"}:
        found["OpenShardCount"] = len(stream.open_shards)
    return found


def consumer(stream: Stream, consumer: Consumer, now_ms: int) -> Response:
    """A Consumer, as RegisterStreamConsumer and ListStreamConsumers have it."""
    return {
        "ConsumerName": consumer.name,
        "ConsumerARN": consumer.arn(stream.arn),
        "ConsumerStatus": consumer.status(now_ms),
        "ConsumerCreationTimestamp": utc(consumer.created_s * 1000),
    }


def warm_throughput(stream: Stream) -> Response:
    """WarmThroughput. A stream that had none is as warm as its shards make it."""
    current = len(stream.open_shards) if stream.warm_mib is None else stream.warm_mib
    return {"TargetMiBps": stream.warm_target_mib, "CurrentMiBps": current}


def list_entry(stream: Stream, now_ms: int) -> Response:
    """A StreamSummary, as ListStreams has them."""
    members = ("StreamName", "StreamARN", "StreamStatus", "StreamModeDetails", "StreamCreationTimestamp")
    common = _common(stream, now_ms)
    return {member: common[member] for member in members}


def _common(stream: Stream, now_ms: int) -> Response:
    found = {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "StreamStatus": stream.status(now_ms),
        "StreamModeDetails": {"StreamMode": stream.mode},
        "RetentionPeriodHours": stream.retention_hours,
        "StreamCreationTimestamp": utc(stream.created_at_ms // 1000 * 1000),  # whole seconds, as AWS has it
        "EnhancedMonitoring": [{"ShardLevelMetrics": list(stream.shard_metrics)}],
        "EncryptionType": stream.encryption_type,
    }
    if stream.key_id is not None:
        found["KeyId"] = stream.key_id
    return found
