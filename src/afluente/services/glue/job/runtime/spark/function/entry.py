"""What is known of a function: how `pyspark.sql.functions` calls it, and its SQL.

A signature lists the arguments, as in `date, format:=None`: a colon marks one whose text is a value and not the name of
a column, `()` a Python function, a star any number, `=` what it is when it is left out. An empty signature is of a
function that Spark SQL alone has.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

SQL_ALONE = "-"
"""The signature of a function that Spark SQL alone has."""


class Refusal(str):  # it has no attributes to hold
    """Why a function is not supported, as what follows its name."""


Template = str | Callable[..., str]
"""The SQL with `{0}` for the first argument, `{all}` for all of them; or what makes it of the arguments' SQL."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A function. `sql` may differ by the number of arguments; `kind` is the type that the whole call is cast to."""

    signature: str
    sql: Template | Mapping[int, Template]
    kind: str = ""

    @property
    def callable(self) -> bool:
        """Whether `pyspark.sql.functions` has it."""
        return self.signature != SQL_ALONE


def render(name: str, entry: Entry, arguments: Sequence[str]) -> str:
    """The SQL of a call. Raises NotImplementedError for a number of arguments that it does not take."""
    template = entry.sql
    if isinstance(template, Refusal):
        raise NotImplementedError(f"{name}() {template}")
    if isinstance(template, Mapping):
        found = template.get(len(arguments))
        if found is None:
            raise NotImplementedError(f"{name}() with {len(arguments)} arguments is not supported")
        template = found
    try:
        if callable(template):
            return template(*arguments)
        return template.format(*arguments, all=", ".join(arguments))
    except (IndexError, TypeError):
        raise NotImplementedError(f"{name}() with {len(arguments)} arguments is not supported") from None


def literal(name: str, sql: str) -> str:
    """The text that an argument, whose SQL is `sql`, must be. Raises NotImplementedError when it is computed."""
    if len(sql) < 2 or sql[0] != "'" or sql[-1] != "'":
        raise NotImplementedError(f"{name}() is supported with a literal there alone, not with {sql}")
    return sql[1:-1].replace("''", "'")
