"""JSON by the rules of the SerDes: one document per line, and of a line that holds several only the first is a row.

Keys match columns whatever their case; a missing key is NULL, and so is a value that its column's type cannot hold.
Lines go through DuckDB's own JSON functions; only those that are no single object pass through Python.
Source of the rules: AWS's pages on the OpenX and Hive JSON SerDes, and the behaviour of Trino's OpenX reader.
"""

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from afluente.core.hive_type import HiveType
from afluente.services.athena.error import QueryFailure
from afluente.services.athena.reader.file import DataFile
from afluente.services.athena.reader.line import lines
from afluente.services.athena.reader.relation import PATH, Relation, Request, bounded, hive_type
from afluente.services.athena.sql.quote import identifier, literal

UNSUPPORTED = ("dots.in.keys", "timestamp.formats", "explicit.null", "use.null.for.invalid.data")
"""Properties that change what is read, and that Afluente does not honour when they are set."""

SAMPLED_FILES, SAMPLED_BYTES, SAMPLED_DOCUMENTS = 3, 65_536, 50

BY_TEXT = {"tinyint", "smallint", "int", "bigint", "boolean", "timestamp"}
"""Types whose values are taken as text first: DuckDB would round `1.7` where the SerDe cuts it off."""


def read(request: Request) -> Relation:
    """The relation of a JSON table."""
    _refuse_unsupported(request.serde)
    spelling = _spelling(request)
    wanted = [(column.name, hive_type(column)) for column in request.columns]
    if not wanted:
        path = f", {PATH}" if request.with_path else ""
        return Relation(f'SELECT 1 AS "$row"{path} FROM ({lines(request)})')
    spec = json.dumps({_spelled(name, spelling): _spec(kind, spelling) for name, kind in wanted})
    document = _document(request, spelling)
    path = f", {PATH}" if request.with_path else ""
    inner = f"SELECT l, {document} AS d{path} FROM ({lines(request)})"
    parsed = f"SELECT l, d, from_json(d, {literal(spec)}) AS v{path} FROM ({inner})"
    folds = _true(request.serde.get("case.insensitive", "true"))
    columns = [_column(name, kind, spelling, spec, folds=folds) for name, kind in wanted]
    return Relation(f"SELECT {', '.join(columns)}{path} FROM ({parsed})")


def _true(text: str) -> bool:
    return text.strip().lower() == "true"


def _refuse_unsupported(serde: dict[str, str]) -> None:
    for name in UNSUPPORTED:
        if serde.get(name, "false").lower() not in {"", "false"}:
            raise QueryFailure("NOT_SUPPORTED", f"Afluente does not have the SerDe property {name}")


def _document(request: Request, spelling: dict[str, str]) -> str:
    """The line's document: what is not plainly one object is looked at by the letter of the SerDe."""
    ignore = _true(request.serde.get("ignore.malformed.json", "false"))
    names = json.dumps([_spelled(column.name, spelling) for column in request.schema])
    letter = f"athena_first_document(l, {literal(names)}, {str(ignore).lower()})"
    plain = "starts_with(l, '{')"
    if request.mode == "careful":
        plain += " AND json_valid(l)"
    return f"CASE WHEN l IS NULL THEN '{{}}' WHEN {plain} THEN l ELSE {letter} END"


def _column(name: str, kind: HiveType, spelling: dict[str, str], spec: str, *, folds: bool) -> str:
    field = identifier(_spelled(name, spelling))
    value = f"v.{field}"
    pattern = _other_spellings([_spelled(one, spelling) for one in (name, *_nested(kind))]) if folds else ""
    if pattern:
        missing = "" if kind.fields else f"{value} IS NULL AND "
        folded = f"from_json(athena_fold(d, {literal(json.dumps(spelling))}), {literal(spec)}).{field}"
        value = f"CASE WHEN {missing}regexp_matches(l, {literal(pattern)}) THEN {folded} ELSE {value} END"
    return f"{_typed(value, kind)} AS {identifier(name)}"


def _typed(value: str, kind: HiveType) -> str:
    """`value`, as the spec gives it, in the column's type."""
    if kind.name == "boolean":
        return f"(lower({value}) = 'true')"
    if kind.name == "timestamp":
        return _timestamp(value)
    if kind.name in BY_TEXT:
        cut = f"CASE WHEN contains({value}, '.') THEN split_part({value}, '.', 1) ELSE {value} END"
        return f"TRY_CAST({cut} AS {kind.duckdb()})"
    if kind.fields:
        return f"CAST({value} AS {kind.duckdb()})"
    return bounded(value, kind)


