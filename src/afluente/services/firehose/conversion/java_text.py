"""How Java reads and writes numbers: Long.parseLong, Double.parseDouble, Double.toString.

Source: the Java SE 8 class documentation of java.lang.
"""

import math
import re
from decimal import Decimal

INTEGER = re.compile(r"[+-]?[0-9]+|0[xX][0-9a-fA-F]+", re.ASCII)
"""With the hexadecimal form that the OpenX SerDe adds."""

DOUBLE = re.compile(r"[+-]?(?:NaN|Infinity|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[fFdD]?)")
TRIMMED = "".join(map(chr, range(33)))
LONGEST_INTEGER = 40
"""More digits than any type holds."""


def parse_integer(text: str) -> int | None:
    """The number, of any size up to LONGEST_INTEGER digits; None when Java would raise NumberFormatException."""
    if len(text) > LONGEST_INTEGER or not INTEGER.fullmatch(text):
        return None
    return int(text, 16) if text[1:2] in {"x", "X"} else int(text)


def parse_double(text: str) -> float | None:
    """The number; None when Java would raise NumberFormatException. Hexadecimal fractions are not read."""
    stripped = text.strip(TRIMMED)
    return float(stripped.rstrip("fFdD") if stripped[-1:] in {*"fFdD"} else stripped) if _is_double(stripped) else None


def _is_double(text: str) -> bool:
    return DOUBLE.fullmatch(text) is not None


def double_text(value: float) -> str:
    """`Double.toString(value)`."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if value == 0:
        return "-0.0" if math.copysign(1, value) < 0 else "0.0"
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    text = "".join(map(str, digits))
    point = len(text) + int(exponent)  # where the decimal point stands, counted in digits
    minus = "-" if sign else ""
    if -3 < point <= 7:
        padded = text.ljust(point, "0") if point > 0 else "0" * (1 - point) + text
        place = max(point, 1)
        return f"{minus}{padded[:place]}.{padded[place:] or '0'}"
    return f"{minus}{text[0]}.{text[1:] or '0'}E{point - 1}"
