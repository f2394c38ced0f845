"""The part of Athena that knows SQL: reads statements and runs them.

It is heavy (sqlglot, DuckDB), so the engine loads this module when the first query comes, and not before.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from afluente.core.call import Call
from afluente.core.clock import Clock
from afluente.core.provider import Invoke
from afluente.core.setting import Settings
from afluente.services.athena import statement as statements
from afluente.services.athena.catalog import Catalog
from afluente.services.athena.error import InvalidRequestException
from afluente.services.athena.hive_statement import Ddl
from afluente.services.athena.port import StoreOf
from afluente.services.athena.result import Results
from afluente.services.athena.runner import Runner, Task
from afluente.services.athena.sandbox import Sandbox, Session
from afluente.services.athena.saved_query import GroupKey, PreparedStatements
from afluente.services.athena.show import check

DEPTH = 4000
"""Calls within calls. Reading SQL takes some twenty of them for each level of nesting, and Python stops at 1,000."""

TOO_LARGE = "line 1:1: statement is too large (stack overflow while parsing)"
"""Trino's text (SqlParser.java)."""


class Machine:
    """Statements in, results out. `sessions` queries can run at once."""

    def __init__(  # noqa: PLR0917 - the ports, in the order that all engines keep
        self,
        invoke: Invoke,
        store: StoreOf,
        results: Results,
        prepared: PreparedStatements,
        settings: Settings,
        clock: Clock,
        *,
        folder: Path,
        sessions: int,
    ) -> None:
        sys.setrecursionlimit(max(DEPTH, sys.getrecursionlimit()))
        self._invoke = invoke
        self._prepared = prepared
        self._runner = Runner(invoke, store, results, prepared, clock, folder)
        self._sandbox = Sandbox(settings, settings.data / "s3", folder, sessions)

    def statement(self, group: GroupKey, text: str, parameters: list[str] | None) -> Ddl:
        """The statement of `text`; EXECUTE is replaced by what was prepared. Raises InvalidRequestException."""
        try:
            return self._statement(group, text, parameters)
        except RecursionError:
            raise InvalidRequestException(TOO_LARGE, "MALFORMED_QUERY") from None

    def _statement(self, group: GroupKey, text: str, parameters: list[str] | None) -> Ddl:
        statement = statements.parse(text, parameters)
        if not isinstance(statement, statements.Execute):
            return statement
        found = self._prepared.find(group, statement.name)
        if found is None:
            raise InvalidRequestException(f"PreparedStatement {statement.name} was not found in workGroup {group[-1]}")
        return statements.parse(found["QueryStatement"], statement.values)

    def check(self, statement: Ddl, call: Call, database: str) -> None:
        """Refuse at once what AWS refuses at once. Raises InvalidRequestException."""
        check(statement, Catalog(self._invoke, call), database, call.request_id)

    def run(self, task: Task, attach: Callable[[Session | None], Any]) -> None:
        """Run `task` to its end. `attach` is told the session that can be interrupted, and then that there is none."""
        if not task.statement.queries:
            self._runner.change(task)
            return
        with self._sandbox.lend(task.execution.id) as session:
            attach(session)
            try:
                self._runner.query(task, session)
            finally:
                attach(None)

    def warm(self) -> None:
        """Open the engine ahead of the first query."""
        self._sandbox.warm()

    def close(self) -> None:
        """Give back the engine's memory."""
        self._sandbox.close()
