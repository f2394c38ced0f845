"""Avro: the records of each object as Parquet, with the columns that its schema names."""

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import fastavro
import pyarrow
import pyarrow.parquet

from afluente.core.arrow_type import arrow_type
from afluente.core.avro_codec import add_codecs
from afluente.core.hive_type import HiveType
from afluente.services.glue.crawler.columnar import of_avro
from afluente.services.glue.job.runtime.storage import Item

ROWS = 10_000

add_codecs()


def convert(items: Sequence[Item], folder: Path, options: Mapping[str, Any]) -> dict[Item, Path | None]:
    """A Parquet file for each object. Raises ValueError when one is not Avro."""
    made: dict[Item, Path | None] = {}
    for number, item in enumerate(items):
        made[item] = folder / f"{number}.parquet"
        try:
            _convert(item, folder / f"{number}.parquet")
        except (ValueError, TypeError, KeyError, EOFError, IndexError) as error:
            raise ValueError(f"{item.url} is not Avro, or not of a kind that can be read: {error}") from None
    return made


def _convert(item: Item, path: Path) -> None:
    with Path(item.path).open("rb") as file:
        records: Any = fastavro.reader(file)
        kind = of_avro(records.writer_schema)
        if kind.name != "struct":
            raise ValueError(f"its rows are of the type {kind}")
        schema = pyarrow.schema([(name, arrow_type(_known(each), "us")) for name, each in kind.fields])
        with pyarrow.parquet.ParquetWriter(path, schema) as writer:
            while batch := list(itertools.islice(records, ROWS)):
                writer.write_table(pyarrow.Table.from_pylist(batch, schema))


def _known(kind: HiveType) -> HiveType:
    """A field that is always null is one of texts."""
    if kind.name == "void":
        return HiveType("string")
    return HiveType(kind.name, kind.arguments, tuple((name, _known(each)) for name, each in kind.fields))
