"""INSERT, UPDATE, DELETE, MERGE, OPTIMIZE and VACUUM of Iceberg tables, one commit each.

Files are never changed: those that hold a changed row are written anew without it or with it changed (copy on write).
DuckDB computes the rows, by the same rules as a query; pyiceberg writes the files and commits. A commit that another
one has overtaken fails, and nothing of it is seen.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.io.pyarrow import _dataframe_to_data_files
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table, Transaction

from afluente.services.athena import iceberg_statement as iceberg
from afluente.services.athena.error import QueryFailure
from afluente.services.athena.hive_statement import Name
from afluente.services.athena.iceberg.lake import Lake
from afluente.services.athena.iceberg.rows import rows_of
from afluente.services.athena.query import Ready, run
from afluente.services.athena.sql.coercion import is_coerced
from afluente.services.athena.sql.quote import identifier, literal
from afluente.services.athena.statement import Insert, Select, select_of
from afluente.services.athena.writer.statement import Writer, Written, check_insert

ROW = '"_afluente_row"'
SMALL_FILE_SHARE = 0.75
TARGET_BYTES = 512 << 20
"""What OPTIMIZE writes, and what share of it is too small, as Athena's properties have it by default."""

VACUUM_AGE_S = 432_000


class RowChange:
    """Changes one table for one execution."""

    def __init__(self, writer: Writer, name: Name) -> None:
        database = name.database or writer.database
        found = writer.catalog.table(database, name.table)
        if found is None:
            raise QueryFailure(
                "TABLE_NOT_FOUND", f"Table 'awsdatacatalog.{database}.{name.table}' does not exist", (1, 1)
            )
        if not found.is_iceberg:
            raise QueryFailure("NOT_SUPPORTED", "Modifying Hive table rows is only supported for Iceberg tables")
        self._writer = writer
        self._name = f"{identifier(database)}.{identifier(name.table)}"
        self._table: Table = Lake(writer.catalog, writer.store, writer.session.folder).load_table(
            (database, name.table)
        )
        self._kinds = {column.name: column.type for column in found.columns}
        self._columns = [field.name for field in self._table.schema().fields]
        self._scanned = 0

    def run(self, statement: iceberg.Change) -> Written:
        """Do what `statement` says; how many rows it concerned. Raises QueryFailure."""
        try:
            rows = ACTIONS[type(statement)](self, statement)
        except CommitFailedException as error:
            raise QueryFailure("ICEBERG_COMMIT_ERROR", f"Failed to commit to the Iceberg table: {error}") from None
        return Written(rows, [], self._scanned)

    def insert(self, statement: Insert) -> Written:
        """INSERT INTO. Raises QueryFailure."""
        names = statement.columns or self._columns
        unknown = [name for name in names if name not in map(str.lower, self._columns)]
        if unknown:
            message = f"Insert column name does not exist in target table: {unknown[0]}"
            raise QueryFailure("COLUMN_NOT_FOUND", message, (1, 1))

        def action(ready: Ready) -> pa.Table:
            check_insert(ready.columns, [self._kinds[name.lower()] for name in names])
            return rows_of(ready, self._table.schema(), {name.lower(): place for place, name in enumerate(names)})

        rows = self._run(statement.select, action)
        self._commit((), [rows])
        return Written(rows.num_rows, [], self._scanned)

    def update(self, statement: iceberg.Update) -> int:
        """UPDATE."""
        unknown = [name for name in statement.assignments if name not in map(str.lower, self._columns)]
        if unknown:
            raise QueryFailure("COLUMN_NOT_FOUND", f"The UPDATE SET target column {unknown[0]} doesn't exist", (1, 1))
        self._check_types(statement.assignments, self._name, "UPDATE table column types don't match SET expressions")
        paths, count = self._affected(statement.condition)
        if not count:
            return 0
        values = [
            f"CASE WHEN {_holds(statement.condition)} THEN ({statement.assignments[name.lower()]}) "
            f"ELSE {identifier(name)} END"
            if name.lower() in statement.assignments
            else identifier(name)
            for name in self._columns
        ]
        kept = self._rows(f"SELECT {', '.join(values)} FROM {self._name} WHERE {_among(paths)}")
        self._commit(paths, [kept])
        return count

    def delete(self, statement: iceberg.Delete) -> int:
        """DELETE."""
        paths, count = self._affected(statement.condition)
        if not count:
            return 0
        where = f"{_among(paths)} AND NOT {_holds(statement.condition)}"
        self._commit(paths, [self._rows(f"SELECT {self._all()} FROM {self._name} WHERE {where}")])
        return count

    def merge(self, statement: iceberg.Merge) -> int:
        """MERGE."""
        target, on = identifier(statement.alias), statement.condition
        numbered = (
            f'(SELECT *, "$path" AS "_afluente_path", row_number() OVER () AS {ROW} FROM {self._name}) AS {target}'
        )
        self._check_cases(statement)
        matched = [case for case in statement.cases if case.matched]
        action = _action(matched, on)
        acting = f"({on}) AND {action} > 0"  # a source row that changes nothing is no match that counts
        joined = f"{numbered} JOIN {statement.source} ON {acting}"
        if matched:
            self._check_single(joined)
        found = self._query(f'SELECT {target}."_afluente_path", count(*) FROM {joined} GROUP BY 1') if matched else []
        paths = [str(path) for path, _ in found]
        parts, count = [], sum(int(rows) for _, rows in found)
        if paths:
            deletes = [place for place, case in enumerate(matched, 1) if case.action == "DELETE"]
            kept = f"{action} NOT IN ({', '.join(map(str, deletes))})" if deletes else "true"
            values = ", ".join(_merged(name, target, matched, on) for name in self._columns)
            outer = f"{numbered} LEFT JOIN {statement.source} ON {acting}"
            where = f'{target}."_afluente_path" IN ({", ".join(map(literal, paths))})'
            parts.append(self._rows(f"SELECT {values} FROM {outer} WHERE {where} AND {kept}"))
        parts += [
            self._inserted(statement, case, place) for place, case in enumerate(statement.cases) if not case.matched
        ]
        self._commit(paths, [part for part in parts if part.num_rows])
        inserted: int = sum(part.num_rows for part in parts[1 if paths else 0 :])
        return count + inserted

    def _check_cases(self, statement: iceberg.Merge) -> None:
        both = f"{self._name} AS {identifier(statement.alias)} CROSS JOIN {statement.source}"
        for place, case in enumerate(statement.cases):
            names = self._columns if "0" in case.values else list(case.values)
            values = dict(zip((name.lower() for name in names), case.values.values(), strict=False))
            what = f"MERGE table column types don't match for MERGE case {place}, SET expressions"
            self._check_types(values, both if case.matched else statement.source, what)

    def _check_types(self, values: Mapping[str, str], source: str, what: str) -> None:
        """Refuse values that do not go into their columns without a CAST. Those of unknown columns others refuse."""
        known = {name: value for name, value in values.items() if name in self._kinds}
        if not known:
            return
        select = select_of(f"SELECT {', '.join(f'({value})' for value in known.values())} FROM {source} WHERE false")
        kinds = self._run(select, lambda ready: [column.type for column in ready.columns])
        wanted = [self._kinds[name] for name in known]
        if not all(map(is_coerced, kinds, wanted)):
            shown = f"Table: [{', '.join(map(str, wanted))}], Expressions: [{', '.join(map(str, kinds))}]"
            raise QueryFailure("TYPE_MISMATCH", f"{what}: {shown}", (1, 1))

    def _check_single(self, joined: str) -> None:
        twice = self._query(f"SELECT 1 FROM {joined} GROUP BY {ROW} HAVING count(*) > 1 LIMIT 1")
        if twice:
            message = "One MERGE target table row matched more than one source row"
            raise QueryFailure("MERGE_TARGET_ROW_MULTIPLE_MATCHES", message)

    def _inserted(self, statement: iceberg.Merge, case: iceberg.When, place: int) -> pa.Table:
        names = self._columns if "0" in case.values else list(case.values)
        texts = dict(zip((name.lower() for name in names), case.values.values(), strict=False))
        values = ", ".join(texts.get(name.lower(), "NULL") for name in self._columns)
        earlier = [one.condition for one in statement.cases[:place] if not one.matched]
        unmet = "".join(f" AND NOT {_holds(condition)}" for condition in earlier)
        exists = f"EXISTS (SELECT 1 FROM {self._name} AS {identifier(statement.alias)} WHERE {statement.condition})"
        where = f"NOT {exists} AND {_holds(case.condition)}{unmet}"
        return self._rows(f"SELECT {values} FROM {statement.source} WHERE {where}")

    def optimize(self, statement: iceberg.Optimize) -> int:
        """OPTIMIZE: small files of a partition become larger ones."""
        least = int(self._table.properties.get("optimize.min-file-size-bytes", TARGET_BYTES * SMALL_FILE_SHARE))
        tasks = list(self._table.scan().plan_files())
        small = [task for task in tasks if task.delete_files or task.file.file_size_in_bytes < least]
        partitions: dict[str, list[str]] = {}
        for task in small:
            partitions.setdefault(str(task.file.partition), []).append(task.file.file_path)
        paths = [path for group in partitions.values() if len(group) > 1 for path in group]
        if statement.condition != "true":
            chosen = set(self._affected(statement.condition)[0])
            paths = [path for path in paths if path in chosen]
        if len(paths) > 1:
            self._commit(paths, [self._rows(f"SELECT {self._all()} FROM {self._name} WHERE {_among(paths)}")])
        return 0

    def vacuum(self, _: iceberg.Vacuum) -> int:
        """VACUUM: old snapshots are forgotten, and the files that only they had are removed."""
        properties = self._table.properties
        age_s = int(properties.get("history.expire.max-snapshot-age-seconds", VACUUM_AGE_S))
        keep = int(properties.get("history.expire.min-snapshots-to-keep", 1))
        before_ms = int((self._writer.now - dt.timedelta(seconds=age_s)).timestamp() * 1000)
        snapshots = sorted(self._table.snapshots(), key=lambda snapshot: snapshot.timestamp_ms)
        current = self._table.current_snapshot()
        old = [one for one in snapshots[: max(0, len(snapshots) - keep)] if one.timestamp_ms < before_ms]
        doomed = [one.snapshot_id for one in old if current is None or one.snapshot_id != current.snapshot_id]
        if not doomed:
            return 0
        had = self._referenced()
        self._table.maintenance.expire_snapshots().by_ids(doomed).commit()
        self._table.refresh()
        for path in had - self._referenced():
            self._table.io.delete(path)
        return 0

    def _referenced(self) -> set[str]:
        """Every file that one of the table's snapshots leads to."""
        found: set[str] = set()
        for snapshot in self._table.snapshots():
            found.add(snapshot.manifest_list)
            for manifest in snapshot.manifests(self._table.io):
                found.add(manifest.manifest_path)
                found |= {entry.data_file.file_path for entry in manifest.fetch_manifest_entry(self._table.io)}
        return found

    # rows

    def _all(self) -> str:
        return ", ".join(identifier(name) for name in self._columns)

    def _affected(self, condition: str) -> tuple[list[str], int]:
        """The files that hold rows for which the condition holds, and how many rows those are."""
        found = self._query(f'SELECT "$path", count(*) FROM {self._name} WHERE {_holds(condition)} GROUP BY 1')
        return [str(path) for path, _ in found], sum(int(rows) for _, rows in found)

    def _query(self, sql: str) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self._run(
            select_of(sql), lambda ready: ready.connection.execute(ready.sql).fetchall()
        )
        return rows

    def _rows(self, sql: str) -> pa.Table:
        """The rows of a query whose columns are the table's, in order."""
        return self._run(select_of(sql), lambda ready: rows_of(ready, self._table.schema()))

    def _run(self, select: Select, action: Callable[[Ready], Any]) -> Any:
        def counted(ready: Ready) -> Any:
            found = action(ready)
            self._scanned += ready.bytes_of()
            return found

        writer = self._writer
        return run(writer.translated(select), writer.catalog, writer.store, writer.session, counted)

    def _commit(self, replaced: Sequence[str], parts: Iterable[pa.Table]) -> None:
        """One snapshot: the files called `replaced` are gone, the rows of `parts` are there."""
        with self._table.transaction() as transaction:
            old = [task.file for task in self._table.scan().plan_files() if task.file.file_path in set(replaced)]
            new = [file for part in parts if part.num_rows for file in self._written(transaction, part)]
            if not old and not new:
                return
            update = transaction.update_snapshot()
            with update.overwrite() if old else update.fast_append() as snapshot:
                for file in old:
                    snapshot.delete_data_file(file)
                for file in new:
                    snapshot.append_data_file(file)

    def _written(self, transaction: Transaction, rows: pa.Table) -> Iterable[DataFile]:
        return _dataframe_to_data_files(transaction.table_metadata, rows, self._table.io)


