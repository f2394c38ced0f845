"""Reads Athena's DDL, which is Hive's: text to the dataclasses of `hive_statement.py`.

Source of the grammar: AWS's "DDL statements" pages. Names are quoted with backticks here, not with double quotes.
"""

import re
from collections.abc import Callable
from typing import Any

from afluente.core.hive_type import parse as parse_hive_type
from afluente.services.athena import hive_statement as hive
from afluente.services.athena import iceberg_statement as iceberg
from afluente.services.athena.error import InvalidRequestException
from afluente.services.athena.hive_statement import ColumnDefinition, Ddl, Name, Spec
from afluente.services.athena.table_format import DELIMITED, FORMATS, LAZY_SIMPLE
from afluente.services.athena.token import Reader

NO_LOCATION = "No location was specified for table. An S3 location must be specified"


def parse(text: str) -> Ddl:
    """The statement that `text` spells. Raises InvalidRequestException (MALFORMED_QUERY)."""
    reader = Reader(text)
    statement = _statement(reader)
    reader.end()
    return statement


ALL_STATEMENTS = (
    "'ALTER', 'ANALYZE', 'CALL', 'COMMENT', 'COMMIT', 'CREATE', 'DEALLOCATE', 'DELETE', 'DENY', 'DESC', "
    "'DESCRIBE', 'DROP', 'EXECUTE', 'EXPLAIN', 'GRANT', 'INSERT', 'MERGE', 'PREPARE', 'REFRESH', 'RESET', 'REVOKE', "
    "'ROLLBACK', 'SET', 'SHOW', 'START', 'TRUNCATE', 'UPDATE', 'USE', <query>"
)
TRINO_ALONE = {
    "ANALYZE", "CALL", "COMMENT", "COMMIT", "DENY", "GRANT", "REFRESH", "RESET", "REVOKE", "ROLLBACK", "SET", "START",
    "TRUNCATE", "USE",
}  # fmt: skip
"""Statements that Trino's grammar knows and Athena does not execute."""

SHOWN = "'COLUMNS', 'CREATE', 'DATABASES', 'PARTITIONS', 'SCHEMAS', 'TABLES', 'TBLPROPERTIES', 'VIEWS'"


def _statement(reader: Reader) -> Ddl:
    for word, read in STATEMENTS.items():
        if reader.accept(word):
            return read(reader)
    if reader.next.upper in TRINO_ALONE:
        message = f"Queries of this type are not supported: Athena has no {reader.next.upper}"
        raise InvalidRequestException(message, "MALFORMED_QUERY")
    return reader.refuse(ALL_STATEMENTS)


def _repair(reader: Reader) -> Ddl:
    reader.expect("REPAIR", "TABLE")
    return hive.RepairTable(_table(reader))


def _describe(reader: Reader) -> Ddl:
    extended = reader.accept("EXTENDED")
    formatted = not extended and reader.accept("FORMATTED")
    reader.accept("TABLE")
    if reader.at("SELECT"):
        return reader.refuse("<identifier>")
    name = _table(reader)
    if reader.ended:
        return hive.Describe(name, formatted, extended)
    if formatted or reader.at("PARTITION"):
        raise InvalidRequestException(
            "Afluente does not have DESCRIBE of a partition, nor DESCRIBE FORMATTED of a column"
        )
    return hive.Describe(name, formatted, extended, reader.name("backtick"))


def _create(reader: Reader) -> Ddl:
    if reader.accept("DATABASE") or reader.accept("SCHEMA"):
        return _create_database(reader)
    if reader.at("OR", "REPLACE"):
        reader.expect("OR", "REPLACE")
        reader.refuse("'MATERIALIZED', 'MULTI', 'PROTECTED', 'VIEW'")
    external = reader.accept("EXTERNAL")
    reader.expect("TABLE")
    return _create_table(reader, external=external)


def _create_database(reader: Reader) -> Ddl:
    if_not_exists = reader.accept("IF", "NOT", "EXISTS")
    name = reader.name()
    comment = reader.hive_literal() if reader.accept("COMMENT") else ""
    location = reader.hive_literal() if reader.accept("LOCATION") else ""
    properties = _properties(reader) if reader.accept("WITH", "DBPROPERTIES") else {}
    return hive.CreateDatabase(name, if_not_exists, comment, location, properties)


