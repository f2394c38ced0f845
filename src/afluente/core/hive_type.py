"""Hive's type texts, as the Glue catalog holds them: `array<struct<a:int,b:decimal(10,2)>>` to a tree and back.

Leaves the meaning of values to others; says only how a type is written in Hive's and in DuckDB's words.
"""

import re
from dataclasses import dataclass

ALIASES = {
    "long": "bigint",
    "short": "smallint",
    "byte": "tinyint",
    "integer": "int",
    "bool": "boolean",
    "numeric": "decimal",
    "dec": "decimal",
    "real": "float",
    "double precision": "double",
}
"""The other words that Glue, Spark and Athena take for Hive's."""

DUCKDB = {
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "int": "INTEGER",
    "bigint": "BIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "string": "VARCHAR",
    "varchar": "VARCHAR",
    "char": "VARCHAR",
    "binary": "BLOB",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}

_TOKEN = re.compile(r"\s*(?:`((?:[^`]|``)*)`|([^\s<>,:()`]+(?: precision\b)?)|([<>,:()]))")


@dataclass(frozen=True, slots=True)
class HiveType:
    """One type. `arguments` are a decimal's precision and scale or a varchar's length.

    `fields` are a struct's, by name; an array has one, `element`, a map two, `key` and `value`.
    """

    name: str
    arguments: tuple[int, ...] = ()
    fields: tuple[tuple[str, "HiveType"], ...] = ()

    def __str__(self) -> str:
        if self.name == "struct":
            return f"struct<{','.join(f'{_quoted(name)}:{kind}' for name, kind in self.fields)}>"
        if self.fields:
            return f"{self.name}<{','.join(str(kind) for _, kind in self.fields)}>"
        return f"{self.name}({','.join(map(str, self.arguments))})" if self.arguments else self.name

    @property
    def decimal_size(self) -> tuple[int, int]:
        """A decimal's (precision, scale); Hive's are 10 and 0 when left out."""
        return (self.arguments[0], (*self.arguments, 0)[1]) if self.arguments else (10, 0)

    def duckdb(self) -> str:
        """The type in DuckDB's words: `STRUCT("a" INTEGER, "b" DECIMAL(10,2))[]`."""
        if self.name == "array":
            return f"{self.fields[0][1].duckdb()}[]"
        if self.name == "map":
            return f"MAP({self.fields[0][1].duckdb()}, {self.fields[1][1].duckdb()})"
        if self.name == "struct":
            return "STRUCT(" + ", ".join(f"{_identifier(name)} {kind.duckdb()}" for name, kind in self.fields) + ")"
        if self.name == "decimal":
            precision, scale = self.decimal_size
            return f"DECIMAL({precision},{scale})"
        return DUCKDB[self.name]


def parse(text: str) -> HiveType:
    """The type that `text` spells. Raises ValueError, which names the part that cannot be read."""
    tokens = _tokens(text)
    kind = _parse(tokens, text)
    if tokens:
        raise ValueError(f"{text!r} is not a Hive type: unexpected {tokens[-1][0]!r}")
    return kind


def _tokens(text: str) -> list[tuple[str, bool]]:
    """(token, whether it is a name) of `text`, last first, so that reading is popping."""
    found = []
    position = 0
    stripped = text.rstrip()
    while position < len(stripped):
        match = _TOKEN.match(stripped, position)
        if match is None:
            raise ValueError(f"{text!r} is not a Hive type: cannot read {stripped[position:]!r}")
        quoted, word, mark = match.groups()
        found.append((quoted.replace("``", "`") if quoted is not None else word or mark, mark is None))
        position = match.end()
    return found[::-1]


def _parse(tokens: list[tuple[str, bool]], text: str) -> HiveType:
    name = ALIASES.get(word := _name(tokens, text).lower(), word)
    if name == "struct":
        return HiveType(name, (), _listed(tokens, text, named=True))
    if name in {"array", "map"}:
        parts = ("element",) if name == "array" else ("key", "value")
        kinds = [kind for _, kind in _listed(tokens, text, named=False)]
        if len(kinds) != len(parts):
            raise ValueError(f"{text!r} is not a Hive type: {name} takes {len(parts)} types")
        return HiveType(name, (), tuple(zip(parts, kinds, strict=True)))
    if name not in DUCKDB and name != "decimal":
        raise ValueError(f"{text!r} is not a Hive type: there is no type {name!r}")
    return HiveType(name, _arguments(tokens, text) if name in {"decimal", "varchar", "char"} else ())


def _listed(tokens: list[tuple[str, bool]], text: str, *, named: bool) -> tuple[tuple[str, HiveType], ...]:
    """What stands between `<` and `>`: types, each after a name and a colon when `named`."""
    _take(tokens, "<", text)
    fields = []
    while True:
        name = _name(tokens, text) if named else ""
        if named:
            _take(tokens, ":", text)
        fields.append((name, _parse(tokens, text)))
        if _mark(tokens) != ",":
            break
        tokens.pop()
    _take(tokens, ">", text)
    return tuple(fields)


def _arguments(tokens: list[tuple[str, bool]], text: str) -> tuple[int, ...]:
    if _mark(tokens) != "(":
        return ()
    tokens.pop()
    numbers = []
    while True:
        number = _name(tokens, text)
        if not number.isdecimal():
            raise ValueError(f"{text!r} is not a Hive type: {number!r} is not a number")
        numbers.append(int(number))
        if _mark(tokens) != ",":
            break
        tokens.pop()
    _take(tokens, ")", text)
    return tuple(numbers)


def _mark(tokens: list[tuple[str, bool]]) -> str | None:
    return tokens[-1][0] if tokens and not tokens[-1][1] else None


def _name(tokens: list[tuple[str, bool]], text: str) -> str:
    if not tokens or not tokens[-1][1]:
        raise ValueError(f"{text!r} is not a Hive type: a name is missing")
    return tokens.pop()[0]


def _take(tokens: list[tuple[str, bool]], mark: str, text: str) -> None:
    if _mark(tokens) != mark:
        raise ValueError(f"{text!r} is not a Hive type: {mark!r} is missing")
    tokens.pop()


def _quoted(name: str) -> str:
    return f"`{name.replace('`', '``')}`" if re.search(r"[\s<>,:()`]", name) else name


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
