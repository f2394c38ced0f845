"""Records to rows, many at once, when they are plain: Arrow's JSON reader, held to the letter of the SerDe.

Arrow is told exactly which keys the documents have and of which kind each value is, as a sample shows. It refuses
whatever is otherwise: another key or another spelling of one, a key that is there twice, a string for a number, a
number that does not fit. What it would take and the SerDe would not is looked for beforehand or in what comes of it.
Whatever is refused goes to the exact reader; so being refused costs time, never truth.
"""

import re
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from afluente.services.firehose.conversion.block import Block
from afluente.services.firehose.conversion.deserializer import Deserializer
from afluente.services.firehose.conversion.sample import NotPlain, Seen, sampled
from afluente.services.firehose.conversion.schema import Schema
from afluente.services.firehose.conversion.shape import Shape, shape_of

SHORTEST = 3
"""Bytes of a record whose last three can be looked at; shorter ones go to the exact reader."""

TROUBLESOME_DECIMAL = (
    r'[:\[,]\s*"?[-+]?[0-9]*\.?[0-9]*[eE][-+]?[0-9]{2,}"?\s*[,\]}]|[:\[,]\s*"?[-+]?[0-9]*\.[0-9]{30}|\\u00[2346]'
)
"""Numbers that Arrow cannot bring to a scale: it reads beyond its table of powers. Escaped digits might hide one."""

_NULL_BETWEEN = re.compile(rb"\}\s*null")


class PlainReader:
    """Reads as `deserializer` does into rows of `schema`, or not at all. Learns how the documents look as they come.

    May be used from several threads: what is learned is replaced as a whole.
    """

    def __init__(self, schema: Schema, deserializer: Deserializer) -> None:
        self._schema = schema
        self._deserializer = deserializer
        self._shape: Shape | None = None
        self._has_decimals = any("decimal" in str(column.kind) for column in schema.columns)
        self.possible = self._is_possible()
        """Whether there are plain records at all for these columns."""

    def read(self, block: Block) -> Any | None:
        """The pyarrow.Table of the records' rows, exactly as the exact reader has it; None when they are not plain."""

        joined = _joined(block) if self.possible else None
        if joined is None or (self._has_decimals and _contains(joined, TROUBLESOME_DECIMAL)):
            return None
        try:
            known = self._shape
            if known is not None:
                table = self._read(joined, known, block.count)
                if table is not None:
                    return table
            learned = self._learned(block)
            if learned == known:
                return None
            self._shape = learned
            return self._read(joined, learned, block.count)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, UnicodeDecodeError, NotPlain):
            return None

    def _is_possible(self) -> bool:
        try:
            shape_of(Seen(), self._schema, self._deserializer)
        except NotPlain:
            return False
        return True

    def _learned(self, block: Block) -> Shape:
        return shape_of(sampled(block.each()), self._schema, self._deserializer)

    def _read(self, joined: Any, shape: Shape, records: int) -> Any | None:

        try:
            found = _parsed(joined, shape.expected)
        except pa.ArrowInvalid:
            return None
        if found.num_rows > records and _NULL_BETWEEN.search(memoryview(joined)):
            return None  # Arrow takes a null between objects for one more
        found.validate(full=True)
        return shape.rows(found)


def _joined(block: Block) -> Any | None:
    """The records with a line break between, as one text that can be read in only one way; None when it could not.

    Every record begins with `{` and ends with `}`, and a line break is never part of a string: so no string reaches
    over a record's end, and neither does an object or an array, inside which no value follows another without a comma.
    """
    data = pa.py_buffer(block.data)
    lengths = pa.Array.from_buffers(pa.int32(), block.count, [None, pa.py_buffer(block.lengths)])
    if not len(lengths) or pc.min(lengths).as_py() < SHORTEST:
        return None
    ends = pc.cumulative_sum_checked(lengths)
    starts = pc.subtract(ends, lengths)
    text = pa.Array.from_buffers(pa.uint8(), len(data), [None, data])
    if not _all_are(text.take(starts), "{"):
        return None
    if _all_are(text.take(pc.subtract(ends, 1)), "\n"):
        return data if _all_are(text.take(pc.subtract(ends, 2)), "}") else None
    if not _all_are(text.take(pc.subtract(ends, 1)), "}"):
        return None
    offsets = pa.concat_arrays([pa.array([0], pa.int32()), ends])
    records = pa.Array.from_buffers(pa.binary(), block.count, [None, offsets.buffers()[1], data])
    return pc.binary_join_element_wise(records, b"", b"\n").buffers()[2]


def _contains(text: Any, pattern: str) -> bool:
    whole = pa.Array.from_buffers(pa.binary(), 1, [None, pa.array([0, text.size], pa.int32()).buffers()[1], text])
    return bool(pc.match_substring_regex(whole, pattern)[0].as_py())


def _all_are(characters: Any, character: str) -> bool:
    return bool(pc.all(pc.equal(characters, pa.scalar(ord(character), pa.uint8()))).as_py())


def _parsed(data: Any, expected: Any) -> Any:
    """The table of the documents in `data`: of the `expected` fields and no others. Raises ArrowInvalid."""
    return pyarrow.json.read_json(
        pa.BufferReader(data),
        pyarrow.json.ReadOptions(use_threads=False, block_size=data.size + 1),
        pyarrow.json.ParseOptions(explicit_schema=expected, unexpected_field_behavior="error"),
    )
