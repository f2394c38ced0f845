"""Records to rows: plain ones many at once, the others one by one."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from afluente.services.firehose.conversion.block import Block
from afluente.services.firehose.conversion.deserializer import Deserializer
from afluente.services.firehose.conversion.exact import ExactReader, Failed
from afluente.services.firehose.conversion.plain import PlainReader
from afluente.services.firehose.conversion.schema import Schema

PARTS = 8
FEW = 500
"""So many records are not taken apart further to find those that are not plain."""


Read = tuple[Any, list[Failed]]
"""A pyarrow.Table of the records' rows, each column in one piece; the failed records, whose rows are not there."""


class Reader:
    """Reads with `deserializer` into rows of `schema`."""

    def __init__(self, schema: Schema, deserializer: Deserializer) -> None:
        self._exact = ExactReader(schema, deserializer)
        self._plain = PlainReader(schema, deserializer)

    def read(self, block: Block) -> Read:
        """What is in the records of a block."""
        table = self._plain.read(block)
        return (table, []) if table is not None else self._taken_apart(block.records(), 0)

    def _taken_apart(self, records: Sequence[bytes], first: int) -> Read:
        """What is in records that are not all plain; `first` is the place of the first."""
        if len(records) <= FEW or not self._plain.possible:
            return self._exact.read(records, first)
        tables: list[Any] = []
        failures: list[Failed] = []
        step = -(-len(records) // PARTS)
        for start in range(0, len(records), step):
            part = records[start : start + step]
            table = self._plain.read(Block.of(part))
            found, failed = (table, []) if table is not None else self._taken_apart(part, first + start)
            tables.append(found)
            failures += failed
        return pa.concat_tables(tables).combine_chunks(), failures
