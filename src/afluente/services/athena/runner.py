"""Runs one execution from its statement to its result objects. Leaves states, threads and durability to the engine."""

import logging
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from afluente.core.call import Call
from afluente.core.clock import Clock, utc
from afluente.core.provider import Invoke
from afluente.services.athena.catalog import Catalog
from afluente.services.athena.ddl import Ddl
from afluente.services.athena.error import HiveFailure
from afluente.services.athena.execution import Execution
from afluente.services.athena.hive_statement import Ddl as Statement
from afluente.services.athena.hive_statement import (
    Describe,
    Name,
    ShowColumns,
    ShowCreateTable,
    ShowPartitions,
    Utility,
)
from afluente.services.athena.iceberg_statement import Change, CreateIcebergTable
from afluente.services.athena.io_plan import io_plan
from afluente.services.athena.port import StoreOf
from afluente.services.athena.query import Ready, run, translate
from afluente.services.athena.result import ENGINE_TYPE, Results, utility_column
from afluente.services.athena.sandbox import Session
from afluente.services.athena.saved_query import PreparedStatements
from afluente.services.athena.show import Shown, show
from afluente.services.athena.sql.quote import literal
from afluente.services.athena.sql.trino_type import BIGINT
from afluente.services.athena.sql.value import text_of
from afluente.services.athena.statement import (
    CreateTableAs,
    CreateView,
    Deallocate,
    Explain,
    Insert,
    Prepare,
    Select,
    Unload,
)
from afluente.services.athena.work_group import WorkGroup
from afluente.services.athena.writer.statement import Writer, Written

log = logging.getLogger(__name__)

ICEBERG_SHOWS_ITSELF = (Describe, ShowColumns, ShowCreateTable, ShowPartitions)

CSV = "FORMAT csv, HEADER true, FORCE_QUOTE *, NULLSTR '', DELIMITER ',', QUOTE '\"', ESCAPE '\"'"


@dataclass(frozen=True, slots=True)
class Task:
    """An execution that is to run: for whom, what, and under which work group's rules.

    succeed: keeps its end, in the transaction that is open, if there is one. A task that does not call it has succeeded
    when it has returned. earlier: an execution whose result may stand for this one's.
    """

    call: Call
    execution: Execution
    statement: Statement
    work_group: WorkGroup
    succeed: Callable[["Task"], None]
    earlier: Execution | None = None


