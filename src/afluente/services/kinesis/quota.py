"""What an account may have in a region, and what a stream may do in a day. Texts as AWS's.

https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
"""

from collections.abc import Sequence

import msgspec

from afluente.core.call import Call
from afluente.services.kinesis.error import LimitExceededException
from afluente.services.kinesis.stream import Key, Stream

SHARD_LIMIT = 20_000
ON_DEMAND_STREAM_LIMIT = 50
CREATING_LIMIT = 5

DAY_MS = 86_400_000


def provisioned_shards(streams: Sequence[Stream]) -> int:
    """The open shards that count: AWS does not count those of on-demand streams."""
    return sum(len(stream.open_shards) for stream in streams if stream.mode == "PROVISIONED")


def on_demand_streams(streams: Sequence[Stream]) -> int:
    """How many of the streams are on demand."""
    return sum(stream.mode == "ON_DEMAND" for stream in streams)


def check_shards(streams: Sequence[Stream], key: Key, added: int) -> None:
    """Raises LimitExceededException when the account's `streams` may not have so many more shards."""
    account, region, _ = key
    current = provisioned_shards(streams)
    if current + added > SHARD_LIMIT:
        raise LimitExceededException(
            f"This request would exceed the shard limit for the account {account} in {region}. Current shard "
            f"count for the account: {current}. Limit: {SHARD_LIMIT}. Number of additional shards that would have "
            f"resulted from this request: {added}. Refer to the AWS Service Limits page "
            "(http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits and how "
            "to request higher limits."
        )


def check_creating(streams: Sequence[Stream], call: Call, now_ms: int) -> None:
    """Raises LimitExceededException when as many streams are being made as may be at a time."""
    if sum(stream.status(now_ms) == "CREATING" for stream in streams) >= CREATING_LIMIT:
        raise LimitExceededException(
            f"This request would exceed the limit of {CREATING_LIMIT} streams in the CREATING state for the account "
            f"{call.account} in {call.region}."
        )


def check_on_demand(streams: Sequence[Stream], key: Key) -> None:
    """Raises LimitExceededException when the account may not have one more on-demand stream."""
    account, region, _ = key
    current = on_demand_streams(streams)
    if current >= ON_DEMAND_STREAM_LIMIT:
        raise LimitExceededException(
            f"This request would exceed the on-demand stream limit for the account {account} in {region}. "
            f"Current on-demand stream count for the account: {current}. Limit: {ON_DEMAND_STREAM_LIMIT}."
        )


def count_in_day(stream: Stream, action: str, limit: int, now_ms: int) -> Stream:
    """The stream with one more `action` noted. Raises LimitExceededException after `limit` of them in 24 hours."""
    recent = [at_ms for at_ms in stream.in_day.get(action, ()) if at_ms > now_ms - DAY_MS]
    if len(recent) >= limit:
        raise LimitExceededException(f"Rate exceeded for stream {stream.name} under account {stream.account}.")
    return msgspec.structs.replace(stream, in_day={**stream.in_day, action: (*recent, now_ms)})
