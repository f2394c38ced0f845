"""How plain documents are read: which key holds which column, and how its values become the column's."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from afluente.core.arrow_type import arrow_type
from afluente.core.hive_type import HiveType
from afluente.services.firehose.conversion.deserializer import Deserializer
from afluente.services.firehose.conversion.openx import FIRST_MILLISECONDS
from afluente.services.firehose.conversion.sample import NotPlain, Seen
from afluente.services.firehose.conversion.schema import Schema

INTEGERS = frozenset({"tinyint", "smallint", "int", "bigint"})
FLOATS = frozenset({"float", "double"})

INTEGER = r"^-?[0-9]{1,19}$"
FLOAT = r"^-?[0-9]{1,300}(\.[0-9]{1,300})?$"
DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_CLOCK = r"[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
TIMESTAMP = rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}} {_CLOCK}$"
TIMESTAMP_OR_ISO = rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}( {_CLOCK}|T{_CLOCK}Z?)$"


Turn = Callable[[Any], Any]
"""Makes the column's array of the array that was read. Raises NotPlain, ArrowInvalid."""


@dataclass(frozen=True)
class Reading:
    """How one value is read: Arrow's type for it, and what then becomes of it. Equal when read alike."""

    expected: Any
    turn: Turn | None
    """None: it is the column's already."""

    def turned(self, array: Any) -> Any:
        """The column's array."""
        return self.turn(array) if self.turn else array

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reading) and self.expected == other.expected

    def __hash__(self) -> int:
        return hash(str(self.expected))


@dataclass(frozen=True)
class Shape:
    """Documents that have the keys of `expected` (a pyarrow.Schema), or some of them, and no others."""

    expected: Any
    columns: tuple[tuple[int, Reading], ...]
    """For each column, the place of its key in `expected`."""
    extra: tuple[int, ...]
    """The places of keys that are no column's."""
    schema: Any
    """The pyarrow.Schema of the rows."""

    def rows(self, found: Any) -> Any:
        """The rows of a table that was read as `expected`. Raises NotPlain, ArrowInvalid."""

        for place in self.extra:
            _check_finite(found.column(place).combine_chunks())
        arrays = [reading.turned(found.column(place).combine_chunks()) for place, reading in self.columns]
        return pa.Table.from_arrays(arrays, schema=self.schema)


def shape_of(seen: Seen, schema: Schema, deserializer: Deserializer) -> Shape:
    """The shape of documents like the `seen` ones. Raises NotPlain."""
    fields = [(column.name, column.kind) for column in schema.columns]
    found = _matched(seen, fields, deserializer)
    columns = tuple(enumerate(reading for _, reading in found[: len(fields)]))
    expected = pa.schema([(name, reading.expected) for name, reading in found])
    return Shape(expected, columns, tuple(range(len(fields), len(found))), schema.arrow())


def _matched(
    seen: Seen | None, fields: Sequence[tuple[str, HiveType]], deserializer: Deserializer
) -> list[tuple[str, Reading]]:
    """The keys with their readings: those of `fields` in their order, then the others."""
    left = _fields(seen, deserializer)
    found = []
    for name, kind in fields:
        key = _only(spelled for spelled in left if _is(spelled, deserializer.key(name), deserializer))
        found.append((key or deserializer.key(name), reading_of(kind, left.pop(key) if key else None, deserializer)))
    if len({key for key, _ in found}) < len(found):
        raise NotPlain
    return found + [(key, Reading(_extra(kind, deserializer), None)) for key, kind in left.items()]


def _fields(seen: Seen | None, deserializer: Deserializer) -> dict[str, Seen]:
    """The fields of an object, no two of which the SerDe might take for one."""
    fields = dict(seen.fields) if seen else {}
    if len({deserializer.folded(key) for key in fields}) < len(fields):
        raise NotPlain
    return fields


def _is(spelled: str, key: str, deserializer: Deserializer) -> bool:
    folded = deserializer.folded(spelled)
    return folded == key or (deserializer.dots_to_underscores and folded.replace(".", "_") == key)


def _only(keys: Iterable[str]) -> str | None:
    found = list(keys)
    if len(found) > 1:
        raise NotPlain
    return found[0] if found else None


def reading_of(kind: HiveType, seen: Seen | None, deserializer: Deserializer) -> Reading:
    """How to read a column's values, of which `seen` were some (None: none). Raises NotPlain."""

    makers: dict[str, Callable[[HiveType, Seen | None, Deserializer], Reading]] = {
        "array": _array, "struct": _struct, "timestamp": _timestamp, **dict.fromkeys(INTEGERS | FLOATS, _number),
    }  # fmt: skip
    if kind.name in makers:
        return makers[kind.name](kind, seen, deserializer)
    if kind.name not in SCALARS:
        raise NotPlain
    expected, turn = SCALARS[kind.name]
    return Reading(expected or arrow_type(kind), (lambda array: turn(array, kind)) if turn else None)


