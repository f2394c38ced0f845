"""A consumer on an event loop of its own, which asks for an event when the test does."""

import asyncio
import base64
import json
import threading
from collections.abc import AsyncGenerator
from typing import Any

from afluente.core.provider import Event

WAIT_S = 20


class Loop:
    """An event loop in a thread, as the gateway has one."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(WAIT_S)

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


class Subscriber:
    """Reads the events of one SubscribeToShard."""

    def __init__(self, loop: Loop, answer: dict[str, Any]) -> None:
        self._loop = loop
        self._events: AsyncGenerator[Event, None] = answer["EventStream"].events
        self._asked: Any = None
        self._turn = asyncio.Lock()

    def ask(self) -> None:
        """Ask for the next event without waiting for it."""
        if self._asked is None:
            self._asked = asyncio.run_coroutine_threadsafe(self._ask(), self._loop.loop)

    async def _ask(self) -> Event | None:
        async with self._turn:
            return await anext(self._events, None)

    def is_waiting(self) -> bool:
        """Whether the event asked for has not come yet."""
        return self._asked is not None and not self._asked.done()

    def next(self) -> dict[str, Any] | None:
        """The next event's members, with Data as bytes; None at the end."""
        self.ask()
        event = self._asked.result(WAIT_S)
        self._asked = None
        return None if event is None else _members(event)

    def records(self, count: int) -> list[bytes]:
        """The data of as many records, from as many events as it takes."""
        found: list[bytes] = []
        while len(found) < count:
            event = self.next()
            assert event is not None
            found += [record["Data"] for record in event["Records"]]
        return found

    def close(self) -> None:
        if self._asked is not None:
            self._asked.cancel()
        self._loop.run(self._close())

    async def _close(self) -> None:
        async with self._turn:
            await self._events.aclose()


def _members(event: Event) -> dict[str, Any]:
    name, value = event
    assert name == "SubscribeToShardEvent"
    if isinstance(value, dict):
        return value
    members: dict[str, Any] = json.loads(value.json())  # type: ignore[union-attr]  # what is no mapping writes itself
    for record in members["Records"]:
        record["Data"] = base64.b64decode(record["Data"])
    return members
