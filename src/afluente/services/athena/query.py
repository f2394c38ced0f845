"""One query on the engine: translated, bound to its files, and run where it can reach nothing else."""

import contextlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from sqlglot import exp

from afluente.services.athena.catalog import Catalog
from afluente.services.athena.error import QueryFailure
from afluente.services.athena.port import ObjectStore
from afluente.services.athena.reader.relation import Mode
from afluente.services.athena.reader.scan import bind, parts_of, text_unpacked
from afluente.services.athena.sandbox import Session
from afluente.services.athena.sql.binder import UNNAMED, Binder
from afluente.services.athena.sql.duck import duckdb_sql
from afluente.services.athena.sql.failure import failure, needs_care
from afluente.services.athena.sql.function.geometry import GEOMETRY, SPHERICAL
from afluente.services.athena.sql.function.sketch import SKETCHES, refuse_to_show
from afluente.services.athena.sql.prune import prune
from afluente.services.athena.sql.quote import identifier
from afluente.services.athena.sql.scope import Columns, Scan
from afluente.services.athena.sql.trino_type import UNBOUNDED, TrinoType, of_duckdb

if TYPE_CHECKING:
    from afluente.services.athena.reader.arrow_stream import ArrowStream

T = TypeVar("T")

SAID_BY_THE_QUERY = frozenset(
    {"interval year to month", "ipaddress", "array", "map", "row", GEOMETRY, SPHERICAL, *SKETCHES}
)
"""Types that DuckDB has no counterpart of, or that may hold one."""

MODES: tuple[Mode, ...] = ("fast", "careful")


@dataclass(frozen=True, slots=True)
class Translated:
    """A query in DuckDB's words, scans still standing as placeholders."""

    sql: str
    scans: list[Scan]
    text: str
    declared: list[TrinoType | None]
    """The types of the result's columns as far as the query tells, by place."""
    is_deterministic: bool


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a result: its name, Athena's type of it, DuckDB's own."""

    name: str
    type: TrinoType
    native: Any


@dataclass(slots=True)
class Ready:
    """A query that can be run: its SQL and its columns."""

    sql: str
    columns: list[Column]
    connection: Any
    bytes_of: Callable[[], int]
    input_files: int = field(default=0)

    def select(self, shape: Callable[[str, Column], str], *more: str) -> str:
        """The query with each column put through `shape`; the columns keep their order, under their names.

        more: further columns, in which the query's are called c0, c1 and so on.
        """
        names = [f"c{index}" for index in range(len(self.columns))]
        shown = [
            f"{shape(name, column)} AS {identifier(column.name)}"
            for name, column in zip(names, self.columns, strict=True)
        ]
        return f"SELECT {', '.join([*shown, *more])} FROM ({self.sql}) AS q({', '.join(names)})"


def translate(tree: exp.Query, catalog: Catalog, database: str | None, text: str, now: datetime) -> Translated:
    """Bind `tree` and put it into DuckDB's words. Raises QueryFailure for what Trino refuses."""
    binder = Binder(catalog, database, text, now, "scan_" + secrets.token_hex(6))
    holder = exp.Subquery(this=tree)  # gives the tree a parent, so that even its root can be replaced
    columns = binder.bind(tree)
    prune(tree, binder.scopes)
    return Translated(duckdb_sql(holder.this), binder.scans, text, _declared(tree, columns), binder.is_deterministic)


def _declared(tree: exp.Query, columns: Columns | None) -> list[TrinoType | None]:
    """Types that say more than DuckDB's: texts with a length. Only where the query says so itself."""
    while isinstance(tree, (exp.SetOperation, exp.Subquery)):
        tree = tree.this
    if not isinstance(tree, exp.Select) or columns is None:
        return []
    if any(item.is_star for item in tree.expressions):
        return list(columns.values())
    kinds: list[TrinoType | None] = []
    for item in tree.expressions:
        value = item.unalias()
        kind: TrinoType | None = value.meta.get("trino")
        plain = isinstance(value, (exp.Literal, exp.Cast, exp.Column))
        kinds.append(kind if plain or (kind is not None and (kind.is_time or kind.name in SAID_BY_THE_QUERY)) else None)
    return kinds


