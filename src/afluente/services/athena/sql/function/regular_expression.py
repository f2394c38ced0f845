"""Regular expression functions. DuckDB has RE2, which lacks what Java's expressions look around and back with.

A constant pattern that needs those is matched by a function of ours instead, row by row.
"""

import re
from collections.abc import Callable

from sqlglot import exp

from afluente.services.athena.sql.function.entry import Arguments, Entries, quoted, text_of
from afluente.services.athena.sql.quote import identifier

BEYOND_RE2 = re.compile(r"\(\?(?:=|!|<=|<!|>)|\\[1-9]|[*+?}]\+")
"""Look-around, back references, atomic groups, possessive quantifiers."""


def _beyond(args: Arguments) -> bool:
    pattern = args[1]
    return isinstance(pattern, exp.Literal) and BEYOND_RE2.search(str(pattern.this)) is not None


def _either(plain: dict[int, str], careful: dict[int, str]) -> Callable[[Arguments], str]:
    def template(args: Arguments) -> str:
        templates = careful if _beyond(args) else plain
        if len(args) not in templates:
            raise IndexError
        return templates[len(args)]

    return template


def _replace(args: Arguments) -> str:
    """Java's `$1` is RE2's `\\1`. A lambda makes the replacement of the groups."""
    if len(args) == 3 and isinstance(args[2], exp.Lambda):
        groups = identifier(args[2].expressions[0].name)
        made = f"list_transform(athena_regexp_groups({{0}}, {{1}}), lambda {groups}: {{2}})"
        pieces = f"list_zip(athena_regexp_between({{0}}, {{1}}), {made})"
        return f"array_to_string(list_transform({pieces}, lambda _e: _e[1] || coalesce(_e[2], '')), '')"
    if _beyond(args):
        return "athena_regexp_replace({0}, {1}, " + ("{2})" if len(args) == 3 else "'')")
    if len(args) == 2:
        return "regexp_replace({0}, {1}, '', 'g')"
    if not isinstance(args[2], exp.Literal):
        return "regexp_replace({0}, {1}, regexp_replace({2}, '\\$(\\d)', '\\\\\\1', 'g'), 'g')"
    replacement = re.sub(r"\$(\d)", r"\\\1", text_of(args[2], "regexp_replace"))
    return f"regexp_replace({{0}}, {{1}}, {quoted(replacement)}, 'g')"


FUNCTIONS: Entries = {
    "regexp_like": (
        _either({2: "regexp_matches({0}, {1})"}, {2: "(athena_regexp_position({0}, {1}, 1) > 0)"}),
        "boolean",
    ),
    "regexp_extract": (
        _either(
            {
                2: "CASE WHEN regexp_matches({0}, {1}) THEN regexp_extract({0}, {1}) END",
                3: "CASE WHEN regexp_matches({0}, {1}) THEN regexp_extract({0}, {1}, {2}) END",
            },
            {
                2: "athena_regexp_all({0}, {1}, 0)[1]",
                3: "athena_regexp_all({0}, {1}, {2})[1]",
            },
        ),
        "varchar",
    ),
    "regexp_extract_all": (
        _either(
            {2: "regexp_extract_all({0}, {1})", 3: "regexp_extract_all({0}, {1}, {2})"},
            {2: "athena_regexp_all({0}, {1}, 0)", 3: "athena_regexp_all({0}, {1}, {2})"},
        ),
        "array(varchar)",
    ),
    "regexp_count": (
        _either({2: "len(regexp_extract_all({0}, {1}))"}, {2: "len(athena_regexp_all({0}, {1}, 0))"}),
        "bigint",
    ),
    "regexp_position": (
        {2: "athena_regexp_position({0}, {1}, 1)", 3: "athena_regexp_position({0}, {1}, {2})"},
        "integer",
    ),
    "regexp_replace": (_replace, "varchar"),
    "regexp_split": ("string_split_regex({0}, {1})", "array(varchar)"),
}
