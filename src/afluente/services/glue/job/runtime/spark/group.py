"""Groups of rows, whose aggregates are named as Spark names them: `sum(n)`, `count(DISTINCT n)`."""

from typing import Any

from sqlframe.duckdb.group import DuckDBGroupedData

from afluente.services.glue.job.runtime.spark import resolving
from afluente.services.glue.job.runtime.spark.error import AnalysisException
from afluente.services.glue.job.runtime.spark.naming import spark_name

NUMBERS = {"tinyint", "smallint", "int", "bigint", "float", "double", "decimal"}


class GroupedData(DuckDBGroupedData):  # type: ignore[misc]  # sqlframe has no types
    """The groups."""

    def agg(self, *exprs: Any) -> Any:
        """One row per group, with these aggregates."""
        resolving.check([each for each in exprs if not isinstance(each, dict)], self._df.columns)
        if len(exprs) == 1 and isinstance(exprs[0], dict):
            return super().agg(*exprs)
        names = [spark_name(each) for each in exprs]
        named = [each.alias(f"`{name}`") if name else each for each, name in zip(exprs, names, strict=True)]
        frame = super().agg(*named)
        frame.display_name_mapping |= {
            each.alias_or_name: name for each, name in zip(named, names, strict=True) if name and name != name.lower()
        }
        return frame

    def sum(self, *cols: str) -> Any:
        """The sums of columns of numbers."""
        return super().sum(*self._numbers(cols))

    def avg(self, *cols: str) -> Any:
        """Their averages."""
        return super().avg(*self._numbers(cols))

    mean = avg

    def max(self, *cols: str) -> Any:
        """The greatest of each."""
        return super().max(*self._numbers(cols))

    def min(self, *cols: str) -> Any:
        """The least of each."""
        return super().min(*self._numbers(cols))

    def _numbers(self, cols: tuple[str, ...]) -> tuple[str, ...]:
        """Raises AnalysisException, as Spark does: here texts are not read as numbers."""
        resolving.check(cols, self._df.columns)
        kinds = {name.lower(): kind for name, kind in self._df.dtypes}
        for name in cols:
            if kinds[name.lower()].partition("(")[0] not in NUMBERS:
                raise AnalysisException(
                    f'"{name}" is not a numeric column. Aggregation function can only be applied on a numeric column.'
                )
        return cols
