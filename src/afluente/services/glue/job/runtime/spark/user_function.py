"""`udf`: functions of the script's, called row by row."""

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from afluente.core.hive_type import HiveType, parse
from afluente.services.glue.job.runtime import connection as sql
from afluente.services.glue.job.runtime.run import current
from afluente.services.glue.job.runtime.spark.function import TABLE
from afluente.services.glue.job.runtime.spark.naming import CALLED


def udf(f: Any = None, returnType: Any = "string", **options: Any) -> Any:
    """The function as one of columns; `@udf`, `@udf("int")` and `udf(f, IntegerType())` are all the same."""
    if options.get("useArrow"):
        raise NotImplementedError("udf: useArrow is not supported")
    if not callable(f) or hasattr(f, "simpleString"):  # a decorator with a type
        kind = f if f is not None else returnType
        return lambda function: udf(function, kind)
    made: Any = _columnar(registered(f, returnType), f)
    made.function, made.kind = f, returnType  # for spark.udf.register
    made.asNondeterministic = lambda: made
    return made


class Registration:
    """`spark.udf`."""

    def register(self, name: str, f: Callable[..., Any], returnType: Any = None) -> Any:
        """Let Spark SQL call `f`, or what `udf` made of it, by this name."""
        if name.lower() in TABLE:
            raise NotImplementedError(f"spark.udf.register: {name} is the name of a function of Spark's")
        plain = getattr(f, "function", f)
        kind = returnType or getattr(f, "kind", "string")
        registered(plain, kind, name)
        return udf(plain, kind)


def registered(f: Callable[..., Any], returnType: Any, name: str = "") -> str:
    """The name under which DuckDB knows `f`."""
    kind = _type(returnType)
    if not name:
        name = f"udf_{current().number()}"
        CALLED[name] = getattr(f, "__name__", "udf")

    def call(*values: Any) -> Any:
        return _fitting(f(*map(_as_spark, values)), kind)

    sql.connection().create_function(name, call, None, kind.duckdb(), null_handling="special", side_effects=True)
    return name


def _columnar(name: str, f: Callable[..., Any]) -> Callable[..., Any]:
    def columnar(*cols: Any) -> Any:
        from sqlframe.duckdb.column import Column  # noqa: PLC0415  # slow to import

        return Column(
            exp.Anonymous(this=name, expressions=[Column.ensure_col(each).column_expression for each in cols])
        )

    columnar.__name__ = getattr(f, "__name__", "udf")
    columnar.__doc__ = f.__doc__
    return columnar


def _type(given: Any) -> HiveType:
    return parse(given.simpleString() if hasattr(given, "simpleString") else str(given).lower())


def _as_spark(value: Any) -> Any:
    """A struct as a Row, as scripts expect it."""
    if isinstance(value, dict):
        from afluente.services.glue.job.runtime.spark.row import Row  # noqa: PLC0415  # slow to import

        return Row(**{name: _as_spark(each) for name, each in value.items()})
    return value


def _fitting(value: Any, kind: HiveType) -> Any:
    """What Spark takes of a function's result: a value of the wrong kind is null."""
    if value is None:
        return None
    if kind.name == "string":
        return value if isinstance(value, str) else str(value)
    if kind.name in {"tinyint", "smallint", "int", "bigint"}:
        return value if isinstance(value, int) and not isinstance(value, bool) else None
    if kind.name in {"double", "float"}:
        return value if isinstance(value, float) else None
    if kind.name == "boolean":
        return value if isinstance(value, bool) else None
    return value
