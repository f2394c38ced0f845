"""What each operation of Kinesis takes: an action of its own name, on the stream or the consumer that it is about."""

from collections.abc import Iterable, Mapping
from typing import Any

from afluente.core.call import Call
from afluente.core.permission import Permission, each, everything, local
from afluente.services.kinesis.listing import SHARDS
from afluente.services.kinesis.shard_iterator import DECODER as ITERATORS
from afluente.services.kinesis.token import TokenMaker

Request = Mapping[str, Any]


def stream(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """By ARN or by name."""
    arn = request.get("StreamARN") or (
        local("kinesis", call, f"stream/{request['StreamName']}") if "StreamName" in request else None
    )
    return () if arn is None else (arn,)


def streams(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """Lists are of all streams."""
    return (local("kinesis", call, "*"),)


def read(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The stream of a shard iterator, or of a list's token; of one that was not made here, none."""
    return stream(provider, call, request) or stream_of_token(provider.tokens, request)


def stream_of_token(tokens: TokenMaker, request: Request) -> Iterable[str]:
    """The stream of a ShardIterator or a NextToken that was made here."""
    decoder, text = (ITERATORS, request["ShardIterator"]) if "ShardIterator" in request else (
        SHARDS, request.get("NextToken", ""))  # fmt: skip
    try:
        account, region, name = tokens.read(text.strip('"'), decoder).key
    except ValueError:
        return ()
    return (f"arn:aws:kinesis:{region}:{account}:stream/{name}",)


def consumer(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """A consumer by its ARN; by its name, any that has it or had it."""
    if "ConsumerARN" in request:
        return (request["ConsumerARN"],)
    return tuple(f"{arn}/consumer/{request.get('ConsumerName', '')}:*" for arn in stream(provider, call, request))


def resource(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """A stream or consumer by its ARN."""
    return (request["ResourceARN"],)


PERMISSIONS: dict[str, tuple[Permission, ...]] = {
    **each(
        stream, "kinesis", "AddTagsToStream", "CreateStream", "DecreaseStreamRetentionPeriod", "DeleteStream",
        "DescribeStream", "DescribeStreamSummary", "DisableEnhancedMonitoring", "EnableEnhancedMonitoring",
        "GetShardIterator", "IncreaseStreamRetentionPeriod", "ListStreamConsumers", "ListTagsForStream", "MergeShards",
        "PutRecord", "PutRecords", "RegisterStreamConsumer", "RemoveTagsFromStream", "SplitShard",
        "StartStreamEncryption", "StopStreamEncryption", "UpdateMaxRecordSize", "UpdateShardCount", "UpdateStreamMode",
        "UpdateStreamWarmThroughput",
    ),
    **each(read, "kinesis", "GetRecords", "ListShards"),
    **each(consumer, "kinesis", "DeregisterStreamConsumer", "DescribeStreamConsumer", "SubscribeToShard"),
    **each(
        resource, "kinesis", "DeleteResourcePolicy", "GetResourcePolicy", "ListTagsForResource", "PutResourcePolicy",
        "TagResource", "UntagResource",
    ),
    **each(streams, "kinesis", "ListStreams"),
    **each(everything, "kinesis", "DescribeAccountSettings", "DescribeLimits", "UpdateAccountSettings"),
}  # fmt: skip
