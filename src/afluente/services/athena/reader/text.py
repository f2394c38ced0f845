"""Delimited text: by Hive's LazySimpleSerDe, which makes NULL of what a type cannot hold, and by OpenCSVSerde.

Columns are matched by place; fields beyond the declared ones are passed over, missing ones are NULL.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from afluente.core.hive_type import HiveType
from afluente.services.athena.error import QueryFailure
from afluente.services.athena.reader.relation import PATH, Relation, Request, bounded, hive_type
from afluente.services.athena.sql.quote import identifier, literal

MORE_FIELDS = 200
"""How many undeclared fields careful reading lets a line have."""

DEEPER = tuple(map(chr, range(4, 9)))
"""The separators of deeper nesting."""

INTEGERS = {"tinyint", "smallint", "int", "bigint"}

Typed = Callable[[str, HiveType, str], str]


def read_lazy_simple(request: Request) -> Relation:
    """The relation of a LazySimpleSerDe table."""
    serde = request.serde
    delimiter = _character(serde.get("field.delim") or serde.get("serialization.format") or "\x01")
    null = serde.get("serialization.null.format", "\\N")
    collection = _character(serde.get("collection.delim") or serde.get("colelction.delim") or "\x02")
    nested = _Nested(null, (collection, _character(serde.get("mapkey.delim") or "\x03"), *DEEPER))
    options = [
        f"delim = {literal(delimiter)}", "quote = ''", f"escape = {literal(_character(serde.get('escape.delim', '')))}",
        f"nullstr = {literal(null)}",
    ]  # fmt: skip
    return _read(request, options, lambda value, kind, _: nested.value(value, kind))


def read_open_csv(request: Request) -> Relation:
    """The relation of an OpenCSVSerde table."""
    serde = request.serde
    quote = serde.get("quoteChar", '"')
    escape = serde.get("escapeChar", quote)
    options = [
        f"delim = {literal(_character(serde.get('separatorChar', ',')))}", f"quote = {literal(quote)}",
        f"escape = {literal(quote if escape == chr(92) else escape)}",
        "nullstr = '\x02\x03'", "allow_quoted_nulls = false",
    ]  # fmt: skip
    return _read(request, options, _strict)


def _read(request: Request, options: list[str], typed: Typed) -> Relation:
    names = [f"c{index}" for index in range(len(request.schema) + (MORE_FIELDS if request.mode == "careful" else 0))]
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
    options = [
        f"columns = {{{columns}}}", *options, "header = false", "auto_detect = false", "null_padding = true",
        "strict_mode = false", f"compression = '{request.files[0].compression}'", f"skip = {skipped(request.serde)}",
    ]  # fmt: skip
    if request.with_path:
        options.append("filename = true")
    places = {column.name: f"c{index}" for index, column in enumerate(request.schema)}
    wanted = [
        f"{typed(places[column.name], hive_type(column), column.name)} AS {identifier(column.name)}"
        for column in request.columns
    ] or ['1 AS "$row"']
    if request.with_path:
        wanted.append(f"filename AS {PATH}")
    return Relation(f"SELECT {', '.join(wanted)} FROM read_csv({request.paths}, {', '.join(options)})")


def skipped(serde: dict[str, str]) -> int:
    """How many lines at each file's begin are none of its rows. Raises QueryFailure."""
    text = serde.get("skip.header.line.count", "0")
    if not text.isdecimal():
        raise QueryFailure("HIVE_METASTORE_ERROR", f"Invalid value for skip.header.line.count property: {text}")
    return int(text)


def _character(text: str) -> str:
    """A delimiter as the catalog has it: itself, an escape (`\\t`, `\\001`, `\\u0001`) or a byte's number."""
    if match := re.fullmatch(r"\\([0-7]{3})", text):
        return chr(int(match[1], 8))
    if match := re.fullmatch(r"\\u([0-9a-fA-F]{4})", text):
        return chr(int(match[1], 16))
    return {"\\t": "\t", "\\|": "|", "\\;": ";", "1": "\x01", "2": "\x02", "9": "\t"}.get(text, text)


