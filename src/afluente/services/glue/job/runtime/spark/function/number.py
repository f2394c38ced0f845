"""Mathematics. Texts are read as numbers; what is not defined is null or NaN, as in Spark, and no error."""

from typing import Any

N = "spark_number({0})"


def _double(function: str) -> tuple[str, str]:
    return "col", f"{function}(CAST({N} AS DOUBLE))"


def _within(function: str, condition: str, other: str = "NULL") -> tuple[str, str]:
    value = f"CAST({N} AS DOUBLE)"
    return (
        "col",
        f"CASE WHEN {condition.format(value)} THEN {function}({value}) WHEN {value} IS NOT NULL THEN {other} END",
    )


NAN = "CAST('NaN' AS DOUBLE)"
ROUNDED = {1: f"round({N})", 2: f"round({N}, CAST({{1}} AS INTEGER))"}
EVEN = {1: f"round_even({N}, 0)", 2: f"round_even({N}, CAST({{1}} AS INTEGER))"}

FUNCTIONS: dict[str, Any] = {
    "abs": ("col", f"abs({N})"),
    "acos": _within("acos", "abs({0}) <= 1", NAN),
    "asin": _within("asin", "abs({0}) <= 1", NAN),
    "atan": _double("atan"),
    "acosh": _within("acosh", "{0} >= 1", NAN),
    "asinh": _double("asinh"),
    "atanh": _within("atanh", "abs({0}) < 1", NAN),
    "cos": _double("cos"), "cosh": _double("cosh"), "sin": _double("sin"), "sinh": _double("sinh"),
    "tan": _double("tan"), "tanh": _double("tanh"), "exp": _double("exp"), "cbrt": _double("cbrt"),
    "degrees": _double("degrees"), "radians": _double("radians"),
    "cot": ("col", f"1 / tan({N})"),
    "csc": ("col", f"1 / sin({N})"),
    "sec": ("col", f"1 / cos({N})"),
    "expm1": ("col", f"exp({N}) - 1"),
    "sqrt": _within("sqrt", "{0} >= 0", NAN),
    "ln": _within("ln", "{0} > 0"),
    "log10": _within("log10", "{0} > 0"),
    "log2": _within("log2", "{0} > 0"),
    "log": ("arg1, arg2=None", {
        1: _within("ln", "{0} > 0")[1],
        2: "CASE WHEN spark_number({0}) > 0 AND spark_number({1}) > 0 "
           "THEN ln(spark_number({1})) / ln(spark_number({0})) END",
    }),
    "log1p": ("col", f"CASE WHEN {N} > -1 THEN ln(1 + {N}) END"),
    "hypot": ("col1, col2", "sqrt(pow(spark_number({0}), 2) + pow(spark_number({1}), 2))"),
    "pow": ("col1, col2", "pow(CAST(spark_number({0}) AS DOUBLE), CAST(spark_number({1}) AS DOUBLE))"),
    "power": ("col1, col2", "pow(CAST(spark_number({0}) AS DOUBLE), CAST(spark_number({1}) AS DOUBLE))"),
    "e": ("", "exp(1.0)"),
    "rint": ("col", f"round_even(CAST({N} AS DOUBLE), 0)"),
    "round": ("col, scale:=0", ROUNDED),
    "bround": ("col, scale:=0", EVEN),
    "pmod": ("dividend, divisor", "spark_pmod(spark_number({0}), spark_number({1}))"),
    "factorial": ("col", "CASE WHEN CAST({0} AS INTEGER) BETWEEN 0 AND 20 THEN "
                         "CAST(factorial(CAST({0} AS INTEGER)) AS BIGINT) END"),
    "bin": ("col", "bin(spark_long({0}))"),
    "conv": ("col, fromBase:, toBase:", "spark_conv(spark_string({0}), CAST({1} AS INTEGER), CAST({2} AS INTEGER))"),
    "negative": ("col", f"-{N}"),
    "negate": ("col", f"-{N}"),
    "positive": ("col", N),
    "sign": ("col", f"CAST(sign({N}) AS DOUBLE)"),
    "signum": ("col", f"CAST(sign({N}) AS DOUBLE)"),
    "rand": ("seed:=None", {0: "random()", 1: "random()"}),
    "random": ("-", {0: "random()", 1: "random()"}),
    "randn": ("seed:=None", dict.fromkeys((0, 1), "sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())")),
    "bit_count": ("col", "CAST(bit_count({0}) AS INTEGER)"),
    "bit_get": ("col, pos", "CAST(({0} >> {1}) & 1 AS TINYINT)"),
    "getbit": ("col, pos", "CAST(({0} >> {1}) & 1 AS TINYINT)"),
    "shiftrightunsigned": ("col, numBits:", "spark_unsigned_shift({0}, CAST({1} AS INTEGER))"),
    "shiftRightUnsigned": ("col, numBits:", "spark_unsigned_shift({0}, CAST({1} AS INTEGER))"),
    "nanvl": ("col1, col2", "CASE WHEN isnan(CAST({0} AS DOUBLE)) THEN CAST({1} AS DOUBLE) "
                            "ELSE CAST({0} AS DOUBLE) END"),
    "width_bucket": ("v, min, max, numBucket", "spark_width_bucket(CAST({0} AS DOUBLE), CAST({1} AS DOUBLE), "
                                               "CAST({2} AS DOUBLE), CAST({3} AS BIGINT))"),
    "try_add": ("left, right", "TRY({0} + {1})"),
    "try_subtract": ("left, right", "TRY({0} - {1})"),
    "try_multiply": ("left, right", "TRY({0} * {1})"),
    "try_divide": ("left, right", "CAST(spark_number({0}) AS DOUBLE) / nullif(CAST(spark_number({1}) AS DOUBLE), 0)"),
}  # fmt: skip
