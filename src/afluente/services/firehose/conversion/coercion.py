"""What the two SerDes have in common when they make a column's value of a JSON value."""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

from afluente.core.hive_type import HiveType
from afluente.services.firehose.conversion.failure import RecordFailure, mismatch

Coercion = Callable[[Any], Any]
"""Makes the value of a column, as pyarrow takes it, of a JSON value that is not null. Raises RecordFailure."""

LIMITS = {"tinyint": 1 << 7, "smallint": 1 << 15, "int": 1 << 31, "bigint": 1 << 63}
_EXACT = Context(prec=200, Emax=999_999, Emin=-999_999, rounding=ROUND_HALF_UP)
LONGEST_DECIMAL = 150
"""Characters of a number that can still be a decimal's."""


def not_for_input(text: str) -> RecordFailure:
    """What Java says of a text that is no number."""
    return mismatch(f'For input string: "{text}"')


def nullable(coerce: Coercion) -> Coercion:
    """The same, with null for null."""
    return lambda value: None if value is None else coerce(value)


def storable(text: str) -> str:
    """The text as UTF-8 can hold it: half a surrogate pair becomes a question mark, as in Java."""
    return text if text.isascii() else text.encode(errors="replace").decode()


def sized(kind: HiveType, text: Coercion) -> Coercion:
    """A varchar cut to its length; a char as well, and kept without the spaces at its end."""
    length = kind.arguments[0]
    if kind.name == "char":
        return lambda value: text(value)[:length].rstrip(" ")
    return lambda value: text(value)[:length]


def decimal_of(kind: HiveType) -> Callable[[str], Decimal]:
    """Reads a number, rounded half up to the scale. What does not fit the precision fails."""
    precision, scale = kind.decimal_size
    step = Decimal(1).scaleb(-scale)
    limit = Decimal(1).scaleb(precision - scale)

    def coerce(text: str) -> Decimal:
        try:
            number = Decimal(text.strip()) if len(text) <= LONGEST_DECIMAL and "_" not in text else None
            if number is None or not number.is_finite():
                raise not_for_input(text)
            rounded = number.quantize(step, context=_EXACT) if number.copy_abs() < limit else number
        except InvalidOperation:
            raise not_for_input(text) from None
        if rounded.copy_abs() >= limit:
            raise mismatch(f"The value {text} is out of the range of {kind}")
        return rounded

    return coerce
