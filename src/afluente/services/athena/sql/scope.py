"""What names mean inside one SELECT: its sources, their columns and types, and the SELECTs around it."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlglot import exp

from afluente.services.athena.catalog import Table
from afluente.services.athena.sql.trino_type import TrinoType

Columns = dict[str, TrinoType | None]
"""Columns by lower-case name, in order; the type is None where only the engine will know it."""


@dataclass(slots=True)
class Scan:
    """One reading of a catalog table. `placeholder` stands for it in the SQL until its files are known."""

    table: Table
    placeholder: str
    used: set[str] = field(default_factory=set)
    predicates: list[exp.Expr] = field(default_factory=list)
    """Conditions on partition columns alone that every row read must satisfy; columns unqualified."""

    now: datetime | None = None
    """The query's own time."""

    version: exp.Version | None = None
    """FOR TIMESTAMP or VERSION AS OF, of an Iceberg table."""

    metadata_table: str = ""
    """`snapshots` and the like, when not the rows of an Iceberg table are read but what is known of it."""

    @property
    def partition_names(self) -> set[str]:
        """The columns by which files can be left out: those of partitions; of an Iceberg table, all."""
        if self.table.is_iceberg:
            return {column.name for column in self.table.columns}
        return {key.name for key in self.table.partition_keys}


@dataclass(slots=True)
class Source:
    """Something in FROM. `columns` is None when only the engine will know them."""

    alias: str
    columns: Columns | None
    scan: Scan | None = None
    query: exp.Query | None = None
    database: str = ""

    def use_all(self) -> None:
        """`*` reaches every column, but no hidden one."""
        if self.scan and self.columns:
            self.scan.used.update(name for name in self.columns if not name.startswith("$"))


@dataclass(slots=True)
class Scope:
    """The sources of one SELECT, within `parent`'s."""

    sources: list[Source] = field(default_factory=list)
    parent: "Scope | None" = None
    aliases: set[str] = field(default_factory=set)

    def source(self, alias: str, database: str = "") -> Source | None:
        """The source called `alias`, here or further out."""
        for source in self.sources:
            if source.alias == alias and (not database or source.database == database):
                return source
        return self.parent.source(alias, database) if self.parent else None

    def owners(self, column: str) -> list[Source]:
        """The sources here that have `column`; those whose columns are unknown count only when no other has it."""
        known = [source for source in self.sources if source.columns is not None and column in source.columns]
        return known or [source for source in self.sources if source.columns is None]
