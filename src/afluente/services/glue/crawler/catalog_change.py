"""What a crawl changes in the catalog: new tables and partitions, changed ones, and those whose data is gone.

The caller opens the transaction: all of a crawl's changes are committed together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from afluente.services.glue.catalog.body import STORAGE_DEFAULTS
from afluente.services.glue.catalog.engine import CatalogEngine
from afluente.services.glue.catalog.partition import PartitionRow
from afluente.services.glue.catalog.table import TableRow
from afluente.services.glue.crawler.merging import fundamental_change, merged
from afluente.services.glue.crawler.naming import distinct_name
from afluente.services.glue.crawler.permission import Permission
from afluente.services.glue.crawler.report import Report
from afluente.services.glue.crawler.table_input import OWNER, RUN, FoundTable

DEPRECATED = "DEPRECATED_BY_CRAWLER"
INDEX = "crawler_partition_index"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What to do about what has changed, in AWS's words; the two booleans are CrawlerOutput's AddOrUpdateBehaviors."""

    update: str
    delete: str
    merge_new_columns: bool
    inherit_from_table: bool
    create_index: bool


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a crawl writes to, and as whom."""

    account: str
    region: str
    database: str
    crawler: str
    created_by: str

    @property
    def place(self) -> tuple[str, str, str]:
        """What the catalog finds tables by, but for their name."""
        return self.account, self.region, self.database


class CatalogChange:
    """The changes of one crawl to the tables of one database."""

    def __init__(  # noqa: PLR0917  # where, how, and under which permissions it writes
        self, catalog: CatalogEngine, destination: Destination, behaviour: Behaviour, report: Report,
        permission: Permission, now_ms: int,
    ) -> None:  # fmt: skip
        self._catalog = catalog
        self._permission = permission
        self._destination = destination
        self._place = destination.place
        self._behaviour = behaviour
        self._report = report
        self._now_ms = now_ms
        self._allowed: set[tuple[str, str | None]] = set()
        self._make_database()
        self._names: set[str] = set()
        self._at: dict[str, list[_Known]] = {}
        self._check("GetTables", "*")
        for row in catalog.tables.iterate(*self._place):
            self._remember(row)

    def _make_database(self) -> None:
        account, region, database = self._place
        self._check("GetDatabase")
        if self._catalog.databases.find(account, region, database) is None:
            self._check("CreateDatabase")
            self._catalog.databases.create(account, region, {"Name": database})
            self._report.say(f"Database {database} does not exist; created it")

    def _check(self, operation: str, table: str | None = None) -> None:
        """Raises AccessDeniedException unless the crawl's role may do this to the database, or to a table of it."""
        if (operation, table) not in self._allowed:  # each partition would ask again
            self._permission.check_catalog(f"glue:{operation}", self._place[2], table)
            self._allowed.add((operation, table))

    def _remember(self, row: TableRow) -> None:
        known = row.input()
        location = _slashed(known.get("StorageDescriptor", {}).get("Location", ""))
        mine = known.get("Parameters", {}).get(OWNER) == self._destination.crawler
        self._names.add(row.name)
        self._at.setdefault(location, []).append(_Known(row, mine))

    def apply(self, tables: Sequence[FoundTable], roots: Sequence[str]) -> None:
        """Write `tables`; tables of this crawler under the locations `roots` that are not among them are gone."""
        matched = {self._write(table).name for table in tables}
        for location, tables_there in self._at.items():
            for known in tables_there if location.startswith(tuple(roots)) else ():
                if known.mine and known.row.name not in matched:
                    self._remove_table(known.row)

    def _write(self, table: FoundTable) -> TableRow:
        row = self._match(table)
        if row is None:
            row = self._create(table)
        elif self._behaviour.merge_new_columns:
            row = self._merge(row, table)
        elif self._behaviour.update == "LOG":
            if _schema_of(table.table_input) != _schema_of(row.input()):
                self._report.say(f"Table {row.name} has changed; UpdateBehavior LOG leaves it as it is")
        else:
            row = self._update(row, table.table_input | {"Name": row.name})
        self._write_partitions(row, table)
        return row

    def _merge(self, row: TableRow, table: FoundTable) -> TableRow:
        """Only new columns are added; data of another nature deprecates the table. This goes before UpdateBehavior."""
        known = row.input()
        change = fundamental_change(known, table.table_input)
        if not change:
            return self._update(row, merged(known, table.table_input))
        self._report.say(f"Table {row.name} is deprecated: {change}. Resolve it, or let the table be updated", "WARN")
        is_new = DEPRECATED not in known.get("Parameters", {})
        return self._update(row, (self._deprecated(known) if is_new else known) | {"Name": row.name})

    def _match(self, table: FoundTable) -> TableRow | None:
        """The table that this data has already: the target, this crawler's own, or one of that name at its location."""
        if table.table is not None:
            return self._catalog.tables.get(*self._place, table.table.name)
        for known in self._at.get(_slashed(table.location), ()):
            if known.mine or known.row.name == table.table_input["Name"]:
                return known.row
        return None

    def _create(self, table: FoundTable) -> TableRow:
        wanted = table.table_input["Name"]
        name = distinct_name(wanted, table.location) if wanted in self._names else wanted
        if name != wanted:
            self._report.say(f"The name {wanted} is taken by other data; {table.location} becomes {name}")
        keys = [key["Name"] for key in table.table_input["PartitionKeys"]]
        indexes = [{"IndexName": INDEX, "Keys": keys}] if keys and self._behaviour.create_index else []
        self._check("CreateTable", name)
        if indexes:
            self._check("CreatePartitionIndex", name)
        row = self._catalog.create_table(
            *self._place, table.table_input | {"Name": name}, self._destination.created_by, indexes=indexes
        )
        self._report.say(f"Created table {name} in database {self._place[2]}")
        self._report.changed("TABLE", "ADD", name)
        self._names.add(name)
        return row

    def _update(self, row: TableRow, wanted: dict[str, Any]) -> TableRow:
        known = row.input()
        if not _differs(wanted, known):
            return row
        self._check("UpdateTable", row.name)
        if wanted.get("PartitionKeys", []) != known.get("PartitionKeys", []):
            self._check("BatchDeletePartition", row.name)
            self._catalog.partitions.delete_all(row)  # they have other values than the new keys ask for
            for index in self._catalog.indexes.all(row):
                self._catalog.indexes.delete(row, index["IndexName"])
        updated = self._catalog.tables.update(*self._place, wanted)
        self._report.say(f"Updated table {row.name} in database {self._place[2]}")
        self._report.changed("TABLE", "UPDATE", row.name)
        return updated

    def _write_partitions(self, row: TableRow, table: FoundTable) -> None:
        count = len(row.partition_keys())
        if count:
            self._check("GetPartitions", row.name)
        known = (
            {tuple(one.describe(row)["Values"]): one for one in self._catalog.partitions.select(row)} if count else {}
        )
        if table.partitions and len(table.partitions[0]["Values"]) != count:
            self._report.say(f"Table {row.name} has other partition keys; its new partitions are left out", "WARN")
            return
        for partition in table.partitions:
            values = tuple(partition["Values"])
            self._write_partition(row, partition, known.pop(values, None), is_read=values not in table.unread)
        for values, gone in known.items():
            self._remove_partition(row, list(values), gone)

    def _write_partition(
        self, row: TableRow, found: dict[str, Any], known: PartitionRow | None, *, is_read: bool
    ) -> None:
        name = f"{row.name}/{'/'.join(found['Values'])}"
        if known is None:
            self._check("BatchCreatePartition", row.name)
            self._catalog.partitions.create(row, self._inherited(row, found))
            self._report.changed("PARTITION", "ADD", name)
            return
        wanted = self._updated_partition(row, known.input(), found if is_read else known.input())
        if _differs(wanted, known.input()):
            self._check("BatchUpdatePartition", row.name)
            self._catalog.partitions.update(row, found["Values"], wanted)
            self._report.changed("PARTITION", "UPDATE", name)

    def _updated_partition(self, row: TableRow, known: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
        """What a partition should be, which is `known` and was `found` so; what it inherits goes before all."""
        if self._behaviour.inherit_from_table:
            return self._inherited(row, known if self._behaviour.update == "LOG" else found)
        if self._behaviour.merge_new_columns:
            return merged(known, found) if found is not known and not fundamental_change(known, found) else known
        return known if self._behaviour.update == "LOG" else found

    def _inherited(self, row: TableRow, partition: dict[str, Any]) -> dict[str, Any]:
        """The partition, with all of the table's storage but the location and its own counts where it is to inherit."""
        if not self._behaviour.inherit_from_table:
            return partition
        storage = row.input().get("StorageDescriptor", {})
        own = partition["StorageDescriptor"]
        kept = {name: own[name] for name in ("Location", "Parameters") if name in own}
        return partition | {"StorageDescriptor": storage | kept}

    def _remove_table(self, row: TableRow) -> None:
        if self._behaviour.delete == "LOG":
            self._report.say(f"The data of table {row.name} is gone; DeleteBehavior LOG leaves the table")
        elif self._behaviour.delete == "DELETE_FROM_DATABASE":
            self._check("DeleteTable", row.name)
            self._catalog.tables.delete(*self._place, row.name)
            self._report.say(f"Deleted table {row.name} from database {self._place[2]}: its data is gone")
            self._report.changed("TABLE", "DELETE", row.name)
        elif DEPRECATED not in row.input().get("Parameters", {}):
            self._check("UpdateTable", row.name)
            self._catalog.tables.update(*self._place, self._deprecated(row.input()) | {"Name": row.name})
            self._report.say(f"Deprecated table {row.name} in database {self._place[2]}: its data is gone")
            self._report.changed("TABLE", "UPDATE", row.name)

    def _remove_partition(self, row: TableRow, values: list[str], known: PartitionRow) -> None:
        if self._behaviour.delete == "LOG":
            return
        name = f"{row.name}/{'/'.join(values)}"
        if self._behaviour.delete == "DELETE_FROM_DATABASE":
            self._check("BatchDeletePartition", row.name)
            self._catalog.partitions.delete(row, values)
            self._report.changed("PARTITION", "DELETE", name)
        elif DEPRECATED not in known.input().get("Parameters", {}):
            self._check("BatchUpdatePartition", row.name)
            self._catalog.partitions.update(row, values, self._deprecated(known.input()))
            self._report.changed("PARTITION", "UPDATE", name)

    def _deprecated(self, known: dict[str, Any]) -> dict[str, Any]:
        return known | {"Parameters": known.get("Parameters", {}) | {DEPRECATED: str(self._now_ms)}}


@dataclass(frozen=True, slots=True)
class _Known:
    """A table that was there before the crawl; `mine`: this crawler wrote it."""

    row: TableRow
    mine: bool


def _slashed(location: str) -> str:
    return location if location.endswith("/") else location + "/"


def _schema_of(body: dict[str, Any]) -> tuple[Any, ...]:
    """What of a table is its data's, not its counts."""
    storage = body.get("StorageDescriptor", {})
    columns = [(column["Name"].lower(), column.get("Type")) for column in storage.get("Columns", [])]
    return columns, storage.get("SerdeInfo", {}), [key["Name"] for key in body.get("PartitionKeys", [])]


def _differs(wanted: dict[str, Any], known: dict[str, Any]) -> bool:
    """Is there a difference other than which crawl wrote it?"""
    return _comparable(wanted) != _comparable(known)


def _comparable(body: dict[str, Any]) -> dict[str, Any]:
    storage = STORAGE_DEFAULTS | body.get("StorageDescriptor", {})
    storage["Parameters"] = _without_run(storage.get("Parameters", {}))
    return body | {"StorageDescriptor": storage, "Parameters": _without_run(body.get("Parameters", {}))}


def _without_run(parameters: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in parameters.items() if name != RUN}
