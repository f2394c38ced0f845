"""All functions, and the template of a call."""

import re
from collections.abc import Callable

from afluente.services.athena.error import QueryFailure
from afluente.services.athena.sql.function import (
    aggregate,
    array,
    binary,
    condition,
    geometry,
    json,
    number,
    regular_expression,
    sketch,
    text,
    time,
    url,
    window,
)
from afluente.services.athena.sql.function import map as map_
from afluente.services.athena.sql.function.entry import Arguments, Template

AGGREGATE = {**aggregate.FUNCTIONS, **sketch.AGGREGATES}

CHAPTERS = (
    condition, text, binary, url, regular_expression, number, time, json, array, map_, aggregate, window, geometry,
    sketch,
)  # fmt: skip
FUNCTIONS: dict[str, tuple[Template, str]] = {
    "typeof": ("athena_type_name(typeof({0}))", "varchar"),
    **{name: entry for chapter in CHAPTERS for name, entry in chapter.FUNCTIONS.items()},
    **sketch.AGGREGATES,
}


def template(name: str, args: Arguments) -> str:
    """The template of a call. Raises QueryFailure when the function does not take that many arguments."""
    entry = FUNCTIONS[name][0]
    if callable(entry):
        return _checked(name, entry, args)
    if isinstance(entry, str):
        return _plain(name, entry, args)
    if len(args) not in entry:
        raise unexpected_parameters(name, len(args))
    return entry[len(args)]


def _plain(name: str, entry: str, args: Arguments) -> str:
    wanted = {int(digit) for digit in re.findall(r"(?<!\{)\{(\d)\}", entry)}
    if "{*}" not in entry and wanted and max(wanted) + 1 != len(args):
        raise unexpected_parameters(name, len(args))
    return entry


def _checked(name: str, entry: Callable[[Arguments], str], args: Arguments) -> str:
    try:
        found: str = entry(args)
    except IndexError:
        raise unexpected_parameters(name, len(args)) from None
    return _plain(name, found, args) if name in OF_ONE_SIZE else found


OF_ONE_SIZE = frozenset({"length", "lpad", "rpad", "reverse", "floor", "ceil", "ceiling", "day", "cosine_similarity",
    "bitwise_left_shift", "bitwise_right_shift", "checksum", "merge", "value_at_quantile", "values_at_quantiles",
    "st_distance",
})  # fmt: skip
"""Those whose template depends on a type, and whose number of arguments does not."""


def unexpected_parameters(name: str, count: int) -> QueryFailure:
    """A call that no signature of the function takes."""
    return QueryFailure("FUNCTION_NOT_FOUND", f"Unexpected parameters ({count} of them) for function {name}")
