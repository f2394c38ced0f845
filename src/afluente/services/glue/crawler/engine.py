"""Crawlers: their definitions, states, schedules and crawls. The crawling itself is in runner.py and crawl.py.

A crawler is READY, RUNNING from StartCrawler until its changes are committed, STOPPING for a moment, and READY again.
The state on disk is the truth: after a kill, a crawl that was under way is FAILED, and one that had been committed
ends as it would have.
"""

import logging
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from afluente.core.clock import Clock
from afluente.core.loop import Loop
from afluente.core.schedule import Schedule
from afluente.core.setting import Settings
from afluente.services.glue.catalog.engine import CatalogEngine
from afluente.services.glue.classifier.engine import ClassifierEngine
from afluente.services.glue.crawler import definition
from afluente.services.glue.crawler.definition import Members, role_arns
from afluente.services.glue.crawler.port import Logs, Objects, Queues, Roles
from afluente.services.glue.crawler.report import GROUP, Report
from afluente.services.glue.crawler.runner import CrawlCancelledError, Outcome, Runner
from afluente.services.glue.crawler.store import CrawlerRecord, CrawlerStore, Key, ScheduleState
from afluente.services.glue.error import (
    AlreadyExistsException,
    CrawlerNotRunningException,
    CrawlerRunningException,
    CrawlerStoppingException,
    EntityNotFoundException,
    InvalidInputException,
    NoScheduleException,
    SchedulerNotRunningException,
    SchedulerRunningException,
)
from afluente.services.glue.tag import Tags
from afluente.store.database import Database

INTERRUPTED = "The crawl was interrupted: the service ended while it ran. Nothing was changed; start the crawler again."
LONGEST_ERROR = 2048
NEVER = 2**62

Listener = Callable[[str, str, str, str], None]
"""Called with (account, region, crawler, SUCCEEDED or FAILED or CANCELLED) once a crawl has ended and is committed.

The crawler is STOPPING then, and READY a moment later.
"""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CrawlerStatistics:
    """For the live view: how many crawlers there are, and how many of them are running."""

    crawlers: int
    running: int


