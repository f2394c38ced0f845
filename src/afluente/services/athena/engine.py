"""Athena's state and rules: query executions from their start to their end, on a few worker threads.

A query begins when its execution is on disk and ends when its results and its last state are. What was open when the
process ended is FAILED when it starts again.
"""

import logging
import queue
import shutil
import threading
import uuid
from collections import deque
from typing import TYPE_CHECKING, Any

import msgspec

from afluente.core.call import Call
from afluente.core.clock import Clock
from afluente.core.error import AwsError
from afluente.core.loop import Loop
from afluente.core.metric import Metrics
from afluente.core.provider import Invoke
from afluente.core.setting import Settings
from afluente.services.athena.caller_store import CallerStore
from afluente.services.athena.catalog import Catalog
from afluente.services.athena.error import (
    InternalFailure,
    InvalidRequestException,
    QueryFailure,
    TooLarge,
    TooManyRequestsException,
)
from afluente.services.athena.execution import DEFAULT_DATABASE, Execution, Executions, database_of
from afluente.services.athena.hive_statement import Ddl, trimmed
from afluente.services.athena.location import Location, output_location, split
from afluente.services.athena.metric import QueryMetrics
from afluente.services.athena.port import Check, ObjectStore, allow
from afluente.services.athena.result import Results
from afluente.services.athena.saved_query import NamedQueries, PreparedStatements
from afluente.services.athena.tag import Tags
from afluente.services.athena.work_group import WorkGroup, WorkGroups, encryption_of
from afluente.store.database import Database

if TYPE_CHECKING:
    from afluente.services.athena.machine import Machine
    from afluente.services.athena.runner import Task
    from afluente.services.athena.sandbox import Session

WORKERS = 3
DEFAULT_REUSE_MINUTES = 60
"""Queries that run at once; they share the engine's memory."""

MOST_OPEN = 200
"""Queries, queued or running, that an account may have."""

CANCEL_TRIES = 40
CANCEL_WAIT_S = 0.025

NO_LOCATION = (
    "No output location provided. You did not provide an output location for  your query results. Either specify an S3 "
    "bucket location or enable Athena managed query results in your workgroup settings."
)
CANCELLED_BY_USER = "Query cancelled by user"
BYTES_EXCEEDED = "Bytes scanned limit was exceeded"

log = logging.getLogger(__name__)


class _Running:
    """A task on its way through a worker."""

    def __init__(self, task: "Task") -> None:
        self.task = task
        self.cancelled = threading.Event()
        self.done = threading.Event()
        self.session: Session | None = None


