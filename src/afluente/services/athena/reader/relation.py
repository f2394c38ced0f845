"""What a reader hands back, and what it is asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from afluente.core.hive_type import HiveType
from afluente.core.hive_type import parse as parse_hive_type
from afluente.services.athena.catalog import Column
from afluente.services.athena.error import QueryFailure
from afluente.services.athena.reader.file import DataFile
from afluente.services.athena.sql.quote import literal

if TYPE_CHECKING:
    from afluente.services.athena.reader.arrow_stream import ArrowStream

Mode = Literal["fast", "careful"]
"""Fast reading takes well-formed files; what it cannot read is read again with care, by the letter of the SerDe."""

Check = Callable[[Any], None]
"""Looks at the files through the query's own connection before it runs. Raises QueryFailure."""

PATH = '"$file"'
"""The column, of a relation that was asked for it, that holds the path of each row's file."""


@dataclass(frozen=True, slots=True)
class Request:
    """Files of one SerDe to be read: `columns` are those wanted, `schema` all that the table declares."""

    files: Sequence[DataFile]
    columns: Sequence[Column]
    schema: Sequence[Column]
    serde: dict[str, str]
    mode: Mode
    with_path: bool

    @property
    def paths(self) -> str:
        """The files as an SQL list."""
        return "[" + ", ".join(literal(file.path) for file in self.files) + "]"


@dataclass(frozen=True, slots=True)
class Relation:
    """A SELECT that gives the wanted columns under their names."""

    sql: str
    checks: tuple[Check, ...] = field(default=())
    streams: tuple["ArrowStream", ...] = field(default=())
    """What the SELECT reads from by name, to be registered for the time of the query."""


def hive_type(column: Column) -> HiveType:
    """The column's type. Raises QueryFailure for a text that is none."""
    try:
        return parse_hive_type(column.hive_type)
    except ValueError as error:
        raise QueryFailure("HIVE_METASTORE_ERROR", f"Column {column.name}: {error}") from None


def bounded(value: str, kind: HiveType) -> str:
    """A text cut to a varchar's length, or filled to a char's."""
    if kind.name == "varchar" and kind.arguments:
        return f"left({value}, {kind.arguments[0]})"
    if kind.name == "char" and kind.arguments:
        return f"rpad(left({value}, {kind.arguments[0]}), {kind.arguments[0]}, ' ')"
    return value
