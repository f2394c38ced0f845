"""Tasks over tables of the catalog that run as jobs' scripts do, without a job: kept as documents, by their states.

What a task does, and what of its outcome is kept, is the script's and the callers' (evaluation_run.py and others).
"""

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from afluente.core.call import Call, Principal
from afluente.core.clock import Clock
from afluente.core.error import NotImplemented as Unsupported
from afluente.core.identifier import request_id
from afluente.core.provider import Invoke
from afluente.services.glue.error import EntityNotFoundException, InvalidInputException
from afluente.services.glue.job.definition import job_arn, role_arn
from afluente.services.glue.job.host import Message, Publisher
from afluente.services.glue.job.launcher import SERVICE, Launcher, Start
from afluente.services.glue.job.live_run import INTERRUPTED, LiveRuns, Outcome
from afluente.services.glue.job.port import Roles
from afluente.store.database import Database
from afluente.store.document import Documents

Key = tuple[str, str, str]
"""(account, region, id)."""

Document = dict[str, Any]
ACTIVE = {"STARTING", "RUNNING", "STOPPING"}
WORKERS, TIMEOUT_MIN = 5, 2880
TABLE_OPTIONS = {"pushDownPredicate", "catalogPartitionPredicate"}


class TaskRuns:
    """The runs of one kind of task, of every account and region; times are `...OnMs`.

    kind: the name of their documents. what: what errors call one. log_group: where their logs go.
    """

    def __init__(  # noqa: PLR0917  # the ports are the arguments
        self, database: Database, launcher: Launcher, roles: Roles, invoke: Invoke, clock: Clock, kind: str, what: str,
        prefix: str, log_group: str,
    ) -> None:  # fmt: skip
        self._database = database
        self._launcher = launcher
        self._roles = roles
        self._invoke = invoke
        self._clock = clock
        self._what = what
        self._prefix = prefix
        self._log_group = log_group
        self._documents = Documents(database, kind)
        self._live = LiveRuns(launcher, clock, f"{kind.replace('_', '-')}-timeout")

    def start(self) -> None:
        """Mark the runs that an earlier process left behind as failed, and watch timeouts."""
        for key, run in list(self._documents.scan(())):
            if run["Status"] in ACTIVE:
                self.change((key[0], key[1], key[2]), **self._ending("FAILED", run, INTERRUPTED))
        self._live.start()
        self._live.serve()  # they are asked for through the server, which listens then

    def stop(self) -> None:
        """End every run, and wait for it."""
        self._live.stop()

    def join(self, patience_s: float = 60) -> None:
        """Wait until no run is under way."""
        self._live.join(patience_s)

    # ---- what is asked ----------------------------------------------------------------------------------------------

    def new_key(self, account: str, region: str) -> Key:
        """The key of a run that is to begin."""
        return account, region, f"{self._prefix}{secrets.token_hex(20)}"

    def begin(  # noqa: PLR0917  # what the run is, and whom it tells what
        self,
        key: Key,
        members: Mapping[str, Any],
        script: str,
        ended: Callable[[Outcome], Mapping[str, Any]],
        quality: Publisher | None = None,
        answers: Mapping[str, Callable[[Message], Any]] | None = None,
    ) -> str:
        """Start a run with its role and these `members`; its id.

        ended: says what the document gets when the run has ended. Raises InvalidInputException for the role.
        """
        if not self._roles.can_assume(role_arn(members["Role"], key[0]), SERVICE, job_arn(key)):
            raise InvalidInputException("Service is unable to assume provided role. Please verify role's TrustPolicy")
        now_ms = self._clock.now_ms()
        run = {"NumberOfWorkers": WORKERS, "Timeout": TIMEOUT_MIN} | dict(members)
        run |= {"RunId": key[2], "Status": "STARTING", "StartedOnMs": now_ms, "LastModifiedOnMs": now_ms}
        self._documents.put(key, run)
        group = run.get("AdditionalRunOptions", {}).get("CustomLogGroupPrefix", self._log_group)
        start = Start(
            key,
            {"Id": key[2], "Attempt": 0, "StartedOnMs": now_ms, "LogGroupName": group},
            {
                "Name": key[2], "Role": run["Role"], "Command": {"Name": "glueetl", "ScriptLocation": ""},
                "DefaultArguments": {},
            },
            lambda: self._set_running(key),
            script,
            quality,
            answers=answers or {},
        )  # fmt: skip

        def finished(outcome: Outcome) -> None:
            more = ended(outcome)
            self.change(key, **self._ending(outcome.state, run, outcome.message), **more)

        self._live.begin(start, now_ms + run["Timeout"] * 60_000, finished)
        return key[2]

    def get(self, key: Key) -> Document:
        """Raises EntityNotFoundException."""
        run = self._documents.get(key)
        if run is None:
            raise EntityNotFoundException(f"Cannot find {self._what} with id {key[2]}")
        return run

    def runs(self, account: str, region: str) -> list[Document]:
        """The runs of a region, newest first."""
        found = [run for _, run in self._documents.scan((account, region))]
        return sorted(found, key=lambda run: (-run["StartedOnMs"], run["RunId"]))

    def cancel(self, key: Key) -> None:
        """Raises EntityNotFoundException, and InvalidInputException when it has ended."""
        with self._database.write():
            if self.get(key)["Status"] not in ACTIVE:
                raise InvalidInputException(f"{self._what} {key[2]} has already ended.")
            self.change(key, Status="STOPPING", LastModifiedOnMs=self._clock.now_ms())
        self._live.end(key[2], "STOPPED")

    def table(self, key: Key, database: str, name: str) -> dict[str, Any]:
        """A table of the catalog. Raises EntityNotFoundException."""
        account, region, _ = key
        call = Call(
            "glue", "", account, region, Principal.root(account), request_id(), self._clock.now_ms(),
            self._launcher.endpoint,
        )  # fmt: skip
        found: dict[str, Any] = self._invoke(call, "glue", "GetTable", {"DatabaseName": database, "Name": name})
        return dict(found["Table"])

    def check_source(self, key: Key, source: Mapping[str, Any]) -> None:
        """Raises EntityNotFoundException, InvalidInputException, NotImplemented for one that cannot be read."""
        table = source.get("GlueTable")
        if table is None:
            raise InvalidInputException("A data source needs a GlueTable.")
        unknown = sorted(set(table.get("AdditionalOptions", {})) - TABLE_OPTIONS)
        if unknown:
            raise Unsupported(f"GlueTable.AdditionalOptions: {', '.join(unknown)} not supported")
        self.table(key, table["DatabaseName"], table["TableName"])

    # ---- states -----------------------------------------------------------------------------------------------------

    def change(self, key: Key, **changes: Any) -> None:
        """Set members of a run's document."""
        with self._database.write():
            self._documents.put(key, self.get(key) | changes)

    def _set_running(self, key: Key) -> None:
        with self._database.write():
            if self.get(key)["Status"] == "STARTING":
                self.change(key, Status="RUNNING", LastModifiedOnMs=self._clock.now_ms())

    def _ending(self, state: str, run: Document, message: str | None) -> dict[str, Any]:
        now_ms = self._clock.now_ms()
        seconds = max(0, round((now_ms - run["StartedOnMs"]) / 1000))
        ending = {"Status": state, "LastModifiedOnMs": now_ms, "CompletedOnMs": now_ms, "ExecutionTime": seconds}
        return ending | ({"ErrorString": message} if message else {})
