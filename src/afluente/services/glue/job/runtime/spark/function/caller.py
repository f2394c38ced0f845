"""The functions of the table as `pyspark.sql.functions` has them."""

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from sqlglot import exp

from afluente.services.glue.job.runtime.spark.function.entry import Entry, Refusal

LEFT_OUT = object()
DEFAULTS = {"None": LEFT_OUT, "True": True, "False": False}


class Parameter(NamedTuple):
    """How an argument is taken: as a column, a value or a Python function."""

    name: str
    kind: str
    default: Any
    many: bool


def caller(name: str, entry: Entry) -> Callable[..., Any]:
    """A Python function that makes the Column of a call."""

    def call(*args: Any, **kwargs: Any) -> Any:
        from sqlframe.duckdb.column import Column  # noqa: PLC0415  # slow to import

        if isinstance(entry.sql, Refusal):
            raise NotImplementedError(f"{name}() {entry.sql}")
        return Column(exp.Anonymous(this=name, expressions=_expressions(name, entry.signature, args, kwargs)))

    call.__name__ = call.__qualname__ = name
    return call


def _expressions(name: str, signature: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
    parameters = _parameters(signature)
    given = _bound(name, parameters, args, kwargs)
    found: list[Any] = []
    for parameter in parameters:
        value = given.get(parameter.name, parameter.default)
        if parameter.many:
            values = value[0] if len(value) == 1 and isinstance(value[0], list | tuple | set) else value
            found += [_expression(each, parameter.kind) for each in values]
        elif value is not LEFT_OUT and not (value is None and parameter.default is LEFT_OUT):
            found.append(_expression(value, parameter.kind))
    return found


def _bound(
    name: str, parameters: tuple[Parameter, ...], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Any]:
    wanted = inspect.Signature([
        inspect.Parameter(
            each.name,
            inspect.Parameter.VAR_POSITIONAL if each.many else inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=inspect.Parameter.empty if each.many or each.default is inspect.Parameter.empty else each.default,
        )
        for each in parameters
    ])  # fmt: skip
    try:
        bound = wanted.bind(*args, **kwargs)
    except TypeError as error:
        raise TypeError(f"{name}(): {error}") from None
    bound.apply_defaults()
    return bound.arguments


@cache
def _parameters(signature: str) -> tuple[Parameter, ...]:
    return tuple(_parameter(each.strip()) for each in signature.split(", ") if each.strip())


def _parameter(text: str) -> Parameter:
    head, mark, default = text.partition("=")
    many, name = head.startswith("*"), head.lstrip("*")
    kind = "value" if name.endswith(":") else "function" if name.endswith("()") else "column"
    return Parameter(
        name.removesuffix(":").removesuffix("()"), kind, _default(default) if mark else inspect.Parameter.empty, many
    )


def _default(text: str) -> Any:
    return DEFAULTS[text] if text in DEFAULTS else text[1:-1] if text.startswith("'") else int(text)


def _expression(value: Any, kind: str) -> Any:
    from sqlframe.base.functions import _get_lambda_from_func  # noqa: PLC0415  # slow to import
    from sqlframe.duckdb import functions  # noqa: PLC0415
    from sqlframe.duckdb.column import Column  # noqa: PLC0415

    if kind == "function":
        return _get_lambda_from_func(value)
    if isinstance(value, Column):
        return value.column_expression
    if hasattr(value, "simpleString"):
        value = value.simpleString()
    if isinstance(value, str) and kind == "column":
        return functions.col(value).column_expression
    return functions.lit(value).column_expression
