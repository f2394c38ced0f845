"""`df.write`: DataFrames as objects of S3, named as Spark names them."""

import uuid
from typing import Any

from sqlframe.duckdb.readwriter import DuckDBDataFrameWriter

from afluente.services.glue.job.runtime import output, storage
from afluente.services.glue.job.runtime.output import Format
from afluente.services.glue.job.runtime.spark.error import AnalysisException
from afluente.services.glue.job.runtime.spark.frame import query_of

MODES = {"error", "errorifexists", "append", "overwrite", "ignore"}
CSV_OPTIONS = {"sep": "separator", "delimiter": "separator", "header": "writeHeader", "quote": "quoteChar"}


class Writer(DuckDBDataFrameWriter):  # type: ignore[misc]  # sqlframe has no types
    """A writer, as options are set on it."""

    def __init__(self, df: Any, **_: Any) -> None:
        self._frame = df
        self._format = "parquet"
        self._save_mode = "error"
        self._given: dict[str, Any] = {}
        self._keys: list[str] = []

    def format(self, source: str) -> "Writer":
        """The format to write."""
        self._format = source
        return self

    def mode(self, saveMode: str | None) -> "Writer":
        """What to do about objects that are there already."""
        if (saveMode or "error") not in MODES:
            raise ValueError(f"{saveMode!r} is not a save mode")
        self._save_mode = saveMode or "error"
        return self

    def option(self, key: str, value: Any) -> "Writer":
        """Set an option."""
        self._given[key] = value
        return self

    def options(self, **options: Any) -> "Writer":
        """Set several."""
        self._given |= options
        return self

    def partitionBy(self, *cols: Any) -> "Writer":
        """A folder per value of these columns."""
        self._keys = list(cols[0]) if len(cols) == 1 and isinstance(cols[0], list | tuple) else list(cols)
        return self

    def parquet(self, path: str, mode: str | None = None, partitionBy: Any = None, compression: Any = None) -> None:
        """Write Parquet."""
        self.save(path, "parquet", mode, partitionBy, compression=compression)

    def json(self, path: str, mode: str | None = None, compression: Any = None, **options: Any) -> None:
        """Write JSON, an object per line."""
        self.save(path, "json", mode, compression=compression, **options)

    def csv(self, path: str, mode: str | None = None, compression: Any = None, **options: Any) -> None:
        """Write CSV."""
        self.save(path, "csv", mode, compression=compression, **options)

    def orc(self, path: str, mode: str | None = None, partitionBy: Any = None, compression: Any = None) -> None:
        """Write ORC."""
        self.save(path, "orc", mode, partitionBy, compression=compression)

    def save(
        self,
        path: str | None = None,
        format: str | None = None,
        mode: str | None = None,
        partitionBy: Any = None,
        **options: Any,
    ) -> None:
        """Write the rows below `path`."""
        url = path or self._given.get("path")
        if not url:
            raise ValueError("df.write.save needs a path")
        if mode:
            self.mode(mode)
        if partitionBy:
            self.partitionBy(partitionBy)
        given = {**self._given, **{name: value for name, value in options.items() if value is not None}}
        given.pop("path", None)
        kind = _format(format or self._format, given)
        if self._save_mode in {"error", "errorifexists", "ignore"} and storage.exists(url):
            if self._save_mode == "ignore":
                return
            raise AnalysisException(
                f"[PATH_ALREADY_EXISTS] Path {url} already exists. "
                'Set mode as "overwrite" to overwrite the existing path.'
            )
        written = output.write(query_of(self._frame), url, kind, self._keys, self._frame.partitions, self._namer(kind))
        if self._save_mode == "overwrite":
            self._remove_others(url, written)

    def saveAsTable(self, name: str, *_: Any, **__: Any) -> Any:
        """Not supported."""
        raise NotImplementedError("DataFrameWriter.saveAsTable is not supported; use getSink with enableUpdateCatalog")

    def insertInto(self, tableName: str, *_: Any, **__: Any) -> Any:
        """Not supported."""
        raise NotImplementedError("DataFrameWriter.insertInto is not supported")

    def _namer(self, kind: Format) -> output.Namer:
        """Names as Spark gives them: with a dot before the `c000` of files in folders of partitions."""
        number = f"{uuid.uuid4()}{'.' if self._keys else '-'}c000"
        codec = "" if kind.compression == "none" else kind.compression
        if kind.kind in {"parquet", "orc"}:
            return lambda part: f"part-{part:05}-{number}{f'.{codec}' if codec else ''}.{kind.kind}"
        if kind.kind == "avro":
            return lambda part: f"part-{part:05}-{number}.avro"
        return lambda part: f"part-{part:05}-{number}.{kind.kind}{'.gz' if codec else ''}"

    def _remove_others(self, url: str, written: output.Written) -> None:
        """What overwriting leaves behind goes once the new objects are there: at no time is nothing there."""
        kept = frozenset(written.files)
        if self._frame.session.conf.get("spark.sql.sources.partitionOverwriteMode").lower() == "dynamic" and self._keys:
            for _, location in written.partitions:
                storage.delete_under(location, keep=kept)
        else:
            storage.delete_under(url, keep=kept)


def _format(kind: str, given: dict[str, Any]) -> Format:
    options = {}
    for name, value in given.items():
        if kind == "csv" and name in CSV_OPTIONS:
            options[CSV_OPTIONS[name]] = value
        elif name == "compression":
            options[name] = value
        else:
            raise NotImplementedError(f"df.write: the option {name} of the format {kind} is not supported")
    if kind == "csv":
        options.setdefault("writeHeader", False)
    return output.read_format(kind, options)
