"""Input: files of one format as the SQL that reads them.

JSON is read as a stream of objects, however they are laid out: by line, back to back, pretty-printed, as an array.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from afluente.core.hive_type import HiveType
from afluente.services.glue.job.runtime import partition_path
from afluente.services.glue.job.runtime.cast import plain_cast
from afluente.services.glue.job.runtime.connection import (
    NOTHING,
    Schema,
    execute,
    hive_type,
    identifier,
    relation,
    text,
    view,
)
from afluente.services.glue.job.runtime.joined_json import joined
from afluente.services.glue.job.runtime.run import current
from afluente.services.glue.job.runtime.storage import Item

SNIFF_WHOLE_BYTES = 64 * 1024 * 1024
"""Up to this size all of the input is looked at to find its fields and types. Of more, a sample is, where the catalog
names the fields; a value beyond the sample that is of another type is an error."""

SAMPLE_ROWS = 2048
SAMPLE_FILES = 8
"""Files that are looked at at once: DuckDB keeps room for two of the largest objects for each of them."""

OBJECT_BYTES = 64 * 1024 * 1024
"""The largest single JSON object."""

MOST_FILES = 1_000_000

INTEGERS = ("tinyint", "smallint", "int", "bigint")
FRACTIONS = {"float", "double", "decimal"}
TEXTS = {"string", "varchar", "char"}

OPTIONS = {
    "json": {"jsonPath", "multiline", "multiLine", "optimizePerformance", "compressionType"},
    "csv": {
        "separator", "quoteChar", "withHeader", "skipFirst", "multiline", "multiLine", "optimizePerformance",
        "compressionType", "inferSchema", "skip",
    },
    "parquet": {"compressionType"},
    "glueparquet": {"compressionType"},
}  # fmt: skip
"""The format options that are known: those on lines and speed make no difference, as texts are read whole."""

NO_COLUMN = {NOTHING: "VARCHAR"}
"""For a reader that has to read one."""

EMPTY = f"SELECT NULL AS {NOTHING} WHERE false"


@dataclass(frozen=True, slots=True)
class Part:
    """Files that share their partition values."""

    items: Sequence[Item]
    values: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Input:
    """What to read: files by partition, their format, and what the catalog says of them."""

    parts: Sequence[Part]
    format: str
    options: Mapping[str, Any]
    columns: Schema = ()
    """The catalog's columns; none where there is no catalog."""
    keys: Schema = ()
    """The partition columns."""

    def files(self) -> list[tuple[str, tuple[str | None, ...]]]:
        """(path, partition values) of each file."""
        return [(item.path, part.values) for part in self.parts for item in part.items]


def read(source: Input) -> str:
    """The SQL of everything in `source`; partition columns come last."""
    from afluente.services.glue.job.runtime.format.conversion import readable  # noqa: PLC0415  # a cycle

    check_format(source.format)
    current().read_bytes += sum(item.size for part in source.parts for item in part.items)
    source = readable(source)
    items = [item for part in source.parts for item in part.items]
    if not items:
        return EMPTY
    reader = {"json": _json, "csv": _csv, "parquet": _parquet, "glueparquet": _parquet}[source.format]
    unknown = sorted(set(source.options) - OPTIONS[source.format])
    if unknown:
        raise NotImplementedError(f"the options {', '.join(unknown)} of the format {source.format} are not supported")
    scan, columns = reader(items, source)
    name = view(f"SELECT * FROM {scan}")
    return _with_partitions(name, columns, source)


def check_format(name: str) -> None:
    """Raises NotImplementedError for a format that cannot be read, whether or not there are files."""
    from afluente.services.glue.job.runtime.format.conversion import CONVERTED  # noqa: PLC0415  # a cycle

    if name not in OPTIONS and name not in CONVERTED:
        known = ", ".join([*OPTIONS, *CONVERTED])
        raise NotImplementedError(f"reading the format {name!r} is not supported; {known} are")


def _with_partitions(name: str, columns: Mapping[str, str], source: Input) -> str:
    """`columns` maps names to SQL; partition columns, which shadow them, come from each file's partition."""
    shadowed = {key.lower() for key, _ in source.keys}
    selected = [f"{sql} AS {identifier(column)}" for column, sql in columns.items() if column.lower() not in shadowed]
    if not source.keys:
        return f"SELECT {', '.join(selected)} FROM {name}"
    if _is_told_by_paths(source):
        selected += [f"{plain_cast(identifier(key), kind)} AS {identifier(key)}" for key, kind in source.keys]
        return f"SELECT {', '.join(selected)} FROM {name}"
    files = source.files()
    table = f"partition_{current().number()}"
    lists = [[path for path, _ in files], *([values[n] for _, values in files] for n in range(len(source.keys)))]
    names = ["file", *(f"p{n}" for n in range(len(source.keys)))]
    unnested = ", ".join(f"unnest(${n + 1}::VARCHAR[]) AS {column}" for n, column in enumerate(names))
    execute(f"CREATE TEMP TABLE {table} AS SELECT {unnested}", lists)
    selected += [f"{plain_cast(f'p.p{n}', kind)} AS {identifier(key)}" for n, (key, kind) in enumerate(source.keys)]
    return f'SELECT {", ".join(selected)} FROM {name} AS f JOIN {table} AS p ON f."__file" = p.file'


