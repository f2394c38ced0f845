"""Spark's casts in DuckDB's SQL: what cannot be read as the target type is null, fractions are cut off."""

from afluente.core.hive_type import HiveType

INTEGERS = {"tinyint", "smallint", "int", "bigint"}
MACROS = {
    "timestamp": "spark_timestamp", "date": "spark_date", "boolean": "spark_boolean", "string": "spark_string",
    "varchar": "spark_string", "char": "spark_string", "bigint": "spark_long",
}  # fmt: skip


def cast(expression: str, source: HiveType, target: HiveType) -> str:
    """The SQL of `expression`, which is of type `source`, as `target`."""
    if source == target or target.name == "choice":
        return expression
    if source.name == "choice":
        expression, source = f"json_extract_string({expression}, '$')", HiveType("string")
    if {source.name, target.name} <= {"string", "varchar", "char"}:
        return expression
    return plain_cast(expression, target)


def plain_cast(expression: str, target: HiveType) -> str:
    """The SQL of `expression`, of whatever type, as `target`."""
    if target.name in MACROS:
        return f"{MACROS[target.name]}({expression})"
    if target.name in INTEGERS:
        return f"TRY_CAST(spark_long({expression}) AS {target.duckdb()})"
    if target.name == "binary":
        return f"encode(TRY_CAST({expression} AS VARCHAR))"
    return f"TRY_CAST({expression} AS {target.duckdb()})"
