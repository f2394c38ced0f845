"""Groups of rows, whose aggregates are named as Spark names them: `sum(n)`, `count(DISTINCT n)`."""

from typing import Any

from sqlframe.duckdb.group import DuckDBGroupedData

from afluente.services.glue.job.runtime.spark import resolving
from afluente.services.glue.job.runtime.spark.naming import spark_name


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
