"""The types of frames as scripts look at them: `awsglue.gluetypes`."""

from collections.abc import Iterator
from typing import Any

from afluente.core.hive_type import HiveType
from afluente.services.glue.job.runtime.connection import Schema


class DataType:
    """A type; two are equal when they are written alike."""

    name = ""

    @classmethod
    def typeName(cls) -> str:
        """As Glue calls it."""
        return cls.name

    def jsonValue(self) -> dict[str, Any]:
        """As JSON."""
        return {"dataType": self.name, "properties": {}}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DataType) and self.jsonValue() == other.jsonValue()

    def __hash__(self) -> int:
        return hash(str(self.jsonValue()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({{}})"


class BinaryType(DataType):
    """Bytes."""

    name = "binary"


class BooleanType(DataType):
    """True or false."""

    name = "boolean"


class ByteType(DataType):
    """An integer of 8 bits."""

    name = "byte"


class ShortType(DataType):
    """Of 16 bits."""

    name = "short"


class IntegerType(DataType):
    """Of 32 bits."""

    name = "int"


class LongType(DataType):
    """Of 64 bits."""

    name = "long"


class FloatType(DataType):
    """A number of 32 bits."""

    name = "float"


class DoubleType(DataType):
    """A number of 64 bits."""

    name = "double"


class StringType(DataType):
    """A text."""

    name = "string"


class TimestampType(DataType):
    """A point in time."""

    name = "timestamp"


class DateType(DataType):
    """A day."""

    name = "date"


class NullType(DataType):
    """Nothing but nulls."""

    name = "null"


class UnknownType(DataType):
    """A type that is not known."""

    name = "unknown"


class ChoiceType(DataType):
    """Values of several types."""

    name = "choice"


class DecimalType(DataType):
    """A decimal with so many digits."""

    name = "decimal"

    def __init__(self, precision: int = 10, scale: int = 2) -> None:
        self.precision, self.scale = precision, scale

    def jsonValue(self) -> dict[str, Any]:
        """As JSON."""
        return {**super().jsonValue(), "precision": self.precision, "scale": self.scale}


class ArrayType(DataType):
    """Values of one type in order."""

    name = "array"

    def __init__(self, elementType: DataType) -> None:
        self.elementType = elementType

    def jsonValue(self) -> dict[str, Any]:
        """As JSON."""
        return {**super().jsonValue(), "elementType": self.elementType.jsonValue()}


class MapType(DataType):
    """Values of one type by keys of another."""

    name = "map"

    def __init__(self, keyType: DataType, valueType: DataType) -> None:
        self.keyType, self.valueType = keyType, valueType

    def jsonValue(self) -> dict[str, Any]:
        """As JSON."""
        pair = {"keyType": self.keyType.jsonValue(), "valueType": self.valueType.jsonValue()}
        return {**super().jsonValue(), **pair}


class Field:
    """A field of a struct."""

    def __init__(self, name: str, dataType: DataType) -> None:
        self.name, self.dataType = name, dataType

    def jsonValue(self) -> dict[str, Any]:
        """As JSON."""
        return {"name": self.name, "container": self.dataType.jsonValue()}

    def __repr__(self) -> str:
        return f"Field({self.name}, {self.dataType!r})"


class StructType(DataType):
    """Fields in order."""

    name = "struct"

    def __init__(self, fields: list[Field] | None = None) -> None:
        self.fields = list(fields or [])

    @property
    def field_map(self) -> dict[str, Field]:
        """The fields by name."""
        return {field.name: field for field in self.fields}

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)

    def jsonValue(self) -> dict[str, Any]:
        """As JSON."""
        return {**super().jsonValue(), "fields": [field.jsonValue() for field in self.fields]}

    def __repr__(self) -> str:
        return f"StructType({self.fields!r})"


PLAIN: dict[str, type[DataType]] = {
    "binary": BinaryType, "boolean": BooleanType, "tinyint": ByteType, "smallint": ShortType, "int": IntegerType,
    "bigint": LongType, "float": FloatType, "double": DoubleType, "string": StringType, "varchar": StringType,
    "char": StringType, "timestamp": TimestampType, "date": DateType, "choice": ChoiceType,
}  # fmt: skip


def struct_type(columns: Schema) -> StructType:
    """The columns of a frame."""
    return StructType([Field(name, of(kind)) for name, kind in columns])


def of(kind: HiveType) -> DataType:
    """A type in Glue's words."""
    if kind.name == "struct":
        return struct_type(kind.fields)
    if kind.name == "array":
        return ArrayType(of(kind.fields[0][1]))
    if kind.name == "map":
        return MapType(of(kind.fields[0][1]), of(kind.fields[1][1]))
    if kind.name == "decimal":
        return DecimalType(*kind.decimal_size)
    return PLAIN[kind.name]()
