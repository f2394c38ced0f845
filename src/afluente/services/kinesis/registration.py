"""Consumers come and go: the rules of registering them, and finding them again. Texts as AWS's, where they are known.

https://docs.aws.amazon.com/kinesis/latest/APIReference/API_RegisterStreamConsumer.html
"""

from collections.abc import Mapping

import msgspec

from afluente.core.clock import Clock
from afluente.core.setting import Settings
from afluente.services.kinesis.consumer import Consumer
from afluente.services.kinesis.control import Control
from afluente.services.kinesis.error import (
    LimitExceededException,
    ResourceInUseException,
    ResourceNotFoundException,
)
from afluente.services.kinesis.stream import Key, Stream

MAX_CONSUMERS = 20
MAX_CREATING = 5


class Registration:
    """The consumers of the streams under `control`."""

    def __init__(self, control: Control, settings: Settings, clock: Clock) -> None:
        self._control = control
        self._settings = settings
        self._clock = clock

    def register(self, key: Key, name: str, tags: Mapping[str, str]) -> tuple[Stream, Consumer]:
        """Make a consumer; it is CREATING for a while. Raises ResourceInUseException, LimitExceededException."""
        with self._control.lock:
            stream, now_ms = self._control.active(key), self._clock.now_ms()
            present = stream.consumers_at(now_ms)
            if any(consumer.name == name for consumer in present):
                raise ResourceInUseException(
                    f"Consumer {name} under stream {stream.name} already exists for account {stream.account}."
                )
            self._check_limits(stream, now_ms)
            consumer = Consumer(
                name=name,
                created_s=max([now_ms // 1000, *(old.created_s + 1 for old in stream.consumers if old.name == name)]),
                active_at_ms=now_ms + self._settings.kinesis_create_delay_ms,
                tags=dict(tags),
            )
            self._control.put(msgspec.structs.replace(stream, consumers=(*present, consumer)))
            return stream, consumer

    def deregister(self, key: Key, name: str, created_s: int | None) -> None:
        """Begin to remove a consumer; doing it again changes nothing. What it has subscribed to goes on, as on AWS."""
        with self._control.lock:
            _, consumer = self.find(key, name, created_s)
            if consumer.gone_at_ms is None:
                gone_at_ms = self._clock.now_ms() + self._settings.kinesis_delete_delay_ms
                self.put(key, msgspec.structs.replace(consumer, gone_at_ms=gone_at_ms))

    def find(self, key: Key, name: str, created_s: int | None = None) -> tuple[Stream, Consumer]:
        """A consumer and its stream. Raises ResourceNotFoundException."""
        stream = self._control.find(key).stream
        for consumer in stream.consumers_at(self._clock.now_ms()):
            if consumer.name == name and created_s in {None, consumer.created_s}:
                return stream, consumer
        raise ResourceNotFoundException(f"Consumer {name} under stream: {key[2]}, account {key[0]} not found.")

    def find_active(self, key: Key, name: str, created_s: int | None) -> tuple[Stream, Consumer]:
        """As `find`. Raises ResourceInUseException unless it is ACTIVE."""
        stream, consumer = self.find(key, name, created_s)
        if consumer.status(self._clock.now_ms()) != "ACTIVE":
            raise ResourceInUseException(
                f"Consumer {name} with creation timestamp {consumer.created_s} under stream: {stream.name} , "
                f"account {stream.account} is not in ACTIVE status."
            )
        return stream, consumer

    def put(self, key: Key, changed: Consumer) -> None:
        """Have a consumer be as `changed` says, from now on. To be called with the control's lock held."""
        stream = self._control.find(key).stream
        same = (changed.name, changed.created_s)
        consumers = tuple(changed if (each.name, each.created_s) == same else each for each in stream.consumers)
        self._control.put(msgspec.structs.replace(stream, consumers=consumers))

    def _check_limits(self, stream: Stream, now_ms: int) -> None:
        if len(stream.consumers_at(now_ms)) >= MAX_CONSUMERS:
            raise LimitExceededException(
                f"Stream {stream.name} under account {stream.account} has {MAX_CONSUMERS} registered consumers, "
                "which is the limit. Deregister one that is no longer used."
            )
        streams = self._control.streams(stream.account, stream.region)
        consumers = [consumer for each in streams for consumer in each.consumers_at(now_ms)]
        if sum(consumer.status(now_ms) == "CREATING" for consumer in consumers) >= MAX_CREATING:
            raise LimitExceededException(
                f"Account {stream.account} has {MAX_CREATING} consumers in CREATING status, which is the limit. "
                "Wait until they are ACTIVE."
            )
