"""The operations on shards: listing, splitting, merging."""

from afluente.core.call import Call
from afluente.core.clock import Clock
from afluente.core.provider import Request, Response
from afluente.services.kinesis import description
from afluente.services.kinesis.control import Control
from afluente.services.kinesis.engine import KinesisEngine
from afluente.services.kinesis.error import InvalidArgumentException
from afluente.services.kinesis.listing import PAGE_SHARDS, SHARDS, ShardQuery, ShardsToken, read_token
from afluente.services.kinesis.reshard import Resharding
from afluente.services.kinesis.resource import list_key, stream_key
from afluente.services.kinesis.shard_tree import visible_shards


class ShardOperations:
    """The shards of streams under `_control`."""

    _engine: KinesisEngine
    _control: Control
    _resharding: Resharding
    _clock: Clock

    def split_shard(self, call: Call, request: Request) -> Response:
        self._resharding.split(stream_key(call, request), request["ShardToSplit"], request["NewStartingHashKey"])
        return {}

    def merge_shards(self, call: Call, request: Request) -> Response:
        self._resharding.merge(stream_key(call, request), request["ShardToMerge"], request["AdjacentShardToMerge"])
        return {}

    def update_shard_count(self, call: Call, request: Request) -> Response:
        key = stream_key(call, request)
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
            query = ShardQuery.of_request(self._control.find(list_key(call, request)).stream, request, now_ms)
        page, token = query.page(
            visible_shards(query.stream, now_ms), min(request.get("MaxResults", PAGE_SHARDS), PAGE_SHARDS), now_ms
        )
        answer: Response = {"Shards": [description.shard(shard) for shard in page]}
        return answer if token is None else {**answer, "NextToken": self._engine.tokens.make(token)}

    def _next_shards(self, call: Call, request: Request) -> ShardQuery:
        """The query that a NextToken goes on with. Recorded from AWS in 2026: it may come with the stream it is of."""
        for member in ("StreamCreationTimestamp", "ExclusiveStartShardId", "ShardFilter"):
            if member in request:
                raise InvalidArgumentException(f"NextToken and {member} cannot be provided together.")
        token: ShardsToken = read_token(self._engine.tokens, request["NextToken"], SHARDS, self._clock.now_ms())
        named = stream_key(call, request) if request.keys() & {"StreamName", "StreamARN"} else token.key
        if token.key != (call.account, call.region, named[2]):
            raise InvalidArgumentException("Invalid NextToken.")
        return ShardQuery.of_token(self._control.find(token.key).stream, token)
