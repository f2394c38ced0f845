"""Which bucket a row belongs to, as Hive has it: files named by bucket hold the rows whose columns hash to it.

Source: Hive's bucketing version 1, ObjectInspectorUtils.hashCode, as its documentation and Trino's describe it: every
column has a 32-bit hash, which are joined as 31 * h + next; the sign is cut off, and the rest of the division counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from afluente.services.athena.error import QueryFailure
from afluente.services.athena.query import Column

WORD = 1 << 32
SIGN_CUT = (1 << 31) - 1

COLUMN = "$bucket"
"""The name under which rows carry their bucket's number until they lie in its file."""

_WHOLE = f"CAST({{0}} AS HUGEINT) & {WORD - 1}"
_HASHES = {
    "boolean": "CAST({0} AS HUGEINT)",
    "tinyint": _WHOLE,
    "smallint": _WHOLE,
    "int": _WHOLE,
    "bigint": f"xor(CAST({{0}} AS HUGEINT) & {WORD - 1}, (CAST({{0}} AS HUGEINT) >> 32) & {WORD - 1})",
    "date": f"CAST(date_diff('day', DATE '1970-01-01', {{0}}) AS HUGEINT) & {WORD - 1}",
    "string": "CAST(athena_hive_hash({0}, 0) AS HUGEINT)",
    "varchar": "CAST(athena_hive_hash({0}, 1) AS HUGEINT)",
}
"""By Hive's type, which tells a text without a length from one with."""


@dataclass(frozen=True, slots=True)
class Bucketing:
    """So many buckets, by the columns named (in lower case)."""

    columns: tuple[str, ...]
    count: int

    def expression(self, columns: Sequence[Column]) -> str:
        """The number of a row's bucket; `columns` are those of the query, which are called c0, c1 and so on.

        Raises QueryFailure.
        """
        places = {column.name.lower(): place for place, column in enumerate(columns)}
        joined = "0"
        for name in self.columns:
            if name not in places:
                raise QueryFailure("COLUMN_NOT_FOUND", f"Bucketing column '{name}' not present in schema")
            joined = f"((31 * {joined} + {_hash(columns[places[name]], places[name])}) & {WORD - 1})"
        return f"CAST(({joined} & {SIGN_CUT}) % {self.count} AS INTEGER)"


def _hash(column: Column, place: int) -> str:
    kind = column.type.hive().partition("(")[0]
    if kind not in _HASHES:
        raise QueryFailure("NOT_SUPPORTED", f"Afluente does not bucket by columns of type {column.type}: {column.name}")
    value = f"c{place}"
    return f"CASE WHEN {value} IS NULL THEN 0 ELSE {_HASHES[kind].format(value)} END"


def file_name(name: str, bucket: int) -> str:
    """What the file of a bucket is called, for files called `name`."""
    stem, dot, extension = name.partition(".")
    return f"{stem}_bucket-{bucket:05d}{dot}{extension}"
