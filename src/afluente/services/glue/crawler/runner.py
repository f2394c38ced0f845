"""A crawl from its start to its outcome: the role, the search, one transaction for all that it changes, the log."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from afluente.core.bounded_regex import SlowRegexError
from afluente.core.clock import Clock
from afluente.core.error import AccessDeniedException, AwsError
from afluente.services.glue.catalog.engine import CatalogEngine
from afluente.services.glue.catalog.table import TableRow
from afluente.services.glue.classifier.engine import ClassifierEngine
from afluente.services.glue.crawler.catalog_change import DEPRECATED, Behaviour, CatalogChange, Destination
from afluente.services.glue.crawler.classify import Classifier
from afluente.services.glue.crawler.configuration import Configuration
from afluente.services.glue.crawler.crawl import Crawl, CrawlFailedError, Known, KnownFolder
from afluente.services.glue.crawler.custom_classifier import CustomClassifier, ready
from afluente.services.glue.crawler.definition import EVENTS, NEW_FOLDERS, Members, role_arns
from afluente.services.glue.crawler.event_queue import Changes, EventQueue
from afluente.services.glue.crawler.permission import Permission, PermittedObjects
from afluente.services.glue.crawler.port import Logs, Objects, Queues, Roles
from afluente.services.glue.crawler.report import GROUP, Report
from afluente.services.glue.crawler.store import Key
from afluente.services.glue.crawler.table_input import OWNER, FoundTable, known_schema, known_statistics, location_of
from afluente.services.glue.crawler.target import CatalogTable, catalog_targets, s3_targets
from afluente.services.glue.error import EntityNotFoundException
from afluente.store.database import Database

SERVICE = "glue.amazonaws.com"

log = logging.getLogger(__name__)


class CrawlCancelledError(Exception):
    """The crawl was asked to stop."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a crawl ended: SUCCEEDED, FAILED or CANCELLED, and what it says of itself."""

    status: str
    error: str
    report: Report


Finish = Callable[[Outcome], None]
"""Stores the outcome, in the open transaction. Raises CrawlCancelledError when a success comes after StopCrawler."""


