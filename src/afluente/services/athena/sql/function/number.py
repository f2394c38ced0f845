"""Mathematical and bitwise functions."""

from collections.abc import Callable

from afluente.services.athena.sql.function.entry import Arguments, Entries, by_type, is_a, kind_of, same, typed


def _whole(name: str) -> str:
    return typed(f"{name}({{0}})")


def _decimal_digits(name: str) -> Callable[[Arguments], str]:
    """`round(x, n)` of a decimal keeps its scale."""

    def template(args: Arguments) -> str:
        if len(args) == 1:
            one = f"{name}({{0}})"
            return one if is_a(args[0], "decimal") or name == "round" else typed(one)
        kind = kind_of(args[0])
        if kind is not None and kind.name == "decimal":
            return f"CAST({name}({{0}}, {{1}}) AS DECIMAL({min(38, kind.precision + 1)}, {kind.scale}))"
        if len(args) > 2:
            raise IndexError
        return f"{name}({{0}}, {{1}})"

    return template


BITS = {"tinyint": 8, "smallint": 16, "integer": 32}


def _shift(function: str) -> Callable[[Arguments], str]:
    """A shift within the bits of the first argument's type."""

    def template(args: Arguments) -> str:
        kind = kind_of(args[0])
        return typed(f"{function}({{0}}, {{1}}, {BITS.get(kind.name, 64) if kind else 64})")

    return template


DOUBLES = ("sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh", "degrees", "radians")
RANDOM = {
    0: "random()",
    1: "CAST(floor(random() * {0}) AS BIGINT)",
    2: "CAST({0} + floor(random() * ({1} - {0})) AS BIGINT)",
}
BUCKET = (
    "CAST(CASE WHEN {0} < {1} THEN 0 WHEN {0} >= {2} THEN {3} + 1 "
    "ELSE floor(({0} - {1}) * {3} / CAST({2} - {1} AS DOUBLE)) + 1 END AS BIGINT)"
)

FUNCTIONS: Entries = {
    "abs": (same("abs"), "=0"),
    "round": (_decimal_digits("round"), "=0"),
    "truncate": (_decimal_digits("trunc"), "=0"),
    "floor": (by_type(_whole("floor"), decimal="floor({0})"), "=0"),
    "ceil": (by_type(_whole("ceil"), decimal="ceil({0})"), "=0"),
    "ceiling": (by_type(_whole("ceil"), decimal="ceil({0})"), "=0"),
    "sign": (typed("sign({0})"), "=0"),
    "mod": ("({0}) % ({1})", "=0"),
    "power": ("power({0}, {1})", "double"),
    "pow": ("power({0}, {1})", "double"),
    "sqrt": ("CASE WHEN {0} < 0 THEN CAST('NaN' AS DOUBLE) ELSE sqrt({0}) END", "double"),
    "cbrt": ("athena_cbrt(CAST({0} AS DOUBLE))", "double"),
    "exp": ("exp({0})", "double"),
    "ln": ("ln({0})", "double"),
    "log2": ("log2({0})", "double"),
    "log10": ("log10({0})", "double"),
    "log": ("log({0}, {1})", "double"),
    "e": ("exp(1)", "double"),
    "pi": ("pi()", "double"),
    "infinity": ("CAST('Infinity' AS DOUBLE)", "double"),
    "nan": ("CAST('NaN' AS DOUBLE)", "double"),
    "is_nan": ("isnan(CAST({0} AS DOUBLE))", "boolean"),
    "is_finite": ("isfinite(CAST({0} AS DOUBLE))", "boolean"),
    "is_infinite": ("isinf(CAST({0} AS DOUBLE))", "boolean"),
    **{name: (same(name), "double") for name in DOUBLES},
    "rand": (RANDOM, ""),
    "random": (RANDOM, ""),
    "to_base": ("CASE WHEN {0} < 0 THEN '-' ELSE '' END || lower(to_base(abs({0}), {1}))", "varchar"),
    "from_base": ("athena_from_base({0}, {1})", "bigint"),
    "width_bucket": ({2: "CAST(len(list_filter({1}, lambda _b: _b <= {0})) AS BIGINT)", 4: BUCKET}, "bigint"),
    "cosine_similarity": (
        by_type("athena_cosine_similarity({0}, {1})", array="list_cosine_similarity({0}, {1})"),
        "double",
    ),
    "normal_cdf": ("athena_normal_cdf({0}, {1}, {2})", "double"),
    "inverse_normal_cdf": ("athena_inverse_normal_cdf({0}, {1}, {2})", "double"),
    "beta_cdf": ("athena_beta_cdf({0}, {1}, {2})", "double"),
    "inverse_beta_cdf": ("athena_inverse_beta_cdf({0}, {1}, {2})", "double"),
    "wilson_interval_lower": ("athena_wilson({0}, {1}, {2}, -1)", "double"),
    "wilson_interval_upper": ("athena_wilson({0}, {1}, {2}, 1)", "double"),
    "great_circle_distance": ("athena_great_circle({0}, {1}, {2}, {3})", "double"),
    "format_number": ("athena_format_number({0})", "varchar"),
    "parse_data_size": ("CAST(athena_data_size({0}) AS DECIMAL(38, 0))", ""),
    # bitwise
    "bit_count": ("athena_bit_count({0}, {1})", "bigint"),
    "bitwise_and": ("CAST(({0}) & ({1}) AS BIGINT)", "bigint"),
    "bitwise_or": ("CAST(({0}) | ({1}) AS BIGINT)", "bigint"),
    "bitwise_xor": ("CAST(xor({0}, {1}) AS BIGINT)", "bigint"),
    "bitwise_not": ("CAST(~({0}) AS BIGINT)", "bigint"),
    "bitwise_left_shift": (_shift("athena_shift_left"), "=0"),
    "bitwise_right_shift": (_shift("athena_shift_right"), "=0"),
    "bitwise_right_shift_arithmetic": (typed("CAST(floor(({0}) / power(2, {1})) AS BIGINT)"), "=0"),
}
