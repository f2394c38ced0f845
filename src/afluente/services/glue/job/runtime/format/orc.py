"""ORC: each object as Parquet, stripe by stripe."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.orc
import pyarrow.parquet

from afluente.services.glue.job.runtime.storage import Item


def convert(items: Sequence[Item], folder: Path, options: Mapping[str, Any]) -> dict[Item, Path | None]:
    """A Parquet file for each object. Raises ValueError when one is not ORC."""
    made: dict[Item, Path | None] = {}
    for number, item in enumerate(items):
        made[item] = folder / f"{number}.parquet"
        try:
            source = pyarrow.orc.ORCFile(item.path)
            with pyarrow.parquet.ParquetWriter(made[item], source.schema, coerce_timestamps="us") as writer:
                for stripe in range(source.nstripes):
                    writer.write_table(pyarrow.table(source.read_stripe(stripe)))
        except (pyarrow.ArrowException, OSError) as error:
            raise ValueError(f"{item.url} is not ORC: {error}") from None
    return made
