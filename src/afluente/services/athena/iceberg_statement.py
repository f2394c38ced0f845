"""The statements that only Iceberg tables have, read. What is an expression or a query in them stays text, for SQL."""

from collections.abc import Callable
from dataclasses import dataclass, field

from afluente.services.athena.error import InvalidRequestException
from afluente.services.athena.hive_statement import ColumnDefinition, Ddl, Name
from afluente.services.athena.token import Reader


@dataclass(frozen=True)
class CreateIcebergTable(Ddl):
    """CREATE TABLE with table_type ICEBERG; `partitions` are the items of PARTITIONED BY as written."""

    subtype = "CREATE_TABLE"
    name: Name
    if_not_exists: bool
    columns: list[ColumnDefinition]
    partitions: list[str]
    location: str
    comment: str
    properties: dict[str, str]


class Change(Ddl):
    """A statement that changes rows: it holds queries, and gives a count."""

    type = "DML"
    output = "{id}.csv"
    queries = True
    name: Name


@dataclass(frozen=True)
class Update(Change):
    """UPDATE t SET column = expression WHERE condition."""

    subtype = "UPDATE"
    name: Name
    assignments: dict[str, str]
    condition: str


@dataclass(frozen=True)
class Delete(Change):
    """DELETE FROM t WHERE condition."""

    subtype = "DELETE"
    name: Name
    condition: str


@dataclass(frozen=True)
class When:
    """WHEN [NOT] MATCHED [AND condition] THEN ...; `values` are an UPDATE's assignments or an INSERT's values."""

    matched: bool
    condition: str
    action: str
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Merge(Change):
    """MERGE INTO target USING source ON condition WHEN ..."""

    subtype = "MERGE"
    name: Name
    alias: str
    source: str
    condition: str
    cases: list[When]


@dataclass(frozen=True)
class Optimize(Change):
    """OPTIMIZE t REWRITE DATA USING BIN_PACK [WHERE condition]."""

    subtype = "OPTIMIZE"
    name: Name
    condition: str


@dataclass(frozen=True)
class Vacuum(Change):
    """VACUUM t."""

    subtype = "VACUUM_TABLE"
    name: Name


@dataclass(frozen=True)
class DropColumn(Ddl):
    """ALTER TABLE DROP COLUMN."""

    subtype = "ALTER_TABLE_DROP_COLUMN"
    name: Name
    column: str


@dataclass(frozen=True)
class ChangeColumn(Ddl):
    """ALTER TABLE CHANGE COLUMN old new type [FIRST | AFTER c]; `after` None stays in place, empty is first."""

    subtype = "ALTER_TABLE_CHANGE_COLUMN"
    name: Name
    old: str
    column: ColumnDefinition
    after: str | None


@dataclass(frozen=True)
class UnsetProperties(Ddl):
    """ALTER TABLE UNSET TBLPROPERTIES."""

    subtype = "ALTER_TABLE_PROPERTIES"
    name: Name
    keys: list[str]


@dataclass(frozen=True)
class RenameTable(Ddl):
    """ALTER TABLE RENAME TO."""

    subtype = "ALTER_TABLE_RENAME"
    name: Name
    new: Name


def parse(text: str) -> Ddl | None:
    """The statement of Iceberg's that `text` spells, or None. Raises InvalidRequestException."""
    reader = Reader(text)
    for words, read in HEADS:
        if reader.accept(*words):
            return read(reader)
    return None


def _name(reader: Reader) -> Name:
    parts = reader.path("quoted")
    if len(parts) == 3 and parts[0] != "awsdatacatalog":
        raise InvalidRequestException(f"Catalog '{parts[0]}' does not exist", "DATACATALOG_NOT_FOUND")
    return Name(parts[-2] if len(parts) > 1 else "", parts[-1])


def _until(reader: Reader, *ends: tuple[str, ...]) -> str:
    """The text up to one of `ends`, or the end, outside of parentheses and CASE."""
    start, end, depth = reader.next.start, reader.next.start, 0
    while not reader.ended:
        if not depth and any(reader.at(*words) for words in ends):
            break
        token = reader.advance()
        depth += (token.text in {"(", "["} or token.upper == "CASE") - (
            token.text in {")", "]"} or token.upper == "END"
        )
        end = token.end
    if start == end:
        reader.refuse("<expression>")
    return reader.text[start:end]


def _update(reader: Reader) -> Ddl:
    name = _name(reader)
    reader.expect("SET")
    assignments = _assignments(reader, ("WHERE",))
    return Update(name, assignments, _until(reader) if reader.accept("WHERE") else "true")


def _assignments(reader: Reader, *ends: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    while True:
        column = reader.path("quoted")[-1]
        reader.expect("=")
        found[column] = _until(reader, (",",), *ends)
        if not reader.accept(","):
            return found


def _delete(reader: Reader) -> Ddl:
    name = _name(reader)
    condition = _until(reader) if reader.accept("WHERE") else "true"
    reader.end()
    return Delete(name, condition)


def _merge(reader: Reader) -> Ddl:
    name = _name(reader)
    reader.accept("AS")
    alias = name.table if reader.at("USING") else reader.name("quoted")
    reader.expect("USING")
    source = _until(reader, ("ON",))
    reader.expect("ON")
    condition = _until(reader, ("WHEN",))
    cases = []
    while reader.accept("WHEN"):
        cases.append(_when(reader))
    reader.end()
    return Merge(name, alias, source, condition, cases)


def _when(reader: Reader) -> When:
    matched = not reader.accept("NOT")
    reader.expect("MATCHED")
    condition = _until(reader, ("THEN",)) if reader.accept("AND") else "true"
    reader.expect("THEN")
    if not matched:
        reader.expect("INSERT")
        return When(False, condition, "INSERT", _inserted(reader))
    if reader.accept("DELETE"):
        return When(True, condition, "DELETE")
    reader.expect("UPDATE", "SET")
    return When(True, condition, "UPDATE", _assignments(reader, ("WHEN",)))


def _inserted(reader: Reader) -> dict[str, str]:
    """Column to value; a value's place stands for the column where none are named."""
    names: list[str] = []
    if reader.accept("("):
        names.append(reader.name("quoted"))
        while reader.accept(","):
            names.append(reader.name("quoted"))
        reader.expect(")")
    reader.expect("VALUES", "(")
    values = [_until(reader, (",",), (")",))]
    while reader.accept(","):
        values.append(_until(reader, (",",), (")",)))
    reader.expect(")")
    return dict(zip(names or map(str, range(len(values))), values, strict=len(names) == len(values)))


def _optimize(reader: Reader) -> Ddl:
    name = _name(reader)
    reader.expect("REWRITE", "DATA", "USING", "BIN_PACK")
    condition = _until(reader) if reader.accept("WHERE") else "true"
    return Optimize(name, condition)


def _vacuum(reader: Reader) -> Ddl:
    name = _name(reader)
    reader.end()
    return Vacuum(name)


HEADS: tuple[tuple[tuple[str, ...], Callable[[Reader], Ddl]], ...] = (
    (("UPDATE",), _update),
    (("DELETE", "FROM"), _delete),
    (("MERGE", "INTO"), _merge),
    (("OPTIMIZE",), _optimize),
    (("VACUUM",), _vacuum),
)
