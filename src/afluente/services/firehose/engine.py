"""Delivery streams: their lifecycle, the records put into them, and the loops that deliver."""

import threading
import uuid
from collections.abc import Callable, Sequence

from afluente.core.clock import Clock
from afluente.core.metric import Metrics
from afluente.core.provider import Invoke
from afluente.core.setting import Settings
from afluente.function.registry import Registry
from afluente.services.firehose.admission import Admission
from afluente.services.firehose.carrier import Carrier
from afluente.services.firehose.check import check, check_change
from afluente.services.firehose.configuration import Configuration, backs_up, configured, updated
from afluente.services.firehose.course import Surroundings
from afluente.services.firehose.diagnostic import Diagnostics
from afluente.services.firehose.encryption import Encryption
from afluente.services.firehose.error import (
    ConcurrentModificationException,
    InvalidArgumentException,
    LimitExceededException,
    ResourceInUseException,
    ResourceNotFoundException,
    ServiceUnavailableException,
)
from afluente.services.firehose.handover import Handover
from afluente.services.firehose.ledger import PRIMARY, Ledger
from afluente.services.firehose.metric import DeliveryMetrics
from afluente.services.firehose.pipeline import Lifecycle, Pipeline
from afluente.services.firehose.port import LogSink, ObjectStore, Roles, SourceStreams
from afluente.services.firehose.processing.chain import needs_processing
from afluente.services.firehose.processing.workshop import Tools
from afluente.services.firehose.put import Put, check_takes_puts
from afluente.services.firehose.schema import Schemas
from afluente.services.firehose.source import DirectPuts, Source, StreamSource
from afluente.services.firehose.statistic import Statistics, glance
from afluente.services.firehose.stream import DeliveryStream, Key, KinesisSource, StreamTable, arn_of
from afluente.services.firehose.throughput import Quotas
from afluente.store.database import Database
from afluente.store.record_log import RecordLog

STREAM_LIMIT = 5_000
TAG_LIMIT = 50
ENCRYPTION_ELSEWHERE = (
    "Server side encryption from firehose is only allowed for direct put delivery streams and database as a source "
    "delivery streams"
)