def _number(kind: HiveType, seen: Seen | None, deserializer: Deserializer) -> Reading:
    if seen and seen.kind == "string" and deserializer.lenient:
        pattern = INTEGER if kind.name in INTEGERS else FLOAT
        return Reading(pa.string(), lambda array: _cast(_matching(array, pattern), arrow_type(kind)))
    if kind.name in FLOATS:
        return Reading(pa.float64(), lambda array: _cast(_check_finite(array), arrow_type(kind)))
    return Reading(arrow_type(kind), None)


def _timestamp(_: HiveType, seen: Seen | None, deserializer: Deserializer) -> Reading:

    if deserializer.timestamp_formats:
        raise NotPlain
    if seen and seen.kind == "integer" and deserializer.lenient:
        return Reading(pa.int64(), _from_epoch)
    pattern = TIMESTAMP_OR_ISO if deserializer.lenient else TIMESTAMP
    return Reading(pa.string(), lambda array: _parsed_timestamp(_matching(array, pattern)))


def _array(kind: HiveType, seen: Seen | None, deserializer: Deserializer) -> Reading:

    element = reading_of(kind.fields[0][1], seen.element if seen else None, deserializer)

    def turn(array: Any) -> Any:
        values = element.turned(array.values)
        return pa.ListArray.from_arrays(array.offsets, values, type=arrow_type(kind), mask=array.is_null())

    return Reading(pa.list_(element.expected), turn if element.turn else None)


def _struct(kind: HiveType, seen: Seen | None, deserializer: Deserializer) -> Reading:

    found = _matched(seen, kind.fields, deserializer)
    known = len(kind.fields)

    def turn(array: Any) -> Any:
        for place in range(known, len(found)):
            _check_finite(array.field(place))
        members = [found[place][1].turned(array.field(place)) for place in range(known)]
        return pa.StructArray.from_arrays(members, type=arrow_type(kind), mask=array.is_null())

    return Reading(pa.struct([(key, reading.expected) for key, reading in found]), turn)


def _extra(seen: Seen, deserializer: Deserializer) -> Any:
    """The type to expect of a key that is no column's."""
    if seen.kind == "list":
        return pa.list_(_extra(seen.element or Seen(), deserializer))
    if seen.kind == "struct":
        return pa.struct([(key, _extra(inner, deserializer)) for key, inner in _fields(seen, deserializer).items()])
    return {"integer": pa.float64(), "float": pa.float64(), "boolean": pa.bool_(), "null": pa.null()}.get(
        seen.kind, pa.string()
    )


def _check_finite(array: Any) -> Any:
    """Arrow takes NaN and Infinity for JSON, which they are not; no other number becomes one."""

    if pa.types.is_floating(array.type) and not pc.all(pc.is_finite(array)).as_py() and len(array) > array.null_count:
        raise NotPlain
    if pa.types.is_list(array.type):
        _check_finite(array.values)
    if pa.types.is_struct(array.type):
        for place in range(array.type.num_fields):
            _check_finite(array.field(place))
    return array


def _matching(array: Any, pattern: str) -> Any:

    if pc.any(pc.invert(pc.match_substring_regex(array, pattern))).as_py():
        raise NotPlain
    return array


def _cast(array: Any, kind: Any) -> Any:

    return array.cast(kind, safe=not pa.types.is_floating(kind))


def _parsed_timestamp(array: Any) -> Any:

    return pc.utf8_rtrim(array, characters="Z").cast(pa.timestamp("ns"))


def _from_epoch(array: Any) -> Any:

    seconds = pc.less(pc.abs_checked(array), FIRST_MILLISECONDS)
    factor = pc.if_else(seconds, pa.scalar(10**9, pa.int64()), pa.scalar(10**6, pa.int64()))
    return pc.multiply_checked(array, factor).cast(pa.timestamp("ns"))


def _sized(array: Any, kind: HiveType) -> Any:

    cut = pc.utf8_slice_codeunits(array, 0, kind.arguments[0])
    return pc.utf8_rtrim(cut, characters=" ") if kind.name == "char" else cut


SCALARS: dict[str, tuple[Any | None, Callable[[Any, HiveType], Any] | None]] = {
    "boolean": (None, None),
    "decimal": (None, None),
    "string": (None, None),
    "varchar": (pa.string(), _sized),
    "char": (pa.string(), _sized),
    "binary": (pa.string(), lambda array, _: array.cast(pa.binary())),
    "date": (pa.string(), lambda array, _: _cast(_matching(array, DATE), pa.date32())),
}
"""What Arrow is to expect (None: the column's own type), and what then becomes of it (None: nothing)."""
