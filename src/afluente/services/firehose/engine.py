"""Delivery streams: their lifecycle, the records put into them, and the loops that deliver."""

import threading
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from afluente.core.clock import Clock
from afluente.core.metric import Metrics
from afluente.core.setting import Settings
from afluente.services.firehose.carrier import SERVICE_PRINCIPAL, Carrier
from afluente.services.firehose.delivery import Delivery, Lifecycle, Surroundings
from afluente.services.firehose.destination import Configuration, Destination, configure, update
from afluente.services.firehose.diagnostic import Diagnostics
from afluente.services.firehose.error import (
    ConcurrentModificationException,
    InvalidArgumentException,
    LimitExceededException,
    ResourceInUseException,
    ResourceNotFoundException,
    ServiceUnavailableException,
)
from afluente.services.firehose.ledger import Ledger
from afluente.services.firehose.metric import DeliveryMetrics
from afluente.services.firehose.permission import check_source
from afluente.services.firehose.port import LogSink, ObjectStore, Roles, SourceStreams
from afluente.services.firehose.source import DirectPuts, Source, StreamSource
from afluente.services.firehose.stream import DeliveryStream, Key, KinesisSource, StreamTable, arn_of
from afluente.store.database import Database
from afluente.store.record_log import RecordLog

STREAM_LIMIT = 5_000
TAG_LIMIT = 50


@dataclass(frozen=True, slots=True)
class Statistics:
    """One delivery stream at a glance."""

    account: str
    region: str
    name: str
    status: str
    records: int
    bytes: int
    objects: int
    last_key: str
    lag_records: int
    lag_ms: int
    last_error: str | None


