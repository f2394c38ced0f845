"""Spark's functions where DuckDB has none of the name, or means another by it: each as DuckDB's SQL.

Source of what they give: https://spark.apache.org/docs/3.5.4/api/sql/index.html
"""

from afluente.services.glue.job.runtime.spark.function import aggregate, array, nested, number, other, text, time
from afluente.services.glue.job.runtime.spark.function.entry import Entry, render

TABLE: dict[str, Entry] = {
    name: Entry(*given)
    for module in (number, text, time, array, nested, aggregate, other)
    for name, given in module.FUNCTIONS.items()
}
"""By the functions' names."""

__all__ = ["TABLE", "Entry", "render"]
