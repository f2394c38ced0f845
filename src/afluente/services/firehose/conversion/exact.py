"""Records to rows, record by record, by the letter of the SerDe: any input, in its own time."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from afluente.services.firehose.conversion.deserializer import Deserializer
from afluente.services.firehose.conversion.document import objects
from afluente.services.firehose.conversion.failure import RecordFailure
from afluente.services.firehose.conversion.schema import Schema

Failed = tuple[int, bytes, RecordFailure]
"""A record's place, its data, and what is wrong with it."""


class ExactReader:
    """Reads with `deserializer` into rows of `schema`."""

    def __init__(self, schema: Schema, deserializer: Deserializer) -> None:
        self._arrow = schema.arrow()
        self._decoder = deserializer.decoder()
        self._row = deserializer.row(schema)

    def read(self, records: Sequence[bytes], first: int = 0) -> tuple[Any, list[Failed]]:
        """The pyarrow.Table of the records' rows, and the failed records, whose rows it does not have.

        `first` is the place of the first record.
        """
        rows: list[tuple[Any, ...]] = []
        failures: list[Failed] = []
        for place, data in enumerate(records, first):
            try:
                rows += [self._row(document) for document in objects(data, self._decoder)]
            except RecordFailure as failure:
                failures.append((place, data, failure))
        return self._table(rows), failures

    def _table(self, rows: list[tuple[Any, ...]]) -> Any:

        arrow = self._arrow
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(arrow)
        arrays = [pa.array(values, kind) for values, kind in zip(columns, arrow.types, strict=True)]
        return pa.Table.from_arrays(arrays, schema=arrow)
