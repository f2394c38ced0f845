"""Whether a file's records are just like those of a file before: found out at the speed of decoding JSON.

What a schema says is made into a type that msgspec decodes into. A file whose records all fit has nothing new to tell:
the keys that every record had before, every record has again, and no value widens a column's type. Nor may it tell
less, for it may be in another table than the file before: some of its records, mostly the first, must need the schema.
"""

import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from afluente.core.hive_type import HiveType
from afluente.services.glue.crawler.column_type import Columns
from afluente.services.glue.crawler.json_sample import MOST_RECORDS, Records, columns
from afluente.services.glue.crawler.schema import Schema, Statistics

GZIP = 16
"""What zlib wants added to the size of its window for gzip's header."""
FEW = (1, 20)
"""Records that are looked at first for what a schema needs."""
DECODER = msgspec.json.Decoder()
Int = Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)]
Bigint = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
PRIMITIVES: dict[str, Any] = {
    "void": None, "boolean": bool, "int": Int, "bigint": Bigint, "double": float, "string": msgspec.Raw,
}  # fmt: skip
"""What leaves a column of the type as it is; a string takes everything."""


PLAIN: dict[str, type] = {"boolean": bool, "int": int, "double": float, "string": str}
"""What a value is that needs a column of the type, if it fits at all."""


@dataclass(frozen=True, slots=True)
class JsonExpectation:
    """`schema`, as files of the same records have it; `by` found it.

    witness: the keys and Python types of a record that needs all of the schema by itself; None where none tells.
    """

    schema: Schema
    by: str
    decoder: Any
    witness: tuple[tuple[str, ...], tuple[type, ...]] | None = None

    @staticmethod
    def of(documents: Sequence[dict[str, Any]], schema: Schema, by: str) -> "JsonExpectation | None":
        """What to expect after a file that had `documents`; None for keys with quotes, which no type has."""
        always = frozenset.intersection(*(frozenset(keys) for keys in {tuple(one) for one in documents}))
        try:
            record = _record(schema, always)
        except ValueError:
            return None
        return JsonExpectation(schema, by, msgspec.json.Decoder(record), _witness(schema))

    def statistics(self, path: str, size: int, most_bytes: int) -> Statistics | None:
        """What there is in the file at `path`, when it is as expected and no longer than `most_bytes`."""
        if size > most_bytes:
            return None
        data = _read(path, size + 1)
        if len(data) != size:  # written anew since it was listed
            return None
        if self.schema.format.compression == "gzip":
            data = _inflated(data, most_bytes)
        records = self._count(data)
        if records is None and b"}{" in data:
            records = self._count(data.replace(b"}{", b"}\n{"))
        return None if records is None else Statistics(1, size, records, len(data), size)

    def _count(self, lines: bytes) -> int | None:
        """How many records there are, one on a line; None when they are not as expected."""
        try:
            found = self.decoder.decode_lines(lines)
            is_expected = 0 < len(found) <= MOST_RECORDS and self._is_needed_by(lines)
        except (msgspec.DecodeError, RecursionError):
            return None
        return len(found) if is_expected else None

    def _is_needed_by(self, lines: bytes) -> bool:
        """Whether the records, which all fit, have every field, and of no narrower type: the first one may tell."""
        if self.witness is not None:
            end = lines.find(b"\n")
            first = DECODER.decode(lines if end < 0 else lines[:end])
            if (tuple(first), tuple(map(type, first.values()))) == self.witness:
                return True
        expected = dict(self.schema.columns), set(self.schema.paths)
        for count in (*FEW, MOST_RECORDS):
            head = b"\n".join(lines.split(b"\n", count)[:count])
            found, paths = columns(Records(DECODER.decode_lines(head), len(head)))
            if (dict(found), set(paths)) == expected:
                return True
        return False


def _witness(schema: Schema) -> tuple[tuple[str, ...], tuple[type, ...]] | None:
    """Of columns of plain types, each of one key: the shape of a record whose values need every one of them."""
    types = [PLAIN.get(kind.name) for _, kind in schema.columns]
    if len(schema.columns) != len(schema.paths) or None in types:
        return None
    return schema.paths, tuple(kind for kind in types if kind is not None)


def _read(path: str, count: int) -> bytes:
    file = os.open(path, os.O_RDONLY)
    try:
        return os.read(file, count)
    finally:
        os.close(file)


def _inflated(data: bytes, most_bytes: int) -> bytes:
    """What is in a gzip file of one part; nothing for another, or for more than `most_bytes`."""
    inflater = zlib.decompressobj(zlib.MAX_WBITS | GZIP)
    try:
        found = inflater.decompress(data, most_bytes)
    except zlib.error:
        return b""
    return found if inflater.eof and not inflater.unused_data else b""


def _record(schema: Schema, always: frozenset[str]) -> Any:
    """The type of a record. Raises ValueError for keys that it cannot have."""
    types = dict(schema.columns)
    fields = [
        _field(number, types[name.lower()], is_optional=name not in always) for number, name in enumerate(schema.paths)
    ]
    names = {f"f{number}": name for number, name in enumerate(schema.paths)}
    in_order = sorted(fields, key=len)  # those that may be missing come last, as msgspec wants it
    return msgspec.defstruct("Record", in_order, rename=names, forbid_unknown_fields=True, gc=False)


def _field(number: int, kind: HiveType, *, is_optional: bool) -> tuple[Any, ...]:
    name, annotation = f"f{number}", _annotation(kind)
    return (name, annotation | msgspec.UnsetType, msgspec.UNSET) if is_optional else (name, annotation)


def _annotation(kind: HiveType) -> Any:
    """The Python type of values that do not widen `kind`. Raises KeyError for one that JSON does not have."""
    if kind.name == "struct":
        return _struct(kind.fields) | None
    if kind.name == "array":
        return list[_annotation(kind.fields[0][1])] | None  # type: ignore[misc]  # made at run time
    primitive = PRIMITIVES[kind.name]
    return primitive if primitive in {None, msgspec.Raw} else primitive | None


def _struct(fields: Columns) -> Any:
    names = {f"f{number}": name for number, (name, _) in enumerate(fields)}
    members = [
        (f"f{number}", _annotation(kind) | msgspec.UnsetType, msgspec.UNSET) for number, (_, kind) in enumerate(fields)
    ]
    return msgspec.defstruct("Nested", members, rename=names, forbid_unknown_fields=True, gc=False)