EncryptionKey = tuple[str, str | None]
"""(KeyType, KeyARN)"""


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
        invoke: Invoke,
        metrics: Metrics | None = None,
    ) -> None:
        self._metrics = metrics or Metrics(clock)
        self._database = database
        self._log = log
        self._streams = streams
        self._roles = roles
        self._clock = clock
        self._delay_ms = settings.firehose_create_delay_ms
        self._table = StreamTable(database)
        self.ledger = Ledger(database)
        self._handover = Handover(self.ledger, log)
        self._carrier = Carrier(objects, roles, settings.data / "tmp")
        diagnostics = Diagnostics(sink, roles, clock)
        functions = Registry(settings.lambda_functions, remote=settings.lambda_remote_endpoints)
        tools = Tools(functions, roles, diagnostics, clock, settings.firehose_active_partitions)
        schemas = Schemas(invoke, roles, clock)
        self._admission = Admission(objects, roles, functions, schemas)
        self._surroundings = Surroundings(log, self.ledger, schemas, self._carrier, diagnostics, clock, tools)
        self._pipelines: dict[str, Pipeline] = {}
        self._quotas = Quotas(settings.firehose_limits)
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
            pipelines = list(self._pipelines.values())
            self._pipelines.clear()
        for pipeline in pipelines:
            pipeline.stop()

    def create(
        self,
        key: Key,
        given: Configuration,
        *,
        source: KinesisSource | None = None,
        tags: dict[str, str] | None = None,
        throughput_hint_mb: int | None = None,
        key_of_encryption: EncryptionKey | None = None,
    ) -> DeliveryStream:
        """A new delivery stream, CREATING. A Kinesis source is read from its latest record on."""
        with self._lock:
            self._check_new(key)
            destination = configured(given)
            check(destination)
            self._admission.check(destination, arn_of(key))
            if source:
                self._admission.check_source(source, arn_of(key))
            now_ms = self._clock.now_ms()
            due_ms = now_ms + self._delay_ms
            stream = DeliveryStream(
                uuid.uuid4().hex, *key, "CREATING", now_ms, 1, destination, tags or {}, due_ms,
                source=source, partition=None if source else self._log.new_partition(),
                throughput_hint_mb=throughput_hint_mb,
                encryption=Encryption(True, *key_of_encryption, due_ms) if key_of_encryption else Encryption(),
                processed=self._log.new_partition() if needs_processing(destination) else None,
            )  # fmt: skip
            positions = self._first_positions(stream)
            with self._database.write():
                self._table.store(stream)
                self._handover.begin(stream, positions)
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
            destination = updated(stream.destination, given)
            check(destination)
            check_change(stream.destination, destination)
            self._admission.check(destination, stream.arn)
            if destination == stream.destination:
                return
            changed = {"version": stream.version + 1, "updated_at_ms": self._clock.now_ms()}
            self._adapt(stream, stream.changed(destination=destination, **changed))
        self._reconfigure(stream)

    def _adapt(self, stream: DeliveryStream, changed: DeliveryStream) -> None:
        """Take on a changed destination. A new backup begins with what has not been delivered yet."""
        with self._database.write():
            self._table.store(changed)
            if backs_up(changed.destination) and not backs_up(stream.destination):
                self._handover.begin_backup(stream)
        self._table.show(changed)
        if pipeline := self._pipelines.get(stream.id):
            pipeline.adapt(changed)

    def encrypt(self, key: Key, key_of_encryption: EncryptionKey | None) -> None:
        """Turn encryption on, under another key, or off (None).

        Raises ResourceInUseException, LimitExceededException, InvalidArgumentException.
        """
        with self._lock:
            stream = self.get(key)
            if stream.source:
                raise InvalidArgumentException(ENCRYPTION_ELSEWHERE)
            if stream.status != "ACTIVE":
                raise ResourceInUseException(f"Firehose {stream.name} is in {stream.status} state")
            now_ms = self._clock.now_ms()
            called = stream.encryption.called(now_ms)
            due_ms = now_ms + self._delay_ms
            key_type, key_arn = key_of_encryption or (None, None)
            changed = Encryption(bool(key_of_encryption), key_type, key_arn, due_ms, called.calls_ms)
            self._put(stream.changed(encryption=changed))

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

    def put(self, key: Key, data: Sequence[bytes]) -> Put:
        """Take records in: see `Put`. Raises ResourceNotFoundException, InvalidArgumentException."""
        stream = self.get(key)
        check_takes_puts(stream)
        pipeline = self._pipelines.get(stream.id)
        if pipeline is None:
            raise ServiceUnavailableException("The service is unavailable. Back off and retry the operation.")
        now_ms = self._clock.now_ms()
        admitted = self._quotas.admit(stream, [len(item) for item in data], now_ms)
        encrypted = stream.encryption.status(now_ms) == "ENABLED"
        return Put(pipeline.put(data[:admitted]) if admitted else None, admitted, encrypted)

    def metrics(self, key: Key) -> DeliveryMetrics:
        """What takes measurements of a delivery stream. Raises ResourceNotFoundException."""
        pipeline = self._pipelines.get(self.get(key).id)
        return pipeline.metrics if pipeline else DeliveryMetrics(*key, self._metrics)

    def last_error(self, stream: DeliveryStream) -> str | None:
        """What fails now."""
        pipeline = self._pipelines.get(stream.id)
        return pipeline.last_error if pipeline else None

    def statistics(self) -> list[Statistics]:
        """Every delivery stream at a glance, by name."""
        streams = sorted(self._table.all(), key=lambda stream: stream.key)
        return [
            glance(stream, self.ledger.progress(stream.id, PRIMARY), self._pipelines.get(stream.id))
            for stream in streams
        ]

    def _check_new(self, key: Key) -> None:
        account, region, name = key
        if self._table.get(key):
            raise ResourceInUseException(f"Firehose {name} under accountId {account} already exists")
        if len(self.streams(account, region)) >= STREAM_LIMIT:
            raise LimitExceededException(
                f"You have already consumed your firehose quota of {STREAM_LIMIT} hoses in {region}."
            )

    def _first_positions(self, stream: DeliveryStream) -> dict[int, int]:
        if stream.partition is not None:
            return {stream.partition: 0}
        source = self._source(stream)
        assert isinstance(source, StreamSource)  # noqa: S101  # for the type checker
        return {shard.partition: shard.next_position for shard in source.shards()}

    def _source(self, stream: DeliveryStream) -> Source:
        if stream.source:
            return StreamSource(stream.source, self._streams, self._roles)
        assert stream.partition is not None  # noqa: S101  # for the type checker
        return DirectPuts(stream.partition, self._log, self._clock)

    def _begin(self, stream: DeliveryStream, metrics: DeliveryMetrics | None = None) -> None:
        if not self._running:
            return
        lifecycle = Lifecycle(lambda: self._current(stream), self._pass_on, self._hand_over)
        metrics = metrics or DeliveryMetrics(*stream.key, self._metrics)
        pipeline = Pipeline(stream, self._source(stream), self._surroundings, lifecycle, metrics)
        self._pipelines[stream.id] = pipeline
        pipeline.start()

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

    def _hand_over(self, stream: DeliveryStream) -> None:
        """Begin or end processing: another pipeline goes on where this one, whose thread this is, stops."""
        with self._lock:
            latest, pipeline = self._current(stream), self._pipelines.get(stream.id)
            if latest is None or pipeline is None or not self._running:
                return
            pipeline.stop()
            try:
                with self._database.write():
                    turned = self._handover.turned(latest)
                    self._table.store(turned)
                self._table.show(turned)
                if latest.processed is not None and turned.processed is None:
                    self._log.drop(latest.processed)
            finally:  # whatever comes between, somebody goes on
                self._begin(self._current(stream) or latest, pipeline.metrics)

    def _remove(self, stream: DeliveryStream) -> None:
        pipeline = self._pipelines.pop(stream.id, None)
        if pipeline:
            pipeline.stop()
            pipeline.source.discard()
            pipeline.metrics.close()
        if stream.processed is not None:
            self._log.drop(stream.processed)
        self._quotas.forget(stream)
        with self._database.write():
            self.ledger.forget(stream.id)
            self._table.erase(stream)
        self._table.hide(stream)

    def _put(self, stream: DeliveryStream) -> DeliveryStream:
        self._table.store(stream)
        self._table.show(stream)
        return stream

    def _reconfigure(self, stream: DeliveryStream) -> None:
        pipeline = self._pipelines.get(stream.id)
        if pipeline:
            pipeline.reconfigure()
