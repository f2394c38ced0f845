"""Athena's DDL, read: one dataclass for each statement. Leaves doing it to `ddl.py` and `show.py`."""

import re
from dataclasses import dataclass, field
from typing import ClassVar

Spec = dict[str, str]
"""A partition's values by lower-case column name."""


@dataclass(frozen=True, slots=True)
class Name:
    """A table's name; `database` is empty when the statement leaves it to its context."""

    database: str
    table: str


class Ddl:
    """A statement; `type` and `subtype` are what GetQueryExecution says of it."""

    type: ClassVar[str] = "DDL"
    subtype: ClassVar[str]
    output: ClassVar[str] = "{id}.txt"
    """The result object's name below the output location."""
    queries: ClassVar[bool] = False
    """Whether it holds a query, and so needs a session of the engine."""


class Utility(Ddl):
    """A statement that shows something."""

    type = "UTILITY"


@dataclass(frozen=True)
class CreateDatabase(Ddl):
    """CREATE DATABASE."""

    subtype = "CREATE_DATABASE"
    name: str
    if_not_exists: bool
    comment: str = ""
    location: str = ""
    properties: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DropDatabase(Ddl):
    """DROP DATABASE."""

    subtype = "DROP_DATABASE"
    name: str
    if_exists: bool
    cascade: bool


@dataclass(frozen=True)
class SetDatabaseProperties(Ddl):
    """ALTER DATABASE SET DBPROPERTIES."""

    subtype = "ALTER_DATABASE"
    name: str
    properties: dict[str, str]


@dataclass(frozen=True)
class ColumnDefinition:
    """A column as it was written."""

    name: str
    type: str
    comment: str = ""


@dataclass(frozen=True)
class CreateTable(Ddl):
    """CREATE EXTERNAL TABLE."""

    subtype = "CREATE_TABLE"
    name: Name
    if_not_exists: bool
    columns: list[ColumnDefinition]
    partition_keys: list[ColumnDefinition]
    serde: str
    serde_properties: dict[str, str]
    input_format: str
    output_format: str
    location: str
    comment: str
    properties: dict[str, str]


@dataclass(frozen=True)
class DropTable(Ddl):
    """DROP TABLE."""

    subtype = "DROP_TABLE"
    name: Name
    if_exists: bool


@dataclass(frozen=True)
class DropView(Ddl):
    """DROP VIEW."""

    subtype = "DROP_VIEW"
    name: Name
    if_exists: bool


@dataclass(frozen=True)
class RepairTable(Ddl):
    """MSCK REPAIR TABLE."""

    subtype = "MSCK_REPAIR"
    name: Name


@dataclass(frozen=True)
class AddPartitions(Ddl):
    """ALTER TABLE ADD PARTITION."""

    subtype = "ALTER_TABLE_ADD_PARTITION"
    name: Name
    if_not_exists: bool
    partitions: list[tuple[Spec, str]]


@dataclass(frozen=True)
class DropPartitions(Ddl):
    """ALTER TABLE DROP PARTITION."""

    subtype = "ALTER_TABLE_DROP_PARTITION"
    name: Name
    if_exists: bool
    partitions: list[Spec]


@dataclass(frozen=True)
class SetLocation(Ddl):
    """ALTER TABLE [PARTITION] SET LOCATION."""

    subtype = "ALTER_TABLE_SET_LOCATION"
    name: Name
    partition: Spec | None
    location: str


@dataclass(frozen=True)
class SetProperties(Ddl):
    """ALTER TABLE SET TBLPROPERTIES."""

    subtype = "ALTER_TABLE_PROPERTIES"
    name: Name
    properties: dict[str, str]


@dataclass(frozen=True)
class AddColumns(Ddl):
    """ALTER TABLE ADD COLUMNS."""

    subtype = "ALTER_TABLE_ADD_COLUMN"
    name: Name
    columns: list[ColumnDefinition]


@dataclass(frozen=True)
class ReplaceColumns(Ddl):
    """ALTER TABLE REPLACE COLUMNS."""

    subtype = "ALTER_TABLE_REPLACE_COLUMN"
    name: Name
    columns: list[ColumnDefinition]


@dataclass(frozen=True)
class ShowDatabases(Utility):
    """SHOW DATABASES."""

    subtype = "SHOW_DATABASES"
    pattern: str | None


@dataclass(frozen=True)
class ShowTables(Utility):
    """SHOW TABLES."""

    subtype = "SHOW_TABLES"
    database: str
    pattern: str | None


@dataclass(frozen=True)
class ShowViews(Utility):
    """SHOW VIEWS."""

    subtype = "SHOW_VIEWS"
    database: str
    pattern: str | None


@dataclass(frozen=True)
class ShowColumns(Utility):
    """SHOW COLUMNS."""

    subtype = "SHOW_COLUMNS"
    name: Name


@dataclass(frozen=True)
class ShowPartitions(Utility):
    """SHOW PARTITIONS."""

    subtype = "SHOW_PARTITIONS"
    name: Name


@dataclass(frozen=True)
class ShowProperties(Utility):
    """SHOW TBLPROPERTIES."""

    subtype = "SHOW_TABLE_PROPERTIES"
    name: Name
    key: str | None


@dataclass(frozen=True)
class ShowCreateTable(Utility):
    """SHOW CREATE TABLE."""

    subtype = "SHOW_CREATE_TABLE"
    name: Name


@dataclass(frozen=True)
class ShowCreateView(Utility):
    """SHOW CREATE VIEW."""

    subtype = "SHOW_CREATE_VIEW"
    name: Name


@dataclass(frozen=True)
class Describe(Utility):
    """DESCRIBE, DESCRIBE EXTENDED or DESCRIBE FORMATTED of a table, or DESCRIBE of one column."""

    subtype = "DESCRIBE_TABLE"
    name: Name
    formatted: bool = False
    extended: bool = False
    column: str = ""


def trimmed(text: str) -> str:
    """A statement without the space and semicolon around it."""
    return re.sub(r"[\s;]+$", "", text).lstrip()