def _create_table(reader: Reader, *, external: bool) -> Ddl:
    if_not_exists = reader.accept("IF", "NOT", "EXISTS")
    name = _table(reader)
    columns = _columns(reader) if reader.at("(") else []
    clauses = _clauses(reader)
    properties: dict[str, str] = clauses.get("properties", {})
    if not clauses.get("location"):
        raise InvalidRequestException(NO_LOCATION, "MALFORMED_QUERY")
    if properties.get("table_type", "").upper() == "ICEBERG":
        if external:
            raise InvalidRequestException("External keyword not supported for table type ICEBERG", "MALFORMED_QUERY")
        return iceberg.CreateIcebergTable(
            name, if_not_exists, columns, clauses.get("transforms", []), clauses["location"],
            clauses.get("comment", ""), properties,
        )  # fmt: skip
    if "transforms" in clauses and "partitions" not in clauses:
        reader.refuse("a column and its type")
    if not external:
        message = "Only external tables are supported: CREATE EXTERNAL TABLE, or table_type ICEBERG"
        raise InvalidRequestException(message, "MALFORMED_QUERY")
    serde, serde_properties, input_format, output_format = _storage(clauses)
    return hive.CreateTable(
        name, if_not_exists, columns, clauses.get("partitions", []), serde, serde_properties, input_format,
        output_format, clauses["location"], clauses.get("comment", ""), properties,
    )  # fmt: skip


def _clauses(reader: Reader) -> dict:  # type: ignore[type-arg] # clauses hold values of several kinds
    found: dict = {}  # type: ignore[type-arg]
    while not reader.ended:
        if reader.accept("COMMENT"):
            found["comment"] = reader.hive_literal()
        elif reader.accept("PARTITIONED", "BY"):
            found |= _partitioned_by(reader)
        elif reader.accept("ROW", "FORMAT"):
            found["row"] = _row_format(reader)
        elif reader.accept("STORED", "AS"):
            found["stored"] = _stored_as(reader)
        elif reader.accept("WITH", "SERDEPROPERTIES"):
            found["serde_properties"] = _properties(reader)
        elif reader.accept("LOCATION"):
            found["location"] = reader.hive_literal()
        elif reader.accept("TBLPROPERTIES"):
            found["properties"] = _properties(reader)
        elif reader.at("CLUSTERED"):
            raise InvalidRequestException("Afluente does not have bucketed tables (CLUSTERED BY)", "NOT_SUPPORTED")
        else:
            reader.refuse("'COMMENT', 'LOCATION', 'PARTITIONED', 'ROW', 'STORED', 'TBLPROPERTIES', 'WITH', <EOF>")
    return found


def _partitioned_by(reader: Reader) -> dict[str, Any]:
    """Columns with types for Hive; for Iceberg columns, or transforms of them."""
    ahead = Reader(reader.text[reader.next.start :])
    try:
        columns = _columns(ahead)
    except InvalidRequestException:
        return {"transforms": _transforms(reader)}
    _columns(reader)
    return {"partitions": columns}


def _transforms(reader: Reader) -> list[str]:
    reader.expect("(")
    found, start, depth = [], reader.next.start, 0
    while depth >= 0:
        if reader.ended:
            reader.refuse("')'")
        token = reader.advance()
        depth += (token.text == "(") - (token.text == ")")
        if depth < 0 or (not depth and token.text == ","):
            found.append(reader.text[start : token.start].strip())
            start = token.end
    return found


def _row_format(reader: Reader) -> tuple[str, dict[str, str]]:
    if reader.accept("SERDE"):
        serde = reader.hive_literal()
        return serde, _properties(reader) if reader.accept("WITH", "SERDEPROPERTIES") else {}
    reader.expect("DELIMITED")
    found: dict[str, str] = {}
    while True:
        for words, keys in DELIMITED.items():
            if reader.accept(*words):
                value = reader.hive_literal()
                found |= dict.fromkeys(keys, value)
                break
        else:
            return LAZY_SIMPLE, found


def _stored_as(reader: Reader) -> tuple[str, str, str]:
    if reader.accept("INPUTFORMAT"):
        input_format = reader.hive_literal()
        reader.expect("OUTPUTFORMAT")
        return "", input_format, reader.hive_literal()
    name = reader.advance().upper
    if name not in FORMATS:
        raise InvalidRequestException(f"Unrecognized file format in STORED AS clause: '{name}'", "MALFORMED_QUERY")
    known = FORMATS[name]
    return known.serde, known.input_format, known.output_format