class CrawlerEngine:
    """The crawlers of every account and region."""

    def __init__(  # noqa: PLR0917  # the ports, in the order that all engines keep
        self,
        database: Database,
        catalog: CatalogEngine,
        tags: Tags,
        objects: Objects,
        roles: Roles,
        logs: Logs,
        queues: Queues,
        settings: Settings,
        clock: Clock,
    ) -> None:
        self._database = database
        self._store = CrawlerStore(database)
        self._roles = roles
        self.classifiers = ClassifierEngine(database, clock)
        self._runner = Runner(database, catalog, self.classifiers, objects, roles, logs, queues, clock)
        self._tags = tags
        self._stopping_delay_ms = settings.crawler_stopping_delay_ms
        self._clock = clock
        self._listeners: list[Listener] = []
        self.observers: list[Callable[[Key], None]] = []
        """Told of each crawl that begins, in the transaction in which it does."""
        self._to_cancel: set[str] = set()
        self._closing = threading.Event()
        self._claiming = threading.Lock()
        self._claimed: set[str] = set()
        """The crawls that a worker has taken on."""
        numbers = range(1, settings.crawls_at_once + 1)
        self._workers = [Loop(f"glue-crawler-{number}", self._crawl_next, clock) for number in numbers]
        self._scheduler = Loop("glue-crawler-schedule", self._keep_time, clock)
        tags.register("crawler", self.exists)

    def start(self) -> None:
        """Start crawling, after making good what a kill left behind."""
        self._recover()
        for worker in self._workers:
            worker.start()
        self._scheduler.start()

    def stop(self) -> None:
        """Stop crawling; a crawl that is under way is given up, and is FAILED at the next start."""
        self._closing.set()
        for worker in self._workers:
            worker.stop()
        self._scheduler.stop()

    def subscribe(self, listener: Listener) -> None:
        """Have `listener` told of the end of every crawl, on a background thread."""
        self._listeners.append(listener)

    def statistics(self) -> CrawlerStatistics:
        """How many crawlers there are and run."""
        states = [record["state"] for _, record in self._store.scan()]
        return CrawlerStatistics(len(states), len(states) - states.count("READY"))

    def create_crawler(self, account: str, region: str, request: Mapping[str, Any]) -> None:
        """Raises AlreadyExistsException, InvalidInputException, NotImplemented."""
        key = (account, region, request["Name"])
        members = definition.create(request)
        self._check_role(key, request["Role"])
        self._check_classifiers(key, members)
        schedule = self._schedule(request.get("Schedule", ""))
        now_ms = self._clock.now_ms()
        with self._database.write():
            if self._store.get(key):
                raise AlreadyExistsException(f"Crawler with name {request['Name']} already exists")
            record = CrawlerRecord(
                members=members, version=1, created_at_ms=now_ms, updated_at_ms=now_ms, state="READY",
                schedule=schedule, crawl=None, ready_at_ms=0, last_crawl=None,
            )  # fmt: skip
            self._store.put(key, record)
            self._tags.add(account, region, f"crawler/{request['Name']}", request.get("Tags", {}))
        self._scheduler.wake()

    def update_crawler(self, account: str, region: str, request: Mapping[str, Any]) -> None:
        """Change the members that `request` names. Raises EntityNotFoundException, CrawlerRunningException ..."""
        key = (account, region, request["Name"])
        with self._database.write():
            record = self._idle(key)
            record["members"] = definition.update(record["members"], request)
            if "Role" in request:
                self._check_role(key, request["Role"])
            if "Classifiers" in request:
                self._check_classifiers(key, record["members"])
            if "Schedule" in request:
                record["schedule"] = self._schedule(request["Schedule"])
            record["version"] += 1
            record["updated_at_ms"] = self._clock.now_ms()
            self._store.put(key, record)
        self._scheduler.wake()

    def delete_crawler(self, account: str, region: str, name: str) -> None:
        """Raises EntityNotFoundException, CrawlerRunningException."""
        with self._database.write():
            self._idle((account, region, name))
            self._store.delete((account, region, name))
            self._tags.forget(account, region, f"crawler/{name}")

    def role_arn(self, account: str, role: str) -> str:
        """The ARN that `role`, a name or an ARN, stands for: the one that exists, where it may be two."""
        arns = role_arns(role, account)
        return next((arn for arn in arns if self._roles.role_exists(arn)), arns[0])

    def exists(self, account: str, region: str, name: str) -> bool:
        """Is there such a crawler?"""
        return self._store.get((account, region, name)) is not None

    def get(self, account: str, region: str, name: str, *, missing: str = "Crawler with name {} does not exist") -> (
        CrawlerRecord
    ):  # fmt: skip
        """Raises EntityNotFoundException; `missing` is its text."""
        record = self._store.get((account, region, name))
        if record is None:
            raise EntityNotFoundException(missing.format(name))
        return record

    def find(self, account: str, region: str, name: str) -> CrawlerRecord | None:
        """The crawler, or None."""
        return self._store.get((account, region, name))

    def state(self, account: str, region: str, name: str) -> str:
        """READY, RUNNING or STOPPING. Raises EntityNotFoundException."""
        return self.get(account, region, name)["state"]

    def page(self, account: str, region: str, after: str, limit: int) -> list[CrawlerRecord]:
        """Up to `limit` crawlers by name, those after `after`."""
        start = (account, region, after) if after else None
        return [record for _, record in self._store.scan((account, region), after=start, limit=limit)]

    def crawls(self, account: str, region: str, name: str, limit: int = -1) -> Iterator[dict[str, Any]]:
        """The crawls of a crawler, newest first. Raises EntityNotFoundException."""
        self.get(account, region, name)
        return self._store.crawls((account, region, name), limit)

    def start_crawler(self, account: str, region: str, name: str) -> None:
        """Raises EntityNotFoundException, CrawlerRunningException."""
        key = (account, region, name)
        with self._database.write():
            record = self._idle(key, "Crawler with name {} has already started")
            crawl_id, now_ms = str(uuid.uuid4()), self._clock.now_ms()
            record["state"] = "RUNNING"
            record["crawl"] = {"id": crawl_id, "started_at_ms": now_ms, "stop_requested": False, "outcome": None}
            self._store.put(key, record)
            self._store.put_crawl(key, {"id": crawl_id, "started_at_ms": now_ms, "state": "RUNNING"})
            for observer in self.observers:
                observer(key)
        self._wake_workers()

    def stop_crawler(self, account: str, region: str, name: str) -> None:
        """Raises EntityNotFoundException, CrawlerNotRunningException, CrawlerStoppingException."""
        with self._database.write():
            record = self.get(account, region, name)
            crawl = record["crawl"]
            if record["state"] == "READY" or crawl is None:
                raise CrawlerNotRunningException(f"Crawler with name {name} is not running")
            if record["state"] == "STOPPING":
                raise CrawlerStoppingException(f"Crawler with name {name} is stopping")
            record["state"], crawl["stop_requested"] = "STOPPING", True
            self._store.put((account, region, name), record)
        self._to_cancel.add(crawl["id"])
        self._wake_workers()

    def update_schedule(self, account: str, region: str, name: str, expression: str) -> None:
        """Set the schedule, or take it away with an empty one. Raises InvalidInputException ..."""
        with self._database.write():
            record = self.get(account, region, name)
            record["schedule"] = self._schedule(expression)
            self._store.put((account, region, name), record)
        self._scheduler.wake()

    def start_schedule(self, account: str, region: str, name: str) -> None:
        """Raises NoScheduleException, SchedulerRunningException."""
        with self._database.write():
            record = self.get(account, region, name)
            schedule = record["schedule"]
            if schedule is None:
                raise NoScheduleException(f"Crawler with name {name} has no schedule")
            if schedule["state"] == "SCHEDULED":
                raise SchedulerRunningException(f"The schedule of crawler with name {name} is already running")
            record["schedule"] = self._schedule(schedule["expression"])
            self._store.put((account, region, name), record)
        self._scheduler.wake()

    def stop_schedule(self, account: str, region: str, name: str) -> None:
        """Raises SchedulerNotRunningException."""
        with self._database.write():
            record = self.get(account, region, name)
            schedule = record["schedule"]
            if schedule is None or schedule["state"] != "SCHEDULED":
                raise SchedulerNotRunningException(f"The schedule of crawler with name {name} is not running")
            schedule["state"], schedule["due_ms"] = "NOT_SCHEDULED", None
            self._store.put((account, region, name), record)

    def _idle(self, key: Key, running: str = "Crawler with name {} is running") -> CrawlerRecord:
        record = self.get(*key)
        if record["state"] != "READY":
            raise CrawlerRunningException(running.format(key[2]))
        return record

    def _check_role(self, key: Key, role: str) -> None:
        if self._runner.assumable(key, role) is None:
            raise InvalidInputException("Service is unable to assume provided role. Please verify role's TrustPolicy")

    def _check_classifiers(self, key: Key, members: Members) -> None:
        for name in members["Classifiers"]:
            try:
                self.classifiers.get(key[0], key[1], name)
            except EntityNotFoundException as error:
                raise InvalidInputException(str(error)) from None

    def _schedule(self, expression: str) -> ScheduleState | None:
        if not expression:
            return None
        due_ms = definition.check_schedule(expression).next_ms(self._clock.now_ms())
        return {"expression": expression, "state": "SCHEDULED", "due_ms": due_ms}

    def _recover(self) -> None:
        """A crawl that was under way when the process ended has failed; a schedule goes on from now."""
        with self._database.write():
            for key, record in list(self._store.scan()):
                crawl, schedule = record["crawl"], record["schedule"]
                if schedule is not None and schedule["state"] == "SCHEDULED":
                    record["schedule"] = self._schedule(schedule["expression"])
                    self._store.put(key, record)
                if crawl is not None and crawl["outcome"] is None:
                    status, error = ("CANCELLED", "") if crawl["stop_requested"] else ("FAILED", INTERRUPTED)
                    self._finish(key, Outcome(status, error, Report(crawl["id"], self._clock)))

    def _wake_workers(self) -> None:
        for worker in self._workers:
            worker.wake()

    def _crawl_next(self) -> int | None:
        """Run the crawl that was started first, of those that no worker runs; then look again."""
        claimed = self._claim()
        if claimed is None:
            return None
        key, members, crawl_id = claimed
        try:
            self._crawl(key, members, crawl_id)
        except _ShutDownError:
            return None
        finally:
            with self._claiming:
                self._claimed.discard(crawl_id)
        self._to_cancel.discard(crawl_id)
        self._scheduler.wake()
        return self._clock.now_ms()

    def _claim(self) -> tuple[Key, Members, str] | None:
        """Take on the crawl that was started first; none when all are taken or the process ends."""
        with self._claiming:
            waiting = [
                (crawl["started_at_ms"], key, record["members"], crawl["id"])
                for key, record in self._settled()
                if (crawl := record["crawl"]) is not None
                and crawl["outcome"] is None
                and crawl["id"] not in self._claimed
            ]
            if not waiting or self._closing.is_set():
                return None
            _, key, members, crawl_id = min(waiting, key=lambda entry: entry[:2])
            self._claimed.add(crawl_id)
        return key, members, crawl_id

    def _crawl(self, key: Key, members: Members, crawl_id: str) -> None:
        def check() -> None:
            if crawl_id in self._to_cancel:
                raise CrawlCancelledError
            if self._closing.is_set():
                raise _ShutDownError

        is_first = not self._has_succeeded(key)
        finish = partial(self._finish, key)
        self._runner.run(key, members, crawl_id, check, finish, is_first=is_first)

    def _has_succeeded(self, key: Key) -> bool:
        """Has a crawl since the crawler was made, or changed?"""
        since_ms = self.get(*key)["updated_at_ms"]
        return any(
            crawl["state"] == "COMPLETED" for crawl in self._store.crawls(key) if crawl["started_at_ms"] >= since_ms
        )

    def _finish(self, key: Key, outcome: Outcome) -> None:
        """Store how the crawl ended, in the open transaction; the scheduler makes the crawler READY in a moment."""
        record = self.get(*key)
        crawl, now_ms = record["crawl"], self._clock.now_ms()
        if crawl is None:
            raise ValueError(f"{key} has no crawl that could end")
        if outcome.status == "SUCCEEDED" and crawl["stop_requested"]:
            raise CrawlCancelledError
        record["state"] = "STOPPING"
        record["ready_at_ms"] = now_ms + self._stopping_delay_ms
        crawl["outcome"] = _last_crawl(key[2], crawl["id"], outcome)
        self._store.put(key, record)
        self._store.put_crawl(key, _history(crawl["id"], crawl["started_at_ms"], now_ms, outcome))

    def _keep_time(self) -> int | None:
        """Make READY what is done, start what is due; when the next of either comes."""
        now_ms = self._clock.now_ms()
        for key, record in self._settled():
            if _ready_ms(record) <= now_ms:
                self._make_ready(key)
            if _due_ms(record) <= now_ms:
                self._start_scheduled(key)
        upcoming = min((min(_ready_ms(record), _due_ms(record)) for _, record in self._settled()), default=NEVER)
        return upcoming if upcoming < NEVER else None

    def _settled(self) -> list[tuple[Key, CrawlerRecord]]:
        """All crawlers, once the transaction that may be open is over: a wake-up comes from within it."""
        with self._database.write():
            return list(self._store.scan())

    def _make_ready(self, key: Key) -> None:
        """Tell the listeners, then show it: after a kill in between they are told again, and never not at all."""
        crawl = self.get(*key)["crawl"]
        if crawl is None or crawl["outcome"] is None:
            return
        for listener in self._listeners:
            try:
                listener(*key, crawl["outcome"]["Status"])
            except Exception:  # one listener's fault is no matter of the others
                log.exception("a listener to the crawler %s failed", key[2])
        with self._database.write():
            record = self.get(*key)
            record["state"], record["crawl"] = "READY", None
            record["last_crawl"] = {**crawl["outcome"], "started_at_ms": crawl["started_at_ms"]}
            self._store.put(key, record)

    def _start_scheduled(self, key: Key) -> None:
        with self._database.write():
            record = self.get(*key)
            schedule = record["schedule"]
            if schedule is None:
                return
            schedule["due_ms"] = Schedule.parse(schedule["expression"]).next_ms(self._clock.now_ms())
            self._store.put(key, record)
            try:
                self.start_crawler(*key)
            except CrawlerRunningException:
                log.info("the crawler %s is due while it runs; this time is left out", key[2])


