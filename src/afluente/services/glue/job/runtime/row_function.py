"""Python functions over rows: as SQL where the function is a plain comparison, else batch by batch.

A function is tried on a symbolic row first. Its every branch is followed, so `and`, `or`, `not` and `if` become a CASE.
What a symbol cannot do sends the function to the rows themselves.
"""

import dis
import re
import types
from collections.abc import Callable, Iterator
from typing import Any

from afluente.core.hive_type import HiveType
from afluente.services.glue.job.runtime import connection as sql
from afluente.services.glue.job.runtime import path as paths
from afluente.services.glue.job.runtime.connection import Schema, identifier, text
from afluente.services.glue.job.runtime.run import current

BATCH_ROWS = 50_000
MAX_BRANCHES = 64
NUMBERS = {"tinyint", "smallint", "int", "bigint", "float", "double", "decimal"}
PLAIN = {
    "RESUME", "LOAD_FAST", "LOAD_CONST", "LOAD_DEREF", "LOAD_GLOBAL", "LOAD_METHOD", "LOAD_ATTR", "BINARY_SUBSCR",
    "COMPARE_OP", "CONTAINS_OP", "BINARY_OP", "UNARY_NOT", "UNARY_NEGATIVE", "UNARY_INVERT", "RETURN_VALUE",
    "RETURN_CONST", "COPY_FREE_VARS", "PRECALL", "CALL", "PUSH_NULL", "CACHE", "NOP", "POP_TOP", "COPY", "SWAP",
    "BUILD_LIST", "BUILD_TUPLE", "LIST_EXTEND", "BUILD_SET", "SET_UPDATE", "TO_BOOL", "EXTENDED_ARG", "BINARY_SLICE",
}  # fmt: skip
"""What a function may consist of, besides jumps, to be tried on symbols: nothing that could tell one from a value."""

CONSTANTS = (int, float, str, bool, list, tuple)
CALLED = {"bool", "re", "match", "search", "startswith", "endswith", "lower", "upper", "strip"}


class CannotTranslateError(Exception):
    """The function needs the rows themselves."""


class Branches:
    """The decisions of one try: those given, then True for each further one."""

    def __init__(self, given: tuple[bool, ...]) -> None:
        self.given = given
        self.asked: list[str] = []

    def decide(self, condition: str) -> bool:
        """What to take `condition` for."""
        position = len(self.asked)
        self.asked.append(condition)
        return self.given[position] if position < len(self.given) else True


