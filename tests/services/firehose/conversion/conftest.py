"""A conversion as a delivery asks for it, and its file read back."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.orc
import pyarrow.parquet
import pytest

from afluente.services.firehose.conversion.converter import FailedRecord, converter_of


class Outcome(NamedTuple):
    """The rows of the file, the failed records, and the file."""

    rows: list[dict[str, Any]]
    failures: list[FailedRecord]
    path: Path


Convert = Callable[..., Outcome]


def configuration(
    openx: dict[str, Any] | None = None,
    hive: dict[str, Any] | None = None,
    parquet: dict[str, Any] | None = None,
    orc: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A DataFormatConversionConfiguration: OpenX to Parquet unless it is told otherwise."""
    deserializer = {"HiveJsonSerDe": hive} if hive is not None else {"OpenXJsonSerDe": openx or {}}
    serializer = {"OrcSerDe": orc} if orc is not None else {"ParquetSerDe": parquet or {}}
    return {
        "InputFormatConfiguration": {"Deserializer": deserializer},
        "OutputFormatConfiguration": {"Serializer": serializer},
    }


@pytest.fixture
def convert(tmp_path: Path) -> Convert:
    """Converts records by columns (`"a int, b string"`: as DDL has them) and reads the file back."""

    def convert(columns: Sequence[tuple[str, str]], *records: bytes, **options: Any) -> Outcome:
        path = tmp_path / f"file-{len(list(tmp_path.iterdir()))}"
        converted = converter_of(configuration(**options), columns).convert([records], path)
        if not path.exists():
            return Outcome([], converted.failures, path)
        read = pyarrow.orc.read_table if "orc" in options else pyarrow.parquet.read_table
        table = read(path)
        assert table.num_rows == converted.rows
        return Outcome(table.to_pylist(), converted.failures, path)

    return convert
