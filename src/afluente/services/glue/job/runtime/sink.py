"""Sinks: where frames are written, and the table that is kept up to date with it."""

from collections.abc import Mapping
from typing import Any

from afluente.services.glue.job.runtime import catalog_update, output
from afluente.services.glue.job.runtime.dynamic_frame import DynamicFrame, DynamicFrameCollection
from afluente.services.glue.job.runtime.run import current

WRITE_OPTIONS = {"path", "partitionKeys", "compression", "enableUpdateCatalog", "updateBehavior", "groupFiles"}


class Sink:
    """Where frames are written: a location, a format, and a table to keep up to date."""

    def __init__(self, options: Mapping[str, Any], context: str) -> None:
        self._options = dict(options)
        self._context = context
        self._kind = ""
        self._format_options: dict[str, Any] = {}
        self._table: tuple[str, str] | None = None

    def setCatalogInfo(self, catalogDatabase: str, catalogTableName: str, catalogId: str = "") -> None:
        """The table to create or update."""
        if catalogId not in {"", current().order.account}:
            raise NotImplementedError("setCatalogInfo: another catalogId is not supported")
        self._table = (catalogDatabase, catalogTableName)

    def setFormat(self, format: str, **options: Any) -> None:
        """The format and its options."""
        self._kind = format
        self._format_options |= options

    def setAccumulableSize(self, size: int) -> None:
        """Bounds a cluster's error reports; there is nothing to bound here."""

    def writeFrame(self, dynamic_frame: DynamicFrame, info: str = "") -> DynamicFrame:
        """Write a frame; the frame."""
        given = dict(self._format_options)
        if "compression" in self._options:
            given["compression"] = self._options["compression"]
        kind = output.read_format(self._kind, given)
        keys = list(self._options.get("partitionKeys") or [])
        namer = output.glue_namer(kind, self._context)
        written = output.write(dynamic_frame.query, self._options["path"], kind, keys, dynamic_frame.partitions, namer)
        if self._updates_catalog() and self._table is not None and written.columns:
            behavior = self._options.get("updateBehavior", "UPDATE_IN_DATABASE")
            catalog_update.publish(
                *self._table, self._options["path"], self._kind, written.columns, written.keys, written.partitions,
                behavior, kind.compression,
            )  # fmt: skip
        return dynamic_frame

    def write(self, frame: Any, info: str = "") -> Any:
        """Write a frame, or each of a collection."""
        if isinstance(frame, DynamicFrameCollection):
            for each in frame.values():
                self.writeFrame(each)
            return frame
        return self.writeFrame(frame)

    def _updates_catalog(self) -> bool:
        return str(self._options.get("enableUpdateCatalog", False)).lower() == "true"


def write_sample(query: str, url: str, options: dict[str, Any], context: str) -> None:
    """Write some of the rows of `query` as JSON: `topk` of them, each taken with the probability `prob`."""
    unknown = sorted(options.keys() - {"topk", "prob"})
    if unknown:
        raise NotImplementedError(f"spigot: the options {', '.join(unknown)} are not supported")
    chance, most = float(options.get("prob", 1)), int(options.get("topk", 100))
    chosen = f"SELECT * FROM ({query}) WHERE random() < {chance}" if chance < 1 else query
    kind = output.read_format("json", {})
    output.write(f"SELECT * FROM ({chosen}) LIMIT {most}", url, kind, [], 1, output.glue_namer(kind, context))
