"""Output: a query's rows as files of one format, written here in whole and then moved into S3."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from afluente.services.glue.job.runtime import connection as sql
from afluente.services.glue.job.runtime import storage
from afluente.services.glue.job.runtime.connection import Schema, identifier, text
from afluente.services.glue.job.runtime.run import current

NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"
ESCAPED = set("\"#%'*/:=?\\{[]^\x7f") | {chr(code) for code in range(32)}
"""What Hive writes as `%XX` in the name of a partition's folder."""

SPREAD = "__output_file__"
BINARY_CODECS = {
    "parquet": {"snappy", "gzip", "uncompressed", "none", "zstd", "brotli", "lz4"},
    "orc": {"snappy", "zlib", "zstd", "lz4", "uncompressed", "none"},
    "avro": {"snappy", "deflate", "bzip2", "xz", "zstandard", "uncompressed", "none"},
}
ARROW = {"orc", "avro"}
"""Formats that DuckDB does not write: made of Parquet files."""


@dataclass(frozen=True, slots=True)
class Format:
    """How rows are written."""

    kind: str
    """parquet, json, csv, avro or orc."""
    compression: str
    """A Parquet codec, or gzip or none of a text format."""
    separator: str = ","
    quote: str = '"'
    header: bool = True


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: the columns in the files, the partition columns, and (values, location) of each partition."""

    columns: Schema
    keys: Schema
    partitions: list[tuple[tuple[str, ...], str]]
    rows: int
    files: list[str]
    """The keys of the new objects."""


Namer = Callable[[int], str]
"""The name of the n-th file."""


def read_format(kind: str, options: dict[str, Any]) -> Format:
    """A Glue format and its options. Raises NotImplementedError that names what is not supported."""
    known = {
        "parquet": {"compression", "useGlueParquetWriter", "blockSize", "pageSize"},
        "glueparquet": {"compression", "blockSize", "pageSize"},
        "json": {"compression"},
        "csv": {"compression", "separator", "quoteChar", "writeHeader", "optimizePerformance"},
        "avro": {"compression", "version"},
        "orc": {"compression"},
    }
    if kind not in known:
        raise NotImplementedError(f"writing the format {kind!r} is not supported; {', '.join(known)} are")
    for name in sorted(set(options) - known[kind]):
        raise NotImplementedError(f"the option {name} of the format {kind} is not supported")
    plain = "parquet" if kind == "glueparquet" else kind
    compression = str(options.get("compression") or ("snappy" if plain in {"parquet", "orc"} else "none")).lower()
    allowed = BINARY_CODECS.get(plain, {"gzip", "none", "uncompressed"})
    if compression not in allowed:
        raise NotImplementedError(f"the compression {compression!r} of the format {kind} is not supported")
    compression = "none" if compression == "uncompressed" else compression
    quote = str(options.get("quoteChar", '"'))
    header = str(options.get("writeHeader", True)).lower() == "true"
    return Format(plain, compression, options.get("separator", ","), "" if quote == "-1" else quote, header)


def glue_namer(kind: Format, context: str) -> Namer:
    """Names as a DynamicFrame's writer gives them."""
    run = current()
    order = run.order
    named = run.names_by_context and context
    stem = f"run-{context}-{order.run_number}" if named else f"run-{order.stamp_ms + run.number()}"
    if kind.kind == "parquet":
        codec = "" if kind.compression == "none" else f"-{kind.compression}"
        return lambda number: f"{stem}-part-block-0-r-{number:05}{codec}.parquet"
    if kind.kind in ARROW:
        return lambda number: f"{stem}-part-r-{number:05}.{kind.kind}"
    return lambda number: f"{stem}-part-r-{number:05}{'.gz' if kind.compression == 'gzip' else ''}"


def write(query: str, url: str, kind: Format, keys: Sequence[str], partitions: int, namer: Namer) -> Written:
    """Write the rows of `query` below `url`, a folder per value of the columns `keys`. No rows, no files."""
    columns = sql.schema(query)
    found = [_column(name, columns) for name in keys]
    partition_columns = tuple(columns[n] for n in found)
    kept = tuple(column for n, column in enumerate(columns) if n not in found)
    _check(kept, kind)
    if not kept:
        return Written(kept, partition_columns, [], 0, [])
    names = [name for name, _ in partition_columns]
    folder = Path(current().order.work) / f"output_{current().number()}"
    rows, files = _copy(query, folder, kind, names, kept, partitions)
    if kind.kind in ARROW:
        _convert(files, kind, kept)
    place = storage.Location.parse(url)
    moved = list(_named(files, folder, place.folder, names, namer))
    storage.put(place.bucket, [(key, path) for key, _, path in moved])
    values = {each: f"s3://{place.bucket}/{key.rpartition('/')[0]}/" for key, each, _ in moved}
    return Written(kept, partition_columns, list(values.items()), rows, [key for key, _, _ in moved])


