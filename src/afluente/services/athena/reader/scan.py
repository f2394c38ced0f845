"""From a scan of a catalog table to a DuckDB relation over exactly the files that are to be read.

Partitions are chosen first, by Glue and then by their values alone; no file of another is listed or opened.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from afluente.core.hive_type import parse as parse_hive_type
from afluente.services.athena import catalog as glue
from afluente.services.athena.error import QueryFailure
from afluente.services.athena.port import ObjectStore
from afluente.services.athena.reader import json, parquet, text
from afluente.services.athena.reader.file import DataFile, Part, check_readable, data_files
from afluente.services.athena.reader.long_line import shortened
from afluente.services.athena.reader.projection import is_projected, partitions
from afluente.services.athena.reader.relation import PATH, Check, Mode, Relation, Request, hive_type
from afluente.services.athena.reader.unpacked import unpacked
from afluente.services.athena.sql.duck import duckdb_sql
from afluente.services.athena.sql.partition_filter import glue_expression
from afluente.services.athena.sql.quote import identifier, literal
from afluente.services.athena.sql.scope import Scan

if TYPE_CHECKING:
    from afluente.services.athena.iceberg.snapshot import Snapshot
    from afluente.services.athena.reader.arrow_stream import ArrowStream


def _read_orc(request: Request) -> Relation:
    from afluente.services.athena.reader import orc  # noqa: PLC0415  # it loads pyarrow

    return orc.read(request)


def _read_avro(request: Request) -> Relation:
    from afluente.services.athena.reader import avro  # noqa: PLC0415  # it loads pyarrow and fastavro

    return avro.read(request)


def _read_grok(request: Request) -> Relation:
    from afluente.services.athena.reader import text_line  # noqa: PLC0415  # it loads pyarrow

    return text_line.read_grok(request)


def _read_regex(request: Request) -> Relation:
    from afluente.services.athena.reader import text_line  # noqa: PLC0415  # it loads pyarrow

    return text_line.read_regex(request)


READERS: dict[str, Callable[[Request], Relation]] = {
    "org.openx.data.jsonserde.JsonSerDe": json.read,
    "org.apache.hive.hcatalog.data.JsonSerDe": json.read,
    "org.apache.hadoop.hive.serde2.JsonSerDe": json.read,
    "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe": text.read_lazy_simple,
    "org.apache.hadoop.hive.serde2.OpenCSVSerde": text.read_open_csv,
    "com.amazonaws.glue.serde.GrokSerDe": _read_grok,
    "org.apache.hadoop.hive.serde2.RegexSerDe": _read_regex,
    "org.apache.hadoop.hive.contrib.serde2.RegexSerDe": _read_regex,
    "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe": parquet.read,
    "org.apache.hadoop.hive.ql.io.orc.OrcSerde": _read_orc,
    "org.apache.hadoop.hive.serde2.avro.AvroSerDe": _read_avro,
}

TEXT = frozenset(library for library, read in READERS.items() if read not in {parquet.read, _read_orc, _read_avro})
"""The SerDes of text, which may be packed as a whole."""

ROW_ONLY = '1 AS "$row"'
"""What is selected when rows are only counted."""

NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
HIDDEN = {"$path", "$file_size", "$file_modified_time", "$partition"}


@dataclass(slots=True)
class Bound:
    """What a scan has become."""

    sql: str
    files: list[DataFile] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    streams: list["ArrowStream"] = field(default_factory=list)


def parts_of(
    scan: Scan, catalog: glue.Catalog, store: ObjectStore, connection: Any, folder: Path
) -> "list[Part] | Snapshot":
    """The partitions that may hold wanted rows, with their files. Raises QueryFailure for a table that is not read."""
    table = scan.table
    if table.is_iceberg:
        from afluente.services.athena.iceberg.snapshot import snapshot_of  # noqa: PLC0415  # heavy

        return snapshot_of(scan, store, connection, folder)
    if scan.version is not None:
        raise QueryFailure("NOT_SUPPORTED", "This connector does not support versioned tables")
    if not table.partition_keys:
        location = table.storage.get("Location")
        if not location:
            raise QueryFailure("HIVE_METASTORE_ERROR", f"Table '{table.database}.{table.name}' has no location")
        return [Part((), table.storage, tuple(data_files(store, location)))]
    if is_projected(table):
        computed = list(_projected(scan, connection))
        return [_part(one, table, store) for one in _judged(computed, scan, connection)]
    expression = glue_expression(scan.predicates, table.partition_keys)
    found = list(catalog.partitions(table, expression))
    return [_part(one, table, store) for one in _judged(found, scan, connection)]


def text_unpacked(parts: "list[Part] | Snapshot", folder: Path) -> "tuple[list[Part] | Snapshot, int]":
    """The parts, with copies in `folder` of text that is packed as DuckDB does not read it; how much more there is."""
    if not isinstance(parts, list):
        return parts, 0
    are_text = all((part.storage.get("SerdeInfo") or {}).get("SerializationLibrary") in TEXT for part in parts)
    return unpacked(parts, folder) if are_text else (parts, 0)


def _part(partition: dict[str, Any], table: glue.Table, store: ObjectStore) -> Part:
    storage = partition.get("StorageDescriptor") or {}
    location = storage.get("Location") or table.storage.get("Location", "")
    if not storage.get("SerdeInfo", {}).get("SerializationLibrary"):
        storage = {**storage, "SerdeInfo": table.storage.get("SerdeInfo", {})}
    return Part(tuple(partition["Values"]), storage, tuple(data_files(store, location)))


def _projected(scan: Scan, connection: Any) -> Iterator[dict[str, Any]]:
    """Partitions that are computed from the table's properties."""

    def narrow(key: glue.Column, values: Sequence[str]) -> Sequence[str]:
        mine = [
            one for one in scan.predicates if {column.name.lower() for column in one.find_all(exp.Column)} == {key.name}
        ]
        return _allowed(key, values, mine, connection)

    return partitions(scan.table, scan.predicates, narrow, scan.now or datetime.now(UTC))


