"""The Hive JSON SerDe (HCatalog), as Firehose runs it: what each column takes.

| column            | takes                                                                                      |
|-------------------|--------------------------------------------------------------------------------------------|
| tinyint .. bigint | numbers in range, cut at the decimal point (a tinyint up to 255, which wraps); no strings   |
| float, double     | numbers; too large: Infinity; no strings                                                   |
| boolean           | "true" in any case, quoted or not, is true; every other text or number is false            |
| decimal(p,s)      | numbers and strings of one, rounded half up to the scale; beyond the precision they fail   |
| string            | strings; numbers and booleans as they are spelled; objects and arrays fail                 |
| varchar, char     | the same, cut to the length                                                                |
| binary            | the same, as UTF-8                                                                         |
| date              | `yyyy-[m]m-[d]d`                                                                           |
| timestamp         | what a pattern of TimestampFormats reads whole, else `yyyy-[m]m-[d]d hh:mm:ss[.f]`           |
| array             | arrays                                                                                     |
| struct, map       | objects; a map's keys as their type                                                        |

null is null everywhere, a missing key as well; further keys are passed over, and of a key that is there twice the last
counts. Columns and struct fields are matched whatever their case; a map's keys are kept as they are written. Sources:
the SerDe's source (apache/hive, hcatalog JsonSerDe) with Jackson's number accessors, and what the service was observed
to answer. Where none of them says, a value fails rather than be changed: decimals beyond their precision.
"""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from afluente.core.hive_type import HiveType
from afluente.services.firehose.conversion.coercion import (
    LIMITS,
    Coercion,
    decimal_of,
    not_for_input,
    nullable,
    sized,
    storable,
)
from afluente.services.firehose.conversion.document import Number, decoder
from afluente.services.firehose.conversion.failure import MALFORMED_DATA, RecordFailure, mismatch
from afluente.services.firehose.conversion.java_text import parse_double, parse_integer
from afluente.services.firehose.conversion.java_time import (
    MILLISECOND_NS,
    TIMESTAMP_FORM,
    date_value_of,
    timestamp_value_of,
    wrapped,
)
from afluente.services.firehose.conversion.joda import Parse, compile_pattern
from afluente.services.firehose.conversion.schema import Schema

MILLIS = "millis"
_MILLIS = re.compile(r"([0-9]{1,19})(?:\.[0-9]+)?")
MOST_BYTE = 255
"""Jackson lets a byte be unsigned."""

RANGES = {
    "tinyint": "Java byte", "smallint": "Java short", "int": "int (-2147483648 - 2147483647)",
    "bigint": "long (-9223372036854775808 - 9223372036854775807)",
}  # fmt: skip
KEYS = frozenset({"tinyint", "smallint", "int", "bigint", "float", "double", "boolean", "string", "varchar", "char"})
"""What a map's key can be."""

Row = Callable[[Any], tuple[Any, ...]]


class Members(list[tuple[str, Any]]):
    """An object: its members in order, doubles included."""


@dataclass(frozen=True, slots=True)
class HiveJson:
    """The SerDe with its options."""

    timestamp_formats: tuple[str, ...]

    name = "org.apache.hcatalog.data.JsonSerDe"
    takes_binary = True
    lenient = False
    dots_to_underscores = False

    @staticmethod
    def of(options: Mapping[str, Any]) -> "HiveJson":
        """The SerDe of a HiveJsonSerDe configuration."""
        return HiveJson(tuple(options.get("TimestampFormats", ())))

    def key(self, field: str) -> str:
        """The key, as `folded` leaves it, whose value is the field's."""
        return field.lower()

    def folded(self, key: str) -> str:
        """A key of a document as it is compared."""
        return key.lower()

    def decoder(self) -> json.JSONDecoder:
        """What reads the documents."""
        return decoder(Members)

    def row(self, schema: Schema) -> Row:
        """The function that makes a row of a document."""
        coerce = self._fields([(column.name, column.kind) for column in schema.columns])
        return lambda document: tuple(coerce(document))

    def _fields(self, fields: Sequence[tuple[str, HiveType]]) -> Callable[[Members], list[Any]]:
        places = {name.lower(): place for place, (name, _) in enumerate(fields)}
        coercions = [nullable(self._coercion(kind)) for _, kind in fields]

        def coerce(members: Members) -> list[Any]:
            values: list[Any] = [None] * len(coercions)
            for key, value in members:
                place = places.get(key.lower())
                if place is not None:
                    values[place] = coercions[place](value)
            return values

        return coerce

    def _coercion(self, kind: HiveType) -> Coercion:
        makers: dict[str, Callable[[HiveType], Coercion]] = {
            "decimal": _decimal, "varchar": _sized, "char": _sized, "timestamp": self._timestamp,
            "array": self._array, "map": self._map, "struct": self._struct,
        }  # fmt: skip
        if kind.name in LIMITS:
            return _integer(kind.name)
        return makers[kind.name](kind) if kind.name in makers else SCALARS[kind.name]

    def _timestamp(self, _: HiveType) -> Coercion:
        formats = [timestamp_format(pattern) for pattern in self.timestamp_formats]

        def coerce(value: Any) -> int:
            text = text_of(value)
            read = (parse(text) for parse in formats)
            milliseconds = next((found for found in read if found is not None), None)
            if milliseconds is not None:
                return wrapped(milliseconds * MILLISECOND_NS)
            found = timestamp_value_of(text)
            if found is None:
                raise mismatch(TIMESTAMP_FORM)
            return found

        return coerce

    def _array(self, kind: HiveType) -> Coercion:
        element = nullable(self._coercion(kind.fields[0][1]))

        def coerce(value: Any) -> list[Any]:
            if isinstance(value, Members) or not isinstance(value, list):
                raise mismatch("java.io.IOException: Start of Array expected")
            return [element(item) for item in value]

        return coerce

    def _map(self, kind: HiveType) -> Coercion:
        key, inner = _map_key(kind.fields[0][1]), nullable(self._coercion(kind.fields[1][1]))
        return lambda value: list({key(name): inner(item) for name, item in _members(value)}.items())

    def _struct(self, kind: HiveType) -> Coercion:
        names, inner = [name for name, _ in kind.fields], self._fields(kind.fields)
        return lambda value: dict(zip(names, inner(_members(value)), strict=True))


