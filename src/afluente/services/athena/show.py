"""SHOW and DESCRIBE: what the catalog holds, as rows of text.

The padding and the joints of rows are Athena's, as clients parse them (AWS's answers, observed).
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from afluente.core.bounded_regex import IGNORE_CASE, BoundedRegex, InvalidRegexError, SlowRegexError
from afluente.services.athena import hive_statement as hive
from afluente.services.athena.catalog import NAME, Catalog, Column, Table
from afluente.services.athena.error import HiveFailure, InvalidRequestException, QueryFailure, ddl_failure
from afluente.services.athena.result import utility_column
from afluente.services.athena.sql.view import decode
from afluente.services.athena.token import escaped

WIDTH = 20
"""Hive pads the names of columns to this."""

BLANK = "\t \t "
HEAD = "\t".join(text.ljust(WIDTH) for text in ("# col_name", "data_type", "comment"))

Shown = tuple[list[dict[str, Any]], list[str]]
"""ColumnInfo, and rows whose columns are already joined."""

ENTITY_NOT_FOUND = (
    "Entity Not Found (Service: AmazonDataCatalog; Status Code: 400; Error Code: EntityNotFoundException; "
    "Request ID: {request_id}; Proxy: null)"
)


def show(statement: hive.Ddl, catalog: Catalog, database: str) -> Shown:
    """Columns and rows of a statement that shows something. Raises QueryFailure."""
    for kind, function in SHOWN.items():
        if isinstance(statement, kind):
            return function(statement, catalog, database)
    raise QueryFailure("NOT_SUPPORTED", f"Afluente does not have {statement.subtype}")


def check(statement: hive.Ddl, catalog: Catalog, database: str, request_id: str) -> None:
    """What StartQueryExecution itself refuses: to describe a table that is not there."""
    if isinstance(statement, (hive.Describe, hive.ShowColumns)):
        name = statement.name
        if catalog.table(name.database or database, name.table) is None:
            raise InvalidRequestException(ENTITY_NOT_FOUND.format(request_id=request_id))


def matcher(pattern: str | None) -> Callable[[str], bool]:
    """Whether a name fits a pattern: a regular expression in which a bare `*` stands for anything."""
    if pattern is None:
        return lambda _: True
    try:
        found = BoundedRegex(re.sub(r"(?<!\.)\*", ".*", pattern), IGNORE_CASE)
    except InvalidRegexError:
        return lambda name: name == pattern

    def fits(name: str) -> bool:
        try:
            return found.fullmatch(name) is not None
        except SlowRegexError as error:
            raise HiveFailure(str(error)) from None

    return fits


def table_of(name: hive.Name, catalog: Catalog, database: str) -> Table:
    """The table that a statement names. Raises HiveFailure when there is none."""
    where = name.database or database
    table = catalog.table(where, name.table)
    if table is None:
        raise HiveFailure(f"SemanticException [Error 10001]: Table not found {where}.{name.table}")
    return table


def _databases(statement: Any, catalog: Catalog, _: str) -> Shown:
    fits = matcher(statement.pattern)
    return [utility_column("database_name")], [one["Name"] for one in catalog.databases() if fits(one["Name"])]


def _tables(statement: Any, catalog: Catalog, database: str) -> Shown:
    fits = matcher(statement.pattern)
    return [utility_column("tab_name")], [one.name for one in _all(statement, catalog, database) if fits(one.name)]


def _views(statement: Any, catalog: Catalog, database: str) -> Shown:
    fits = matcher(statement.pattern)
    names = [one.name for one in _all(statement, catalog, database) if one.is_view and fits(one.name)]
    return [utility_column("views", "varchar")], names


def _all(statement: Any, catalog: Catalog, database: str) -> Iterator[Table]:
    where = statement.database or database
    if catalog.database(where) is None:
        raise HiveFailure(f"SemanticException [Error 10072]: Database does not exist: {where}")
    return catalog.tables(where)


def _columns(statement: Any, catalog: Catalog, database: str) -> Shown:
    table = table_of(statement.name, catalog, database)
    if table.is_view:
        return _describe_view(table)
    return [utility_column("field")], [column.name.ljust(WIDTH) for column in (*table.columns, *table.partition_keys)]


def _partitions(statement: Any, catalog: Catalog, database: str) -> Shown:
    table = table_of(statement.name, catalog, database)
    if not table.partition_keys:
        name = f"{table.database}.{table.name}"
        raise HiveFailure(
            "Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "
            f"Table {name} is not a partitioned table", error_type=1003,
        )  # fmt: skip
    keys = [key.name for key in table.partition_keys]
    rows = [
        "/".join(f"{key}={value}" for key, value in zip(keys, one["Values"], strict=True))
        for one in catalog.partitions(table)
    ]
    return [utility_column("partition")], rows


def _properties(statement: Any, catalog: Catalog, database: str) -> Shown:
    parameters = table_of(statement.name, catalog, database).parameters
    columns = [utility_column("prpt_name"), utility_column("prpt_value")]
    if statement.key is None:
        return columns, [f"{key}\t{value}" for key, value in sorted(parameters.items())]
    return columns, [parameters.get(statement.key, f"Table property {statement.key} does not exist")]


def _describe(statement: Any, catalog: Catalog, database: str) -> Shown:
    table = table_of(statement.name, catalog, database)
    if table.is_view and statement.column:
        raise QueryFailure("NOT_SUPPORTED", "Afluente does not have DESCRIBE of one column of a view")
    if table.is_view:
        return _describe_view(table)
    if statement.column:
        rows = [_one_column(table, statement.column)]
    elif statement.extended:
        rows = [*_plain(table), BLANK, f"Detailed Table Information\t{_thrift(table)}\t"]
    else:
        rows = list(_formatted(table) if statement.formatted else _plain(table))
    return [utility_column(name) for name in ("col_name", "data_type", "comment")], rows


def _plain(table: Table) -> Iterator[str]:
    comments = _comments(table)
    yield from (_described(column, comments) for column in (*table.columns, *table.partition_keys))
    if table.partition_keys:
        yield from (BLANK, "# Partition Information\t \t ", HEAD, BLANK)
        yield from (_described(column, comments) for column in table.partition_keys)


def _one_column(table: Table, name: str) -> str:
    """Hive takes the comment of one column from the SerDe, which has none."""
    found = next((one for one in (*table.columns, *table.partition_keys) if one.name == name), None)
    if found is None:
        raise ddl_failure(f"Invalid column reference {name}", category=2, error_type=1006)
    return _described(found, {name: "from deserializer"})


def _thrift(table: Table) -> str:
    """The table as Hive's Thrift structure prints itself."""
    comments, storage = _comments(table), table.storage
    serde = storage.get("SerdeInfo") or {}
    created = table.raw.get("CreateTime")
    columns = _fields((*table.columns, *table.partition_keys), comments)
    sorted_by = [f"Order(col:{one['Column']}, order:{one['SortOrder']})" for one in storage.get("SortColumns") or ()]
    return (
        f"Table(tableName:{table.name}, dbName:{table.database}, owner:{table.raw.get('Owner') or 'null'}, "
        f"createTime:{int(created.timestamp()) if created else 0}, lastAccessTime:0, "
        f"retention:{table.raw.get('Retention', 0)}, sd:StorageDescriptor(cols:[{columns}], "
        f"location:{storage.get('Location', '')}, inputFormat:{storage.get('InputFormat', '')}, "
        f"outputFormat:{storage.get('OutputFormat', '')}, "
        f"compressed:{'true' if storage.get('Compressed') else 'false'}, "
        f"numBuckets:{storage.get('NumberOfBuckets', 0)}, serdeInfo:SerDeInfo(name:{serde.get('Name') or 'null'}, "
        f"serializationLib:{serde.get('SerializationLibrary', '')}, parameters:{_map(serde.get('Parameters'))}), "
        f"bucketCols:[{', '.join(storage.get('BucketColumns') or ())}], sortCols:[{', '.join(sorted_by)}], "
        f"parameters:{_map(storage.get('Parameters'))}, "
        "skewedInfo:SkewedInfo(skewedColNames:[], skewedColValues:[], skewedColValueLocationMaps:{}), "
        f"storedAsSubDirectories:false), partitionKeys:[{_fields(table.partition_keys, comments)}], "
        f"parameters:{_map(table.parameters)}, viewOriginalText:null, viewExpandedText:null, "
        f"tableType:{table.raw.get('TableType', '')})"
    )