def _timestamp(value: str) -> str:
    """A text with a time in it, in UTC unless it says otherwise; else seconds, or milliseconds when 13 digits long."""
    number = f"TRY_CAST({value} AS DECIMAL(24, 3))"
    seconds = f"CASE WHEN contains({value}, '.') OR length({value}) < 13 THEN {number} * 1000 ELSE {number} END"
    return (
        f"CASE WHEN contains({value}, ':') THEN CAST(TRY_CAST({value} AS TIMESTAMPTZ) AS TIMESTAMP) "
        f"WHEN {number} IS NOT NULL THEN epoch_ms(CAST(trunc({seconds}) AS BIGINT)) END"
    )


def _spec(kind: HiveType, spelling: dict[str, str], depth: int = 0) -> str:
    if kind.name == "binary":
        raise QueryFailure("NOT_SUPPORTED", "Afluente does not read binary columns of JSON tables")
    if kind.name in BY_TEXT and depth == 0:
        return "VARCHAR"
    if kind.name == "array":
        return f"{_spec(kind.fields[0][1], spelling, depth + 1)}[]"
    if kind.name == "map":
        return f"MAP({', '.join(_spec(inner, spelling, depth + 1) for _, inner in kind.fields)})"
    if kind.name == "struct":
        fields = (
            f"{identifier(_spelled(name, spelling))} {_spec(inner, spelling, depth + 1)}" for name, inner in kind.fields
        )
        return f"STRUCT({', '.join(fields)})"
    return kind.duckdb()


def _nested(kind: HiveType) -> Iterator[str]:
    for name, inner in kind.fields:
        if kind.name == "struct":
            yield name
        yield from _nested(inner)


def _spelled(name: str, spelling: dict[str, str]) -> str:
    return spelling.get(name.lower(), name)


def _spelling(request: Request) -> dict[str, str]:
    """How the documents spell each name, by its lower-case form: as mapped, else as a first look at the files shows.

    Only speed hangs on that look: documents that spell otherwise are found by `_other_spellings`.
    """
    mapped = {
        key.removeprefix("mapping.").lower(): value
        for key, value in request.serde.items()
        if key.startswith("mapping.")
    }
    if not _true(request.serde.get("case.insensitive", "true")):
        return mapped
    keys = {value.lower(): name for name, value in mapped.items()}
    counts: dict[str, Counter[str]] = {}
    for document in _sample(request.files):
        for key in document:
            counts.setdefault(keys.get(key.lower(), key.lower()), Counter())[key] += 1
    return mapped | {name: found.most_common(1)[0][0] for name, found in counts.items()}


def _sample(files: Sequence[DataFile]) -> Iterator[list[str]]:
    """The keys of each of the first documents, nested ones included."""
    for file in files[:SAMPLED_FILES]:
        if file.compression == "zstd":
            continue
        opener: Any = gzip.open if file.compression == "gzip" else open
        with opener(file.path, "rb") as data:
            text = data.read(SAMPLED_BYTES).decode(errors="replace")
        for line in text.splitlines()[:SAMPLED_DOCUMENTS]:
            try:
                yield list(_keys(json.JSONDecoder().raw_decode(line.strip())[0]))
            except (ValueError, RecursionError):
                continue


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)


def _other_spellings(names: Sequence[str]) -> str:
    """A regular expression that finds any of `names` as a key in another case; empty when no name has letters."""
    patterns = []
    for name in names:
        for place, letter in enumerate(name):
            if letter.isascii() and letter.isalpha():
                before, after = re.escape(name[:place]), re.escape(name[place + 1 :])
                patterns.append(f"(?i:{before}){letter.swapcase()}(?i:{after})")
    return f'"(?:{"|".join(patterns)})"\\s*:' if patterns else ""


def first_document(line: str, names: str, ignore_malformed: bool) -> str:
    """The first document of `line`, as an object's text. `names` (a JSON list) are what an array's places stand for."""
    text = line.strip()
    if not text.startswith(("{", "[")):
        return "{}"  # the OpenX SerDe makes a row of NULLs of it
    try:
        document, end = json.JSONDecoder().raw_decode(text)
    except ValueError as error:
        if ignore_malformed:
            return "{}"
        raise ValueError(f"HIVE_CURSOR_ERROR: Row is not a valid JSON Object - JSONException: {error}") from None
    if isinstance(document, dict):
        return text[:end]
    return json.dumps(dict(zip(json.loads(names), document, strict=False)))


def fold(document: str, spelling: str) -> str:
    """`document` with its keys spelled as `spelling` (a JSON object by lower-case name) has them."""
    return json.dumps(_folded(json.loads(document), json.loads(spelling)))


def _folded(value: Any, spelling: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {spelling.get(key.lower(), key.lower()): _folded(inner, spelling) for key, inner in value.items()}
    if isinstance(value, list):
        return [_folded(inner, spelling) for inner in value]
    return value