def _is_told_by_paths(source: Input) -> bool:
    """Whether DuckDB may take the partition values from the paths. Only for JSON, where the join tells in the time."""
    keys = [key for key, _ in source.keys]
    return source.format == "json" and partition_path.tell(keys, source.files())


def _files(items: Sequence[Item], source: Input) -> str:
    """The list of files as SQL, and `__file` as a column when partitions need it; a folder `key=value` says nothing."""
    return f"{_listed(items)}, hive_partitioning = false" + (", filename = '__file'" if source.keys else "")


def _listed(items: Sequence[Item]) -> str:
    return "[" + ", ".join(text(item.path) for item in items) + "]"


# ---- JSON -----------------------------------------------------------------------------------------------------------


def _json(items: Sequence[Item], source: Input) -> tuple[str, dict[str, str]]:
    listed = _json_files(items, source)
    large = _is_large(items, source)
    found = _sniff_json(_sample(items), source, SAMPLE_ROWS) if large else _sniff_json(items, source)
    columns = _settled(found, source.columns)
    read = columns
    if source.keys and _is_told_by_paths(source):
        keys = [key for key, _ in source.keys]
        listed = _by_paths(items, keys) + _compression(items, source)
        read = {name: kind for name, kind in columns.items() if name.lower() not in keys} or NO_COLUMN
    typed = ", ".join(f"{text(name)}: {text(kind)}" for name, kind in read.items())
    scan = (
        f"read_json({listed}, format = 'auto', maximum_object_size = {OBJECT_BYTES}, "
        f"maximum_sample_files = {SAMPLE_FILES}, columns = {{{typed}}})"
    )
    return scan, {name: identifier(name) for name in columns}


def _by_paths(items: Sequence[Item], keys: Sequence[str]) -> str:
    """The list of files as SQL, and their partition values as columns."""
    kinds = ", ".join(f"{text(key)}: VARCHAR" for key in keys)
    return f"{_listed(items)}, hive_partitioning = true, hive_types = {{{kinds}}}"


def _json_files(items: Sequence[Item], source: Input) -> str:
    return _files(items, source) + _compression(items, source)


def _compression(items: Sequence[Item], source: Input) -> str:
    """By the keys' endings, as Hadoop goes, unless the script names one; bzip2 and zstd are unpacked by now."""
    named = source.options.get("compressionType", "")
    if named not in {"", "gzip", "none"} or any(item.key.endswith(".lzo") for item in items):
        raise NotImplementedError(
            f"compression other than gzip, bzip2 and zstd is not supported ({named or items[0].key})"
        )
    return ", compression = 'gzip'" if named == "gzip" else ""


def _is_large(items: Sequence[Item], source: Input) -> bool:
    return bool(source.columns) and sum(item.size for item in items) > SNIFF_WHOLE_BYTES


