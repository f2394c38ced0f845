"""The OpenX JSON SerDe, as Firehose runs it: what each column takes.

| column            | takes                                                                                      |
|-------------------|--------------------------------------------------------------------------------------------|
| tinyint .. bigint | numbers without fraction or exponent, strings of one (`"-7"`, `"+7"`, `"0x1f"`), in range   |
| float, double     | numbers, strings that Double.parseDouble takes (`" 1.5 "`, `"NaN"`); too large: Infinity    |
| boolean           | true, false; of strings, "true" in any case is true, every other one false                 |
| decimal(p,s)      | numbers and strings of one, rounded half up to the scale; beyond the precision they fail   |
| string            | strings; numbers and booleans as Java writes them; objects and arrays as JSON text         |
| varchar, char     | the same, cut to the length                                                                |
| date              | `yyyy-[m]m-[d]d`                                                                           |
| timestamp         | `yyyy-MM-dd'T'HH:mm:ss[.f]['Z']`, `yyyy-[m]m-[d]d hh:mm:ss[.f]`, seconds below 10^12 and     |
|                   | milliseconds from there on, seconds with a fraction (cut to ms); strings of these          |
| array             | arrays; any other value as an array of one, "" as null                                     |
| struct            | objects; arrays by place; "" as a struct of nulls                                          |
| map               | objects; "" as null; keys as their type                                                    |
| binary            | nothing: a table that has one is an invalid schema                                         |

null is null everywhere, a missing key as well; further keys are passed over. A key that is there twice, after its case
is folded, fails the record. Sources: the SerDe's source (rcongiu/Hive-JSON-Serde), AWS's page on record format
conversion, and what the service was observed to answer. Where none of them says, a value fails rather than be changed:
numbers with a fraction for integers, and decimals beyond their precision.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
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
from afluente.services.firehose.conversion.failure import mismatch
from afluente.services.firehose.conversion.java_text import double_text, parse_double, parse_integer
from afluente.services.firehose.conversion.java_time import (
    MILLISECOND_NS,
    TIMESTAMP_FORM,
    date_value_of,
    timestamp_value_of,
    wrapped,
)
from afluente.services.firehose.conversion.schema import Schema

FIRST_MILLISECONDS = 10**12
"""Whole numbers from here on are milliseconds, not seconds."""

_ISO = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?)Z?")
_WHOLE = re.compile(r"[+-]?[0-9]+")
_ESCAPED = re.compile(r"[\x80-\x9f\u2000-\u20ff]")
MOST = (1 << 63) - 1

Row = Callable[[Any], tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class OpenX:
    """The SerDe with its options."""

    case_insensitive: bool
    dots_to_underscores: bool
    mappings: Mapping[str, str]

    name = "org.openx.data.JsonSerDe"
    timestamp_formats = ()
    takes_binary = False
    lenient = True

    @staticmethod
    def of(options: Mapping[str, Any]) -> "OpenX":
        """The SerDe of an OpenXJsonSerDe configuration."""
        folds = options.get("CaseInsensitive", True)
        mappings = options.get("ColumnToJsonKeyMappings", {})
        return OpenX(
            folds,
            options.get("ConvertDotsInJsonKeysToUnderscores", False),
            {column.lower(): key.lower() if folds else key for column, key in mappings.items()},
        )

    def key(self, field: str) -> str:
        """The key, as `folded` leaves it, whose value is the field's."""
        return self.mappings.get(field.lower(), field.lower())

    def folded(self, key: str) -> str:
        """A key of a document as it is compared."""
        return key.lower() if self.case_insensitive else key

    def decoder(self) -> json.JSONDecoder:
        """What reads the documents."""
        return decoder(self._object)

    def row(self, schema: Schema) -> Row:
        """The function that makes a row of a document."""
        fields = [(self.key(column.name), nullable(self._coercion(column.kind))) for column in schema.columns]
        if self.dots_to_underscores:
            return lambda document: tuple(coerce(self._undotted(document, key)) for key, coerce in fields)
        return lambda document: tuple([coerce(document.get(key)) for key, coerce in fields])

    def _object(self, members: list[tuple[str, Any]]) -> dict[str, Any]:
        found = {self.folded(key): value for key, value in members}
        if len(found) < len(members):
            keys = [self.folded(key) for key, _ in members]
            twice = next(key for place, key in enumerate(keys) if key in keys[:place])
            raise mismatch(f'Row is not a valid JSON Object - JSONException: Duplicate key "{twice}"')
        return found

    def _undotted(self, document: dict[str, Any], key: str) -> Any:
        if key in document:
            return document[key]
        return next((value for name, value in document.items() if name.replace(".", "_") == key), None)

    def _coercion(self, kind: HiveType) -> Coercion:
        makers: dict[str, Callable[[HiveType], Coercion]] = {
            "decimal": _decimal, "varchar": _sized, "char": _sized, "array": self._array, "map": self._map,
            "struct": self._struct,
        }  # fmt: skip
        if kind.name in LIMITS:
            return _integer(LIMITS[kind.name])
        return makers[kind.name](kind) if kind.name in makers else SCALARS[kind.name]

    def _array(self, kind: HiveType) -> Coercion:
        element = nullable(self._coercion(kind.fields[0][1]))

        def coerce(value: Any) -> list[Any] | None:
            if isinstance(value, list):
                return [element(item) for item in value]
            return None if value == "" else [element(value)]

        return coerce

    def _struct(self, kind: HiveType) -> Coercion:
        fields = [(name, self.key(name), nullable(self._coercion(inner))) for name, inner in kind.fields]

        def coerce(value: Any) -> dict[str, Any]:
            if isinstance(value, dict):
                get = (lambda key: self._undotted(value, key)) if self.dots_to_underscores else value.get
                return {name: inner(get(key)) for name, key, inner in fields}
            if isinstance(value, list):
                padded = value + [None] * len(fields)
                return {name: inner(item) for (name, _, inner), item in zip(fields, padded, strict=False)}
            if value == "":
                return {name: None for name, _, _ in fields}
            raise mismatch(f"Data is not JSONObject  but {_java_class(value)} with value {text_of(value)}")

        return coerce

    def _map(self, kind: HiveType) -> Coercion:
        key, inner = self._coercion(kind.fields[0][1]), nullable(self._coercion(kind.fields[1][1]))

        def coerce(value: Any) -> list[tuple[Any, Any]] | None:
            if value == "":
                return None
            if not isinstance(value, dict):
                raise mismatch(f"{_java_class(value)} cannot be cast to org.openx.data.jsonserde.json.JSONObject")
            return [(key(name), inner(item)) for name, item in value.items()]

        return coerce