class Runner:
    """Runs tasks; what they find out is put into their executions."""

    def __init__(  # noqa: PLR0917 - the ports, in the order that all engines keep
        self,
        invoke: Invoke,
        store: StoreOf,
        results: Results,
        prepared: PreparedStatements,
        clock: Clock,
        folder: Path,
    ) -> None:
        self._invoke = invoke
        self._store = store
        self._results = results
        self._prepared = prepared
        self._clock = clock
        self._folder = folder

    def query(self, task: Task, session: Session) -> None:
        """Run a statement that holds a query. Raises QueryFailure, the engine's errors, and what others refuse."""
        if isinstance(task.statement, Change):
            self._change_rows(task, session, task.statement)
            return
        actions: dict[type[Statement], Callable[[Task, Session], None]] = {
            Select: self._select,
            Explain: self._explain,
            CreateTableAs: self._create_table_as,
            Insert: self._insert,
            Unload: self._unload,
            CreateView: self._create_view,
        }
        actions[type(task.statement)](task, session)

    def change(self, task: Task) -> None:
        """Run a statement that touches nothing but the catalog or the prepared statements. Raises QueryFailure."""
        if isinstance(task.statement, Utility):
            self._show(task)
        elif isinstance(task.statement, Prepare):
            self._prepare(task, task.statement)
        elif isinstance(task.statement, Deallocate):
            self._deallocate(task, task.statement)
        else:
            self._ddl(task)

    def catalog(self, call: Call) -> Catalog:
        """The catalog as `call`'s caller sees it."""
        return Catalog(self._invoke, call, self._store(call))

    def _now(self, execution: Execution) -> datetime:
        return utc(execution.submitted_at_ms)

    # queries

    def _select(self, task: Task, session: Session) -> None:
        execution = task.execution
        statement: Any = task.statement
        catalog = self.catalog(task.call)
        query = translate(statement.query(), catalog, execution.context_database, statement.text, self._now(execution))
        execution.planning_ms = self._clock.now_ms() - (execution.started_at_ms or execution.submitted_at_ms)
        if task.earlier and query.is_deterministic and self._results.path(task.earlier):
            execution.output, execution.reused = task.earlier.output, True
            execution.columns, execution.rows = task.earlier.columns, task.earlier.rows
            return
        file = session.folder / "result.csv"

        def action(ready: Ready) -> None:
            execution.columns = [column.type.column_info(column.name) for column in ready.columns]
            execution.rows = _copy_csv(ready, file)
            execution.scanned_bytes = ready.bytes_of()

        run(query, catalog, self._store(task.call), session, action)
        if task.work_group.cutoff_bytes is None or execution.scanned_bytes <= task.work_group.cutoff_bytes:
            self._results.put_csv(execution, file, lambda: task.succeed(task))

    def _explain(self, task: Task, session: Session) -> None:
        execution = task.execution
        statement: Any = task.statement
        catalog = self.catalog(task.call)
        select = statement.select
        query = translate(select.query(), catalog, execution.context_database, select.text, self._now(execution))
        options = f"(FORMAT {statement.form}{', ANALYZE' if statement.analyze else ''})"

        def action(ready: Ready) -> list[str]:
            if statement.validates:
                return ["true"]
            if statement.form == "io":
                return io_plan(query.scans, self._target(execution, statement.target))
            plan: str = ready.connection.execute(f"EXPLAIN {options} {ready.sql}").fetchall()[0][1]
            execution.scanned_bytes = ready.bytes_of() if statement.analyze else 0
            return plan.rstrip("\n").split("\n")

        title, kind = ("Valid", "boolean") if statement.validates else ("Query Plan", "varchar")
        lines = [title, *run(query, catalog, self._store(task.call), session, action)]
        execution.columns = [utility_column(title, kind)]
        self._results.put_text(execution, lines)
        self._results.put_metadata(execution)

    def _target(self, execution: Execution, name: Name | None) -> tuple[str, str] | None:
        database = execution.database
        return None if name is None else (name.database or database, name.table)

    # statements that write

    def _writer(self, task: Task, session: Session) -> Writer:
        execution = task.execution
        database = execution.database
        enforced = task.work_group.enforces and bool(task.work_group.location)
        return Writer(
            self.catalog(task.call),
            self._store(task.call),
            session,
            execution,
            database,
            self._now(execution),
            enforced,
        )

    def _create_table_as(self, task: Task, session: Session) -> None:
        statement: Any = task.statement
        writer = self._writer(task, session)
        if str(statement.properties.get("table_type", "")).upper() == "ICEBERG":
            from afluente.services.athena.iceberg.create_as import create_table_as  # noqa: PLC0415 - heavy

            written = create_table_as(writer, statement)
        else:
            written = writer.create_table_as(statement)
        self._written(task.execution, written, "CREATE TABLE")

    def _insert(self, task: Task, session: Session) -> None:
        statement: Any = task.statement
        writer = self._writer(task, session)
        if self._is_iceberg(task, statement.name):
            from afluente.services.athena.iceberg.row_change import RowChange  # noqa: PLC0415 - heavy

            written = RowChange(writer, statement.name).insert(statement)
        else:
            written = writer.insert(statement)
        self._written(task.execution, written, "INSERT")

    def _change_rows(self, task: Task, session: Session, statement: Change) -> None:
        """UPDATE, DELETE, MERGE, OPTIMIZE and VACUUM."""
        from afluente.services.athena.iceberg.row_change import RowChange  # noqa: PLC0415 - heavy

        written = RowChange(self._writer(task, session), statement.name).run(statement)
        self._written(task.execution, written, statement.subtype)

    def _is_iceberg(self, task: Task, name: Name) -> bool:
        database = name.database or task.execution.database
        table = self.catalog(task.call).table(database, name.table)
        return table is not None and table.is_iceberg

    def _unload(self, task: Task, session: Session) -> None:
        statement: Any = task.statement
        self._written(task.execution, self._writer(task, session).unload(statement), "")

    def _written(self, execution: Execution, written: Written, update_type: str) -> None:
        execution.update_count = written.rows
        execution.scanned_bytes = written.scanned_bytes
        execution.columns = [BIGINT.column_info("rows")]
        if written.uris:
            execution.manifest = f"{execution.output}-manifest.csv"
            self._results.put(execution.manifest, "".join(f"{uri}\n" for uri in written.uris).encode(), ENGINE_TYPE)
        self._results.put_metadata(execution, update_type)

    def _create_view(self, task: Task, session: Session) -> None:
        statement: Any = task.statement
        self._writer(task, session).create_view(statement)
        self._finish_ddl(task.execution, [])

    # statements that only touch the catalog

    def _show(self, task: Task) -> None:
        execution = task.execution
        with self._failures_shown(execution):
            if isinstance(task.statement, ICEBERG_SHOWS_ITSELF) and self._is_for_iceberg(task):
                columns, lines = self._iceberg_shown(task)
            else:
                columns, lines = show(task.statement, self.catalog(task.call), execution.database)
        execution.columns = columns
        self._results.put_text(execution, lines)
        self._results.put_metadata(execution)

    def _iceberg_shown(self, task: Task) -> Shown:
        from afluente.services.athena.iceberg import show as iceberg  # noqa: PLC0415 - heavy

        name: Name = task.statement.name  # type: ignore[attr-defined]  # ICEBERG_SHOWS_ITSELF all have one
        database = name.database or task.execution.database
        table = self.catalog(task.call).table(database, name.table)
        assert table is not None  # noqa: S101  # seen a moment ago
        return iceberg.show(task.statement, table, self._store(task.call), self._folder)

    def _ddl(self, task: Task) -> None:
        execution = task.execution
        database = execution.database
        now_s = self._clock.now_ms() // 1000
        with self._failures_shown(execution):
            if self._is_for_iceberg(task):
                self._iceberg_ddl(task, database)
                lines = []
            else:
                lines = Ddl(self.catalog(task.call), self._store(task.call), database, now_s).run(task.statement)
        self._finish_ddl(execution, lines)

    def _is_for_iceberg(self, task: Task) -> bool:
        if isinstance(task.statement, CreateIcebergTable):
            return True
        name = getattr(task.statement, "name", None)
        return isinstance(name, Name) and self._is_iceberg(task, name)

    def _iceberg_ddl(self, task: Task, database: str) -> None:
        from afluente.services.athena.iceberg.table_change import IcebergDdl  # noqa: PLC0415 - heavy

        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            IcebergDdl(self.catalog(task.call), self._store(task.call), database, Path(folder)).run(task.statement)

    def _finish_ddl(self, execution: Execution, lines: list[str]) -> None:
        execution.columns = []
        self._results.put_text(execution, lines)

    def _failures_shown(self, execution: Execution) -> "_FailuresShown":
        return _FailuresShown(self._results, execution)

    def _prepare(self, task: Task, statement: Prepare) -> None:
        execution = task.execution
        self._prepared.put(
            (execution.account, execution.region, execution.work_group), statement.name, statement.text, ""
        )
        self._finish_ddl(execution, [])

    def _deallocate(self, task: Task, statement: Deallocate) -> None:
        execution = task.execution
        self._prepared.delete((execution.account, execution.region, execution.work_group), statement.name)
        self._finish_ddl(execution, [])


