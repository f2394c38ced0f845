"""SHOW and DESCRIBE of Iceberg tables, whose rows differ from those of Hive's tables (AWS's answers, observed)."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from pyiceberg.table import Table
from pyiceberg.types import TimeType, UUIDType

from afluente.services.athena import hive_statement as hive
from afluente.services.athena.catalog import Table as CatalogTable
from afluente.services.athena.error import QueryFailure, ddl_failure
from afluente.services.athena.iceberg.lake import read_only
from afluente.services.athena.iceberg.table_change import WRITTEN
from afluente.services.athena.port import ObjectStore
from afluente.services.athena.result import utility_column
from afluente.services.athena.show import Shown

SHOWN_PROPERTIES = {
    **{ours: name for name, ours in WRITTEN.items()},
    "write.parquet.compression-codec": "write_compression",
}


class UnsupportedColumn(QueryFailure):
    """DESCRIBE of a table with a column that DDL has no word for."""

    def __init__(self) -> None:
        super().__init__("", "Table has unsupported column types")
        self.error_type = 1100


def show(statement: hive.Ddl, table: CatalogTable, store: ObjectStore, folder: Path) -> Shown:
    """Columns and rows of a statement that shows something of an Iceberg table. Raises QueryFailure."""
    found = read_only(table, store, folder)
    return (
        _described(found, table, statement)
        if isinstance(statement, hive.Describe)
        else SHOWN[type(statement)](found, table)
    )


def _describe(table: Table, _: CatalogTable) -> Shown:
    if any(isinstance(field.field_type, TimeType | UUIDType) for field in table.schema().fields):
        raise UnsupportedColumn
    lines = ["# Table schema:\t\t", "# col_name\tdata_type\tcomment"]
    lines += [
        f"{field.name}\t{_shown_type(str(field.field_type))}\t{field.doc or ''}" for field in table.schema().fields
    ]
    lines += ["\t\t", "# Partition spec:\t\t", "# field_name\tfield_transform\tcolumn_name"]
    for part in table.spec().fields:
        column = table.schema().find_column_name(part.source_id)
        lines.append(f"{part.name}\t{part.transform}\t{column}")
    return DESCRIBED, lines


DESCRIBED = [utility_column(name) for name in ("col_name", "data_type", "comment")]


def _described(table: Table, found: CatalogTable, statement: hive.Describe) -> Shown:
    columns, lines = _describe(table, found)
    if statement.column:
        field = next((one for one in table.schema().fields if one.name.lower() == statement.column), None)
        if field is None:
            raise ddl_failure(f"Invalid column reference {statement.column}", category=2, error_type=1006)
        return columns, [f"{field.name}\t{_shown_type(str(field.field_type))}\t{field.doc or ''}"]
    return columns, [*lines, *_details(table, found)] if statement.formatted else lines


def _details(table: Table, found: CatalogTable) -> Iterator[str]:
    """What DESCRIBE FORMATTED says beyond DESCRIBE."""
    yield from ("\t\t", f"Name:\ticeberg.{found.database}.{found.name}\t", f"Location:\t{table.location()}\t")
    yield from ("\t\t", "# Table properties:\t\t", "# key\tvalue\t")
    yield from (f"{key}\t{value}\t" for key, value in {"format": "PARQUET", **_shown_properties(table)}.items())
    yield from ("\t\t", "# Iceberg storage table properties:\t\t", "# key\tvalue\t")
    kept = {"write.format.default": "PARQUET", **table.properties}
    yield from (f"{key}\t{value}\t" for key, value in sorted(kept.items()))


def _shown_properties(table: Table) -> dict[str, str]:
    return {SHOWN_PROPERTIES[key]: value for key, value in table.properties.items() if key in SHOWN_PROPERTIES}


def _shown_type(text: str) -> str:
    """Iceberg's words as Athena prints them: `long` is bigint."""
    return re.sub(r"\blong\b", "bigint", text).replace("timestamptz", "timestamp")


def _columns(table: Table, _: CatalogTable) -> Shown:
    return [utility_column("field")], [field.name for field in table.schema().fields]


def _create(table: Table, found: CatalogTable) -> Shown:
    return [utility_column("createtab_stmt")], list(_create_lines(table, found))


def _create_lines(table: Table, found: CatalogTable) -> Iterator[str]:
    yield f"CREATE TABLE {found.database}.{found.name} ("
    fields = table.schema().fields
    for place, field in enumerate(fields, 1):
        comment = f" COMMENT '{field.doc}'" if field.doc else ""
        end = ")" if place == len(fields) else ","
        yield f"  {field.name} {_shown_type(str(field.field_type))}{comment}{end}"
    if table.spec().fields:
        parts = (_transform(str(part.transform), table.schema().find_column_name(part.source_id) or "")
                 for part in table.spec().fields)  # fmt: skip
        yield f"PARTITIONED BY ({', '.join(parts)})"
    yield f"LOCATION '{table.location()}'"
    yield "TBLPROPERTIES ("
    rows = {"table_type": "iceberg", "format": "PARQUET", "write_compression": "ZSTD", **_shown_properties(table)}
    for place, (key, value) in enumerate(rows.items(), 1):
        yield f"  '{key}'='{value}'" + ("" if place == len(rows) else ",")
    yield ");"


def _transform(text: str, column: str) -> str:
    match = re.fullmatch(r"(\w+)(?:\[(\d+)\])?", text)
    if match is None or match[1] == "identity":
        return f"`{column}`"
    return f"{match[1]}({match[2]}, `{column}`)" if match[2] else f"{match[1]}(`{column}`)"


def _partitions(_: Table, __: CatalogTable) -> Shown:
    raise QueryFailure("NOT_SUPPORTED", "Query type not supported by Athena Iceberg at this time")


SHOWN: dict[type[hive.Ddl], Callable[[Table, CatalogTable], Shown]] = {
    hive.ShowColumns: _columns,
    hive.ShowCreateTable: _create,
    hive.ShowPartitions: _partitions,
}
"""The statements that Iceberg tables answer in their own way."""