def _storage(clauses: dict) -> tuple[str, dict[str, str], str, str]:  # type: ignore[type-arg]
    row_serde, row_properties = clauses.get("row", ("", {}))
    stored_serde, input_format, output_format = clauses.get("stored", ("", "", ""))
    text = FORMATS["TEXTFILE"]
    serde = row_serde or stored_serde or LAZY_SIMPLE
    properties = {"serialization.format": "1"} | row_properties | clauses.get("serde_properties", {})
    if "field.delim" in properties and "serialization.format" not in row_properties:
        properties["serialization.format"] = properties["field.delim"]
    return serde, properties, input_format or text.input_format, output_format or text.output_format


def _columns(reader: Reader) -> list[ColumnDefinition]:
    reader.expect("(")
    found = []
    while True:
        name = reader.name()
        kind = _type(reader)
        found.append(ColumnDefinition(name, kind, reader.hive_literal() if reader.accept("COMMENT") else ""))
        if not reader.accept(","):
            break
    reader.expect(")")
    return found


def _type(reader: Reader) -> str:
    """A type as it is written, to the comma or parenthesis that ends it."""
    start, depth = reader.next, 0
    while not reader.ended:
        token = reader.next
        if depth == 0 and (token.text in {",", ")"} or token.upper in {"COMMENT", "FIRST", "AFTER"}):
            break
        depth += (token.text in {"<", "("}) - (token.text in {">", ")"})
        reader.advance()
    text = re.sub(r"\s+", "", reader.text[start.start : reader.next.start]).replace("doubleprecision", "double").lower()
    try:
        parse_hive_type(text)
    except ValueError:
        message = f"line 1:{start.start + 1}: mismatched input '{start.text}'. Expecting: a type"
        raise InvalidRequestException(message, "MALFORMED_QUERY") from None
    return text


def _properties(reader: Reader) -> dict[str, str]:
    reader.expect("(")
    found: dict[str, str] = {}
    while not reader.accept(")"):
        key = reader.hive_literal()
        reader.expect("=")
        found[key] = reader.hive_literal()
        if not reader.at(")"):
            reader.expect(",")
    return found


def _table(reader: Reader) -> Name:
    parts = reader.path()
    if len(parts) > 3:
        reader.refuse()
    if len(parts) == 3 and parts[0] != "awsdatacatalog":
        raise InvalidRequestException(f"Catalog '{parts[0]}' does not exist", "DATACATALOG_NOT_FOUND")
    return Name(parts[-2] if len(parts) > 1 else "", parts[-1])


def _drop(reader: Reader) -> Ddl:
    if reader.accept("DATABASE") or reader.accept("SCHEMA"):
        if_exists = reader.accept("IF", "EXISTS")
        name = reader.name()
        cascade = reader.accept("CASCADE")
        reader.accept("RESTRICT")
        return hive.DropDatabase(name, if_exists, cascade)
    if reader.accept("VIEW"):
        if_exists = reader.accept("IF", "EXISTS")
        return hive.DropView(_dml_table(reader), if_exists)
    reader.expect("TABLE")
    if_exists = reader.accept("IF", "EXISTS")
    return hive.DropTable(_dml_table(reader), if_exists)


def _dml_table(reader: Reader) -> Name:
    """Names in DROP may also stand in double quotes, as Trino's grammar has them."""
    if reader.next.kind != "quoted":
        return _table(reader)
    parts = reader.path("quoted")
    return Name(parts[-2] if len(parts) > 1 else "", parts[-1])


def _alter(reader: Reader) -> Ddl:
    if reader.accept("DATABASE") or reader.accept("SCHEMA"):
        database = reader.name()
        reader.expect("SET", "DBPROPERTIES")
        return hive.SetDatabaseProperties(database, _properties(reader))
    reader.expect("TABLE")
    name = _table(reader)
    for words, read in ALTERATIONS:
        if reader.accept(*words):
            return read(reader, name)
    partition = _spec(reader) if reader.at("PARTITION") else None
    reader.expect("SET")
    if reader.accept("LOCATION"):
        return hive.SetLocation(name, partition, reader.hive_literal())
    reader.expect("TBLPROPERTIES")
    return hive.SetProperties(name, _properties(reader))


def _alter_drop(reader: Reader, name: Name) -> Ddl:
    if_exists = reader.accept("IF", "EXISTS")
    partitions = [_spec(reader)]
    while reader.accept(","):
        partitions.append(_spec(reader))
    return hive.DropPartitions(name, if_exists, partitions)


