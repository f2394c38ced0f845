"""ListShards, ListStreams and ListStreamConsumers: filters, pages, and the tokens that lead from one to the next."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from afluente.services.kinesis.error import (
    ExpiredNextTokenException,
    InvalidArgumentException,
    ResourceNotFoundException,
)
from afluente.services.kinesis.stream import Key, Shard, Stream
from afluente.services.kinesis.token import LIFE_MS, TokenMaker

PAGE_SHARDS = 1000
PAGE_STREAMS = 100
PAGE_CONSUMERS = 100


class ShardsToken(msgspec.Struct, frozen=True, array_like=True, tag="shards"):
    """Where ListShards goes on: the stream, the filter's members, the shard after which."""

    key: Key
    created_at_ms: int
    after_index: int
    given_at_ms: int
    filter_type: str
    filter_time_ms: int | None


class StreamsToken(msgspec.Struct, frozen=True, array_like=True, tag="streams"):
    """Where ListStreams goes on."""

    account: str
    region: str
    after_name: str
    given_at_ms: int


class ConsumersToken(msgspec.Struct, frozen=True, array_like=True, tag="consumers"):
    """Where ListStreamConsumers goes on: the stream, the consumer after which."""

    key: Key
    created_at_ms: int
    after_name: str
    given_at_ms: int


Token = ShardsToken | StreamsToken | ConsumersToken

SHARDS = msgspec.msgpack.Decoder(ShardsToken)
STREAMS = msgspec.msgpack.Decoder(StreamsToken)
CONSUMERS = msgspec.msgpack.Decoder(ConsumersToken)


def read_token(tokens: TokenMaker, text: str, decoder: "msgspec.msgpack.Decoder[Any]", now_ms: int) -> Any:
    """The NextToken that `text` spells. Raises InvalidArgumentException, ExpiredNextTokenException."""
    try:
        token: Token = tokens.read(text, decoder)
    except ValueError:
        raise InvalidArgumentException("Invalid NextToken.") from None
    if now_ms - token.given_at_ms > LIFE_MS:
        raise ExpiredNextTokenException(f"The NextToken expired: it is good for {LIFE_MS // 1000} seconds.")
    return token


def check_created(stream: Stream, created_at: datetime | None) -> None:
    """Raises ResourceNotFoundException when a StreamCreationTimestamp is that of another stream of the same name."""
    if created_at is not None and int(created_at.timestamp()) != stream.created_at_ms // 1000:
        raise ResourceNotFoundException(f"Stream {stream.name} under account {stream.account} not found.")


def check_same(stream: Stream, token: ShardsToken | ConsumersToken) -> None:
    """Raises ResourceNotFoundException when a token was given for another stream of the same name."""
    if stream.created_at_ms != token.created_at_ms:
        raise ResourceNotFoundException(f"Stream {stream.name} under account {stream.account} not found.")


class ShardQuery:
    """One ListShards over a stream: from a request, or from the token of the page before."""

    def __init__(self, stream: Stream, after_index: int, filter_type: str, filter_time_ms: int | None) -> None:
        self.stream = stream
        self._after_index = after_index
        self._type = filter_type
        self._time_ms = filter_time_ms

    @staticmethod
    def of_request(stream: Stream, request: Mapping[str, Any], now_ms: int) -> "ShardQuery":
        """Raises InvalidArgumentException, ResourceNotFoundException.

        As was recorded from AWS, ShardFilter's ShardId is where any type begins, and a Timestamp too many is no error.
        """
        check_created(stream, request.get("StreamCreationTimestamp"))
        shard_filter: Mapping[str, Any] = request.get("ShardFilter") or {"Type": "FROM_TRIM_HORIZON"}
        kind = shard_filter["Type"]
        if kind == "AFTER_SHARD_ID":
            _require(shard_filter, "ShardId")
        time_ms = _filter_time(shard_filter, stream.horizon_ms(now_ms), now_ms) if "TIMESTAMP" in kind else None
        after = request.get("ExclusiveStartShardId") or shard_filter.get("ShardId")
        return ShardQuery(stream, -1 if after is None else _index(after), kind, time_ms)

    @staticmethod
    def of_token(stream: Stream, token: ShardsToken) -> "ShardQuery":
        """Raises ResourceNotFoundException when the stream is another one of the same name."""
        check_same(stream, token)
        return ShardQuery(stream, token.after_index, token.filter_type, token.filter_time_ms)

    def page(self, visible: Sequence[Shard], limit: int, now_ms: int) -> tuple[list[Shard], ShardsToken | None]:
        """Up to `limit` of the `visible` shards, and where the next page begins if there is one."""
        horizon_ms = self.stream.horizon_ms(now_ms)
        found = [each for each in visible if each.index > self._after_index and self._takes(each, horizon_ms)]
        if len(found) <= limit:
            return found, None
        last = found[limit - 1].index
        token = ShardsToken(self.stream.key, self.stream.created_at_ms, last, now_ms, self._type, self._time_ms)
        return found[:limit], token

    def _takes(self, shard: Shard, horizon_ms: int) -> bool:
        closed_at_ms = shard.closed_at_ms
        match self._type:
            case "AT_LATEST":
                return closed_at_ms is None
            case "AT_TRIM_HORIZON":
                since_ms, until_ms = horizon_ms, max(horizon_ms, self.stream.created_at_ms)
            case "AT_TIMESTAMP":
                since_ms = until_ms = self._time_ms or 0
            case "FROM_TIMESTAMP":
                return closed_at_ms is None or closed_at_ms >= (self._time_ms or 0)
            case _:
                return True
        return shard.created_at_ms <= until_ms and (closed_at_ms is None or closed_at_ms >= since_ms)


def _require(shard_filter: Mapping[str, Any], member: str) -> None:
    if shard_filter.get(member) is None:
        raise InvalidArgumentException(
            f"{member} must be provided when the ShardFilter Type is {shard_filter['Type']}."
        )


def _filter_time(shard_filter: Mapping[str, Any], horizon_ms: int, now_ms: int) -> int:
    _require(shard_filter, "Timestamp")
    timestamp: datetime = shard_filter["Timestamp"]
    time_ms = round(timestamp.timestamp() * 1000)
    if time_ms < horizon_ms:
        raise InvalidArgumentException("ShardFilter Timestamp cannot be older than TRIM_HORIZON of the stream.")
    if time_ms > now_ms:
        raise InvalidArgumentException("ShardFilter Timestamp must not be greater than current time.")
    return time_ms


def _index(shard_id: str) -> int:
    digits = shard_id.rpartition("-")[2]
    if not (digits.isascii() and digits.isdigit()):
        raise InvalidArgumentException(f"Invalid ShardId: {shard_id}")
    return int(digits)
