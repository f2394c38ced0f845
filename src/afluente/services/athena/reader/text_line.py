"""Text whose lines a regular expression takes apart, each into texts by place: GrokSerDe and RegexSerDe.

A line that does not match is a row of NULLs.
Source of the rules: Trino's readers of the two SerDes.
"""

import gzip
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any, cast

import pyarrow as pa

from afluente.core.bounded_regex import DOT_ALL, IGNORE_CASE, BoundedRegex, InvalidRegexError, SlowRegexError
from afluente.core.grok.expression import Grok, GrokError
from afluente.core.hive_type import HiveType
from afluente.services.athena.error import QueryFailure
from afluente.services.athena.reader.arrow_stream import ArrowStream, CountedFile
from afluente.services.athena.reader.file import DataFile
from afluente.services.athena.reader.relation import PATH, Relation, Request, bounded, hive_type
from afluente.services.athena.reader.text import skipped
from afluente.services.athena.sql.quote import identifier

ROWS = 10_000
Row = Sequence[str | None]
TakeApart = Callable[[str], Row | None]
"""The values of a line, in the order of the columns; None when it does not match."""


def read_grok(request: Request) -> Relation:
    """The relation of a GrokSerDe table."""
    serde = request.serde
    text = serde.get("input.format")
    if text is None:
        raise QueryFailure("HIVE_METASTORE_ERROR", "Schema does not have required 'input.format' property")
    try:
        grok = Grok(text, serde.get("input.grokCustomPatterns", ""))
    except GrokError as error:
        raise QueryFailure("HIVE_CURSOR_ERROR", f"Grok compilation failure: {error}") from None

    def take_apart(line: str) -> Row | None:
        found = grok.captures(line)
        return None if found is None else list(found.values())  # by place: what is missing shifts the others

    strict = serde.get("grok.nullOnParseError", "false").strip().lower() != "true"
    return _relation(request, take_apart, strict=strict)


def read_regex(request: Request) -> Relation:
    """The relation of a RegexSerDe table."""
    text = request.serde.get("input.regex")
    if not text:
        raise QueryFailure("HIVE_METASTORE_ERROR", 'This table does not have serde property "input.regex"!')
    folds = request.serde.get("input.regex.case.insensitive", "false").strip().lower() == "true"
    try:
        expression = BoundedRegex(text, DOT_ALL | (IGNORE_CASE if folds else 0))
    except InvalidRegexError as error:
        raise QueryFailure("HIVE_CURSOR_ERROR", f"input.regex is no regular expression: {error}") from None

    def take_apart(line: str) -> Row | None:
        match = expression.fullmatch(line)
        return None if match is None else match.groups()

    return _relation(request, take_apart, strict=False)


def _relation(request: Request, take_apart: TakeApart, *, strict: bool) -> Relation:
    skip = skipped(request.serde)
    places = {column.name: place for place, column in enumerate(request.schema)}
    wanted = [places[column.name] for column in request.columns]

    def arrays(data: CountedFile, file: DataFile) -> Iterator[tuple[int, Sequence[Any]]]:
        rows: list[Row | None] = []
        for number, line in enumerate(_lines(data, file)):
            if number < skip:
                continue
            rows.append(_row(take_apart, line, file))
            if len(rows) == ROWS:
                yield _batch(rows, wanted)
                rows = []
        yield _batch(rows, wanted)

    stream = ArrowStream(request.files, [(column.name, pa.string()) for column in request.columns], arrays)
    columns = [
        f"{_typed(identifier(column.name), hive_type(column), strict=strict)} AS {identifier(column.name)}"
        for column in request.columns
    ] or ['1 AS "$row"']
    if request.with_path:
        columns.append(f"CAST({PATH} AS VARCHAR) AS {PATH}")
    return Relation(f"SELECT {', '.join(columns)} FROM {identifier(stream.name)}", streams=(stream,))


def _row(take_apart: TakeApart, line: str, file: DataFile) -> Row | None:
    try:
        return take_apart(line)
    except SlowRegexError as error:
        raise QueryFailure("HIVE_CURSOR_ERROR", f"Failed to read file at {file.uri}: {error}") from None


def _batch(rows: Sequence[Row | None], wanted: Sequence[int]) -> tuple[int, Sequence[Any]]:
    columns = [
        pa.array([row[place] if row is not None and place < len(row) else None for row in rows], pa.string())
        for place in wanted
    ]
    return len(rows), columns


def _lines(data: CountedFile, file: DataFile) -> Iterator[str]:
    source: Any = cast(IO[bytes], data)
    if file.compression == "gzip":
        source = gzip.GzipFile(fileobj=source)
    elif file.compression == "zstd":
        source = pa.CompressedInputStream(pa.PythonFile(source, mode="r"), "zstd")
    try:
        rest = b""
        while block := source.read(1 << 20):
            *lines, rest = (rest + block).split(b"\n")
            yield from (_text(line) for line in lines)
        if rest:
            yield _text(rest)
    except (OSError, EOFError) as error:
        raise QueryFailure("HIVE_CURSOR_ERROR", f"Failed to read file at {file.uri}: {error}") from None


def _text(line: bytes) -> str:
    return line.removesuffix(b"\r").decode(errors="replace")


def _typed(value: str, kind: HiveType, *, strict: bool) -> str:
    """`value`, a text, in the column's type; `strict`: what is none fails the query, else it is NULL."""
    if kind.name in {"string", "varchar", "char"}:
        return bounded(value, kind)
    if kind.fields or kind.name == "binary":
        raise QueryFailure("NOT_SUPPORTED", f"Unsupported column type: {kind}")
    if kind.name == "boolean":
        return f"(lower({value}) = 'true')"
    typed = f"TRY_CAST({value} AS {kind.duckdb()})"
    if kind.name in {"tinyint", "smallint", "int", "bigint"}:
        typed = f"CASE WHEN regexp_full_match({value}, '[+-]?[0-9]+') THEN {typed} END"
    if not strict:
        return typed
    message = (
        f"'INVALID_FUNCTION_ARGUMENT: Error Parsing a column in the table: For input string: \"' || {value} || '\"'"
    )
    return f"CASE WHEN {value} IS NOT NULL AND {typed} IS NULL THEN error({message}) ELSE {typed} END"
