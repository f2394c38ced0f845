"""ORC and Avro files in the place of the Parquet files that DuckDB wrote."""

import json
from pathlib import Path
from typing import Any

from afluente.core import arrow_file
from afluente.core.arrow_file import Columns
from afluente.services.athena.error import QueryFailure
from afluente.services.athena.writer.format import WriteFormat


def convert(path: Path, columns: Columns, form: WriteFormat) -> None:
    """Replace the Parquet file at `path` by one of the format with the same `columns` and rows. Raises QueryFailure."""
    made = path.with_name(f"{path.name}.converted")
    if form.name == "ORC":
        arrow_file.write_orc(path, made, form.codec)
    else:
        schema = json.loads(form.avro_schema) if form.avro_schema else _schema(columns)
        try:
            arrow_file.write_avro(path, made, schema, form.codec)
        except ValueError as error:
            raise QueryFailure("HIVE_WRITER_DATA_ERROR", f"Failed to write data to Hive file: {error}") from None
    made.replace(path)


def _schema(columns: Columns) -> dict[str, Any]:
    try:
        return arrow_file.avro_schema(columns)
    except ValueError as error:
        raise QueryFailure("NOT_SUPPORTED", str(error)) from None