class Symbol:
    """A value of a row that is not known yet: SQL, and the kind of value (`number`, `string`, `boolean`)."""

    __hash__ = None  # type: ignore[assignment]  # no set or dict may hold a value that is not known

    def __init__(self, expression: str, kind: str, branches: Branches) -> None:
        self.sql = expression
        self.kind = kind
        self._branches = branches

    def __bool__(self) -> bool:
        truth = {
            "boolean": "coalesce({0}, false)",
            "string": "coalesce({0} <> '', false)",
            "number": "coalesce({0} <> 0, false)",
        }
        return self._branches.decide(truth[self.kind].format(self.sql))

    def __eq__(self, other: object) -> "Symbol":  # type: ignore[override]
        return self._boolean(f"({self.sql} IS NOT DISTINCT FROM {self._other(other, loose=True)})")

    def __ne__(self, other: object) -> "Symbol":  # type: ignore[override]
        return self._boolean(f"({self.sql} IS DISTINCT FROM {self._other(other, loose=True)})")

    def __lt__(self, other: Any) -> "Symbol":
        return self._ordered("<", other)

    def __le__(self, other: Any) -> "Symbol":
        return self._ordered("<=", other)

    def __gt__(self, other: Any) -> "Symbol":
        return self._ordered(">", other)

    def __ge__(self, other: Any) -> "Symbol":
        return self._ordered(">=", other)

    def __and__(self, other: Any) -> "Symbol":
        return self._logic("AND", other)

    def __or__(self, other: Any) -> "Symbol":
        return self._logic("OR", other)

    def __contains__(self, other: Any) -> bool:
        if self.kind != "string" or not isinstance(other, str):
            raise CannotTranslateError
        return self._branches.decide(f"contains({_present(self.sql)}, {text(other)})")

    def startswith(self, prefix: Any) -> "Symbol":
        """As of a text."""
        return self._boolean(f"starts_with({self._text()}, {_literal_text(prefix)})")

    def endswith(self, suffix: Any) -> "Symbol":
        """As of a text."""
        return self._boolean(f"ends_with({self._text()}, {_literal_text(suffix)})")

    def lower(self) -> "Symbol":
        """As of a text."""
        return Symbol(f"lower({self._text()})", "string", self._branches)

    def upper(self) -> "Symbol":
        """As of a text."""
        return Symbol(f"upper({self._text()})", "string", self._branches)

    def strip(self) -> "Symbol":
        """As of a text."""
        return Symbol(f"trim({self._text()})", "string", self._branches)

    def match(self, pattern: str) -> "Symbol":
        """Whether the text begins with a match of a regular expression."""
        return self._boolean(f"regexp_matches({self._text()}, {text(f'^(?:{pattern})')})")

    def search(self, pattern: str) -> "Symbol":
        """Whether a regular expression matches somewhere in the text."""
        return self._boolean(f"regexp_matches({self._text()}, {text(pattern)})")

    def __getattr__(self, name: str) -> Any:
        raise CannotTranslateError

    def __repr__(self) -> str:
        raise CannotTranslateError

    def __format__(self, format_spec: str) -> str:
        raise CannotTranslateError

    def _boolean(self, expression: str) -> "Symbol":
        return Symbol(expression, "boolean", self._branches)

    def _text(self) -> str:
        if self.kind != "string":
            raise CannotTranslateError
        return _present(self.sql)

    def _ordered(self, operator: str, other: Any) -> "Symbol":
        right = self._other(other, loose=False)
        right = _present(right) if isinstance(other, Symbol) else right
        return self._boolean(f"({_present(self.sql)} {operator} {right})")

    def _logic(self, word: str, other: Any) -> "Symbol":
        if self.kind != "boolean" or not isinstance(other, Symbol) or other.kind != "boolean":
            raise CannotTranslateError
        return self._boolean(f"({self.sql} {word} {other.sql})")

    def _other(self, other: object, *, loose: bool) -> str:
        """The other side of a comparison, which must be of the same kind."""
        if isinstance(other, Symbol) and other.kind == self.kind:
            return other.sql
        if other is None and loose:
            return "NULL"
        if isinstance(other, bool) and self.kind == "boolean":
            return str(other).upper()
        if isinstance(other, int | float) and not isinstance(other, bool) and self.kind == "number":
            return repr(other)
        if isinstance(other, str) and self.kind == "string":
            return text(other)
        raise CannotTranslateError


class SymbolicRow:
    """A row that is not known yet."""

    def __init__(self, fields: Schema, above: tuple[str, ...], branches: Branches) -> None:
        self._fields = fields
        self._above = above
        self._branches = branches

    def __getitem__(self, name: Any) -> Any:
        kind = next((kind for known, kind in self._fields if known == name), None)
        if kind is None:
            raise CannotTranslateError
        here = (*self._above, name)
        if kind.name == "struct":
            return SymbolicRow(kind.fields, here, self._branches)
        return Symbol(paths.sql(here), _kind(kind), self._branches)

    def __getattr__(self, name: str) -> Any:
        raise CannotTranslateError


class SymbolicPatterns:
    """`re`, for symbols."""

    @staticmethod
    def match(pattern: Any, value: Any) -> Any:
        """`re.match`."""
        return value.match(_pattern(pattern)) if isinstance(value, Symbol) else re.match(pattern, value)

    @staticmethod
    def search(pattern: Any, value: Any) -> Any:
        """`re.search`."""
        return value.search(_pattern(pattern)) if isinstance(value, Symbol) else re.search(pattern, value)


def filtered(query: str, schema: Schema, function: Callable[[Any], Any]) -> str:
    """The query of those rows that `function` holds for."""
    try:
        return f"SELECT * FROM ({query}) WHERE {_condition(function, schema)}"
    except CannotTranslateError:
        return _filtered_in_python(query, function)
    except Exception:  # the function met something a symbol is not; rows will show
        return _filtered_in_python(query, function)


def mapped(query: str, schema: Schema, function: Callable[[Any], Any]) -> tuple[str, int]:
    """(query, failures): what `function` makes of each row, and for how many it raised."""
    import pyarrow  # noqa: PLC0415  # slow to import, seldom needed

    parts = []
    failed = 0
    for batch in _batches(query):
        made = []
        for row in batch.to_pylist():
            try:
                made.append(function(row))
            except Exception as error:  # a row that fails is an error record
                failed += 1
                first_failure = f"{type(error).__name__}: {error}"
        parts.append(pyarrow.Table.from_pylist(made))
    if failed:
        print(f"{failed} rows could not be mapped; the last because of {first_failure}")
    filled = [part for part in parts if part.num_columns]
    if not filled:
        return f"SELECT * FROM ({query}) WHERE false", failed
    return _registered(pyarrow.concat_tables(filled, promote_options="permissive")), failed