def _column(name: str, columns: Schema) -> int:
    for number, (known, _) in enumerate(columns):
        if known.lower() == name.lower():
            return number
    raise ValueError(f"the partition key {name!r} is not a column of the frame: {', '.join(n for n, _ in columns)}")


def _check(columns: Schema, kind: Format) -> None:
    for name, each in columns:
        if kind.kind != "json" and "choice" in str(each):
            raise NotImplementedError(
                f"the column {name!r} holds values of several types, which {kind.kind} cannot; use ResolveChoice first"
            )
        if kind.kind == "csv" and each.fields:
            raise NotImplementedError(f"the column {name!r} is a {each.name}, which csv cannot hold")


def _copy(
    query: str, folder: Path, kind: Format, keys: Sequence[str], columns: Schema, partitions: int
) -> tuple[int, list[str]]:
    """(rows, files) of the query written below `folder`."""
    folder.mkdir()
    selected, options = _layout(query, kind, keys, columns)
    by = [identifier(name) for name in keys]
    if partitions > 1:
        selected = f"SELECT *, CAST(floor(random() * {int(partitions)}) AS INTEGER) AS {SPREAD} FROM ({selected})"
        by.append(SPREAD)
    target = str(folder) if by else str(folder / "data")
    layout = [*options, f"PARTITION_BY ({', '.join(by)})"] if by else options
    copied = sql.execute(f"COPY ({selected}) TO {text(target)} ({', '.join([*layout, 'RETURN_FILES true'])})")
    rows, files = copied.fetchone()
    return rows, list(files) if rows else []


def _convert(files: Sequence[str], kind: Format, columns: Schema) -> None:
    """Put files of the format in the place of the Parquet files that were written."""
    from afluente.core import arrow_file  # noqa: PLC0415  # pyarrow is slow to import

    for name in files:
        made = Path(f"{name}.converted")
        if kind.kind == "orc":
            codec = {"none": "uncompressed"}.get(kind.compression, kind.compression)
            arrow_file.write_orc(Path(name), made, codec)
        else:
            codec = {"none": "null"}.get(kind.compression, kind.compression)
            arrow_file.write_avro(Path(name), made, arrow_file.avro_schema(columns), codec)
        made.replace(name)


def _layout(query: str, kind: Format, keys: Sequence[str], columns: Schema) -> tuple[str, list[str]]:
    """What to select, and the options of COPY."""
    if kind.kind == "parquet" or kind.kind in ARROW:
        codec = "uncompressed" if kind.compression == "none" or kind.kind in ARROW else kind.compression
        return f"SELECT * FROM ({query})", ["FORMAT parquet", f"CODEC {text(codec)}"]
    compressed = [f"COMPRESSION {text(kind.compression)}"]
    if kind.kind == "csv":
        options = [
            "FORMAT csv",
            f"HEADER {kind.header}",
            f"DELIMITER {text(kind.separator)}",
            f"QUOTE {text(kind.quote)}",
        ]
        return f"SELECT * FROM ({query})", options + compressed
    # one JSON text per line, without the fields that are null, as Spark writes it; JSON holds no control characters,
    # so nothing in it needs quotes
    packed = ", ".join(f"{identifier(name)} := {identifier(name)}" for name, _ in columns)
    selected = ", ".join(["json_merge_patch('{}', to_json(struct_pack(" + packed + ")))", *map(identifier, keys)])
    plain = ["FORMAT csv", "HEADER false", "QUOTE ''", "ESCAPE ''", "DELIMITER '\x01'"]
    return f"SELECT {selected} FROM ({query})", plain + compressed


def _named(
    files: Sequence[str], folder: Path, prefix: str, keys: Sequence[str], namer: Namer
) -> "list[tuple[str, tuple[str, ...], Path]]":
    """(key, partition values, file) of each file written."""
    named = []
    numbers: dict[tuple[str, ...], int] = {}
    for name in sorted(files):
        path = Path(name)
        parents = path.relative_to(folder).parts[: len(keys)]
        values = tuple(_value(part) for part in parents)
        number = numbers[values] = numbers.get(values, -1) + 1
        below = "".join(f"{_escaped(key)}={_escaped(value)}/" for key, value in zip(keys, values, strict=True))
        named.append((f"{prefix}{below}{namer(number)}", values, path))
    return named


def _value(part: str) -> str:
    value = unquote(part.partition("=")[2])
    return value or NULL_PARTITION


def _escaped(value: str) -> str:
    return "".join(f"%{ord(letter):02X}" if letter in ESCAPED else letter for letter in value)
