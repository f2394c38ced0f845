"""Row: as Spark's, whose decimals stay decimals."""

from typing import Any

from sqlframe.base.types import Row as SqlframeRow


class Row(SqlframeRow):  # type: ignore[misc]  # sqlframe has no types
    """A row, by `Row(a=1)`, by `Row("a")(1)`, or of a DataFrame."""

    def __new__(cls, *args: Any, **kwargs: Any) -> "Row":
        """Values by their names, or the names alone."""
        return named(list(kwargs), list(kwargs.values())) if kwargs else tuple.__new__(cls, args)

    def __call__(self, *args: Any) -> "Row":
        """A row of these values under the names that this one holds."""
        if len(args) > len(self):
            raise ValueError(f"Can not create Row with fields {self}, expected {len(self)} values but got {args}")
        return named(list(self), list(args))


def named(names: list[str], values: list[Any]) -> Row:
    """A row of values under names."""
    row: Any = tuple.__new__(Row, values)
    row.__fields__ = names
    return row  # type: ignore[no-any-return]
