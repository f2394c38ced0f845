"""A provider whose SubscribeToShard sends the events that a test gives it."""

import asyncio
import queue
from collections.abc import AsyncGenerator
from typing import Any

from botocore.eventstream import EventStreamBuffer
from tests.gateway.conftest import Kinesis

from afluente.core.call import Call
from afluente.core.provider import Event, EventStream

BODY = (
    b'{"ConsumerARN":"arn:aws:kinesis:us-east-1:000000000000:stream/s/consumer/c:1","ShardId":"s",'
    b'"StartingPosition":{"Type":"LATEST"}}'
)


def event(number: int, size: int = 0) -> Event:
    record = {"Data": b"x" * size, "PartitionKey": "k", "SequenceNumber": "1"}
    members = {"Records": [record], "ContinuationSequenceNumber": str(number), "MillisBehindLatest": number}
    return "SubscribeToShardEvent", members


def decoded(frames: bytes) -> list[Any]:
    """The whole frames in these bytes."""
    buffer = EventStreamBuffer()
    buffer.add_data(frames)
    return list(buffer)


class Subscription:
    """The events of one answer, and what the gateway does with them."""

    def __init__(self) -> None:
        self.asked = queue.SimpleQueue[int]()
        """How many events the gateway has asked for, each time it asks."""
        self.ended = queue.SimpleQueue[BaseException | None]()
        self._events: asyncio.Queue[Event | Exception | None] = asyncio.Queue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._early: list[Event | Exception | None] = []

    def send(self, *events: Event | Exception | None) -> None:
        """Have the events sent; an exception is raised, None is the end."""
        if self._loop is None:
            self._early += events
            return
        for event in events:
            self._loop.call_soon_threadsafe(self._events.put_nowait, event)

    async def events(self) -> AsyncGenerator[Event, None]:
        self._loop = asyncio.get_running_loop()
        for event in self._early:
            self._events.put_nowait(event)
        number, end = 0, None
        try:
            while True:
                number += 1
                self.asked.put(number)
                event = await self._events.get()
                if event is None:
                    return
                yield _raised(event)
        except BaseException as error:
            end = error
            raise
        finally:
            self.ended.put(end)


def _raised(event: Event | Exception) -> Event:
    if isinstance(event, Exception):
        raise event
    return event


class Streaming(Kinesis):
    operations = (*Kinesis.operations, "SubscribeToShard")

    def __init__(self) -> None:
        super().__init__()
        self.subscriptions: queue.SimpleQueue[Subscription] = queue.SimpleQueue()

    def subscribe_to_shard(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        subscription = Subscription()
        self.subscriptions.put(subscription)
        return {"EventStream": EventStream(subscription.events())}
