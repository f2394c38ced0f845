"""The operations on streams: making, changing, describing and listing them."""

from afluente.core.call import Call
from afluente.core.clock import Clock
from afluente.core.provider import Request, Response
from afluente.services.kinesis import description, mode, quota, retention, warm_throughput
from afluente.services.kinesis.account import Accounts
from afluente.services.kinesis.capacity import capacity as capacity_of
from afluente.services.kinesis.control import Control
from afluente.services.kinesis.engine import KinesisEngine
from afluente.services.kinesis.error import InvalidArgumentException
from afluente.services.kinesis.listing import PAGE_STREAMS, STREAMS, StreamsToken, read_token
from afluente.services.kinesis.resource import stream_key
from afluente.services.kinesis.shard_tree import find_shard, visible_shards
from afluente.services.kinesis.tag import checked

DESCRIBED_SHARDS = 100
"""DescribeStream shows no more shards at once, whatever Limit says."""


class StreamOperations:
    """Streams under `_control`."""

    _engine: KinesisEngine
    _control: Control
    _accounts: Accounts
    _clock: Clock

    def create_stream(self, call: Call, request: Request) -> Response:
        key = (call.account, call.region, request["StreamName"])
        wanted = (request.get("StreamModeDetails") or {}).get("StreamMode")
        capacity = capacity_of(wanted, request.get("ShardCount"), request.get("WarmThroughputMiBps"))
        if "WarmThroughputMiBps" in request:
            warm_throughput.check(self._accounts, key, capacity.mode, request["WarmThroughputMiBps"])
        if "RecordDistributionStrategy" in request:
            mode.check_strategy(capacity.mode)
        tags = checked(request.get("Tags") or {})
        self._control.create(key, capacity, tags, request.get("MaxRecordSizeInKiB", 1024))
        return {}

    def delete_stream(self, call: Call, request: Request) -> Response:
        enforced = bool(request.get("EnforceConsumerDeletion"))
        self._control.delete(stream_key(call, request), with_consumers=enforced)
        return {}

    def describe_stream(self, call: Call, request: Request) -> Response:
        stream, now_ms = self._control.find(stream_key(call, request)).stream, self._clock.now_ms()
        shards = visible_shards(stream, now_ms)
        after = request.get("ExclusiveStartShardId")
        if after is not None:
            index = find_shard(stream, after, now_ms).index
            shards = [shard for shard in shards if shard.index > index]
        limit = min(request.get("Limit", DESCRIBED_SHARDS), DESCRIBED_SHARDS)
        page = description.stream(stream, shards[:limit], len(shards) > limit, now_ms)
        return {"StreamDescription": page}

    def describe_stream_summary(self, call: Call, request: Request) -> Response:
        stream = self._control.find(stream_key(call, request)).stream
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
            raise InvalidArgumentException("ExclusiveStartStreamName and NextToken cannot be provided together.")
        token: StreamsToken = read_token(self._engine.tokens, request["NextToken"], STREAMS, self._clock.now_ms())
        if (token.account, token.region) != (call.account, call.region):
            raise InvalidArgumentException("Invalid NextToken.")
        return token.after_name

    def update_stream_mode(self, call: Call, request: Request) -> Response:
        wanted = request["StreamModeDetails"]["StreamMode"]
        key, warm_mib = stream_key(call, request), request.get("WarmThroughputMiBps")
        if warm_mib is not None:
            warm_throughput.check(self._accounts, key, wanted, warm_mib)
        mode.update_mode(self._control, key, wanted, warm_mib, self._clock)
        return {}

    def update_stream_warm_throughput(self, call: Call, request: Request) -> Response:
        key, mib = stream_key(call, request), request["WarmThroughputMiBps"]
        stream = warm_throughput.update(self._control, self._accounts, key, mib)
        throughput = description.warm_throughput(stream)
        return {"StreamName": stream.name, "StreamARN": stream.arn, "WarmThroughput": throughput}

    def update_max_record_size(self, call: Call, request: Request) -> Response:
        mode.update_max_record_size(self._control, stream_key(call, request), request["MaxRecordSizeInKiB"])
        return {}

    def increase_stream_retention_period(self, call: Call, request: Request) -> Response:
        retention.increase(self._control, stream_key(call, request), request["RetentionPeriodHours"])
        return {}

    def decrease_stream_retention_period(self, call: Call, request: Request) -> Response:
        retention.decrease(self._control, stream_key(call, request), request["RetentionPeriodHours"])
        return {}