def _holds(condition: str) -> str:
    return f"coalesce(({condition}), false)"


def _among(paths: Sequence[str]) -> str:
    return f'"$path" IN ({", ".join(map(literal, paths))})'


def _action(cases: Sequence[iceberg.When], on: str) -> str:
    """The number, from 1, of the case that a joined row falls into; 0 for none, and for a row without a match."""
    whens = " ".join(f"WHEN {_holds(case.condition)} THEN {place}" for place, case in enumerate(cases, 1))
    return f"CASE WHEN NOT {_holds(on)} THEN 0 {whens} ELSE 0 END"


def _merged(name: str, target: str, cases: Sequence[iceberg.When], on: str) -> str:
    """The new value of a column of a row that may be matched."""
    own = f"{target}.{identifier(name)}"
    updates = [
        f"WHEN {_action(cases, on)} = {place} THEN ({case.values[name.lower()]})"
        for place, case in enumerate(cases, 1)
        if case.action == "UPDATE" and name.lower() in case.values
    ]
    return f"CASE {' '.join(updates)} ELSE {own} END" if updates else own


ACTIONS: dict[type[iceberg.Change], Callable[[RowChange, Any], int]] = {
    iceberg.Update: RowChange.update,
    iceberg.Delete: RowChange.delete,
    iceberg.Merge: RowChange.merge,
    iceberg.Optimize: RowChange.optimize,
    iceberg.Vacuum: RowChange.vacuum,
}
