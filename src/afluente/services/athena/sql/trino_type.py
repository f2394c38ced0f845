"""Types as Athena reports them: of result columns (from DuckDB's) and of catalog columns (from Hive's), Trino-spelled.

Precision, scale and case sensitivity follow what Athena answers in ColumnInfo.
"""

from dataclasses import dataclass
from typing import Any

from afluente.core.hive_type import HiveType
from afluente.core.hive_type import parse as parse_hive_type

UNBOUNDED = 2_147_483_647

MILLISECONDS = 3
MICROSECONDS = 6
"""Digits after the second: of Hive's timestamps and of what functions give; of Iceberg's."""

MOMENT = "timestamp with time zone"

NUMBERS = {"tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19, "float": 17, "double": 17}

DUCKDB_NAMES = {
    "hugeint": "bigint",  # DuckDB sums integers into 128 bits; Trino into 64
    "uhugeint": "bigint",
    "ubigint": "bigint",
    "uinteger": "bigint",
    "usmallint": "integer",
    "utinyint": "smallint",
    "blob": "varbinary",
    "timestamp_s": "timestamp",
    "timestamp_ms": "timestamp",
    "timestamp_ns": "timestamp",
    "timestamp with time zone": "timestamp with time zone",
    "time_tz": "time with time zone",
    "interval": "interval day to second",
    "list": "array",
    "array": "array",
    "struct": "row",
    "tuple": "row",
    "null": "unknown",
}

WITHOUT_HIVE = frozenset({"json", "unknown", "uuid", "time", "ipaddress", "Geometry", "SphericalGeography"})
"""Types that no column of Hive's has."""

HIVE_OF = {"integer": "int", "varbinary": "binary", "varchar": "string", "json": "string"}


@dataclass(frozen=True, slots=True)
class TrinoType:
    """One type; `fields` are an array's element, a map's key and value, a row's fields by name."""

    name: str
    precision: int = 0
    scale: int = 0
    fields: tuple[tuple[str, "TrinoType"], ...] = ()
    zone: str = ""
    """Of a moment with a time zone: which, where the query says so; see `zone.py`."""

    def __str__(self) -> str:
        if self.name == "row":
            return f"row({', '.join(f'{name} {kind}'.lstrip() for name, kind in self.fields)})"
        if self.fields:
            return f"{self.name}({', '.join(str(kind) for _, kind in self.fields)})"
        if self.name == "decimal":
            return f"decimal({self.precision},{self.scale})"
        if self.is_time:
            word, _, rest = self.name.partition(" ")
            return f"{word}({self.precision}) {rest}".rstrip()
        if self.name in {"varchar", "char"} and self.precision != UNBOUNDED:
            return f"{self.name}({self.precision})"
        return "real" if self.name == "float" else self.name

    @property
    def is_time(self) -> bool:
        """Whether it has a time of day; `precision` is its digits after the second then."""
        return self.name.startswith("time")

    def column_info(self, name: str) -> dict[str, Any]:
        """ColumnInfo, as GetQueryResults gives it for a column called `name`."""
        return {
            "CatalogName": "hive",
            "SchemaName": "",
            "TableName": "",
            "Name": name,
            "Label": name,
            "Type": self.name,
            "Precision": MILLISECONDS if self.is_time else self.precision,
            "Scale": self.scale,
            "Nullable": "UNKNOWN",
            "CaseSensitive": self.name in {"varchar", "char"},
        }

    def hive(self) -> str:
        """The type in Hive's words, for a table that a query creates. Raises ValueError when Hive has none."""
        if self.name == "array":
            return f"array<{self.fields[0][1].hive()}>"
        if self.name == "map":
            return f"map<{self.fields[0][1].hive()},{self.fields[1][1].hive()}>"
        if self.name == "row":
            return f"struct<{','.join(f'{name}:{kind.hive()}' for name, kind in self.fields)}>"
        if self.name in {"decimal", "char"} or (self.name == "varchar" and self.precision != UNBOUNDED):
            return f"{self.name}({self.precision}{f',{self.scale}' if self.name == 'decimal' else ''})"
        if self.name in WITHOUT_HIVE or "with time zone" in self.name or "interval" in self.name:
            raise ValueError(f"Unsupported Hive type: {self}")
        return HIVE_OF.get(self.name, self.name)


VARCHAR = TrinoType("varchar", UNBOUNDED)
BIGINT = TrinoType("bigint", 19)


def of_duckdb(kind: Any) -> TrinoType:
    """The type that Athena reports for a DuckDB type object."""
    if str(kind) == "JSON":
        return TrinoType("json")
    name = DUCKDB_NAMES.get(kind.id, kind.id)
    if name in {"array", "map", "row"}:
        children = [child for child in kind.children if not isinstance(child[1], int)]
        fields = ((field.lower() or f"field{place}", of_duckdb(inner)) for place, (field, inner) in enumerate(children))
        return TrinoType(name, fields=tuple(fields))
    if name == "decimal":
        sizes = dict(kind.children)
        return TrinoType(name, sizes["precision"], sizes["scale"])
    return scalar(name)


def scalar(name: str) -> TrinoType:
    """The type called `name`, with the precision Athena reports for it."""
    if name == "varchar":
        return VARCHAR
    if name == "varbinary":
        return TrinoType(name, 1_073_741_824)
    if name.startswith(("timestamp", "time")):
        return TrinoType(name, MILLISECONDS)
    return TrinoType(name, NUMBERS.get(name, 0))


def of_hive(text: str, digits: int = MILLISECONDS) -> TrinoType:
    """The type of a catalog column. Raises ValueError when the catalog's text is no Hive type.

    digits: of the table's timestamps, after the second.
    """
    return _of_hive(parse_hive_type(text), digits)


def _of_hive(kind: HiveType, digits: int) -> TrinoType:
    if kind.fields:
        name = {"struct": "row"}.get(kind.name, kind.name)
        return TrinoType(name, fields=tuple((field.lower(), _of_hive(inner, digits)) for field, inner in kind.fields))
    if kind.name == "timestamp":
        return TrinoType("timestamp", digits)
    if kind.name == "decimal":
        precision, scale = (*kind.arguments, 0)[:2] if kind.arguments else (10, 0)
        return TrinoType("decimal", precision, scale)
    if kind.name in {"varchar", "char"}:
        return TrinoType(kind.name, kind.arguments[0] if kind.arguments else (1 if kind.name == "char" else UNBOUNDED))
    return scalar({"int": "integer", "string": "varchar", "binary": "varbinary"}.get(kind.name, kind.name))
