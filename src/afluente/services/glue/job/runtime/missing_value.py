"""Values for nulls: what the other columns let expect of a number, the most frequent of anything else.

Glue trains a random forest; this fits a plane by least squares, so the values are other ones.
"""

from collections.abc import Sequence

from afluente.services.glue.job.runtime import connection as sql
from afluente.services.glue.job.runtime.connection import Schema, identifier

NUMBERS = {"tinyint", "smallint", "int", "bigint", "float", "double", "decimal"}
RIDGE = 1e-9
"""Added to the diagonal, relative to it: columns that say the same as others do no harm."""


def filled(query: str, schema: Schema, column: str) -> str:
    """The SQL of the value of `column`, or of what is expected of it where it is null or empty.

    Raises ValueError when there is no such column.
    """
    kinds = {name.lower(): (name, kind) for name, kind in schema}
    if column.lower() not in kinds:
        raise ValueError(f"FillMissingValues: there is no column {column!r}")
    name, kind = kinds[column.lower()]
    if kind.name not in NUMBERS:
        return _most_frequent(query, name, kind.name)
    others = [identifier(other) for other, each in schema if each.name in NUMBERS and other != name]
    guess = _plane(query, identifier(name), others)
    return f"coalesce({identifier(name)}, CAST({guess} AS {kind.duckdb()}))"


def _most_frequent(query: str, name: str, kind: str) -> str:
    column = f"nullif({identifier(name)}, '')" if kind == "string" else identifier(name)
    return f"coalesce({column}, (SELECT mode({column}) FROM ({query})))"


def _plane(query: str, target: str, others: Sequence[str]) -> str:
    """The expected value as a linear expression of the other columns, their nulls taken for their means."""
    known_rows = f"FROM ({query}) WHERE {target} IS NOT NULL"
    averaged = ", ".join(f"avg({column})" for column in (target, *others))
    mean, *means = (float(value or 0) for value in sql.rows(f"SELECT {averaged} {known_rows}")[0])
    centred = [
        f"(coalesce(CAST({column} AS DOUBLE), {known!r}) - {known!r})"
        for column, known in zip(others, means, strict=True)
    ]
    if not centred:
        return repr(mean)
    wanted = f"(CAST({target} AS DOUBLE) - {mean!r})"
    products = [f"sum({a} * {b})" for a in centred for b in (*centred, wanted)]
    sums = sql.rows(f"SELECT {', '.join(products)} {known_rows}")[0]
    width = len(centred) + 1
    matrix = [[float(value or 0) for value in sums[row * width : (row + 1) * width]] for row in range(len(centred))]
    terms = [f"{weight!r} * {column}" for weight, column in zip(_solved(matrix), centred, strict=True)]
    return " + ".join([repr(mean), *terms])


def _solved(matrix: list[list[float]]) -> list[float]:
    """The solution of linear equations, each a row with its right side last, by Gauss and Jordan."""
    size = len(matrix)
    for n in range(size):
        matrix[n][n] += matrix[n][n] * RIDGE
    for n in range(size):
        pivot = max(range(n, size), key=lambda row: abs(matrix[row][n]))
        matrix[n], matrix[pivot] = matrix[pivot], matrix[n]
        if not matrix[n][n]:
            continue
        for row in range(size):
            if row != n:
                factor = matrix[row][n] / matrix[n][n]
                matrix[row] = [a - factor * b for a, b in zip(matrix[row], matrix[n], strict=True)]
    return [matrix[n][size] / matrix[n][n] if matrix[n][n] else 0.0 for n in range(size)]
