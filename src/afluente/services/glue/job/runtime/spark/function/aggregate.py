"""Aggregates. Texts are read as numbers."""

from typing import Any

N = "spark_number({0})"


def _first(name: str) -> Any:
    """`first(col, true)`: nulls are passed over."""

    def sql(value: str, ignoring: str = "FALSE") -> str:
        return f"{name}({value}{' IGNORE NULLS' if ignoring.upper() == 'TRUE' else ''})"

    return sql


def _of_numbers(name: str) -> tuple[str, str]:
    return "col", f"{name}({N})"


def _of_pairs(name: str) -> tuple[str, str]:
    return "y, x", f"{name}(CAST(spark_number({{0}}) AS DOUBLE), CAST(spark_number({{1}}) AS DOUBLE))"


def _quantile(name: str) -> Any:
    return dict.fromkeys((2, 3), f"{name}({N}, {{1}})")


def _percentile(value: str, share: str, frequency: str = "1") -> str:
    if frequency != "1":
        raise NotImplementedError("percentile() with a frequency is not supported")
    return f"quantile_cont(CAST(spark_number({value}) AS DOUBLE), {share})"


FUNCTIONS: dict[str, Any] = {
    "sum": _of_numbers("sum"),
    "avg": ("col", f"avg({N})"),
    "mean": ("col", f"avg({N})"),
    **{name: _of_numbers(name) for name in ("stddev", "stddev_pop", "stddev_samp", "var_pop", "var_samp", "variance")},
    "std": _of_numbers("stddev"),
    "median": ("col", f"median(CAST({N} AS DOUBLE))"),
    "percentile": ("col, percentage, frequency=1", _percentile),
    "percentile_approx": ("col, percentage, accuracy=10000", _quantile("quantile_disc")),
    "approx_percentile": ("col, percentage, accuracy=10000", _quantile("quantile_disc")),
    "kurtosis": ("col", f"kurtosis_pop({N})"),
    "skewness": ("col", f"CASE WHEN count({{0}}) = 2 THEN 0 WHEN count({{0}}) = 1 THEN CAST('NaN' AS DOUBLE) "
                        f"ELSE skewness({N}) * (count({{0}}) - 2) / sqrt(count({{0}}) * (count({{0}}) - 1)) END"),
    "corr": ("col1, col2", _of_pairs("corr")[1]),
    "covar_pop": ("col1, col2", _of_pairs("covar_pop")[1]),
    "covar_samp": ("col1, col2", _of_pairs("covar_samp")[1]),
    **{name: _of_pairs(name) for name in ("regr_avgx", "regr_avgy", "regr_count", "regr_intercept", "regr_r2",
                                          "regr_slope", "regr_sxx", "regr_sxy", "regr_syy")},
    "first": ("col, ignorenulls:=False", _first("first")),
    "first_value": ("col, ignoreNulls:=None", _first("first")),
    "last": ("col, ignorenulls:=False", _first("last")),
    "last_value": ("col, ignoreNulls:=None", _first("last")),
    "any_value": ("col, ignoreNulls:=None", _first("first")),
    "any": ("-", "bool_or({0})"),
    "some": ("col", "bool_or({0})"),
    "every": ("col", "bool_and({0})"),
    "bool_or": ("col", "bool_or({0})"),
    "bool_and": ("col", "bool_and({0})"),
    "array_agg": ("col", "list({0}) FILTER (WHERE {0} IS NOT NULL)"),
}  # fmt: skip
