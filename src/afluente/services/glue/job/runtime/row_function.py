"""Python functions over rows: as SQL where the function is a plain comparison, else batch by batch.

A function is tried on a symbolic row first. Its every branch is followed, so `and`, `or`, `not` and `if` become a CASE.
What a symbol cannot do sends the function to the rows themselves.
"""

import dis
import traceback
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from afluente.services.glue.job.runtime import connection as sql
from afluente.services.glue.job.runtime.connection import Schema, identifier, text
from afluente.services.glue.job.runtime.run import current
from afluente.services.glue.job.runtime.symbol import (
    Branches,
    CannotTranslateError,
    Symbol,
    SymbolicPatterns,
    SymbolicRow,
)

BATCH_ROWS = 50_000
MAX_BRANCHES = 64
PLAIN = {
    "RESUME", "LOAD_FAST", "LOAD_CONST", "LOAD_DEREF", "LOAD_GLOBAL", "LOAD_METHOD", "LOAD_ATTR", "BINARY_SUBSCR",
    "COMPARE_OP", "CONTAINS_OP", "BINARY_OP", "UNARY_NOT", "UNARY_NEGATIVE", "UNARY_INVERT", "RETURN_VALUE",
    "RETURN_CONST", "COPY_FREE_VARS", "PRECALL", "CALL", "PUSH_NULL", "CACHE", "NOP", "POP_TOP", "COPY", "SWAP",
    "BUILD_LIST", "BUILD_TUPLE", "LIST_EXTEND", "BUILD_SET", "SET_UPDATE", "TO_BOOL", "EXTENDED_ARG", "BINARY_SLICE",
}  # fmt: skip
"""What a function may consist of, besides jumps, to be tried on symbols: nothing that could tell one from a value."""

CONSTANTS = (int, float, str, bool, list, tuple)
CALLED = {"bool", "re", "match", "search", "startswith", "endswith", "lower", "upper", "strip"}


class Failure(NamedTuple):
    """A row that a function raised for."""

    row: Mapping[str, Any]
    message: str
    stack: str


def filtered(query: str, schema: Schema, function: Callable[[Any], Any]) -> str:
    """The query of those rows that `function` holds for."""
    try:
        return f"SELECT * FROM ({query}) WHERE {_condition(function, schema)}"
    except CannotTranslateError:
        return _filtered_in_python(query, function)
    except Exception:  # the function met something a symbol is not; rows will show
        return _filtered_in_python(query, function)


def mapped(query: str, schema: Schema, function: Callable[[Any], Any]) -> tuple[str, list[Failure]]:
    """(query, failures): what `function` makes of each row, and those for which it raised."""
    import pyarrow  # noqa: PLC0415  # slow to import, seldom needed

    parts = []
    failures: list[Failure] = []
    for batch in _batches(query):
        made = []
        for number, row in enumerate(batch.to_pylist()):
            try:
                made.append(function(row))
            except Exception as error:  # a row that fails is an error record, as it was before the function saw it
                (given,) = batch.slice(number, 1).to_pylist()
                failures.append(Failure(given, f"{type(error).__name__}: {error}", traceback.format_exc()))
        parts.append(pyarrow.Table.from_pylist(made))
    if failures:
        print(f"{len(failures)} rows could not be mapped; the last because of {failures[-1].message}")
    filled = [part for part in parts if part.num_columns]
    if not filled:
        return f"SELECT * FROM ({query}) WHERE false", failures
    return _registered(pyarrow.concat_tables(filled, promote_options="permissive")), failures


def rows_that_fail(query: str, condition: str, message: str) -> list[Failure]:
    """The rows of `query` that `condition` holds for, as failures with that message."""
    found = _batches(f"SELECT * FROM ({query}) WHERE {condition}")
    return [Failure(row, message, "") for batch in found for row in batch.to_pylist()]


def failed_rows(failures: Sequence[Failure]) -> str:
    """The query of the rows that failed, each a struct `error` as Glue has it."""
    import pyarrow  # noqa: PLC0415  # the same

    rows = [
        {"error": {"msg": each.message, "stackTrace": each.stack, "dynamicRecord": dict(each.row)}} for each in failures
    ]
    return _registered(pyarrow.Table.from_pylist(rows))


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
    yield from sql.relation(query).to_arrow_reader(BATCH_ROWS)


def _registered(table: Any) -> str:
    """The query of an Arrow table's rows."""
    name = f"arrow_{current().number()}"
    sql.connection().register(name, table)
    return f"SELECT * FROM {identifier(name)}"