def _allowed(key: glue.Column, values: Sequence[str], conditions: list[exp.Expr], connection: Any) -> Sequence[str]:
    """Those values of one partition column that satisfy conditions on it alone."""
    if not conditions or len(values) < 2:
        return values
    return [values[index] for index in _satisfying([key], [values], conditions, connection)]


def _judged(found: list[dict[str, Any]], scan: Scan, connection: Any) -> list[dict[str, Any]]:
    """Those partitions whose values satisfy the scan's conditions, by the query's own rules."""
    if len(found) < 2 or not scan.predicates:
        return found
    columns = list(zip(*(one["Values"] for one in found), strict=True))
    kept = _satisfying(scan.table.partition_keys, columns, scan.predicates, connection)
    return [found[index] for index in kept]


def _satisfying(
    keys: Sequence[glue.Column], columns: Sequence[Sequence[str]], conditions: Sequence[exp.Expr], connection: Any
) -> Sequence[int]:
    """The rows, by number, of columns of partition values that satisfy all conditions."""
    import duckdb  # noqa: PLC0415 - loaded by the sandbox already

    size = len(columns[0])
    shown = [
        f"CAST(nullif({identifier(key.name)}, {literal(NO_VALUE)}) AS {parse_hive_type(key.hive_type).duckdb()}) "
        f"AS {identifier(key.name)}"
        for key in keys
    ]
    given = ", ".join(f"unnest(?) AS {identifier(key.name)}" for key in keys)
    where = " AND ".join(f"({duckdb_sql(condition.copy())})" for condition in conditions)
    rows = f"SELECT _i, {', '.join(shown)} FROM (SELECT unnest(range({size})) AS _i, {given})"
    try:
        found = connection.execute(
            f"SELECT _i FROM ({rows}) WHERE {where} ORDER BY _i", [list(column) for column in columns]
        ).fetchall()
    except duckdb.Error:
        return range(size)  # what is wrong with the condition, the query itself will say
    return [index for (index,) in found]


def _value(value: str, key: glue.Column) -> str:
    kind = parse_hive_type(key.hive_type).duckdb()
    return f"CAST({'NULL' if value == NO_VALUE else literal(value)} AS {kind})"


def bind(scan: Scan, parts: "Sequence[Part] | Snapshot", mode: Mode, folder: Path) -> Bound:
    """The relation of a scan over `parts`. `folder` is for copies that careful reading needs."""
    table = scan.table
    if not isinstance(parts, Sequence):
        return Bound(parts.relation(scan, folder), parts.files)
    if mode == "careful":
        parts = [_careful(part, folder) for part in parts]
    wanted = [column for column in table.columns if column.name in scan.used]
    extra = [key for key in table.partition_keys if key.name in scan.used]
    hidden = sorted(scan.used & HIDDEN)
    bound = Bound("")
    selects = []
    for group in _groups(parts):
        relation, files = _relation(
            group, table, wanted, mode, with_path=bool(hidden) or (bool(extra) and len(group) > 1)
        )
        bound.files += files
        bound.checks += relation.checks
        bound.streams += relation.streams
        selects.append(_joined(relation.sql, group, _Shape(table, wanted, extra, hidden)))
    bound.sql = " UNION ALL ".join(selects) or _empty(wanted, extra, hidden)
    if len(selects) > 1:
        bound.sql = f"({bound.sql})"
    return bound


