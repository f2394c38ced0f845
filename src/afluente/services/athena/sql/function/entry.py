"""What an entry of the function tables is, and what several chapters write their templates with.

An entry is (template, result type). A template is a text in which `{0}` is the first argument and `{*}` all of them; or
templates by number of arguments; or a function of the arguments, for those that depend on a literal or on a type. An
aggregate's template may say with `{F}` where its FILTER and OVER belong; else they follow it.

The result type is a Trino type's name, `=0` for that of the first argument, or "" when only the engine knows it.
"""

from collections.abc import Callable, Mapping, Sequence

from sqlglot import exp

from afluente.services.athena.error import QueryFailure
from afluente.services.athena.sql.trino_type import TrinoType

Arguments = Sequence[exp.Expr]
Template = str | dict[int, str] | Callable[[Arguments], str]
Entries = Mapping[str, tuple[Template, str]]

INVALID = "INVALID_FUNCTION_ARGUMENT"


def kind_of(node: exp.Expr) -> TrinoType | None:
    """The type that the binder found for `node`."""
    found: TrinoType | None = node.meta.get("trino")
    return found


def is_a(node: exp.Expr, *names: str) -> bool:
    """Whether the type of `node` is known to be one of these."""
    kind = kind_of(node)
    return kind is not None and kind.name in names


def be_lenient(node: exp.Expr) -> None:
    """Have `node`, which is inside TRY, give NULL where it would fail: DuckDB's own TRY knows not all failures."""
    for part in node.walk():
        part.meta["lenient"] = True


def is_lenient(node: exp.Expr) -> bool:
    """Whether `node` is inside TRY."""
    return bool(node.meta.get("lenient"))


def text_of(node: exp.Expr, function: str) -> str:
    """The text of a literal argument. Athena takes any expression; what depends on it is fixed before a query runs."""
    if not isinstance(node, exp.Literal) or not node.is_string:
        raise QueryFailure("NOT_SUPPORTED", f"Afluente's {function} takes a constant pattern only")
    return str(node.this)


def quoted(text: str) -> str:
    """`text` as an SQL string within a template."""
    return "'" + text.replace("'", "''").replace("{", "{{").replace("}", "}}") + "'"


def same(name: str) -> str:
    """DuckDB's function `name`, with the same arguments."""
    return f"{name}({{*}})"


def typed(body: str) -> str:
    """DuckDB widens; Trino gives back the first argument's type."""
    return f"cast_to_type({body}, {{0}})"


def refusal(message: str, name: str = INVALID) -> str:
    """An expression that fails the query with `name` and `message`, an SQL expression within a template."""
    return f"error('{name}: ' || {message})"


def by_type(other: str | Mapping[int, str], **templates: str | Mapping[int, str]) -> Callable[[Arguments], str]:
    """The template for the first argument's type, by Trino's name of it; `other` where there is none for it."""

    def template(args: Arguments) -> str:
        kind = kind_of(args[0])
        found = templates.get(kind.name, other) if kind else other
        return found if isinstance(found, str) else found[_among(found, len(args))]

    return template


def _among(templates: Mapping[int, str], count: int) -> int:
    if count not in templates:
        raise IndexError(count)
    return count


def first_of_each(array: str) -> str:
    """The first of each element, in their order; DuckDB's list_distinct keeps none."""
    return f"list_filter({array}, lambda _x, _i: list_position({array}, _x) = _i)"