def _fields(columns: tuple[Column, ...], comments: dict[str, str]) -> str:
    shown = ((one.name, one.hive_type, comments.get(one.name) or "null") for one in columns)
    return ", ".join(f"FieldSchema(name:{name}, type:{kind}, comment:{comment})" for name, kind, comment in shown)


def _map(properties: dict[str, str] | None) -> str:
    return "{" + ", ".join(f"{key}={value}" for key, value in sorted((properties or {}).items())) + "}"


def _formatted(table: Table) -> Iterator[str]:
    """As Hive formats it: columns, partition columns, what the table and its storage are."""
    comments = _comments(table)
    yield from (HEAD, BLANK, *(_described(column, comments) for column in table.columns), BLANK)
    if table.partition_keys:
        yield from ("# Partition Information\t \t ", HEAD, BLANK)
        yield from (*(_described(column, comments) for column in table.partition_keys), BLANK)
    yield "# Detailed Table Information\t \t "
    for name, value in _details(table).items():
        yield _pair(name, value)
    yield "Table Parameters:".ljust(WIDTH) + "\t \t "
    yield from (*_indented(table.parameters), BLANK, "# Storage Information\t \t ")
    for name, value in _storage(table).items():
        yield _pair(name, value)
    properties = (table.storage.get("SerdeInfo") or {}).get("Parameters") or {}
    yield "Storage Desc Params:".ljust(WIDTH) + "\t \t "
    yield from _indented(properties)