def _careful(part: Part, folder: Path) -> Part:
    """The part with files that can be read line by line."""
    serde = part.storage.get("SerdeInfo") or {}
    if READERS.get(serde.get("SerializationLibrary", "")) is not json.read:
        return part
    return Part(part.values, part.storage, tuple(shortened(file, folder) for file in part.files))


def _groups(parts: Sequence[Part]) -> list[list[Part]]:
    """Parts that one reader can read at once: the same SerDe, properties and compression."""
    groups: dict[Any, list[Part]] = {}
    for part in parts:
        serde = part.storage.get("SerdeInfo") or {}
        base = (serde.get("SerializationLibrary", ""), tuple(sorted((serde.get("Parameters") or {}).items())))
        check_readable(part.files)
        for compression in sorted({file.compression for file in part.files}):
            files = tuple(file for file in part.files if file.compression == compression)
            groups.setdefault((base, compression), []).append(Part(part.values, part.storage, files))
    return list(groups.values())


def _relation(
    group: list[Part], table: glue.Table, wanted: list[glue.Column], mode: Mode, *, with_path: bool
) -> tuple[Relation, list[DataFile]]:
    serde = group[0].storage.get("SerdeInfo") or {}
    library = serde.get("SerializationLibrary") or ""
    if library not in READERS:
        raise QueryFailure("HIVE_UNSUPPORTED_FORMAT", _unreadable(library, table))
    files = [file for part in group for file in part.files]
    properties = {**table.parameters, **(serde.get("Parameters") or {})}
    request = Request(files, wanted, table.columns, properties, mode, with_path)
    return READERS[library](request), files


def _unreadable(library: str, table: glue.Table) -> str:
    name = f"{table.database}.{table.name}"
    if library:
        return f"Afluente does not read tables of this SerDe: {library} ({name})"
    form = table.parameters.get("classification", "unknown")
    return f"Unable to create input format: {name} has no SerDe, as Athena has none for {form}; a Glue job may read it"


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a scan gives: columns of the files, partition columns, hidden columns."""

    table: glue.Table
    wanted: list[glue.Column]
    extra: list[glue.Column]
    hidden: list[str]


def _joined(sql: str, group: list[Part], shape: _Shape) -> str:
    """The relation with its partition columns and hidden columns."""
    table, wanted, extra, hidden = shape.table, shape.wanted, shape.extra, shape.hidden
    if not extra and not hidden:
        return f"({sql})"
    columns = [f"r.{identifier(column.name)}" for column in wanted]
    places = {key.name: index for index, key in enumerate(table.partition_keys)}
    if len(group) == 1 and not hidden:
        columns += [f"{_value(group[0].values[places[key.name]], key)} AS {identifier(key.name)}" for key in extra]
        return f"(SELECT {', '.join(columns) or ROW_ONLY} FROM ({sql}) r)"
    columns += [f"p.{identifier(name)}" for name in [*(key.name for key in extra), *hidden]]
    rows = []
    for part in group:
        values = [_value(part.values[places[key.name]], key) for key in extra]
        rows += [
            f"({', '.join([literal(file.path), *values, *_hidden(file, part, table, hidden)])})" for file in part.files
        ]
    names = ", ".join(["_file", *(identifier(key.name) for key in extra), *(identifier(name) for name in hidden)])
    return (
        f"(SELECT {', '.join(columns)} FROM ({sql}) r JOIN (VALUES {', '.join(rows)}) p({names}) ON r.{PATH} = p._file)"
    )


def _hidden(file: DataFile, part: Part, table: glue.Table, hidden: list[str]) -> list[str]:
    partition = "/".join(f"{key.name}={value}" for key, value in zip(table.partition_keys, part.values, strict=True))
    values = {
        "$path": literal(file.uri),
        "$file_size": f"CAST({file.size} AS BIGINT)",
        "$file_modified_time": f"CAST(to_timestamp({file.modified_ms} / 1000e0) AS TIMESTAMPTZ)",
        "$partition": literal(partition),
    }
    return [values[name] for name in hidden]


def _empty(wanted: list[glue.Column], extra: list[glue.Column], hidden: list[str]) -> str:
    """No row, with the right types."""
    columns = [
        f"CAST(NULL AS {hive_type(column).duckdb()}) AS {identifier(column.name)}" for column in (*wanted, *extra)
    ]
    columns += [f"CAST(NULL AS VARCHAR) AS {identifier(name)}" for name in hidden]
    return f"(SELECT {', '.join(columns) or ROW_ONLY} WHERE false)"
