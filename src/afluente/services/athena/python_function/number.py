"""Numbers: statistics, other bases, sizes as people write them."""

import math
import statistics
from collections import Counter

INVALID = "INVALID_FUNCTION_ARGUMENT"
EARTH_KM = 6371.01
UNITS = ("", "K", "M", "B", "T", "Q")
NO_NUMBERS = {"nan": "NaN", "-nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
SIZES = {"B": 0, "kB": 1, "MB": 2, "GB": 3, "TB": 4, "PB": 5, "EB": 6, "ZB": 7, "YB": 8}


def cbrt(number: float) -> float:
    """The cube root; one step of Newton's makes it exact where it is whole."""
    root = math.cbrt(number)
    return root - (root**3 - number) / (3 * root * root) if root else root


def from_base(text: str, radix: int) -> int:
    """The number that `text` spells in a base from 2 to 36."""
    try:
        return int(text, radix)
    except ValueError:
        raise ValueError(f"{INVALID}: Not a valid base-{radix} number: {text}") from None


def bit_count(number: int, bits: int) -> int:
    """The ones in two's complement of so many bits."""
    if not 2 <= bits <= 64 or not -(1 << (bits - 1)) <= number < 1 << (bits - 1):
        raise ValueError(f"{INVALID}: Number must be representable with the bits specified. {number} can not be")
    return (number & ((1 << bits) - 1)).bit_count()


def shift_left(number: int, count: int, bits: int) -> int:
    """The number's bits moved to the left; those beyond the type's are lost."""
    _checked(count)
    return _signed(number << count if count < bits else 0, bits)


def shift_right(number: int, count: int, bits: int) -> int:
    """The number's bits moved to the right, zeros coming in."""
    _checked(count)
    return _signed((number & ((1 << bits) - 1)) >> count if count < bits else 0, bits)


def _checked(count: int) -> None:
    if count < 0:
        raise ValueError(f"{INVALID}: Specified shift must be positive")


def _signed(number: int, bits: int) -> int:
    number &= (1 << bits) - 1
    return number - (1 << bits) if number >> (bits - 1) else number


def normal_cdf(mean: float, deviation: float, value: float) -> float:
    """The normal distribution up to `value`."""
    if deviation <= 0:
        raise ValueError(f"{INVALID}: standardDeviation must be > 0")
    return statistics.NormalDist(mean, deviation).cdf(value)


def inverse_normal_cdf(mean: float, deviation: float, probability: float) -> float:
    """The value up to which the normal distribution has `probability`."""
    if not 0 < probability < 1:
        raise ValueError(f"{INVALID}: p must be 0 > p > 1")
    return statistics.NormalDist(mean, deviation).inv_cdf(probability)


def wilson(successes: int, trials: int, z: float, side: int) -> float:
    """A bound of Wilson's score interval of a Bernoulli trial; side -1 or 1."""
    share = successes / trials
    spread = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return (share + z * z / (2 * trials) + side * spread) / (1 + z * z / trials)


def great_circle(latitude1: float, longitude1: float, latitude2: float, longitude2: float) -> float:
    """The distance of two points on the Earth, in kilometres, from degrees."""
    first, second = math.radians(latitude1), math.radians(latitude2)
    angle = math.radians(longitude1 - longitude2)
    across = math.cos(second) * math.sin(angle)
    along = math.cos(first) * math.sin(second) - math.sin(first) * math.cos(second) * math.cos(angle)
    inner = math.sin(first) * math.sin(second) + math.cos(first) * math.cos(second) * math.cos(angle)
    return math.atan2(math.hypot(across, along), inner) * EARTH_KM


def cosine_similarity(left: dict[str, float], right: dict[str, float]) -> float:
    """The cosine between two sparse vectors."""
    norms = math.hypot(*left.values()) * math.hypot(*right.values())
    return sum(value * right.get(key, 0.0) for key, value in left.items()) / norms


def format_number(number: float) -> str:
    """`1234` as `1.23K`."""
    unit = 0
    while abs(number) >= 1000 and unit < len(UNITS) - 1:
        number, unit = number / 1000, unit + 1
    digits = 3 - len(str(int(abs(number))))
    text = f"{number:.{max(0, digits)}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + UNITS[unit]


def data_size(text: str) -> float:
    """`2.3MB` in bytes."""
    number = text.rstrip("kMGTPEZYB")
    unit = text[len(number) :]
    try:
        return float(int(float(number) * 1024 ** SIZES[unit]))
    except (KeyError, ValueError):
        raise ValueError(f"{INVALID}: Invalid data size: '{text}'") from None


def entropy(counts: list[float]) -> float:
    """The log-2 entropy of counts."""
    given = [count for count in counts if count]
    total = sum(given)
    return -sum(count / total * math.log2(count / total) for count in given) if total else 0.0


def most_frequent(counts: dict[str, int], buckets: int) -> dict[str, int]:
    """The `buckets` entries that are counted most."""
    return dict(Counter(counts).most_common(buckets))


def scientific(number: str) -> str:
    """DuckDB's text of a number below 0.001 or from 10,000,000 on, of zero, or of none, as Java's Double.toString."""
    if number in NO_NUMBERS:
        return NO_NUMBERS[number]
    sign, digits = ("-", number[1:]) if number.startswith("-") else ("", number)
    mantissa, _, power = digits.partition("e")
    whole, _, fraction = mantissa.partition(".")
    significant = (whole + fraction).lstrip("0")
    if not significant:
        return number
    exponent = int(power or 0) + len(significant) - len(fraction) - 1
    return f"{sign}{significant[0]}.{significant[1:].rstrip('0') or '0'}E{exponent}"


FUNCTIONS = (
    ("athena_scientific", scientific, ("VARCHAR",), "VARCHAR"),
    ("athena_cbrt", cbrt, ("DOUBLE",), "DOUBLE"),
    ("athena_from_base", from_base, ("VARCHAR", "BIGINT"), "BIGINT"),
    ("athena_bit_count", bit_count, ("BIGINT", "BIGINT"), "BIGINT"),
    ("athena_shift_left", shift_left, ("BIGINT", "BIGINT", "BIGINT"), "BIGINT"),
    ("athena_shift_right", shift_right, ("BIGINT", "BIGINT", "BIGINT"), "BIGINT"),
    ("athena_normal_cdf", normal_cdf, ("DOUBLE", "DOUBLE", "DOUBLE"), "DOUBLE"),
    ("athena_inverse_normal_cdf", inverse_normal_cdf, ("DOUBLE", "DOUBLE", "DOUBLE"), "DOUBLE"),
    ("athena_wilson", wilson, ("BIGINT", "BIGINT", "DOUBLE", "BIGINT"), "DOUBLE"),
    ("athena_great_circle", great_circle, ("DOUBLE", "DOUBLE", "DOUBLE", "DOUBLE"), "DOUBLE"),
    ("athena_cosine_similarity", cosine_similarity, ("MAP(VARCHAR, DOUBLE)", "MAP(VARCHAR, DOUBLE)"), "DOUBLE"),
    ("athena_format_number", format_number, ("DOUBLE",), "VARCHAR"),
    ("athena_data_size", data_size, ("VARCHAR",), "DOUBLE"),
    ("athena_entropy", entropy, ("DOUBLE[]",), "DOUBLE"),
    ("athena_most_frequent", most_frequent, ("MAP(VARCHAR, BIGINT)", "BIGINT"), "MAP(VARCHAR, BIGINT)"),
)