def _details(table: Table) -> dict[str, str]:
    created = table.raw.get("CreateTime")
    return {
        "Database:": table.database,
        "Owner:": table.raw.get("Owner", ""),
        "CreateTime:": f"{created:%a %b %d %H:%M:%S} UTC {created:%Y}" if created else "UNKNOWN",
        "LastAccessTime:": "UNKNOWN",
        "Protect Mode:": "None",
        "Retention:": str(table.raw.get("Retention", 0)),
        "Location:": table.storage.get("Location", ""),
        "Table Type:": table.raw.get("TableType", ""),
    }


def _storage(table: Table) -> dict[str, str]:
    storage = table.storage
    sorted_by = [one["Column"] for one in storage.get("SortColumns") or ()]
    return {
        "SerDe Library:": (storage.get("SerdeInfo") or {}).get("SerializationLibrary", ""),
        "InputFormat:": storage.get("InputFormat", ""),
        "OutputFormat:": storage.get("OutputFormat", ""),
        "Compressed:": "Yes" if storage.get("Compressed") else "No",
        "Num Buckets:": str(storage.get("NumberOfBuckets", 0)),
        "Bucket Columns:": f"[{', '.join(storage.get('BucketColumns') or ())}]",
        "Sort Columns:": f"[{', '.join(sorted_by)}]",
    }


def _pair(name: str, value: str) -> str:
    return f"{name.ljust(WIDTH)}\t{value.ljust(WIDTH)}\t "


def _indented(properties: dict[str, str]) -> Iterator[str]:
    for name, value in sorted(properties.items()):
        yield f"\t{name.ljust(WIDTH)}\t{value.ljust(WIDTH)}"


def _described(column: Column, comments: dict[str, str]) -> str:
    return "\t".join(text.ljust(WIDTH) for text in (column.name, column.hive_type, comments.get(column.name, "")))


def _comments(table: Table) -> dict[str, str]:
    columns = [*(table.storage.get("Columns") or ()), *(table.raw.get("PartitionKeys") or ())]
    return {column["Name"].lower(): column.get("Comment", "") for column in columns}


def _describe_view(table: Table) -> Shown:
    columns = [utility_column("column", "varchar"), utility_column("type", "varchar")]
    return columns, [f"{column.name}\t{column.type}" for column in decode(table.raw).columns]


def _create_view(statement: Any, catalog: Catalog, database: str) -> Shown:
    table = table_of(statement.name, catalog, database)
    if not table.is_view:
        raise QueryFailure("NOT_SUPPORTED", f"Relation '{NAME}.{table.database}.{table.name}' is a table, not a view")
    text = f'CREATE VIEW "{table.name}" AS \n{decode(table.raw).original_sql}'
    return [utility_column("create view", "varchar")], text.split("\n")


def _create_table(statement: Any, catalog: Catalog, database: str) -> Shown:
    table = table_of(statement.name, catalog, database)
    if table.is_view:
        return _create_view(statement, catalog, database)
    return [utility_column("createtab_stmt")], list(create_table_lines(table))


def create_table_lines(table: Table) -> Iterator[str]:
    """The statement that would make `table`, line by line, as Hive prints it."""
    comments = _comments(table)
    yield f"CREATE EXTERNAL TABLE `{table.name}`("
    yield from _column_lines(table.columns, comments)
    if table.partition_keys:
        yield "PARTITIONED BY ( "
        yield from _column_lines(table.partition_keys, comments)
    serde = table.storage.get("SerdeInfo") or {}
    yield "ROW FORMAT SERDE "
    properties = serde.get("Parameters") or {}
    yield f"  '{serde.get('SerializationLibrary', '')}' "
    if properties:
        yield "WITH SERDEPROPERTIES ( "
        yield from _property_lines(properties)
    yield "STORED AS INPUTFORMAT "
    yield f"  '{table.storage.get('InputFormat', '')}' "
    yield "OUTPUTFORMAT "
    yield f"  '{table.storage.get('OutputFormat', '')}'"
    yield "LOCATION"
    yield f"  '{table.storage.get('Location', '').rstrip('/')}'"
    yield "TBLPROPERTIES ("
    yield from _property_lines(table.parameters)


def _column_lines(columns: tuple[Column, ...], comments: dict[str, str]) -> Iterator[str]:
    for place, column in enumerate(columns, 1):
        comment = f" COMMENT '{escaped(comments[column.name])}'" if comments.get(column.name) else " "
        yield f"  `{column.name}` {column.hive_type}{comment}" + (")" if place == len(columns) else ", ")


def _property_lines(properties: dict[str, str]) -> Iterator[str]:
    items = sorted(properties.items())
    for place, (key, value) in enumerate(items, 1):
        yield f"  '{escaped(key)}'='{escaped(value)}'" + (") " if place == len(items) else ", ")


SHOWN: dict[type[hive.Ddl], Callable[[Any, Catalog, str], Shown]] = {
    hive.ShowDatabases: _databases,
    hive.ShowTables: _tables,
    hive.ShowViews: _views,
    hive.ShowColumns: _columns,
    hive.ShowPartitions: _partitions,
    hive.ShowProperties: _properties,
    hive.ShowCreateTable: _create_table,
    hive.ShowCreateView: _create_view,
    hive.Describe: _describe,
}