@dataclass(frozen=True, slots=True)
class _Nested:
    """LazySimple's values inside values: each level of nesting has a separator of its own, a map takes two.

    Source: Hive's LazySerDeParameters and LazyFactory.
    """

    null: str
    separators: tuple[str, ...]

    def value(self, value: str, kind: HiveType, level: int = 0) -> str:
        """The expression of a value whose text is `value`. Raises QueryFailure."""
        if not kind.fields:
            return _lenient(value, kind)
        if level + (kind.name == "map") >= len(self.separators):
            raise QueryFailure("NOT_SUPPORTED", f"{kind} is nested too deeply for delimited text")
        parts = f"string_split({value}, {literal(self.separators[level])})"
        if kind.name == "array":
            return f"CASE WHEN {value} = '' THEN [] ELSE {self._each(parts, kind.fields[0][1], level)} END"
        if kind.name == "map":
            return self._map(value, parts, kind, level)
        members = [
            f"{identifier(name)} := {self._inner(f'{parts}[{place}]', inner, level + 1)}"
            for place, (name, inner) in enumerate(kind.fields, 1)
        ]
        return f"CASE WHEN {value} IS NOT NULL THEN struct_pack({', '.join(members)}) END"

    def _map(self, value: str, parts: str, kind: HiveType, level: int) -> str:
        separator, entry = literal(self.separators[level + 1]), f"_e{level}"
        place = f"strpos({entry}, {separator})"
        key, item = (inner for _, inner in kind.fields)
        keys = self._inner(f"split_part({entry}, {separator}, 1)", key, level + 2)
        items = self._inner(f"CASE WHEN {place} > 0 THEN {entry}[{place} + 1:] END", item, level + 2)
        each = f"list_transform({parts}, lambda {entry}: {{}})"
        found = f"athena_map_of({each.format(keys)}, {each.format(items)})"
        return f"CASE WHEN {value} = '' THEN MAP {{}} WHEN {value} IS NOT NULL THEN {found} END"

    def _each(self, parts: str, kind: HiveType, level: int) -> str:
        element = f"_e{level}"
        return f"list_transform({parts}, lambda {element}: {self._inner(element, kind, level + 1)})"

    def _inner(self, value: str, kind: HiveType, level: int) -> str:
        return self.value(f"nullif({value}, {literal(self.null)})", kind, level)


def _lenient(value: str, kind: HiveType) -> str:
    """LazySimple: NULL where the text is not of the type."""
    if kind.name in {"string", "varchar", "char"}:
        return bounded(value, kind)
    if kind.name == "binary":
        return f"from_base64({value})"
    if kind.name in INTEGERS:
        value = f"CASE WHEN NOT regexp_matches({value}, '[.eExX ]') THEN {value} END"
    if kind.name == "timestamp":
        value = f"CASE WHEN NOT contains({value}, 'T') THEN {value} END"
    if kind.name == "boolean":
        value = f"CASE WHEN lower({value}) IN ('true', 'false') THEN {value} END"
    return f"TRY_CAST({value} AS {kind.duckdb()})"


def _strict(value: str, kind: HiveType, name: str) -> str:
    """OpenCSV: every field is a text, and one that is not of its column's type fails the query."""
    if kind.name in {"string", "varchar", "char"}:
        return bounded(value, kind)
    if kind.fields or kind.name == "binary":
        raise QueryFailure("NOT_SUPPORTED", f"OpenCSVSerde does not read columns of type {kind.name}")
    typed = f"TRY_CAST({value} AS {kind.duckdb()})"
    if kind.name == "date":  # days since the epoch
        typed = f"(DATE '1970-01-01' + TRY_CAST({value} AS INTEGER))"
    elif kind.name == "timestamp":  # milliseconds since the epoch
        typed = f"epoch_ms(TRY_CAST({value} AS BIGINT))"
    shown = name.replace("'", "''")
    message = (
        f"'HIVE_BAD_DATA: Error parsing field value ''' || {value} || ''' for field {shown}: "
        f"For input string: \"' || {value} || '\"'"
    )
    return f"CASE WHEN {value} IS NOT NULL AND {typed} IS NULL THEN error({message}) ELSE {typed} END"
