"""Which values Trino takes for a column without a CAST: those that lose nothing on the way.

Source: Trino's type coercion. A pair that is not judged here may pass: the engine decides of decimals and containers.
"""

from afluente.services.athena.sql.trino_type import MOMENT, TrinoType

WIDER: dict[str, frozenset[str]] = {
    "boolean": frozenset(),
    "tinyint": frozenset({"smallint", "integer", "bigint", "decimal", "float", "double"}),
    "smallint": frozenset({"integer", "bigint", "decimal", "float", "double"}),
    "integer": frozenset({"bigint", "decimal", "float", "double"}),
    "bigint": frozenset({"decimal", "float", "double"}),
    "decimal": frozenset({"float", "double"}),
    "float": frozenset({"double"}),
    "double": frozenset(),
    "varchar": frozenset({"char"}),
    "char": frozenset({"varchar"}),
    "varbinary": frozenset(),
    "date": frozenset({"timestamp", MOMENT}),
    "timestamp": frozenset({MOMENT}),
    MOMENT: frozenset(),
}
"""The types, by name, into which values of a type go beside its own."""


def is_coerced(given: TrinoType, wanted: TrinoType) -> bool:
    """Whether a value of type `given` may stand for one of `wanted`."""
    if given.name not in WIDER or wanted.name not in WIDER:
        return True
    if given.name != wanted.name:
        return wanted.name in WIDER[given.name]
    return not given.is_time or given.precision <= wanted.precision