def _sample(items: Sequence[Item]) -> Sequence[Item]:
    """Files from all over the input."""
    return items[:: -(-len(items) // SAMPLE_FILES)]


def _sniff_json(items: Sequence[Item], source: Input, rows: int = -1) -> dict[str, Any]:
    """Names and DuckDB types of the fields in the first `rows` rows of each file (-1: in all), in order of appearance.

    Times and dates in texts stay texts.
    """
    if len(items) <= SAMPLE_FILES:
        return _sniffed(_json_files(items, source), rows)
    with joined(items, is_gzip=source.options.get("compressionType") == "gzip") as path:
        return _sniffed(text(str(path)) if path else _json_files(items, source), rows)


def _sniffed(listed: str, rows: int) -> dict[str, Any]:
    sql = (
        f"SELECT * FROM read_json({listed}, format = 'auto', maximum_object_size = {OBJECT_BYTES}, "
        f"sample_size = {rows}, maximum_sample_files = {MOST_FILES}, map_inference_threshold = -1, "
        "field_appearance_threshold = 0, maximum_depth = -1, union_by_name = true)"
    )
    kinds = relation(sql)
    found = dict(zip(kinds.columns, kinds.types, strict=True))
    found.pop("__file", None)
    _refuse_twins(found)
    mixed = [name for name, kind in found.items() if str(kind) == "JSON"]
    if mixed:
        seen = ", ".join(f"count(*) FILTER (json_type({identifier(name)}) <> 'NULL')" for name in mixed)
        counts = execute(f"SELECT {seen} FROM ({sql})").fetchone()
        text_type = relation("SELECT ''").types[0]
        found |= {name: text_type for name, count in zip(mixed, counts, strict=True) if not count}
    return found


def _refuse_twins(found: Mapping[str, Any]) -> None:
    """DuckDB renames a field whose name differs from another's only by case: `A` beside `a` comes as `A_1`."""
    lower = {name.lower() for name in found}
    for name in found:
        base, _, number = name.rpartition("_")
        if number.isdigit() and base.lower() in lower and base not in found and base.lower() != name.lower():
            raise NotImplementedError(f"JSON fields whose names differ only by case ({base!r}) are not supported")


def _settled(found: Mapping[str, Any], columns: Schema) -> dict[str, str]:
    """The DuckDB type to read each field as: those of the data, then what only the catalog knows."""
    declared = {name.lower(): kind for name, kind in columns}
    settled = {name: _settle(kind, declared.get(name.lower())) for name, kind in found.items()}
    seen = {name.lower() for name in found}
    return settled | {name: kind.duckdb() for name, kind in columns if name.lower() not in seen}


def _settle(kind: Any, declared: HiveType | None) -> str:
    """The type to read a field as. Like Glue's own reader this one goes by the data, and lets the catalog choose only
    among the types that hold it: a text stays a text whatever the catalog says.
    """
    seen = hive_type(kind)
    if declared is None:
        return _without_times(kind)
    if declared.name in TEXTS:
        return "VARCHAR"
    is_number = seen.name in {"bigint", "double"}
    if is_number and (declared.name in FRACTIONS or (declared.name in INTEGERS and seen.name == "bigint")):
        return declared.duckdb()
    return _without_times(kind)


def _without_times(kind: Any) -> str:
    """The type as SQL, with VARCHAR for what DuckDB took for a time."""
    if kind.id == "list":
        return f"{_without_times(kind.children[0][1])}[]"
    if kind.id == "struct":
        return "STRUCT(" + ", ".join(f"{identifier(n)} {_without_times(child)}" for n, child in kind.children) + ")"
    timely = {"date", "time", "uuid", "interval"}
    return "VARCHAR" if kind.id in timely or kind.id.startswith("timestamp") else str(kind)


# ---- CSV ------------------------------------------------------------------------------------------------------------


def _csv(items: Sequence[Item], source: Input) -> tuple[str, dict[str, str]]:
    options = source.options
    quote = options.get("quoteChar", '"')
    quote = "" if str(quote) == "-1" else str(quote)
    header = _is_true(options.get("withHeader"))
    inferred = _is_true(options.get("inferSchema"))
    skip = int(options.get("skip", 0)) or int(_is_true(options.get("skipFirst")) and not header)
    parsing = (
        f"delim = {text(options.get('separator', ','))}, quote = {text(quote)}, escape = {text(quote)}, "
        f"header = {str(header).lower()}, skip = {skip}, all_varchar = {str(not inferred).lower()}, "
        f"nullstr = '\\N', null_padding = true, auto_detect = true, strict_mode = false"
    )
    listed = _files(items, source) + _compression(items, source)
    if not source.columns:
        scan = f"read_csv({listed}, {parsing}, union_by_name = true)"
        names = [name for name in relation(f"SELECT * FROM {scan}").columns if name != "__file"]
        shown = names if header else [f"col{n}" for n in range(len(names))]
        return scan, {name: identifier(column) for name, column in zip(shown, names, strict=True)}
    typed = ", ".join(f"{text(name)}: 'VARCHAR'" for name, _ in source.columns)
    scan = f"read_csv({listed}, {parsing.replace('auto_detect = true', 'auto_detect = false')}, columns = {{{typed}}})"
    return scan, {name: plain_cast(identifier(name), kind) for name, kind in source.columns}


def _is_true(value: Any) -> bool:
    return str(value).lower() == "true"


# ---- Parquet --------------------------------------------------------------------------------------------------------


def _parquet(items: Sequence[Item], source: Input) -> tuple[str, dict[str, str]]:
    scan = f"read_parquet({_files(items, source)}, union_by_name = true)"
    found = _parquet_columns(scan)
    found.pop("__file", None)
    return scan, found


def parquet_query(paths: Sequence[str]) -> str:
    """The SQL of the rows in Parquet files."""
    scan = f"read_parquet([{', '.join(map(text, paths))}], hive_partitioning = false)"
    columns = ", ".join(f"{sql} AS {identifier(name)}" for name, sql in _parquet_columns(scan).items())
    return f"SELECT {columns} FROM {view(f'SELECT * FROM {scan}')}"


def _parquet_columns(scan: str) -> dict[str, str]:
    kinds = relation(f"SELECT * FROM {scan}")
    return {name: _without_zone(name, kind) for name, kind in zip(kinds.columns, kinds.types, strict=True)}


def _without_zone(name: str, kind: Any) -> str:
    """Times are UTC, and without a zone, everywhere in a run."""
    return f"CAST({identifier(name)} AS TIMESTAMP)" if "TIME ZONE" in str(kind) else identifier(name)