class AthenaEngine:
    """Query executions, and what they need: work groups, saved queries, results.

    `invoke` reaches the catalog as the caller; `store` is S3's data plane. What a crash left open ends in `start`.
    """

    def __init__(
        self,
        database: Database,
        invoke: Invoke,
        store: ObjectStore,
        settings: Settings,
        clock: Clock,
        *,
        metrics: Metrics | None = None,
        check: Check = allow,
    ) -> None:
        self._metrics = QueryMetrics(metrics or Metrics(clock))
        self.executions = Executions(database)
        self.work_groups = WorkGroups(database, clock)
        self.named_queries = NamedQueries(database)
        self.prepared = PreparedStatements(database, clock)
        self.tags = Tags(database)
        self.results = Results(database, store)
        self._database = database
        self._invoke = invoke
        self._check = check
        self._store = store
        self._settings = settings
        self._clock = clock
        self._folder = settings.data / "tmp" / "athena"
        self._machine: Machine | None = None
        self._machine_lock = threading.Lock()
        self._queue: queue.SimpleQueue[_Running | None] = queue.SimpleQueue()
        self._running: dict[str, _Running] = {}
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._last: Execution | None = None
        self._stopping = False
        self._unkept: deque[_Running] = deque()
        self._keeping = Loop("athena-ends", self._keep_ends, clock)
        self._warming: threading.Thread | None = None

    def start(self) -> None:
        """Clear away what a crash left, and begin to take queries."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        self.executions.fail_interrupted(self._clock.now_ms())
        self._keeping.start()
        for number in range(WORKERS):
            thread = threading.Thread(target=self._work, name=f"athena-{number}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Interrupt what runs, and end the workers. Open executions fail when the engine next starts."""
        self._stopping = True
        for running in list(self._running.values()):
            running.cancelled.set()
        for _ in self._threads:
            self._queue.put(None)
        for running in list(self._running.values()):
            _interrupt(running)
        for thread in self._threads:
            thread.join()
        self._threads.clear()
        self._keeping.stop()
        if self._warming is not None:
            self._warming.join()
        if self._machine is not None:
            self._machine.close()

    def warm(self) -> None:
        """Load the SQL engine in the background: once, when somebody first turns to Athena."""
        with self._lock:
            if self._warming is None:
                self._warming = threading.Thread(target=self._warm, name="athena-warm", daemon=True)
                self._warming.start()

    def _warm(self) -> None:
        self.machine.warm()

    @property
    def machine(self) -> "Machine":
        """The part that knows SQL, loaded when it is first needed."""
        from afluente.services.athena.machine import Machine  # noqa: PLC0415 - 250 ms and 70 MiB, paid by queries only

        with self._machine_lock:
            if self._machine is None:
                self._machine = Machine(
                    self._invoke, self._store_of, self.results, self.prepared, self._settings, self._clock,
                    folder=self._folder, sessions=WORKERS,
                )  # fmt: skip
            return self._machine

    def catalog(self, call: Call) -> Catalog:
        """The catalog as `call`'s caller sees it."""
        return Catalog(self._invoke, call)

    def statistics(self) -> dict[str, Any]:
        """For the live view: how many queries are open, and the last that ended."""
        last = self._last
        return {
            "open": len(self._running),
            "last_query": None
            if last is None
            else {"id": last.id, "query": last.query, "state": last.state, "rows": last.rows, "output": last.output},
        }

    # starting

    def start_query(self, call: Call, request: dict[str, Any]) -> str:
        """StartQueryExecution; the execution's id. Raises InvalidRequestException for what AWS refuses at once."""
        token = request.get("ClientRequestToken") or ""
        if not token:
            raise InvalidRequestException("clientRequestToken is null or empty")
        if len(token.encode()) > 128:
            raise InvalidRequestException("clientRequestToken exceeds maximum allowed length 128")
        asked = (request.get("ResultConfiguration") or {}).get("OutputLocation", "")
        if asked:
            output_location(asked)
        text = trimmed(request["QueryString"])
        group = self._work_group(call, request.get("WorkGroup"))
        parameters = request.get("ExecutionParameters")
        self.warm()
        statement = self.machine.statement((call.account, call.region, group.name), text, parameters)
        context = _context(request.get("QueryExecutionContext") or {})
        known = self.executions.of_token(call.account, call.region, token)
        if known is not None:
            return _same(known, text, context, asked)
        self.machine.check(statement, call, database_of(context) or DEFAULT_DATABASE)
        place, id = self._place(group, asked), str(uuid.uuid4())
        self._check_output_bucket(call, place)
        execution = Execution(
            id=id, account=call.account, region=call.region, work_group=group.name, query=text, type=statement.type,
            subtype=statement.subtype, token=token, context=context, location=str(place), asked_location=asked,
            output=place.object(statement.output.format(id=id)), parameters=parameters or [],
            submitted_at_ms=self._clock.now_ms(), reuse_minutes=_reuse_minutes(request),
            encryption=self._encryption(group, request),
        )  # fmt: skip
        return self._enqueue(call, execution, statement, group)

    def _work_group(self, call: Call, name: str | None) -> WorkGroup:
        group = self.work_groups.get(call.account, call.region, (name or "primary").rpartition("/")[2])
        if group.state == "DISABLED":
            raise InvalidRequestException(f"WorkGroup {group.name} is disabled.")
        return group

    def _store_of(self, call: Call) -> CallerStore:
        return CallerStore(self._store, call, self._check)

    def check_result(self, call: Call, execution: Execution) -> None:
        """Who reads a result has to be allowed to read its object. Raises AccessDeniedException."""
        self._check(call, "s3:GetObject", f"arn:aws:s3:::{execution.output.removeprefix('s3://')}")

    def _earlier(self, call: Call, execution: Execution) -> Execution | None:
        """The execution whose result may stand for this one's, if the caller may read it."""
        found = self.executions.earlier(execution)
        try:
            if found:
                self.check_result(call, found)
        except AwsError:
            return None
        return found

    def _check_output_bucket(self, call: Call, place: Location) -> None:
        try:
            self._check(call, "s3:GetBucketLocation", f"arn:aws:s3:::{place.bucket}")
        except AwsError:
            raise InvalidRequestException(f"Unable to verify/create output bucket {place.bucket}") from None

    def _place(self, group: WorkGroup, asked: str) -> Location:
        """Where results go: as an enforcing work group says, else as asked, else as the work group says."""
        chosen = group.location if group.enforces and group.location else asked or group.location
        if not chosen:
            raise InvalidRequestException(NO_LOCATION)
        return output_location(chosen)

    def _encryption(self, group: WorkGroup, request: dict[str, Any]) -> str:
        """How results are encrypted: as an enforcing work group says, else as asked, else as the work group says."""
        asked = "" if group.enforces else encryption_of(request.get("ResultConfiguration") or {})
        return asked or group.encryption

    def _enqueue(self, call: Call, execution: Execution, statement: Ddl, group: WorkGroup) -> str:
        from afluente.services.athena.runner import Task  # noqa: PLC0415 - loaded with the machine

        task = Task(call, execution, statement, group, self._succeed, self._earlier(call, execution))
        running = _Running(task)
        with self._lock:
            mine = [one for one in self._running.values() if one.task.execution.account == task.execution.account]
            if len(mine) >= MOST_OPEN:
                raise TooManyRequestsException(
                    "You have exceeded the limit for the number of queries you can run concurrently."
                )
            self._running[task.execution.id] = running
        try:
            self.executions.add(task.execution)
        except BaseException:
            self._running.pop(task.execution.id, None)
            raise
        self._queue.put(running)
        return task.execution.id

    # running

    def _work(self) -> None:
        while (running := self._queue.get()) is not None:
            try:
                self._run(running)
            except Exception:  # a worker outlives whatever one query meets
                log.exception("query %s: its end could not be kept; trying again", running.task.execution.id)
                self._unkept.append(running)
                self._keeping.wake()
            finally:
                self._running.pop(running.task.execution.id, None)
                running.done.set()

    def _keep_ends(self) -> None:
        """End what could not be ended: until then it is open, for a crash could take back any other end."""
        while self._unkept:
            self._fail(self._unkept[0], InternalFailure("Its end could not be kept: see the log"))
            self._unkept.popleft()

    def _run(self, running: _Running) -> None:
        execution = running.task.execution
        if running.cancelled.is_set():
            return
        try:
            self.executions.begin(execution, self._clock.now_ms())
            self._store_of(running.task.call).check_output(*split(execution.output))
            self._attempt(running)
        except QueryFailure as failure:
            self._fail(running, failure)
        except AwsError as refusal:
            self._fail(running, QueryFailure(_failure_name(refusal), refusal.message))
        except RecursionError:
            self._fail(running, TooLarge())
        except Exception as fault:
            if not running.cancelled.is_set():
                log.exception("query %s failed", execution.id)
            self._fail(running, InternalFailure(f"{type(fault).__name__}: see the log, query {execution.id}"))

    def _attempt(self, running: _Running) -> None:
        def attach(session: "Session | None") -> None:
            running.session = session
            if session is not None and running.cancelled.is_set():
                raise QueryFailure("CANCELLED", CANCELLED_BY_USER)

        self.machine.run(running.task, attach)
        task, cutoff = running.task, running.task.work_group.cutoff_bytes
        if cutoff is not None and task.execution.scanned_bytes > cutoff:
            self._end(task, "CANCELLED", BYTES_EXCEEDED)
        elif self.executions.is_open(task.execution):
            self._succeed(task)

    def _succeed(self, task: "Task") -> None:
        self._end(task, "SUCCEEDED")

    def _fail(self, running: _Running, failure: QueryFailure) -> None:
        if not running.cancelled.is_set():
            self._end(running.task, "FAILED", str(failure), failure.athena_error())
        elif not self._stopping:  # else it stays open, and has failed when the engine starts again
            self._end(running.task, "CANCELLED", CANCELLED_BY_USER)

    def _end(self, task: "Task", state: str, reason: str = "", fault: dict[str, Any] | None = None) -> None:
        execution = task.execution
        completed_at_ms = max(self._clock.now_ms(), execution.submitted_at_ms)
        ended = msgspec.structs.replace(
            execution, state=state, reason=reason, error=fault, completed_at_ms=completed_at_ms
        )

        def kept() -> None:
            if task.work_group.publishes_metrics:
                self._metrics.ended(ended)
            self._last = ended

        self.executions.finish(ended, kept)

    # stopping

    def stop_query(self, account: str, region: str, id: str) -> None:
        """Cancel an execution; nothing happens to one that has ended. Returns when it has ended, or nearly so."""
        execution = self.executions.get(account, region, id)
        running = self._running.get(id)
        if running is None or execution.final:
            return
        running.cancelled.set()
        if execution.state == "QUEUED":
            self._end(running.task, "CANCELLED", CANCELLED_BY_USER)
            return
        _interrupt(running)

    def create_work_group(self, account: str, region: str, request: dict[str, Any]) -> None:
        """CreateWorkGroup: a work group with its tags. Raises InvalidRequestException."""
        name, description = request["Name"], request.get("Description") or ""
        with self._database.write():
            self.work_groups.create(account, region, name, request.get("Configuration") or {}, description)
            self.tags.add(account, region, name, request.get("Tags") or [])

    def delete_work_group(self, account: str, region: str, name: str, *, recursive: bool) -> None:
        """Delete a work group, with what it holds when `recursive`. Raises InvalidRequestException."""
        if name == "primary":
            raise InvalidRequestException("The primary work group cannot be deleted.")
        self.work_groups.get(account, region, name)
        queries = self.named_queries.ids(account, region, name)
        statements_held = list(self.prepared.list((account, region, name)))
        ran = list(self.executions.ids(account, region, name, None, 1))
        if (queries or statements_held or ran) and not recursive:
            raise InvalidRequestException(f"WorkGroup {name} is not empty", "WORKGROUP_NOT_EMPTY")
        with self._database.write():
            for query in queries:
                self.named_queries.delete(account, region, query)
            for statement in statements_held:
                self.prepared.delete((account, region, name), statement["StatementName"])
            self.executions.delete(account, region, name)
            self.tags.clear(account, region, name)
            self.work_groups.delete(account, region, name)
        self._metrics.forget(account, region, name)


