"""`df.show()`: rows in a frame of dashes, as Spark prints them."""

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any


def table(names: Sequence[str], rows: Sequence[Sequence[Any]], truncate: int) -> str:
    """The rows as text, cells cut to `truncate` characters if that is above zero."""
    lines = [[_cut(each, truncate) for each in names], *([_cut(text(v), truncate) for v in row] for row in rows)]
    widths = [max(3, *(len(line[place]) for line in lines)) for place in range(len(names))]
    rule = "+" + "+".join("-" * width for width in widths) + "+"
    shown = [
        "|" + "|".join(_padded(cell, width, truncate) for cell, width in zip(line, widths, strict=True)) + "|"
        for line in lines
    ]
    return "\n".join([rule, shown[0], rule, *shown[1:], rule])


def upright(names: Sequence[str], rows: Sequence[Sequence[Any]], truncate: int) -> str:
    """Each row as a record, a line for each column."""
    width = max((len(name) for name in names), default=0)
    cells = [[_cut(text(value), truncate) for value in row] for row in rows]
    value_width = max((len(cell) for row in cells for cell in row), default=0)
    lines = []
    for number, row in enumerate(cells):
        lines.append(f"-RECORD {number}".ljust(width + value_width + 5, "-"))
        lines += [f" {name.ljust(width)} | {cell.ljust(value_width)} " for name, cell in zip(names, row, strict=True)]
    return "\n".join(lines)


def _cut(cell: str, truncate: int) -> str:
    if truncate <= 0 or len(cell) <= truncate:
        return cell
    return cell[:truncate] if truncate < 4 else cell[: truncate - 3] + "..."


def _padded(cell: str, width: int, truncate: int) -> str:
    return cell.rjust(width) if truncate > 0 else cell.ljust(width)


def text(value: Any) -> str:
    """A value as Spark prints it."""
    if value is None:
        return "NULL"
    return next((shown(value) for kind, shown in SHOWN if isinstance(value, kind)), str(value))


def _java_double(value: float) -> str:
    if value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124  # NaN alone differs from itself
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value) if "e" not in repr(value) else f"{value:.10f}".rstrip("0")
    digits = repr(value)
    if "e" in digits:
        mantissa, _, exponent = digits.partition("e")
        return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(exponent)}"
    sign, plain = ("-", digits[1:]) if value < 0 else ("", digits)
    whole, _, fraction = plain.partition(".")
    return _scientific(sign, whole, fraction)


def _scientific(sign: str, whole: str, fraction: str) -> str:
    digits = (whole + fraction).lstrip("0")
    exponent = len(whole) - 1 if whole.strip("0") else -(len(fraction) - len(fraction.lstrip("0")) + 1)
    return f"{sign}{digits[0]}.{digits[1:].rstrip('0') or '0'}E{exponent}"


def _time(value: dt.datetime) -> str:
    return value.strftime("%Y-%m-%d %H:%M:%S.%f").rstrip("0").rstrip(".")


SHOWN: tuple[tuple[Any, Callable[[Any], str]], ...] = (
    (bool, lambda value: str(value).lower()),
    (float, _java_double),
    (dt.datetime, _time),
    ((bytes, bytearray), lambda value: f"[{' '.join(f'{byte:02X}' for byte in value)}]"),
    (dict, lambda value: "{" + ", ".join(f"{text(key)} -> {text(each)}" for key, each in value.items()) + "}"),
    (tuple, lambda value: "{" + ", ".join(map(text, value)) + "}"),
    (list, lambda value: "[" + ", ".join(map(text, value)) + "]"),
    (Decimal, lambda value: f"{value:f}"),
)
