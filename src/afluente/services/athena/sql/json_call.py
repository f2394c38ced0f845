"""The JSON functions that have a syntax of their own: `json_value(x, 'lax $.a' RETURNING integer NULL ON EMPTY)`."""

# ruff: noqa: SLF001 - sqlglot's parsers are extended by calling their parts

from collections.abc import Callable
from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType


class JsonCall(exp.Expression, exp.Func):
    """A call of one of them; `this` is its name.

    `expressions`: the document, or keys and values in turn. `raw`: which values are JSON already. `nulls`: what becomes
    of NULL values, `NULL` or `ABSENT`. `on_empty`, `on_error`: words, or the value behind DEFAULT.
    """

    arg_types: ClassVar[dict[str, bool]] = {
        "this": True, "expressions": False, "path": False, "returning": False, "on_empty": False, "on_error": False,
        "wrapper": False, "quotes": False, "nulls": False, "raw": False,
    }  # fmt: skip


Parse = Callable[[Any], exp.Expr]
VALUE = (("NULL",), ("ERROR",))
QUERY = (*VALUE, ("EMPTY", "ARRAY"), ("EMPTY", "OBJECT"))
EXISTS = (("TRUE",), ("FALSE",), ("UNKNOWN",), ("ERROR",))


def _reading(name: str, behaviours: tuple[tuple[str, ...], ...]) -> Parse:
    def parse(parser: Any) -> exp.Expr:
        call = JsonCall(this=name, expressions=[parser._parse_disjunction()])
        _format(parser)
        if not parser._match(TokenType.COMMA):
            parser.raise_error("Expecting ','")
        call.set("path", parser._parse_string() or parser.raise_error("Expecting a JSON path"))
        if parser._match_text_seq("RETURNING"):
            call.set("returning", parser._parse_types())
            _format(parser)
        if name == "json_query":
            _query_options(parser, call)
        while _behaviour(parser, call, behaviours):
            pass
        return call

    return parse


def _format(parser: Any) -> bool:
    return bool(parser._match_text_seq("FORMAT", "JSON"))


def _query_options(parser: Any, call: JsonCall) -> None:
    if parser._match_text_seq("WITHOUT"):
        parser._match_text_seq("ARRAY")
        _expect(parser, "WRAPPER")
    elif parser._match_text_seq("WITH"):
        conditional = parser._match_text_seq("CONDITIONAL")
        _ = conditional or parser._match_text_seq("UNCONDITIONAL")
        parser._match_text_seq("ARRAY")
        _expect(parser, "WRAPPER")
        call.set("wrapper", "CONDITIONAL" if conditional else "UNCONDITIONAL")
    for word in ("KEEP", "OMIT"):
        if parser._match_text_seq(word, "QUOTES"):
            call.set("quotes", word)
            parser._match_text_seq("ON", "SCALAR", "STRING")


def _behaviour(parser: Any, call: JsonCall, behaviours: tuple[tuple[str, ...], ...]) -> bool:
    chosen: Any = next((" ".join(words) for words in behaviours if parser._match_text_seq(*words)), None)
    if chosen is None and call.this == "json_value" and parser._match_text_seq("DEFAULT"):
        chosen = parser._parse_disjunction()
    if chosen is None:
        return False
    _expect(parser, "ON")
    if parser._match_text_seq("EMPTY"):
        call.set("on_empty", chosen)
    else:
        _expect(parser, "ERROR")
        call.set("on_error", chosen)
    return True


def _expect(parser: Any, *words: str) -> None:
    if not parser._match_text_seq(*words):
        parser.raise_error(f"Expecting {' '.join(words)}")


def _object(parser: Any) -> exp.Expr:
    call = JsonCall(this="json_object", expressions=[], nulls="NULL")
    raw: list[bool] = []
    while not _nulls(parser, call) and not parser._match(TokenType.R_PAREN, advance=False):
        parser._match_text_seq("KEY")
        call.append("expressions", parser._parse_bitwise())
        if not parser._match(TokenType.COLON):
            _expect(parser, "VALUE")
        raw.append(_value(parser, call))
        parser._match(TokenType.COMMA)
    if parser._match_text_seq("WITH", "UNIQUE"):
        parser.raise_error("Afluente does not have WITH UNIQUE KEYS")
    if parser._match_text_seq("WITHOUT", "UNIQUE"):
        parser._match_text_seq("KEYS")
    return _returning(parser, call, raw)


def _array(parser: Any) -> exp.Expr:
    call = JsonCall(this="json_array", expressions=[], nulls="ABSENT")
    raw: list[bool] = []
    while not _nulls(parser, call) and not parser._match(TokenType.R_PAREN, advance=False):
        raw.append(_value(parser, call))
        parser._match(TokenType.COMMA)
    return _returning(parser, call, raw)


def _value(parser: Any, call: JsonCall) -> bool:
    """Read a value; whether it is JSON, because the query says so or because it is made by one of these functions."""
    value = parser._parse_disjunction() or parser.raise_error("Expecting a value")
    call.append("expressions", value)
    return _format(parser) or (isinstance(value, JsonCall) and value.this != "json_value")


def _nulls(parser: Any, call: JsonCall) -> bool:
    for word in ("NULL", "ABSENT"):
        if parser._match_text_seq(word, "ON", "NULL"):
            call.set("nulls", word)
            return True
    return False


def _returning(parser: Any, call: JsonCall, raw: list[bool]) -> exp.Expr:
    call.set("raw", raw)
    if parser._match_text_seq("RETURNING"):
        call.set("returning", parser._parse_types())
        _format(parser)
    return call


PARSERS: dict[str, Parse] = {
    "JSON_VALUE": _reading("json_value", VALUE),
    "JSON_QUERY": _reading("json_query", QUERY),
    "JSON_EXISTS": _reading("json_exists", EXISTS),
    "JSON_OBJECT": _object,
    "JSON_ARRAY": _array,
}
