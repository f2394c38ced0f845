"""The operations on consumers: registering, describing and listing them, and what they are there for."""

from afluente.core.call import Call
from afluente.core.clock import Clock
from afluente.core.provider import EventStream, Request, Response
from afluente.services.kinesis import description
from afluente.services.kinesis.control import Control
from afluente.services.kinesis.dry_run import end_dry_run
from afluente.services.kinesis.engine import KinesisEngine
from afluente.services.kinesis.error import InvalidArgumentException
from afluente.services.kinesis.listing import (
    CONSUMERS,
    PAGE_CONSUMERS,
    ConsumersToken,
    check_created,
    check_same,
    read_token,
)
from afluente.services.kinesis.registration import Registration
from afluente.services.kinesis.resource import arn_key, consumer_name, consumer_of_arn
from afluente.services.kinesis.shard_tree import find_shard
from afluente.services.kinesis.tag import checked


class ConsumerOperations:
    """The consumers of streams under `_control`."""

    _engine: KinesisEngine
    _control: Control
    _registration: Registration
    _clock: Clock

    def register_stream_consumer(self, call: Call, request: Request) -> Response:
        key, tags = arn_key(call, request["StreamARN"]), checked(request.get("Tags") or {})
        stream, consumer = self._registration.register(key, request["ConsumerName"], tags)
        return {"Consumer": description.consumer(stream, consumer, self._clock.now_ms())}

    def deregister_stream_consumer(self, call: Call, request: Request) -> Response:
        self._registration.deregister(*consumer_name(call, request))
        return {}

    def describe_stream_consumer(self, call: Call, request: Request) -> Response:
        stream, consumer = self._registration.find(*consumer_name(call, request))
        described = description.consumer(stream, consumer, self._clock.now_ms())
        return {"ConsumerDescription": {**described, "StreamARN": stream.arn}}

    def list_stream_consumers(self, call: Call, request: Request) -> Response:
        key, now_ms = arn_key(call, request["StreamARN"]), self._clock.now_ms()
        stream = self._control.find(key).stream
        after = ""
        if "NextToken" in request:
            if "StreamCreationTimestamp" in request:
                raise InvalidArgumentException("NextToken and StreamCreationTimestamp cannot be provided together.")
            token: ConsumersToken = read_token(self._engine.tokens, request["NextToken"], CONSUMERS, now_ms)
            if token.key != key:
                raise InvalidArgumentException("Invalid NextToken.")
            check_same(stream, token)
            after = token.after_name
        check_created(stream, request.get("StreamCreationTimestamp"))
        found = [consumer for consumer in stream.consumers_at(now_ms) if consumer.name > after]
        page = found[: min(request.get("MaxResults", PAGE_CONSUMERS), PAGE_CONSUMERS)]
        answer: Response = {"Consumers": [description.consumer(stream, consumer, now_ms) for consumer in page]}
        if len(page) < len(found):
            next_token = ConsumersToken(key, stream.created_at_ms, page[-1].name, now_ms)
            answer["NextToken"] = self._engine.tokens.make(next_token)
        return answer

    def subscribe_to_shard(self, call: Call, request: Request) -> Response:
        key, name, created_s = consumer_of_arn(call, request["ConsumerARN"])
        live = self._engine.writable(key)
        _, consumer = self._registration.find_active(key, name, created_s)
        shard = find_shard(live.stream, request["ShardId"], self._clock.now_ms())
        end_dry_run(call, request)  # seen on AWS: where to start is not looked at
        wanted = request["StartingPosition"]
        start = self._engine.start_of(live.stream, shard, "SubscribeToShard")
        position = start.position(wanted["Type"], wanted.get("SequenceNumber"), wanted.get("Timestamp"))
        return {"EventStream": EventStream(self._engine.fan_out.subscribe(live, consumer, shard, position))}
