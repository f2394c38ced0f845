"""The composition root: the only file that knows every part, and the order in which they start and stop.

Start: the data folder, the stores, the engines, each of which clears away what a crash left, and the gateway last.
Stop: the gateway first, so that no request meets a part that is gone; then the engines, those that use others before
the others; then the stores.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from afluente import __version__
from afluente.console.console import PATH, Console
from afluente.core.call import Call
from afluente.core.clock import Clock, MovableClock, SystemClock
from afluente.core.metric import Metrics, Sample, Total
from afluente.core.process import process_samples
from afluente.core.provider import Provider
from afluente.core.setting import Settings
from afluente.function.invoker import Invoker
from afluente.function.registry import Registry
from afluente.gateway.address import BucketHosts
from afluente.gateway.authentication import Authenticator
from afluente.gateway.dispatcher import Callers
from afluente.gateway.local_route import LocalRoute
from afluente.gateway.server import Gateway
from afluente.gateway.supported import supported_text
from afluente.passport.balance import Balance, balance
from afluente.services.athena.engine import AthenaEngine
from afluente.services.athena.event import QueryEvents
from afluente.services.athena.provider import AthenaProvider
from afluente.services.cloudformation.engine import CloudFormationEngine
from afluente.services.cloudformation.provider import CloudFormationProvider
from afluente.services.cloudformation.signal_engine import SignalEngine
from afluente.services.cloudwatch.alarm_engine import AlarmEngine
from afluente.services.cloudwatch.engine import CloudWatchEngine
from afluente.services.cloudwatch.provider import CloudWatchProvider
from afluente.services.events.delivery import Deliveries
from afluente.services.events.engine import EventsEngine
from afluente.services.events.provider import EventsProvider
from afluente.services.firehose.engine import FirehoseEngine
from afluente.services.firehose.provider import FirehoseProvider
from afluente.services.firehose.trace import Trace
from afluente.services.firehose.trace_operation import operations as trace_operations
from afluente.services.glue.catalog.engine import CatalogEngine
from afluente.services.glue.crawler.engine import CrawlerEngine
from afluente.services.glue.event import GlueEvents
from afluente.services.glue.job.engine import JobEngine
from afluente.services.glue.provider import GlueProvider
from afluente.services.glue.tag import Tags
from afluente.services.glue.trigger.engine import TriggerEngine
from afluente.services.glue.workflow.engine import WorkflowEngine
from afluente.services.iam.engine import IamEngine
from afluente.services.iam.provider import IamProvider
from afluente.services.iam.recorder import Recorder
from afluente.services.kinesis.engine import KinesisEngine
from afluente.services.kinesis.hot import hot_operations
from afluente.services.kinesis.hot_cbor import cbor_operations
from afluente.services.kinesis.provider import KinesisProvider
from afluente.services.logs.engine import LogsEngine
from afluente.services.logs.provider import LogsProvider
from afluente.services.s3.engine import S3Engine
from afluente.services.s3.invocation import Invocations
from afluente.services.s3.notifier import Notifier
from afluente.services.s3.provider import S3Provider
from afluente.services.sqs.engine import SqsEngine
from afluente.services.sqs.provider import SqsProvider
from afluente.services.sts.provider import StsProvider
from afluente.store.data_folder import DataFolder
from afluente.store.database import Database
from afluente.store.record_log import RecordLog
from afluente.wire.binding import CBOR_TYPE

PROVIDERS: tuple[type[Provider], ...] = (
    AthenaProvider,
    CloudFormationProvider,
    CloudWatchProvider,
    EventsProvider,
    FirehoseProvider,
    GlueProvider,
    IamProvider,
    KinesisProvider,
    LogsProvider,
    S3Provider,
    SqsProvider,
    StsProvider,
)

KINESIS_TARGET = "Kinesis_20131202"
"""How X-Amz-Target spells the service whose hot operations are answered from the raw body."""
JSON_TYPE = "application/x-amz-json-1.1"


def supported_page() -> str:
    """The text of docs/supported.md."""
    return supported_text(PROVIDERS)


@dataclass(frozen=True, slots=True)
class FarmNumbers:
    """What the live view tells of the streams: what AWS would show in CloudWatch."""

    records: int
    pending_records: int
    objects: int
    last_key: str
    delivery_error: str | None


class CannotListen(OSError):
    """The address cannot be had; `errno` says why."""


class App:
    """One running Afluente on `settings.data`. Raises DataFolderError when the folder cannot be used."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock: Any = clock or (MovableClock() if settings.clock == "movable" else SystemClock())
        self._port = settings.port
        self._ready = False
        self._metrics = Metrics(self.clock)
        self._folder = DataFolder(settings.data)
        self._database = Database(self._folder.metadata)
        self._log = RecordLog(self._folder.records)
        if isinstance(self.clock, SystemClock):
            self.clock.go_on_from(self._log.newest_ms)
        self._providers: dict[str, Provider] = {}
        self._iam = IamEngine(self._database, self.clock)
        self._kinesis = KinesisEngine(self._database, self._log, settings, self.clock, self._metrics)
        hot = {
            (f"{KINESIS_TARGET}.{name}", content_type): path
            for content_type, operations in ((JSON_TYPE, hot_operations), (CBOR_TYPE, cbor_operations))
            for name, path in operations(self._kinesis, self._check_action).items()
        }
        self._gateway = Gateway(
            self._providers, hot, self._callers(), self._health, settings, self.clock, self._measured
        )
        self._gateway.pages = Console(settings, lambda: self.endpoint).answer
        self._compose()

    def _check_action(
        self, call: Call, action: str, resource: str, conditions: Mapping[str, str] | None = None
    ) -> None:
        self._gateway.check_action(call, action, resource, conditions)

    def _callers(self) -> Callers:
        """Who callers are: in open mode whoever they say, else who has signed with a key of IAM's, or of root's."""
        self.root_key = ("any", "any")
        self.new_root_key: tuple[str, str] | None = None
        if self.settings.auth == "open":
            return Callers(self._iam.identify, self._iam.authority)
        keys, settings = self._iam.keys, self.settings
        if settings.root_access_key:
            self.root_key = settings.root_access_key, settings.root_secret_key
            keys.set_root(settings.account, *self.root_key)
        else:
            key_id, secret, is_new = keys.keep_root(settings.account)
            self.root_key = key_id, secret
            self.new_root_key = self.root_key if is_new else None
        return Callers(None, self._iam.authority, Authenticator(keys, BucketHosts(settings.host), self.clock))

    def _compose(self) -> None:
        database, settings, clock, invoke = self._database, self.settings, self.clock, self._gateway.invoke
        self._sqs = SqsEngine(database, clock, self._metrics)
        self._iam.authority.resource_policies["sqs"] = self._sqs.resource_policy
        s3 = S3Engine(database, self._folder.objects, clock)
        self._iam.authority.resource_policies["s3"] = s3.resource_policy
        self._gateway.bucket_origins.rules = s3.cors_rules
        self._gateway.listen(s3.access_logs.note)
        self._iam.authority.resource_policies["kinesis"] = self._kinesis.resource_policy
        logs = LogsEngine(database, clock)
        functions = Registry(settings.lambda_functions, remote=settings.lambda_remote_endpoints)
        invocations = Invocations(database, Invoker(functions, logs, clock), clock)
        cloudwatch = CloudWatchEngine(database, self._metrics, clock)
        alarms = AlarmEngine(database, cloudwatch, clock)
        self._firehose = FirehoseEngine(
            database, self._log, s3, self._kinesis, self._iam, logs, settings, clock, invoke, self._metrics
        )
        tags = Tags(database)
        catalog = CatalogEngine(database, tags, clock)
        crawlers = CrawlerEngine(database, catalog, tags, s3, self._iam, logs, self._sqs, settings, clock)
        self._jobs = JobEngine(database, tags, s3, self._iam, logs, invoke, settings, clock, self._metrics)
        triggers = TriggerEngine(database, tags, self._jobs, crawlers, clock)
        workflows = triggers.workflows = WorkflowEngine(database, tags, self._jobs, crawlers, triggers, clock)
        deliveries = Deliveries(
            database, self._sqs, Invoker(functions, logs, clock), self._iam.authority, self._iam, logs, triggers,
            invoke, clock,
        )  # fmt: skip
        events = EventsEngine(database, deliveries, clock)
        GlueEvents(events, self._jobs, crawlers, clock)
        s3.access_logs.authority = self._iam.authority
        s3.notifier = Notifier(self._sqs, self._iam.authority, invocations, events, clock)
        athena = AthenaEngine(database, invoke, s3, settings, clock, metrics=self._metrics, check=self._check_action)
        QueryEvents(events, athena.executions)
        cloudformation = CloudFormationEngine(database, invoke, self._iam, clock)
        self._gateway.signalled = SignalEngine(cloudformation).take
        # each may use those before it
        self._engines: list[Any] = [
            self._iam,
            cloudwatch,
            alarms,
            logs,
            self._sqs,
            invocations,
            s3,
            self._kinesis,
            self._firehose,
            crawlers,
            self._jobs,
            triggers,
            workflows,
            events,
            athena,
            cloudformation,
        ]
        if settings.record_permissions:
            recorder = Recorder(database, self._iam.standings, clock)
            self._iam.authority.listeners.append(recorder.note)
            self._engines.insert(1, recorder)
        for provider in (
            IamProvider(self._iam),
            StsProvider(self._iam),
            KinesisProvider(self._kinesis, clock, self._iam.policy_principals),
            S3Provider(s3, self._check_action, self._iam.policy_principals),
            SqsProvider(self._sqs, self._iam.policy_principals),
            LogsProvider(logs, database),
            CloudWatchProvider(cloudwatch, alarms, clock),
            EventsProvider(events),
            FirehoseProvider(self._firehose, invoke, clock),
            GlueProvider(catalog, crawlers, self._jobs, triggers, workflows, tags, s3, self._check_action),
            AthenaProvider(athena),
            CloudFormationProvider(cloudformation, invoke, clock),
        ):
            self._providers[provider.service] = provider
            self._iam.authority.resource_tags[provider.service] = provider.tags_of
        self._trace = Trace(self._firehose, self._log, self._kinesis)
        self._gateway.local_routes |= {
            path: LocalRoute("firehose", "DescribeDeliveryStream", answer)
            for path, answer in trace_operations(self._trace, self._check_action).items()
        }

    def start(self) -> None:
        """Serve. Raises CannotListen, or what the disk says of the data folder; then only `stop` may follow."""
        for engine in self._engines:
            engine.start()
        try:
            self._port = self._gateway.start()
        except OSError as error:
            number = error.errno or 0  # below zero where a name has no address
            raise CannotListen(number, os.strerror(number) if number > 0 else error.strerror or str(error)) from error
        self._jobs.runs.serve(self.endpoint)
        self._ready = True

    def stop(self) -> None:
        """Answer what runs, end every part, and let go of the data folder."""
        self._ready = False
        self._sqs.polls.end()
        self._gateway.stop()
        for engine in reversed(self._engines):
            engine.stop()
        self._log.close()
        self._database.close()
        self._folder.close()

    @property
    def endpoint(self) -> str:
        """The URL for AWS clients."""
        host = f"[{self.settings.host}]" if ":" in self.settings.host else self.settings.host
        return f"http://{host}:{self._port}"

    @property
    def console(self) -> str:
        """The URL for browsers."""
        return f"{self.endpoint}{PATH}"

    def farm_numbers(self) -> FarmNumbers:
        """The streams and deliveries at a glance."""
        deliveries = self._firehose.statistics()
        newest = max(deliveries, key=lambda delivery: delivery.last_key, default=None)
        return FarmNumbers(
            records=sum(stream.records_ever for stream in self._kinesis.statistics()),
            pending_records=sum(delivery.lag_records for delivery in deliveries),
            objects=sum(delivery.objects for delivery in deliveries),
            last_key=newest.last_key if newest else "",
            delivery_error=next((delivery.last_error for delivery in deliveries if delivery.last_error), None),
        )

    def balance(self, delivery_stream: str) -> Balance | None:
        """What came into a delivery stream of the account, and what became of it, at a glance."""
        key = (self.settings.account, self.settings.region, delivery_stream)
        return balance(msgspec.to_builtins(self._trace.standing(key)))

    @property
    def newest_ms(self) -> int:
        """When the newest record of all that is in the data folder arrived; 0 while there is none."""
        return self._log.newest_ms

    def _measured(self) -> tuple[list[Total], list[Sample]]:
        """What Prometheus is shown: totals since the start, and numbers as they are now."""
        return self._metrics.totals(), [*self._samples(), *process_samples()]

    def _samples(self) -> Iterator[Sample]:
        version = (("version", __version__),)
        yield Sample("afluente_build_info", "gauge", "The version that runs.", 1, version)
        log_bytes = _size(self._folder.records.iterdir())
        yield Sample("afluente_log_bytes", "gauge", "Size of the record log on disk.", log_bytes)
        yield Sample("afluente_log_queued_bytes", "gauge", "Records that wait for the disk.", self._log.queued_bytes)
        size = _size(self._folder.path.glob(f"{self._folder.metadata.name}*"))
        yield Sample("afluente_metadata_bytes", "gauge", "Size of the metadata database on disk.", size)
        for each in self._firehose.statistics():
            labels = (("account", each.account), ("region", each.region), ("delivery_stream_name", each.name))
            for name, text, value in (
                ("pending_records", "Records not yet delivered.", each.lag_records),
                ("pending_age_seconds", "Age of the oldest record not yet delivered.", each.lag_ms / 1000),
                ("failing", "Whether the last delivery failed: 1 or 0.", int(each.last_error is not None)),
            ):
                yield Sample(f"afluente_delivery_{name}", "gauge", text, value, labels)

    def _health(self) -> dict[str, Any] | None:
        if not self._ready:
            return None
        return {"status": "running", "version": __version__, "services": sorted(self._providers)}


def _size(files: Iterable[Path]) -> int:
    """Bytes on disk; a file that goes meanwhile counts nothing."""
    size = 0
    for file in files:
        with suppress(FileNotFoundError):
            size += file.stat().st_size
    return size