def run(
    query: Translated,
    catalog: Catalog,
    store: ObjectStore,
    session: Session,
    action: Callable[[Ready], T],
) -> T:
    """Call `action` with the query ready to run; once more, reading with care, when files prove not to be plain.

    Raises QueryFailure. `action` may write into the session's folder, and must be able to begin anew.
    """
    parts = [parts_of(scan, catalog, store, session.connection, session.folder) for scan in query.scans]
    unpacking = [text_unpacked(found, session.folder) for found in parts]
    parts, excess = [found for found, _ in unpacking], sum(more for _, more in unpacking)
    for mode in MODES:
        bound = [bind(scan, found, mode, session.folder) for scan, found in zip(query.scans, parts, strict=True)]
        sql = query.sql
        for scan, one in zip(query.scans, bound, strict=True):
            sql = sql.replace(identifier(scan.placeholder), one.sql)
        streams = [stream for one in bound for stream in one.streams]
        try:
            with _registered(session.connection, streams):
                for check in (check for one in bound for check in one.checks):
                    check(session.connection)
                columns = _columns(session.connection, sql, query.declared)
                return action(Ready(sql, columns, session.connection, _counted(session, streams, excess)))
        except session.error as error:
            told = next((stream.failure for stream in streams if stream.failure), None)
            if told is None and mode == "fast" and needs_care(error):
                continue
            raise (told or failure(error, query.text)) from error
    raise AssertionError  # the last mode returns or raises


@contextlib.contextmanager
def _registered(connection: Any, streams: "Sequence[ArrowStream]") -> Iterator[None]:
    for stream in streams:
        connection.register(stream.name, stream)
    try:
        yield
    finally:
        for stream in streams:
            connection.unregister(stream.name)


def _counted(session: Session, streams: "Sequence[ArrowStream]", excess: int) -> Callable[[], int]:
    """What was read of the objects: `excess` is how much more there is in the copies of packed ones."""
    return lambda: max(0, session.bytes_read() + sum(stream.bytes_read for stream in streams) - excess)


def _columns(connection: Any, sql: str, declared: Sequence[TrinoType | None]) -> list[Column]:
    relation = connection.sql(sql)
    kinds = declared if len(declared) == len(relation.columns) else [None] * len(relation.columns)
    return [
        Column(_name(name, place), _type(native, kind), native)
        for place, (name, native, kind) in enumerate(zip(relation.columns, relation.types, kinds, strict=True))
    ]


def _name(name: str, place: int) -> str:
    return f"_col{place}" if name.startswith(UNNAMED) else name


def _type(native: Any, declared: TrinoType | None) -> TrinoType:
    found = of_duckdb(native)
    if declared is not None:
        refuse_to_show(declared)
    if declared is not None and declared.is_time and found.is_time:
        return declared if declared.name == found.name else replace(found, precision=declared.precision)
    if declared is not None and declared.fields and declared.name == found.name:
        return _said(found, declared)
    if (
        declared is not None
        and declared.name in SAID_BY_THE_QUERY
        and (NATIVE_OF.get(found.name) == declared.name or (found.name == "varchar" and declared.name in TEXTUAL))
    ):
        return declared
    if found.name == "varchar" and declared is not None and declared.name in {"varchar", "char"}:
        return declared if declared.precision != UNBOUNDED or declared.name == "char" else found
    return found


def _said(found: TrinoType, declared: TrinoType) -> TrinoType:
    """A container's type, with what the query says of the times within."""
    if found.is_time and declared.is_time:
        return replace(found, precision=declared.precision)
    if len(found.fields) != len(declared.fields):
        return found
    parts = zip(found.fields, declared.fields, strict=True)
    return replace(found, fields=tuple((name, _said(kind, said)) for (name, kind), (_, said) in parts))


TEXTUAL = frozenset({"ipaddress", GEOMETRY, SPHERICAL})
"""Types that are texts for DuckDB."""

NATIVE_OF = {
    "interval day to second": "interval year to month",
}
"""What a column is for DuckDB when the query says that it is the other."""


def check_columns(columns: Sequence[Column]) -> None:
    """Refuse a table whose columns have no name or the same. Raises QueryFailure."""
    seen: set[str] = set()
    for place, column in enumerate(columns, 1):
        if column.name.startswith("_col"):
            raise QueryFailure("MISSING_COLUMN_NAME", f"Column name not specified at position {place}")
        if column.name.lower() in seen:
            raise QueryFailure("DUPLICATE_COLUMN_NAME", f"Column name '{column.name.lower()}' specified more than once")
        seen.add(column.name.lower())