class _FailuresShown:
    """A failure of Hive's is also the content of the result object, as on AWS."""

    def __init__(self, results: Results, execution: Execution) -> None:
        self._results = results
        self._execution = execution

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, HiveFailure):
            self._results.put_text(self._execution, [str(error)])


def _copy_csv(ready: Ready, file: Path) -> int:
    """Write the rows; how many there are."""
    names = [column.name for column in ready.columns]
    if len({name.lower() for name in names}) == len(names):
        select = ready.select(lambda value, column: text_of(value, column.native, column.type))
        return _copied(ready, f"COPY ({select}) TO {literal(str(file))} ({CSV})")
    body = file.with_suffix(".rows")  # DuckDB would rename columns of the same name
    numbered = Ready(
        ready.sql, [_numbered(ready, place) for place in range(len(names))], ready.connection, ready.bytes_of
    )
    select = numbered.select(lambda value, column: text_of(value, column.native, column.type))
    rows = _copied(ready, f"COPY ({select}) TO {literal(str(body))} ({CSV.replace('HEADER true', 'HEADER false')})")
    with file.open("wb") as target, body.open("rb") as source:
        target.write((",".join('"' + name.replace('"', '""') + '"' for name in names) + "\n").encode())
        while chunk := source.read(1 << 20):
            target.write(chunk)
    return rows


def _numbered(ready: Ready, place: int) -> Any:
    column = ready.columns[place]
    return type(column)(f"c{place}", column.type, column.native)


def _copied(ready: Ready, sql: str) -> int:
    return int(ready.connection.execute(sql).fetchone()[0])
