"""Column statistics task runs: one at a time for each table, under the role that they are given."""

from collections.abc import Mapping
from typing import Any

from afluente.services.glue.error import (
    ColumnStatisticsTaskNotRunningException,
    ColumnStatisticsTaskRunningException,
    ColumnStatisticsTaskStoppingException,
    EntityNotFoundException,
)
from afluente.services.glue.job.task_run import ACTIVE, Document, Key, TaskRuns

MEMBERS = ("DatabaseName", "TableName", "ColumnNameList", "Role")


TABLE = ("DatabaseName", "TableName")


def _table(members: Mapping[str, Any]) -> dict[str, str]:
    """The table's names, in lower case as the catalog has them."""
    return {name: members[name].lower() for name in TABLE}


class StatisticsRuns:
    """Begins and stops task runs; `tasks` keeps them."""

    def __init__(self, tasks: TaskRuns) -> None:
        self.tasks = tasks

    def begin(self, account: str, region: str, members: Mapping[str, Any]) -> str:
        """Start a run with the members of StartColumnStatisticsTaskRun; its id.

        Raises EntityNotFoundException for a table or column that there is not, ColumnStatisticsTaskRunningException.
        """
        key = self.tasks.new_key(account, region)
        names = [column["Name"] for column in self._columns(key, members)]
        missing = sorted(set(members.get("ColumnNameList", [])) - set(names))
        if missing:
            raise EntityNotFoundException(f"Column {missing[0]} not found in table {members['TableName']}")
        if self._active(account, region, members):
            raise ColumnStatisticsTaskRunningException(
                f"A column statistics task is already running for the table {members['TableName']}."
            )
        run: Document = {name: members[name] for name in MEMBERS if name in members} | _table(members)
        wanted = members.get("ColumnNameList") or names
        return self.tasks.begin(key, run, _script(members["DatabaseName"], members["TableName"], wanted), lambda _: {})

    def of_table(self, account: str, region: str, members: Mapping[str, Any]) -> list[Document]:
        """The runs of a table, newest first."""
        return [
            run for run in self.tasks.runs(account, region) if {name: run[name] for name in TABLE} == _table(members)
        ]

    def stop(self, account: str, region: str, members: Mapping[str, Any]) -> None:
        """Raises ColumnStatisticsTaskNotRunningException, ColumnStatisticsTaskStoppingException."""
        active = self._active(account, region, members)
        if not active:
            raise ColumnStatisticsTaskNotRunningException(
                f"No column statistics task is running for the table {members['TableName']}."
            )
        if active[0]["Status"] == "STOPPING":
            raise ColumnStatisticsTaskStoppingException(
                f"The column statistics task of the table {members['TableName']} is stopping."
            )
        self.tasks.cancel((account, region, active[0]["RunId"]))

    def _active(self, account: str, region: str, members: Mapping[str, Any]) -> list[Document]:
        return [run for run in self.of_table(account, region, members) if run["Status"] in ACTIVE]

    def _columns(self, key: Key, members: Mapping[str, Any]) -> list[dict[str, Any]]:
        table = self.tasks.table(key, members["DatabaseName"], members["TableName"])
        columns: list[dict[str, Any]] = table.get("StorageDescriptor", {}).get("Columns", [])
        return columns


def _script(database: str, table: str, columns: list[str]) -> str:
    return "\n".join([
        "from awsglue.context import GlueContext",
        "from afluente.services.glue.job.runtime.column_statistic import analyze",
        f"frame = GlueContext().create_dynamic_frame.from_catalog(database={database!r}, table_name={table!r})",
        f"analyze(frame, {database!r}, {table!r}, {columns!r})",
        "",
    ])  # fmt: skip