def timestamp_format(pattern: str) -> Parse:
    """What reads a text by one of TimestampFormats. Raises ValueError, NotImplemented."""
    return _epoch_millis if pattern == MILLIS else compile_pattern(pattern)


def text_of(value: Any) -> str:
    """The value as the parser spells it."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, bool):
        return str(value).lower()
    raise RecordFailure(
        MALFORMED_DATA, "One or more fields have incorrect format. Exception when validating field (root)"
    )


def _epoch_millis(text: str) -> int | None:
    match = _MILLIS.fullmatch(text)
    return int(match[1]) if match else None


def _number(value: Any) -> Number:
    if isinstance(value, Number):
        return value
    raise mismatch(f"Current token ({_token(value)}) not numeric, can not use numeric value accessors")


def _token(value: Any) -> str:
    if isinstance(value, bool):
        return f"VALUE_{str(value).upper()}"
    if isinstance(value, str):
        return "VALUE_STRING"
    return "START_OBJECT" if isinstance(value, Members) else "START_ARRAY"


def _integer(name: str) -> Coercion:
    limit = LIMITS[name]
    most = MOST_BYTE if name == "tinyint" else limit - 1

    def coerce(value: Any) -> int:
        text = _number(value)
        number = parse_integer(text)
        if number is None:
            fraction = float(text)
            number = int(fraction) if math.isfinite(fraction) else limit * 4
        if not -limit <= number <= most:
            raise mismatch(f"Numeric value ({text}) out of range of {RANGES[name]}")
        return (number + limit) % (2 * limit) - limit

    return coerce


def _double(value: Any) -> float:
    return float(_number(value))


def _decimal(kind: HiveType) -> Coercion:
    read = decimal_of(kind)
    return lambda value: read(text_of(value))


def _sized(kind: HiveType) -> Coercion:
    return sized(kind, text_of)


def _boolean(value: Any) -> bool:
    return text_of(value).lower() == "true"


def _date(value: Any) -> int:
    text = text_of(value)
    days = date_value_of(text)
    if days is None:
        raise not_for_input(text)
    return days


def _members(value: Any) -> Members:
    if isinstance(value, Members):
        return value
    raise mismatch("java.io.IOException: Start of Object expected")


def _map_key(kind: HiveType) -> Coercion:
    """Reads a key, which is always a text, as the key's type."""
    if kind.name not in KEYS:
        return _refuse_key(kind)
    if kind.name in LIMITS:
        limit = LIMITS[kind.name]
        return lambda text: _in_range(parse_integer(text), limit, text)
    if kind.name in {"float", "double"}:
        return lambda text: _read(parse_double(text), text)
    return sized(kind, storable) if kind.arguments else _boolean if kind.name == "boolean" else storable


def _refuse_key(kind: HiveType) -> Coercion:
    def coerce(_: Any) -> Any:
        raise mismatch(f"java.io.IOException: Could not convert from string to map type {kind}")

    return coerce


def _in_range(number: int | None, limit: int, text: str) -> int:
    if number is None or not -limit <= number < limit:
        raise not_for_input(text)
    return number


def _read(number: float | None, text: str) -> float:
    if number is None:
        raise not_for_input(text)
    return number


SCALARS: Mapping[str, Coercion] = {
    "float": _double, "double": _double, "boolean": _boolean, "string": text_of, "date": _date,
    "binary": lambda value: text_of(value).encode(),
}  # fmt: skip
