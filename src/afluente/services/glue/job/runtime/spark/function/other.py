"""Conditions, and what is known of the run."""

from typing import Any

from afluente.services.glue.job.runtime.spark.function.entry import Refusal, literal

SPARK_HAS = "is not supported; Apache Spark has it (--afluente-engine spark)"
HASHES = f"is not supported; md5() and sha2() are, and {SPARK_HAS.partition('; ')[2]}"


def _named_struct(*pairs: str) -> str:
    fields = ", ".join(
        f'"{literal("named_struct", name)}" := {value}' for name, value in zip(pairs[::2], pairs[1::2], strict=True)
    )
    return f"struct_pack({fields})"


FUNCTIONS: dict[str, Any] = {
    "isnull": ("col", "({0} IS NULL)"),
    "isnotnull": ("col", "({0} IS NOT NULL)"),
    "equal_null": ("col1, col2", "({0} IS NOT DISTINCT FROM {1})"),
    "nvl2": ("col1, col2, col3", "CASE WHEN {0} IS NOT NULL THEN {1} ELSE {2} END"),
    "assert_true": ("col, errMsg:=None", {
        1: "CASE WHEN {0} THEN NULL ELSE error('the condition is not true!') END",
        2: "CASE WHEN {0} THEN NULL ELSE error(CAST({1} AS VARCHAR)) END"}),
    "raise_error": ("errMsg:", "error(CAST({0} AS VARCHAR))"),
    "monotonically_increasing_id": ("", "(row_number() OVER () - 1)"),
    "spark_partition_id": ("", "0"),
    "typeof": ("col", "spark_type_name(typeof({0}))"),
    "named_struct": ("*cols", _named_struct),
    "uuid": ("", "CAST(uuid() AS VARCHAR)"),
    "current_catalog": ("", "'spark_catalog'"),
    "current_database": ("", "'default'"),
    "current_schema": ("", "'default'"),
    "hash": ("*cols", Refusal(HASHES)),
    "xxhash64": ("*cols", Refusal(HASHES)),
    "input_file_name": ("", Refusal(SPARK_HAS)),
    "try_sum": ("col", Refusal(SPARK_HAS)),
    "try_avg": ("col", Refusal(SPARK_HAS)),
    "to_binary": ("col, format=None", Refusal(SPARK_HAS)),
    "to_number": ("col, format", Refusal(SPARK_HAS)),
    "to_char": ("col, format", Refusal(SPARK_HAS)),
}  # fmt: skip