def text_of(value: Any) -> str:
    """The value in a string column."""
    if isinstance(value, Number):
        return _number_text(value)
    if isinstance(value, str):
        return storable(value)
    return str(value).lower() if isinstance(value, bool) else storable(_json(value))


def _number_text(number: Number) -> str:
    return str(int(number)) if _is_long(number) else double_text(float(number))


def _is_long(number: str) -> bool:
    return len(number) < 4_000 and _WHOLE.fullmatch(number) is not None


def _json(value: Any) -> str:
    """As JSONObject.toString writes it."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{_quoted(key)}:{_json(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return f"[{','.join(map(_json, value))}]"
    if isinstance(value, Number):
        text = _number_text(value)
        return text.rstrip("0").rstrip(".") if "." in text and "E" not in text else text
    if isinstance(value, str):
        return _quoted(value)
    return "null" if value is None else str(value).lower()


def _quoted(text: str) -> str:
    escaped = _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(text, ensure_ascii=False))
    return escaped.replace("</", "<\\/")


def _integer(limit: int) -> Coercion:
    def coerce(value: Any) -> int:
        text = _scalar(value)
        number = parse_integer(text)
        if number is None or not -limit <= number < limit:
            raise not_for_input(text)
        return number

    return coerce


def _double(value: Any) -> float:
    text = _scalar(value)
    number = parse_double(text)
    if number is None:
        raise not_for_input(text)
    return number


def _decimal(kind: HiveType) -> Coercion:
    read = decimal_of(kind)
    return lambda value: read(_scalar(value))


def _sized(kind: HiveType) -> Coercion:
    return sized(kind, text_of)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and not isinstance(value, Number):
        return value.lower() == "true"
    raise mismatch(f"{_java_class(value)} cannot be cast to java.lang.Boolean")


def _date(value: Any) -> int:
    text = _scalar(value)
    days = date_value_of(text)
    if days is None:
        raise not_for_input(text)
    return days


def _timestamp(value: Any) -> int:
    text = _scalar(value)
    if ":" in text:
        match = _ISO.fullmatch(text)
        found = timestamp_value_of(f"{match[1]} {match[2]}" if match else text)
        if found is None:
            raise mismatch(TIMESTAMP_FORM)
        return found
    if _WHOLE.fullmatch(text) and len(text) < 20:
        number = int(text)
        return wrapped((number if abs(number) >= FIRST_MILLISECONDS else number * 1000) * MILLISECOND_NS)
    seconds = parse_double(text)
    if seconds is None or math.isnan(seconds):
        raise not_for_input(text)
    milliseconds = max(-MOST - 1, min(MOST, int(max(-1e19, min(1e19, seconds * 1000)))))
    return wrapped(milliseconds * MILLISECOND_NS)


SCALARS: Mapping[str, Coercion] = {
    "float": _double, "double": _double, "boolean": _boolean, "string": text_of, "date": _date,
    "timestamp": _timestamp,
}  # fmt: skip


def _scalar(value: Any) -> str:
    """The text of a string or a number."""
    if isinstance(value, str):
        return value
    raise mismatch(f"{_java_class(value)} cannot be cast to java.lang.String")


def _java_class(value: Any) -> str:
    if isinstance(value, Number):
        return "java.lang.Long" if _is_long(value) else "java.lang.Double"
    if isinstance(value, bool):
        return "java.lang.Boolean"
    if isinstance(value, (dict, list)):
        return f"org.openx.data.jsonserde.json.JSON{'Object' if isinstance(value, dict) else 'Array'}"
    return "java.lang.String"