class _ShutDownError(BaseException):
    """The process ends: leave everything as it is on disk."""


def _ready_ms(record: CrawlerRecord) -> int:
    ended = record["crawl"] is not None and record["crawl"]["outcome"] is not None
    return record["ready_at_ms"] if ended else NEVER


def _due_ms(record: CrawlerRecord) -> int:
    due_ms = record["schedule"]["due_ms"] if record["schedule"] is not None else None
    return NEVER if due_ms is None else due_ms


def _last_crawl(crawler: str, crawl_id: str, outcome: Outcome) -> dict[str, Any]:
    last = {"Status": outcome.status, "LogGroup": GROUP, "LogStream": crawler, "MessagePrefix": crawl_id}
    return last | ({"ErrorMessage": outcome.error[:LONGEST_ERROR]} if outcome.error else {})


def _history(crawl_id: str, started_at_ms: int, ended_at_ms: int, outcome: Outcome) -> dict[str, Any]:
    states = {"SUCCEEDED": "COMPLETED", "FAILED": "FAILED", "CANCELLED": "STOPPED"}
    report = outcome.report
    return {
        "id": crawl_id,
        "started_at_ms": started_at_ms,
        "ended_at_ms": ended_at_ms,
        "state": states[outcome.status],
        "error": outcome.error[:LONGEST_ERROR],
        "summary": report.summary(),
        "tables": {change: report.count("TABLE", change) for change in ("ADD", "UPDATE", "DELETE")},
    }