class Runner:
    """Runs crawls on the callers' threads."""

    def __init__(  # noqa: PLR0917  # the ports, in the order that all engines keep
        self, database: Database, catalog: CatalogEngine, classifiers: ClassifierEngine, objects: Objects,
        roles: Roles, logs: Logs, queues: Queues, clock: Clock,
    ) -> None:  # fmt: skip
        self._database = database
        self._catalog = catalog
        self._classifiers = classifiers
        self._objects = objects
        self._roles = roles
        self._logs = logs
        self._queues = queues
        self._clock = clock

    def assumable(self, key: Key, role: str) -> str | None:
        """The ARN of the role that Glue may act under for the crawler; `role` is its name or ARN."""
        account, region, name = key
        crawler_arn = f"arn:aws:glue:{region}:{account}:crawler/{name}"
        arns = role_arns(role, account)
        return next((arn for arn in arns if self._roles.can_assume(arn, SERVICE, crawler_arn)), None)

    def run(  # what to crawl, and whom to ask and tell
        self, key: Key, members: Members, crawl_id: str, check: Callable[[], None], finish: Finish, *, is_first: bool
    ) -> None:
        """Crawl, write to the catalog and finish: the last two in one transaction, or only the last if it failed.

        is_first: no crawl has succeeded since the crawler was made as it is.
        """
        report = Report(crawl_id, self._clock)
        report.say(f"Running Start Crawl for Crawler {members['Name']}", "BENCHMARK")
        try:
            permission = self._assume(key, members, report)
            events = self._events(members, permission, report, is_first=is_first)
            changes = events.read(check) if events else None
            tables = self._find(key, members, report, check, permission, changes)
            with self._database.write():
                written = Report(crawl_id, self._clock, list(report.lines))
                if changes is None or changes.folders:
                    self._write(key, members, tables, written, permission)
                if events is not None and changes is not None:
                    events.settle(changes)
                self._end(key, Outcome("SUCCEEDED", "", written), finish)
        except CrawlCancelledError:
            report.say("Crawl cancelled; nothing was changed", "WARN")
            self._give_up(key, Outcome("CANCELLED", "", report), finish)
        except (CrawlFailedError, SlowRegexError, AwsError) as error:
            self._fail(key, str(error), report, finish)
        except Exception:
            log.exception("the crawl %s of %s failed", crawl_id, members["Name"])
            self._fail(key, "Internal Service Exception", report, finish)

    def _assume(self, key: Key, members: Members, report: Report) -> Permission:
        """What the crawl may do under its role, which must be able to tell of it."""
        account, region, name = key
        role_arn = self.assumable(key, members["Role"])
        if role_arn is None:
            raise CrawlFailedError(
                f"Service is unable to assume role {members['Role']}. Please verify role's TrustPolicy"
            )
        permission = Permission(self._roles, role_arn, account, region)
        try:
            permission.check_log(self._logs.needed_to_append(account, region, GROUP, name))
        except AccessDeniedException:
            report.is_loggable = False
            raise
        return permission

    def _events(self, members: Members, permission: Permission, report: Report, *, is_first: bool) -> EventQueue | None:
        """The queue by which the crawl is to go; None when it is to list everything. Raises CrawlFailedError."""
        if members["RecrawlPolicy"]["RecrawlBehavior"] != EVENTS:
            return None
        events = EventQueue(self._queues, members, permission)
        missing = events.missing()
        if missing is not None:
            raise CrawlFailedError(f"The queue {missing} does not exist. Create it, or change the target.")
        if is_first:
            report.say("Crawl is not running in S3 event mode")
            return None
        report.say("The crawl is running by consuming Amazon S3 events.")
        return events

    def _find(  # noqa: PLR0917  # as above
        self, key: Key, members: Members, report: Report, check: Callable[[], None], permission: Permission,
        changes: Changes | None,
    ) -> list[FoundTable]:  # fmt: skip
        check()
        if changes is not None:
            _tell(changes, report)
            if not changes.folders:
                return []
        targets = s3_targets(members) + catalog_targets(self._catalog_tables(key, members, permission))
        by = Classifier(self._custom(key, members, report))
        objects = PermittedObjects(self._objects, permission)
        known, changed = self._known(key, members, changes), None if changes is None else changes.folders
        tables = Crawl(members, objects, by, report, known, check, changed).find(targets)
        databases = sorted({table.table.database if table.table else members["DatabaseName"] for table in tables})
        names = ", ".join(databases) or members.get("DatabaseName", "none")
        report.say(f"Classification complete, writing results to database {names}", "BENCHMARK")
        return tables

    def _catalog_tables(self, key: Key, members: Members, permission: Permission) -> list[CatalogTable]:
        """The tables of the catalog targets. Raises EntityNotFoundException for one that is not there."""
        account, region, _ = key
        found = []
        for target in members["Targets"]["CatalogTargets"]:
            database = target["DatabaseName"].lower()
            for name in target["Tables"]:
                permission.check_catalog("glue:GetTable", database, name.lower())
                row = self._catalog.tables.find(account, region, database, name)
                if row is None:
                    raise EntityNotFoundException(f"The table {database}.{name} of a catalog target does not exist.")
                found.append(CatalogTable(database, row.name, row.input()))
        return found

    def _custom(self, key: Key, members: Members, report: Report) -> list[CustomClassifier]:
        account, region, _ = key
        try:
            stored = [(name, self._classifiers.get(account, region, name)) for name in members["Classifiers"]]
        except EntityNotFoundException as error:
            raise CrawlFailedError(f"{error} Make it again, or take it off the crawler.") from None
        if stored:
            report.say(f"Classifiers before the built-in ones: {', '.join(name for name, _ in stored)}")
        return [ready(name, body) for name, body in stored]

    def _known(self, key: Key, members: Members, changes: Changes | None) -> Known:
        """The folders of the crawler's tables and partitions, where it is to crawl only new or changed ones."""
        if changes is None and members["RecrawlPolicy"]["RecrawlBehavior"] != NEW_FOLDERS:
            return {}
        known: dict[str, KnownFolder] = {}
        for table in self._own_tables(key, members):
            whole = table.input()
            rows = self._catalog.partitions.select(table) if table.partition_keys() else [table]
            for body in (row.input() for row in rows):
                location = body.get("StorageDescriptor", {}).get("Location", "")
                if changes is None:
                    known[location] = KnownFolder(known_schema(body, whole))
                elif DEPRECATED not in body.get("Parameters", {}):
                    known[location] = KnownFolder(known_schema(body, whole), known_statistics(body))
        return known

    def _own_tables(self, key: Key, members: Members) -> Iterator[TableRow]:
        """The tables that the crawler has made, or that its catalog targets name."""
        account, region, name = key
        for target in members["Targets"]["CatalogTargets"]:
            database = target["DatabaseName"].lower()
            found = (self._catalog.tables.find(account, region, database, table) for table in target["Tables"])
            yield from (row for row in found if row is not None)
        database = members.get("DatabaseName", "")
        if not s3_targets(members) or self._catalog.databases.find(account, region, database) is None:
            return
        for table in self._catalog.tables.iterate(account, region, database):
            if table.input().get("Parameters", {}).get(OWNER) == name:
                yield table

    def _write(
        self, key: Key, members: Members, tables: Sequence[FoundTable], report: Report, permission: Permission
    ) -> None:
        account, region, name = key
        role = members["Role"].rpartition("/")[2]
        created_by = f"arn:aws:sts::{account}:assumed-role/{role}/AWS-Crawler"
        behaviour = _behaviour(members)
        report.say(
            f'Crawler configured with SchemaChangePolicy {{"UpdateBehavior":"{behaviour.update}",'
            f'"DeleteBehavior":"{behaviour.delete}"}}.'
        )
        now_ms = self._clock.now_ms()
        for database, found in _by_database(members, tables).items():
            destination = Destination(account, region, database, name, created_by)
            roots = [location_of(target.bucket, target.folder) for target in s3_targets(members)]
            CatalogChange(self._catalog, destination, behaviour, report, permission, now_ms).apply(found, roots)
        for change, verb in (("ADD", "added"), ("UPDATE", "updated"), ("DELETE", "deleted")):
            if count := report.count("PARTITION", change):
                report.say(f"{count} partitions {verb}")
        report.say("Finished writing to Catalog", "BENCHMARK")

    def _fail(self, key: Key, error: str, report: Report, finish: Finish) -> None:
        report.say(error, "ERROR")
        self._give_up(key, Outcome("FAILED", error, report), finish)

    def _give_up(self, key: Key, outcome: Outcome, finish: Finish) -> None:
        with self._database.write():
            self._end(key, outcome, finish)

    def _end(self, key: Key, outcome: Outcome, finish: Finish) -> None:
        finish(outcome)
        outcome.report.say("Crawler has finished running and is in state READY", "BENCHMARK")
        account, region, name = key
        if outcome.report.is_loggable:
            self._logs.append(account, region, GROUP, name, outcome.report.lines)


def _tell(changes: Changes, report: Report) -> None:
    report.say(f"{len(changes.told)} messages tell of changes in {len(changes.folders)} folders")
    if changes.strange:
        report.say(f"{len(changes.strange)} messages in the queue are no events of Amazon S3", "WARN")


def _by_database(members: Members, tables: Sequence[FoundTable]) -> dict[str, list[FoundTable]]:
    """What was found by the database it goes to; that of the S3 targets also when nothing was."""
    found: dict[str, list[FoundTable]] = {members["DatabaseName"].lower(): []} if s3_targets(members) else {}
    for table in tables:
        database = table.table.database if table.table else members["DatabaseName"].lower()
        found.setdefault(database, []).append(table)
    return found


def _behaviour(members: Members) -> Behaviour:
    configuration = Configuration.parse(members.get("Configuration", ""))
    policy: dict[str, Any] = members["SchemaChangePolicy"]
    return Behaviour(
        policy["UpdateBehavior"],
        policy["DeleteBehavior"],
        configuration.merge_new_columns,
        configuration.inherit_from_table,
        configuration.create_index,
    )