def _change_column(reader: Reader, name: Name) -> Ddl:
    reader.accept("COLUMN")
    old, new, kind = reader.name(), reader.name(), _type(reader)
    comment = reader.hive_literal() if reader.accept("COMMENT") else ""
    after = "" if reader.accept("FIRST") else reader.name() if reader.accept("AFTER") else None
    return iceberg.ChangeColumn(name, old, ColumnDefinition(new, kind, comment), after)


def _keys(reader: Reader) -> list[str]:
    reader.expect("(")
    found = [reader.hive_literal()]
    while reader.accept(","):
        found.append(reader.hive_literal())
    reader.expect(")")
    return found


def _alter_add(reader: Reader, name: Name) -> Ddl:
    if reader.accept("COLUMNS"):
        return hive.AddColumns(name, _columns(reader))
    if_not_exists = reader.accept("IF", "NOT", "EXISTS")
    partitions = []
    while reader.at("PARTITION"):
        spec = _spec(reader)
        partitions.append((spec, reader.hive_literal() if reader.accept("LOCATION") else ""))
        reader.accept(",")
    if not partitions:
        reader.refuse("'COLUMNS', 'PARTITION'")
    return hive.AddPartitions(name, if_not_exists, partitions)


ALTERATIONS: tuple[tuple[tuple[str, ...], Callable[[Reader, Name], Ddl]], ...] = (
    (("ADD",), _alter_add),
    (("DROP", "COLUMN"), lambda reader, name: iceberg.DropColumn(name, reader.name())),
    (("DROP",), _alter_drop),
    (("REPLACE", "COLUMNS"), lambda reader, name: hive.ReplaceColumns(name, _columns(reader))),
    (("CHANGE",), _change_column),
    (("RENAME", "TO"), lambda reader, name: iceberg.RenameTable(name, _table(reader))),
    (("UNSET", "TBLPROPERTIES"), lambda reader, name: iceberg.UnsetProperties(name, _keys(reader))),
)
"""What may follow ALTER TABLE and its name."""


def _spec(reader: Reader) -> Spec:
    reader.expect("PARTITION", "(")
    found: Spec = {}
    while True:
        key = reader.name()
        reader.expect("=")
        found[key] = reader.hive_literal() if reader.next.kind in {"text", "quoted"} else reader.advance().text
        if not reader.accept(","):
            break
    reader.expect(")")
    return found


def _show(reader: Reader) -> Ddl:
    if reader.accept("DATABASES") or reader.accept("SCHEMAS"):
        return hive.ShowDatabases(_pattern(reader))
    if reader.accept("TABLES"):
        return hive.ShowTables(_in_database(reader), _pattern(reader))
    if reader.accept("VIEWS"):
        return hive.ShowViews(_in_database(reader), _pattern(reader))
    if reader.accept("COLUMNS"):
        return _show_columns(reader)
    return _show_of_table(reader)


def _show_columns(reader: Reader) -> Ddl:
    if not reader.accept("IN"):
        reader.expect("FROM")
    name = _table(reader)
    database = _in_database(reader)
    return hive.ShowColumns(Name(database or name.database, name.table))


def _show_of_table(reader: Reader) -> Ddl:
    if reader.accept("PARTITIONS"):
        return hive.ShowPartitions(_table(reader))
    if reader.accept("TBLPROPERTIES"):
        name, key = _table(reader), None
        if reader.accept("("):
            key = reader.hive_literal()
            reader.expect(")")
        return hive.ShowProperties(name, key)
    if not reader.accept("CREATE"):
        reader.refuse(SHOWN)
    if reader.accept("VIEW"):
        return hive.ShowCreateView(_dml_table(reader))
    reader.expect("TABLE")
    return hive.ShowCreateTable(_table(reader))


def _in_database(reader: Reader) -> str:
    if not (reader.accept("IN") or reader.accept("FROM")):
        return ""
    return reader.path("quoted" if reader.next.kind == "quoted" else "backtick")[-1]


def _pattern(reader: Reader) -> str | None:
    reader.accept("LIKE")
    return reader.hive_literal() if reader.next.kind in {"text", "quoted"} else None


STATEMENTS: dict[str, Callable[[Reader], Ddl]] = {
    "CREATE": _create,
    "DROP": _drop,
    "ALTER": _alter,
    "MSCK": _repair,
    "SHOW": _show,
    "DESCRIBE": _describe,
    "DESC": _describe,
}