def _interrupt(running: _Running) -> None:
    """Interrupt a query until it has ended: an interrupt between two statements is lost."""
    for _ in range(CANCEL_TRIES):
        session = running.session
        if session is not None:
            session.interrupt()
        if running.done.wait(CANCEL_WAIT_S):
            return


def _context(given: dict[str, Any]) -> dict[str, str]:
    context = {key: value for key, value in given.items() if value}
    if "Catalog" in context:
        context["Catalog"] = context["Catalog"].lower()
    return context


def _same(known: Execution, text: str, context: dict[str, str], asked: str) -> str:
    """The id of an execution that its token asks for again. Raises InvalidRequestException when it asks otherwise."""
    if (known.query, known.context, known.asked_location) != (text, context, asked):
        raise InvalidRequestException("Idempotent parameters do not match", "IDEMPOTENT_PARAMETER_MISMATCH")
    return known.id


def _reuse_minutes(request: dict[str, Any]) -> int | None:
    reuse = (request.get("ResultReuseConfiguration") or {}).get("ResultReuseByAgeConfiguration") or {}
    return reuse.get("MaxAgeInMinutes", DEFAULT_REUSE_MINUTES) if reuse.get("Enabled") else None


def _failure_name(refusal: AwsError) -> str:
    return "PERMISSION_DENIED" if refusal.code in {"AccessDenied", "AccessDeniedException"} else "HIVE_METASTORE_ERROR"