class FirehoseEngine:
    """Firehose of every account and region. `start` resumes deliveries; `stop` leaves what is buffered in the log."""

    def __init__(  # noqa: PLR0917  # the ports, in the order that all engines keep
        self,
        database: Database,
        log: RecordLog,
        objects: ObjectStore,
        streams: SourceStreams,
        roles: Roles,
        sink: LogSink,
        settings: Settings,
        clock: Clock,
        metrics: Metrics | None = None,
    ) -> None:
        self._metrics = metrics or Metrics(clock)
        self._database = database
        self._log = log
        self._objects = objects
        self._streams = streams
        self._roles = roles
        self._clock = clock
        self._delay_ms = settings.firehose_create_delay_ms
        self._table = StreamTable(database)
        self._ledger = Ledger(database)
        self._carrier = Carrier(objects, roles, settings.data / "tmp")
        self._surroundings = Surroundings(log, self._ledger, self._carrier, Diagnostics(sink, roles, clock), clock)
        self._deliveries: dict[str, Delivery] = {}
        self._lock = threading.RLock()
        self._running = False

    def start(self) -> None:
        """Resume every delivery."""
        self._carrier.clear()
        with self._lock:
            self._running = True
            for stream in self._table.all():
                self._begin(stream)

    def stop(self) -> None:
        """Stop every delivery, and wait for the step under way."""
        with self._lock:
            self._running = False
            deliveries = list(self._deliveries.values())
            self._deliveries.clear()
        for delivery in deliveries:
            delivery.stop()

    def create(
        self,
        key: Key,
        given: Configuration,
        *,
        source: KinesisSource | None = None,
        tags: dict[str, str] | None = None,
        throughput_hint_mb: int | None = None,
    ) -> DeliveryStream:
        """A new delivery stream, CREATING. A Kinesis source is read from its latest record on."""
        with self._lock:
            self._check_new(key)
            destination = configure(given)
            stream_arn = arn_of(key)
            self._check_destination(destination, stream_arn)
            if source:
                self._check_role(source.role_arn, stream_arn)
                check_source(self._roles, source.role_arn, source.stream_arn)
            now_ms = self._clock.now_ms()
            stream = DeliveryStream(
                uuid.uuid4().hex, *key, "CREATING", now_ms, 1, destination, tags or {}, now_ms + self._delay_ms,
                source=source, partition=None if source else self._log.new_partition(),
                throughput_hint_mb=throughput_hint_mb,
            )  # fmt: skip
            with self._database.write():
                self._table.store(stream)
                for partition, position in self._first_positions(stream).items():
                    self._ledger.start_at(stream.id, partition, position)
            self._table.show(stream)
            self._begin(stream)
        return stream

    def get(self, key: Key) -> DeliveryStream:
        """Raises ResourceNotFoundException."""
        stream = self._table.get(key)
        if stream is None:
            raise ResourceNotFoundException(f"Firehose {key[2]} under account {key[0]} not found.")
        return stream

    def streams(self, account: str, region: str) -> list[DeliveryStream]:
        """The region's delivery streams, by name."""
        found = [stream for stream in self._table.all() if (stream.account, stream.region) == (account, region)]
        return sorted(found, key=lambda stream: stream.name)

    def delete(self, key: Key) -> None:
        """Turn the delivery stream DELETING; what is buffered is discarded. Deleting it again changes nothing."""
        with self._lock:
            stream = self.get(key)
            if stream.status == "DELETING":
                return
            if stream.status != "ACTIVE":
                raise ResourceInUseException(
                    f"Firehose {stream.name} under account {stream.account} cannot be deleted in {stream.status} state"
                )
            self._put(stream.changed(status="DELETING", due_at_ms=self._clock.now_ms() + self._delay_ms))
        self._reconfigure(stream)

    def update_destination(self, key: Key, version: str, given: Configuration) -> None:
        """Change the destination. What is buffered goes where the new configuration says."""
        with self._lock:
            stream = self.get(key)
            if stream.status != "ACTIVE":
                raise ResourceInUseException(
                    f"Cannot update firehose: {stream.name} when it is in {stream.status} status"
                )
            if version != str(stream.version):
                raise ConcurrentModificationException(
                    f"Cannot update firehose: {stream.name} since the current version id: {stream.version} and "
                    f"specified version id: {version} do not match"
                )
            destination = update(stream.destination, given)
            self._check_destination(destination, stream.arn)
            if destination == stream.destination:
                return
            changed = {"version": stream.version + 1, "updated_at_ms": self._clock.now_ms()}
            self._put(stream.changed(destination=destination, **changed))
        self._reconfigure(stream)

    def set_tags(self, key: Key, change: Callable[[dict[str, str]], dict[str, str]]) -> None:
        """Replace the tags by what `change` makes of them. Raises LimitExceededException, ResourceInUseException."""
        with self._lock:
            stream = self.get(key)
            if stream.status == "DELETING":
                raise ResourceInUseException(f"Firehose {stream.name} is in {stream.status} state")
            tags = change(stream.tags)
            if len(tags) > TAG_LIMIT:
                raise LimitExceededException(f"A delivery stream cannot have more than {TAG_LIMIT} tags.")
            self._put(stream.changed(tags=tags))

    def put(self, key: Key, data: Sequence[bytes]) -> "Future[None]":
        """Take records in; the future is done when they are on disk."""
        stream = self.get(key)
        if stream.source:
            raise InvalidArgumentException(
                "This operation is not permitted on KinesisStreamAsSource delivery stream type."
            )
        if stream.status != "ACTIVE":
            raise ResourceNotFoundException(f"Firehose {stream.name} is not active in {stream.account} account.")
        delivery = self._deliveries.get(stream.id)
        if delivery is None or not isinstance(delivery.source, DirectPuts):
            raise ServiceUnavailableException("The service is unavailable. Back off and retry the operation.")
        return delivery.source.put(data)

    def metrics(self, key: Key) -> DeliveryMetrics:
        """What takes measurements of a delivery stream. Raises ResourceNotFoundException."""
        delivery = self._deliveries.get(self.get(key).id)
        return delivery.metrics if delivery else DeliveryMetrics(*key, self._metrics)

    def statistics(self) -> list[Statistics]:
        """Every delivery stream at a glance, by name."""
        return [self._glance(stream) for stream in sorted(self._table.all(), key=lambda stream: stream.key)]

    def _glance(self, stream: DeliveryStream) -> Statistics:
        total, delivery = self._ledger.total(stream.id), self._deliveries.get(stream.id)
        lag = delivery.lag() if delivery else None
        return Statistics(
            *stream.key, stream.status, total.records, total.bytes, total.objects, total.last_key,
            lag.records if lag else 0, lag.age_ms if lag else 0, delivery.last_error if delivery else None,
        )  # fmt: skip

    def _check_new(self, key: Key) -> None:
        account, region, name = key
        if self._table.get(key):
            raise ResourceInUseException(f"Firehose {name} under accountId {account} already exists")
        if len(self.streams(account, region)) >= STREAM_LIMIT:
            raise LimitExceededException(
                f"You have already consumed your firehose quota of {STREAM_LIMIT} hoses in {region}."
            )

    def _check_destination(self, configuration: Configuration, stream_arn: str) -> None:
        destination = Destination.of(configuration)
        self._check_role(destination.role_arn, stream_arn)
        if not self._objects.bucket_exists(destination.bucket):
            raise InvalidArgumentException(
                f"The bucket {destination.bucket} does not exist. Create it, or name one that exists."
            )

    def _check_role(self, role_arn: str, stream_arn: str) -> None:
        if not self._roles.can_assume(role_arn, SERVICE_PRINCIPAL, stream_arn):
            raise InvalidArgumentException(
                f"Firehose is unable to assume role {role_arn}. Please check the role provided."
            )

    def _first_positions(self, stream: DeliveryStream) -> dict[int, int]:
        if stream.partition is not None:
            return {stream.partition: 0}
        source = self._source(stream)
        assert isinstance(source, StreamSource)  # noqa: S101  # for the type checker
        return {shard.partition: shard.next_position for shard in source.shards()}

    def _source(self, stream: DeliveryStream) -> Source:
        if stream.source:
            return StreamSource(stream.source, self._streams)
        assert stream.partition is not None  # noqa: S101  # for the type checker
        return DirectPuts(stream.partition, self._log, self._clock)

    def _begin(self, stream: DeliveryStream) -> None:
        if not self._running:
            return
        lifecycle = Lifecycle(lambda: self._current(stream), self._pass_on)
        metrics = DeliveryMetrics(*stream.key, self._metrics)
        delivery = Delivery(stream, self._source(stream), self._surroundings, lifecycle, metrics)
        self._deliveries[stream.id] = delivery
        delivery.start()

    def _current(self, stream: DeliveryStream) -> DeliveryStream | None:
        found = self._table.get(stream.key)
        return found if found and found.id == stream.id else None

    def _pass_on(self, stream: DeliveryStream) -> DeliveryStream | None:
        with self._lock:
            latest = self._current(stream)
            if latest is None or latest.status != stream.status:
                return None
            if latest.status == "CREATING":
                return self._put(latest.changed(status="ACTIVE"))
            self._remove(latest)
            return None

    def _remove(self, stream: DeliveryStream) -> None:
        delivery = self._deliveries.pop(stream.id, None)
        if delivery:
            delivery.source.discard()
            delivery.stop()
            delivery.metrics.close()
        with self._database.write():
            self._ledger.forget(stream.id)
            self._table.erase(stream)
        self._table.hide(stream)

    def _put(self, stream: DeliveryStream) -> DeliveryStream:
        self._table.store(stream)
        self._table.show(stream)
        return stream

    def _reconfigure(self, stream: DeliveryStream) -> None:
        delivery = self._deliveries.get(stream.id)
        if delivery:
            delivery.reconfigure()
