"""GlueContext: where a script's frames come from and go to."""

from collections.abc import Mapping
from typing import Any

from afluente.services.glue.job.runtime import catalog, data_frame, source, storage
from afluente.services.glue.job.runtime.dynamic_frame import DynamicFrame
from afluente.services.glue.job.runtime.logger import Logger
from afluente.services.glue.job.runtime.run import current
from afluente.services.glue.job.runtime.sink import WRITE_OPTIONS, Sink
from afluente.services.glue.job.runtime.source import Input, Part

READ_OPTIONS = {
    "paths", "path", "recurse", "exclusions", "compressionType", "groupFiles", "groupSize", "boundedFiles",
    "boundedSize", "maxBand", "maxFilesInBand", "useS3ListImplementation", "jobBookmarkKeys",
}  # fmt: skip
"""Those on grouping and listing say how a cluster shares the work out; they change nothing of what is read."""

HOUR_MS = 3_600_000


class GlueContext:
    """The entry of a Glue script."""

    def __init__(self, sparkContext: Any = None, **options: Any) -> None:
        self.sparkContext = sparkContext
        self.create_dynamic_frame = DynamicFrameReader(self)
        self.write_dynamic_frame = DynamicFrameWriter(self)
        self.create_data_frame = DataFrameReader(self)
        self.write_data_frame = DataFrameWriter(self)
        if options.keys() - {"minPartitions", "targetPartitions"}:
            raise NotImplementedError(f"GlueContext options {sorted(options)} are not supported")

    @property
    def spark_session(self) -> Any:
        """The Spark session, which is made when it is first used."""
        return data_frame.session()

    sparkSession = spark_session

    def get_logger(self) -> Logger:
        """A logger that writes to the run's error log, as on AWS."""
        return Logger()

    # ---- reading ----------------------------------------------------------------------------------------------------

    def create_dynamic_frame_from_catalog(
        self,
        database: str,
        table_name: str,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        additional_options: Mapping[str, Any] | None = None,
        catalog_id: str | None = None,
        **kwargs: Any,
    ) -> DynamicFrame:
        """The rows of a table."""
        options = {**(additional_options or {}), **kwargs}
        _known(options, READ_OPTIONS | {"catalogPartitionPredicate"}, "additional_options")
        if catalog_id not in {None, "", current().order.account}:
            raise NotImplementedError("create_dynamic_frame.from_catalog: another catalog_id is not supported")
        if "catalogPartitionPredicate" in options:
            predicate = options["catalogPartitionPredicate"]
            push_down_predicate = f"({predicate})" + (f" AND ({push_down_predicate})" if push_down_predicate else "")
        table = catalog.get_table(database, table_name)
        if catalog.is_iceberg(table):
            return DynamicFrame(catalog.table_query(table, push_down_predicate), self, transformation_ctx)
        found = catalog.table_input(table, push_down_predicate, options.get("exclusions"))
        return self._frame(found, transformation_ctx, options)

    def create_dynamic_frame_from_options(
        self,
        connection_type: str,
        connection_options: Mapping[str, Any] | None = None,
        format: str | None = None,
        format_options: Mapping[str, Any] | None = None,
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        **kwargs: Any,
    ) -> DynamicFrame:
        """The rows of objects in S3."""
        options = {**(connection_options or {}), **kwargs}
        if connection_type not in {"s3", "parquet"}:
            raise NotImplementedError(f"the connection_type {connection_type!r} is not supported; s3 is")
        if push_down_predicate:
            raise NotImplementedError("create_dynamic_frame.from_options: push_down_predicate is not supported")
        _known(options, READ_OPTIONS, "connection_options")
        paths = options.get("paths") or [options["path"]]
        recurse = str(options.get("recurse", False)).lower() == "true"
        items = [
            item
            for path in ([paths] if isinstance(paths, str) else paths)
            for item in storage.under(path, recurse=recurse, exclusions=options.get("exclusions"))
        ]
        given = dict(format_options or {})
        if "compressionType" in options:
            given["compressionType"] = options["compressionType"]
        kind = format or ("parquet" if connection_type == "parquet" else "")
        return self._frame(Input([Part(items)], kind, given), transformation_ctx, options)

    def create_data_frame_from_catalog(self, *args: Any, **kwargs: Any) -> Any:
        """The rows of a table as a Spark DataFrame."""
        return self.create_dynamic_frame_from_catalog(*args, **kwargs).toDF()

    def create_data_frame_from_options(self, *args: Any, **kwargs: Any) -> Any:
        """The rows of objects in S3 as a Spark DataFrame."""
        return self.create_dynamic_frame_from_options(*args, **kwargs).toDF()

    def create_dynamic_frame_from_rdd(
        self, data: Any, name: str = "", schema: Any = None, sampleRatio: float | None = None
    ) -> DynamicFrame:
        """The rows of an RDD, which only Apache Spark has."""
        if not current().on_spark:
            raise NotImplementedError("create_dynamic_frame.from_rdd needs Apache Spark (--afluente-engine spark)")
        return DynamicFrame.fromDF(data_frame.session().createDataFrame(data, schema, sampleRatio), self, name)

    def _frame(self, found: Input, context: str, options: Mapping[str, Any]) -> DynamicFrame:
        items = [item for part in found.parts for item in part.items]
        if context and current().bookmarked:
            items = current().only_new(context, items)
        chosen = {item.url for item in _bounded(items, options)}
        parts = [Part([item for item in part.items if item.url in chosen], part.values) for part in found.parts]
        kept = Input([part for part in parts if part.items], found.format, found.options, found.columns, found.keys)
        return DynamicFrame(source.read(kept), self, context)

    # ---- writing ----------------------------------------------------------------------------------------------------

    def getSink(
        self, connection_type: str, format: str | None = None, transformation_ctx: str = "", **options: Any
    ) -> Sink:
        """A sink, to be told its format and table."""
        if connection_type != "s3":
            raise NotImplementedError(f"getSink: the connection_type {connection_type!r} is not supported; s3 is")
        _known(options, WRITE_OPTIONS, "getSink options")
        sink = Sink(options, transformation_ctx)
        if format:
            sink.setFormat(format)
        return sink

    def write_dynamic_frame_from_options(
        self,
        frame: Any,
        connection_type: str,
        connection_options: Mapping[str, Any] | None = None,
        format: str | None = None,
        format_options: Mapping[str, Any] | None = None,
        transformation_ctx: str = "",
    ) -> Any:
        """Write a frame, or each of a collection, to S3."""
        options = dict(connection_options or {})
        sink = self.getSink(connection_type, transformation_ctx=transformation_ctx, **options)
        if format is None:
            raise ValueError("write_dynamic_frame.from_options needs a format")
        sink.setFormat(format, **dict(format_options or {}))
        return sink.write(frame)

    def write_from_options(self, frame_or_dfc: Any, *args: Any, **kwargs: Any) -> Any:
        """The same, under its older name."""
        return self.write_dynamic_frame_from_options(frame_or_dfc, *args, **kwargs)

    def write_data_frame_from_options(self, frame: Any, *args: Any, **kwargs: Any) -> Any:
        """Write a Spark DataFrame to S3."""
        return self.write_dynamic_frame_from_options(DynamicFrame.fromDF(frame, self), *args, **kwargs)

    def write_data_frame_from_catalog(self, frame: Any, *args: Any, **kwargs: Any) -> Any:
        """Write a Spark DataFrame to where a table lies."""
        return self.write_dynamic_frame_from_catalog(DynamicFrame.fromDF(frame, self), *args, **kwargs)

    def write_dynamic_frame_from_catalog(
        self,
        frame: DynamicFrame,
        database: str,
        table_name: str,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        additional_options: Mapping[str, Any] | None = None,
        catalog_id: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Write a frame to where a table lies, in its format."""
        options = {**(additional_options or {}), **kwargs}
        _known(options, WRITE_OPTIONS - {"path"}, "additional_options")
        if catalog_id not in {None, "", current().order.account}:
            raise NotImplementedError("write_dynamic_frame.from_catalog: another catalog_id is not supported")
        table = catalog.get_table(database, table_name)
        if catalog.is_iceberg(table):
            from afluente.services.glue.job.runtime.iceberg.writer import append, loaded  # noqa: PLC0415  # slow

            append(frame.query, loaded(database, table_name))
            return frame
        keys = [key["Name"] for key in table.get("PartitionKeys") or []]
        sink = Sink(
            {"partitionKeys": keys, **options, "path": table["StorageDescriptor"]["Location"]}, transformation_ctx
        )
        sink.setCatalogInfo(database, table_name)
        sink.setFormat(_table_format(table))
        return sink.write(frame)

    # ---- deleting ---------------------------------------------------------------------------------------------------

    def purge_s3_path(
        self, s3_path: str, options: Mapping[str, Any] | None = None, transformation_ctx: str = "", **_: Any
    ) -> None:
        """Delete objects older than `retentionPeriod` hours, 168 by default."""
        given = dict(options or {})
        _known(given, {"retentionPeriod"}, "purge options")
        hours = float(given.get("retentionPeriod", 168))
        storage.delete_under(
            s3_path, older_than_ms=round(current().order.started_ms - hours * HOUR_MS) if hours else None
        )

    def purge_table(
        self, database: str, table_name: str, options: Mapping[str, Any] | None = None, transformation_ctx: str = "",
        catalog_id: str | None = None,
    ) -> None:  # fmt: skip
        """The same, where a table lies."""
        table = catalog.get_table(database, table_name)
        self.purge_s3_path(table["StorageDescriptor"]["Location"], options, transformation_ctx)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotImplementedError(f"GlueContext.{name} is not supported")


class DynamicFrameReader:
    """`glueContext.create_dynamic_frame`."""

    def __init__(self, glue_context: GlueContext) -> None:
        self.from_catalog = glue_context.create_dynamic_frame_from_catalog
        self.from_options = glue_context.create_dynamic_frame_from_options
        self.from_rdd = glue_context.create_dynamic_frame_from_rdd


class DynamicFrameWriter:
    """`glueContext.write_dynamic_frame`."""

    def __init__(self, glue_context: GlueContext) -> None:
        self.from_options = glue_context.write_dynamic_frame_from_options
        self.from_catalog = glue_context.write_dynamic_frame_from_catalog

    def from_jdbc_conf(self, *_: Any, **__: Any) -> None:
        """Not supported."""
        raise NotImplementedError("write_dynamic_frame.from_jdbc_conf is not supported")


class DataFrameReader:
    """`glueContext.create_data_frame`: the same sources as Spark DataFrames."""

    def __init__(self, glue_context: GlueContext) -> None:
        self.from_catalog = glue_context.create_data_frame_from_catalog
        self.from_options = glue_context.create_data_frame_from_options


class DataFrameWriter:
    """`glueContext.write_data_frame`."""

    def __init__(self, glue_context: GlueContext) -> None:
        self.from_catalog = glue_context.write_data_frame_from_catalog
        self.from_options = glue_context.write_data_frame_from_options


def _bounded(items: list[storage.Item], options: Mapping[str, Any]) -> list[storage.Item]:
    """No more files and bytes than asked for."""
    if "boundedFiles" in options:
        items = items[: int(options["boundedFiles"])]
    if "boundedSize" in options:
        left = int(options["boundedSize"])
        kept: list[storage.Item] = []
        for item in items:
            left -= item.size
            if left < 0 and kept:
                break
            kept.append(item)
        items = kept
    return items


def _known(options: Mapping[str, Any], known: set[str], what: str) -> None:
    unknown = sorted(set(options) - known)
    if unknown:
        raise NotImplementedError(f"{what}: {', '.join(unknown)} not supported")


def _table_format(table: Mapping[str, Any]) -> str:
    serde = table["StorageDescriptor"].get("SerdeInfo", {}).get("SerializationLibrary", "").rsplit(".", 1)[-1]
    kind = catalog.SERDES.get(serde) or table.get("Parameters", {}).get("classification", "")
    return "glueparquet" if kind == "parquet" else str(kind)
