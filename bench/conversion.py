"""Record format conversion: JSON records to a Parquet file, against DuckDB doing the same."""

import statistics
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb

from afluente.services.firehose.conversion.block import Block
from afluente.services.firehose.conversion.converter import converter_of
from bench.figure import Figure, seconds
from bench.load import RECORDS, reading

RECORDS_IN_ALL = 640_000
"""64 MiB, the least that a delivery with conversion may gather."""

COLUMNS = [("idtemp", "int"), ("data", "double"), ("type", "string"), ("timestamp", "string")]
CONFIGURATION = {
    "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": {}}},
    "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {}}},
}
COPY = """COPY (SELECT * FROM read_json('{json}', format = 'newline_delimited', columns =
    {{idtemp: 'INTEGER', data: 'DOUBLE', type: 'VARCHAR', timestamp: 'VARCHAR'}})) TO '{parquet}' (FORMAT parquet)"""


def figures(folder: Path) -> Iterator[Figure]:
    """Records converted per second, with and without a line break at their ends."""
    records = [reading(number) for number in range(RECORDS_IN_ALL)]
    yield _figure(folder, records, "conversion to Parquet")
    yield _figure(folder, [record + b"\n" for record in records], "conversion to Parquet, records with a line break")


def _figure(folder: Path, records: list[bytes], what: str) -> Figure:
    json, converter = folder / "records.json", converter_of(CONFIGURATION, COLUMNS)
    json.write_bytes(b"\n".join(records))
    blocks = [Block.of(records[start : start + RECORDS]) for start in range(0, len(records), RECORDS)]
    with duckdb.connect() as connection:
        copy = COPY.format(json=json, parquet=folder / "raw.parquet")
        took, raw = _alternately(
            lambda: converter.convert(blocks, folder / "converted.parquet"), lambda: connection.execute(copy)
        )
    return Figure(
        what,
        len(records) / took,
        "records/s",
        ">= 0.7",
        len(records) / raw,
        "DuckDB's COPY of the same JSON to Parquet",
    )


def _alternately(first: Callable[[], object], second: Callable[[], object], times: int = 7) -> tuple[float, float]:
    """The medians of both, run in turns so that a busy moment meets both; the first turn warms up."""
    pairs = [(seconds(first), seconds(second)) for _ in range(times + 1)][1:]
    return statistics.median(one for one, _ in pairs), statistics.median(other for _, other in pairs)
