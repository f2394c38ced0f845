"""Trees of JSON or CBOR values, read and written by the shapes of a model.

Reading checks types only, and fails as AWS's front ends do (SerializationException); constraints are
`validation`'s. Members that the model does not know are ignored; null means absent.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from afluente.core.error import SerializationException
from afluente.wire.codec import Codec
from afluente.wire.model import Shape

INTEGER_BITS = {"integer": 32, "long": 64}
TYPE_WORDS = {
    "integer": "Integer",
    "long": "Long",
    "float": "Float",
    "double": "Double",
    "boolean": "Boolean",
    "string": "String",
    "blob": "Blob",
    "timestamp": "Date",
}


class TreeReader:
    """Reads trees of one codec. `java_types`: type errors name Java classes, as Kinesis does, instead of tokens."""

    def __init__(self, codec: Codec, *, java_types: bool = False) -> None:
        self._codec = codec
        self._java_types = java_types
        self._readers: dict[str, Callable[[Shape, Any], Any]] = {
            "structure": self._structure,
            "list": self._list,
            "map": self._map,
            "string": self._string,
            "character": self._string,
            "integer": self._integer,
            "long": self._integer,
            "float": self._float,
            "double": self._float,
            "boolean": self._boolean,
            "blob": self._blob,
            "timestamp": self._timestamp,
        }

    def read(self, shape: Shape, value: Any) -> Any:
        """The value that `shape` makes of a tree. Raises SerializationException on a wrong type."""
        return self._readers[shape.type](shape, value)

    def _structure(self, shape: Shape, value: Any) -> Any:
        if shape.document:
            return value
        if not isinstance(value, Mapping):
            raise self._misplaced(value, "Expected null")
        readers = self._readers
        known = shape.members
        return {
            name: readers[known[name].type](known[name], item)
            for name, item in value.items()
            if item is not None and name in known
        }

    def _list(self, shape: Shape, value: Any) -> list[Any]:
        if not isinstance(value, list | tuple):
            raise self._misplaced(value, "Expected list or null")
        member = shape.member
        read = self._readers[member.type]
        return [read(member, item) for item in value if item is not None]

    def _map(self, shape: Shape, value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise self._misplaced(value, "Expected map or null")
        member = shape.value
        read = self._readers[member.type]
        return {self._string(shape.key, key): read(member, item) for key, item in value.items() if item is not None}

    def _string(self, shape: Shape, value: Any) -> str:
        if not isinstance(value, str):
            raise self._unconvertible(shape, value)
        return value

    def _integer(self, shape: Shape, value: Any) -> int:
        number = self._number(shape, value)
        if not -(1 << INTEGER_BITS[shape.type] - 1) <= number < 1 << INTEGER_BITS[shape.type] - 1:
            raise self._unconvertible(shape, value)
        return int(number)

    def _number(self, shape: Shape, value: Any) -> Any:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise self._unconvertible(shape, value)
        return value

    def _float(self, shape: Shape, value: Any) -> Any:
        # How JSON spells what it has no numbers for: https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
        if isinstance(value, str) and value in {"NaN", "Infinity", "-Infinity"}:
            return float(value)
        return self._number(shape, value)

    def _boolean(self, shape: Shape, value: Any) -> bool:
        if not isinstance(value, bool):
            raise self._unconvertible(shape, value)
        return value

    def _blob(self, shape: Shape, value: Any) -> bytes:
        try:
            return self._codec.read_blob(value)
        except TypeError:
            raise self._unconvertible(shape, value) from None
        except ValueError as error:
            raise SerializationException(str(error)) from None

    def _timestamp(self, shape: Shape, value: Any) -> datetime:
        try:
            return self._codec.read_timestamp(value)
        except (TypeError, ValueError):
            raise self._unconvertible(shape, value) from None

    def _misplaced(self, value: Any, scalar: str) -> SerializationException:
        return _structural(value) or SerializationException(scalar)

    def _unconvertible(self, shape: Shape, value: Any) -> SerializationException:
        word = TYPE_WORDS[shape.type]
        article = "an" if word == "Integer" or (self._java_types and word != "Blob") else "a"
        found = _java_class(value) if self._java_types else _token(value)
        return _structural(value) or SerializationException(f"{found} can not be converted to {article} {word}")


def _structural(value: Any) -> SerializationException | None:
    if isinstance(value, list | tuple):
        return SerializationException("Start of list found where not expected")
    if isinstance(value, Mapping):
        return SerializationException("Start of structure or map found where not expected.")
    return None


def _token(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    return "STRING_VALUE" if isinstance(value, str) else "NUMBER_VALUE"


def _java_class(value: Any) -> str:
    if isinstance(value, bool):
        return "class java.lang.Boolean"
    return "class java.lang.String" if isinstance(value, str) else "class java.math.BigDecimal"


class TreeWriter:
    """Writes responses as trees of one codec. Members that are None, or that the shape does not have, are left out."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec

    def write(self, shape: Shape, value: Any) -> Any:
        """The tree of `value`."""
        match shape.type:
            case "structure":
                return value if shape.document else self._structure(shape, value)
            case "list":
                return [self.write(shape.member, item) for item in value]
            case "map":
                return {key: self.write(shape.value, item) for key, item in value.items()}
            case "timestamp":
                return self._codec.write_timestamp(value)
            case "blob":
                return self._codec.write_blob(value)
            case _:
                return value

    def _structure(self, shape: Shape, value: Mapping[str, Any]) -> dict[str, Any]:
        members = shape.members
        return {
            name: self.write(members[name], item)
            for name, item in value.items()
            if item is not None and name in members
        }