def _condition(function: Callable[[Any], Any], schema: Schema) -> str:
    """The function as SQL. Raises CannotTranslateError."""
    _check_code(function)
    tree: dict[tuple[bool, ...], str] = {}
    pending: list[tuple[bool, ...]] = [()]
    conditions: dict[tuple[bool, ...], str] = {}
    while pending:
        given = pending.pop()
        if len(tree) >= MAX_BRANCHES:
            raise CannotTranslateError
        branches = Branches(given)
        result = _symbolic(function)(SymbolicRow(schema, (), branches))
        taken = given + (True,) * (len(branches.asked) - len(given))
        tree[taken] = _truth(result)
        pending += [(*taken[:position], False) for position in range(len(given), len(taken))]
        for position, condition in enumerate(branches.asked):
            conditions[taken[:position]] = condition
    return _case((), conditions, tree)


def _case(place: tuple[bool, ...], conditions: dict[tuple[bool, ...], str], tree: dict[tuple[bool, ...], str]) -> str:
    if place in tree:
        return tree[place]
    yes, no = (_case((*place, choice), conditions, tree) for choice in (True, False))
    return f"(CASE WHEN {conditions[place]} THEN {yes} ELSE {no} END)"


def _truth(result: Any) -> str:
    if isinstance(result, Symbol):
        return f"coalesce({result.sql}, false)" if result.kind == "boolean" else f"({_bool_of(result)})"
    if isinstance(result, bool) or result is None:
        return str(bool(result)).lower()
    raise CannotTranslateError


def _bool_of(result: Symbol) -> str:
    return f"coalesce({result.sql} <> {'0' if result.kind == 'number' else text('')}, false)"


def _symbolic(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The function, with `re` and `bool` that know symbols."""
    given: Any = function
    names = {**given.__globals__, "re": SymbolicPatterns, "bool": lambda value: value}
    return types.FunctionType(given.__code__, names, given.__name__, given.__defaults__, given.__closure__)


def _check_code(function: Any) -> None:
    code = getattr(function, "__code__", None)
    if code is None or code.co_argcount != 1 or code.co_flags & 0x0C:
        raise CannotTranslateError
    for instruction in dis.get_instructions(code):
        name = instruction.opname
        if name not in PLAIN and "JUMP" not in name:
            raise CannotTranslateError
        if name in {"LOAD_METHOD", "LOAD_ATTR"} and instruction.argval not in CALLED:
            raise CannotTranslateError
        if name == "LOAD_GLOBAL" and not _is_safe(instruction.argval, function):
            raise CannotTranslateError
    if not all(isinstance(cell.cell_contents, CONSTANTS) for cell in function.__closure__ or ()):
        raise CannotTranslateError


def _is_safe(name: str, function: Any) -> bool:
    """Is what a global name stands for a plain value, or `re` or `bool`, which know symbols?"""
    return name in {"re", "bool"} or isinstance(function.__globals__.get(name), CONSTANTS)


def _kind(kind: HiveType) -> str:
    if kind.name in NUMBERS:
        return "number"
    if kind.name in {"string", "boolean"}:
        return kind.name
    raise CannotTranslateError


def _present(expression: str) -> str:
    """The value, which must not be null: Python does not compare None."""
    return f"coalesce({expression}, error('TypeError: a value that the function compares is None'))"


def _literal_text(value: Any) -> str:
    if not isinstance(value, str):
        raise CannotTranslateError
    return text(value)


def _pattern(pattern: Any) -> str:
    """A pattern that RE2 reads as Python does: no look-around, no back-reference."""
    if not isinstance(pattern, str) or re.search(r"\(\?[^:]|\\[1-9]|\\[zZA]|[*+?}]\+", pattern):
        raise CannotTranslateError
    return pattern


def _filtered_in_python(query: str, function: Callable[[Any], Any]) -> str:
    import pyarrow  # noqa: PLC0415  # slow to import, seldom needed

    kept = []
    for batch in _batches(query):
        mask = pyarrow.array([bool(function(row)) for row in batch.to_pylist()], pyarrow.bool_())
        kept.append(batch.filter(mask))
    if not kept:
        return f"SELECT * FROM ({query}) WHERE false"
    return _registered(pyarrow.Table.from_batches(kept))


def _batches(query: str) -> Iterator[Any]:
    yield from sql.connection().sql(query).to_arrow_reader(BATCH_ROWS)


def _registered(table: Any) -> str:
    """The query of an Arrow table's rows."""
    name = f"arrow_{current().number()}"
    sql.connection().register(name, table)
    return f"SELECT * FROM {identifier(name)}"
