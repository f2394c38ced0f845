"""DynamicFrame: a query over DuckDB that is run when something asks for its rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from afluente.services.glue.job.runtime import connection as sql
from afluente.services.glue.job.runtime import data_frame, row_function, shape
from afluente.services.glue.job.runtime.connection import Schema, identifier
from afluente.services.glue.job.runtime.printing import print_rows, print_schema
from afluente.services.glue.job.runtime.relationalize import relationalize
from afluente.services.glue.job.runtime.row_function import Failure
from afluente.services.glue.job.runtime.source import EMPTY
from afluente.services.glue.job.runtime.unbox import unbox

THRESHOLDS = {"info", "stageThreshold", "totalThreshold"}
"""How many rows may fail: see `_check`."""


class DynamicFrame:
    """The rows of `query`. Transforms give new frames and read nothing; `partitions` is the number of files wanted."""

    def __init__(
        self,
        query: str,
        glue_ctx: Any = None,
        name: str = "",
        *,
        partitions: int = 1,
        errors: Sequence[Failure] = (),
        stage_errors: int = 0,
    ) -> None:
        self.query = query
        self.glue_ctx = glue_ctx
        self.name = name
        self.partitions = partitions
        self.errors = errors
        self.stage_errors = stage_errors

    @staticmethod
    def fromDF(dataframe: Any, glue_ctx: Any = None, name: str = "") -> "DynamicFrame":
        """The rows of a Spark DataFrame."""
        query, partitions = data_frame.query_of(dataframe)
        return DynamicFrame(query, glue_ctx, name, partitions=partitions)

    def toDF(self, options: Any = None) -> Any:
        """The rows as a Spark DataFrame."""
        if options:
            raise NotImplementedError("DynamicFrame.toDF: options are not supported")
        return data_frame.of_query(self.query, partitions=self.partitions)

    @cached_property
    def columns(self) -> Schema:
        """Names and types."""
        return sql.schema(self.query)

    def _then(self, query: str, name: str = "") -> "DynamicFrame":
        return DynamicFrame(query, self.glue_ctx, name or self.name, partitions=self.partitions, errors=self.errors)

    # ---- looking ----------------------------------------------------------------------------------------------------

    def count(self) -> int:
        """How many rows there are."""
        return int(sql.rows(f"SELECT count(*) FROM ({self.query})")[0][0])

    def schema(self) -> Any:
        """The columns as a struct type of `awsglue.gluetypes`."""
        from afluente.services.glue.job.runtime.glue_type import struct_type  # noqa: PLC0415  # only if asked for

        return struct_type(self.columns)

    def printSchema(self) -> None:
        """Print the columns as a tree."""
        print_schema(self.columns)

    def show(self, num_rows: int = 20) -> None:
        """Print rows, one JSON object each."""
        print_rows(self.query, self.columns, num_rows)

    def getNumPartitions(self) -> int:
        """The number of files that writing it makes per partition value."""
        return self.partitions

    # ---- columns ----------------------------------------------------------------------------------------------------

    def apply_mapping(
        self,
        mappings: Sequence[Any],
        case_sensitive: bool = False,
        transformation_ctx: str = "",
        **options: Any,
    ) -> "DynamicFrame":
        """Only the mapped fields, renamed and cast."""
        _check(options)
        if case_sensitive:
            raise NotImplementedError("apply_mapping: case_sensitive=True is not supported")
        return self._then(shape.apply_mapping(self.query, self.columns, mappings), transformation_ctx)

    def select_fields(self, paths: Any, transformation_ctx: str = "", **options: Any) -> "DynamicFrame":
        """Only these fields."""
        _check(options)
        return self._then(shape.select_fields(self.query, self.columns, _list(paths)), transformation_ctx)

    def drop_fields(self, paths: Any, transformation_ctx: str = "", **options: Any) -> "DynamicFrame":
        """All but these fields."""
        _check(options)
        return self._then(shape.drop_fields(self.query, self.columns, _list(paths)), transformation_ctx)

    def rename_field(self, oldName: str, newName: str, transformation_ctx: str = "", **options: Any) -> "DynamicFrame":
        """One field under another name."""
        _check(options)
        return self._then(shape.rename_field(self.query, self.columns, oldName, newName), transformation_ctx)

    def unnest(self, transformation_ctx: str = "", **options: Any) -> "DynamicFrame":
        """Structs taken apart into columns."""
        _check(options)
        return self._then(shape.unnest(self.query, self.columns), transformation_ctx)

    def resolveChoice(
        self,
        specs: Sequence[tuple[str, str]] | None = None,
        choice: str = "",
        database: str | None = None,
        table_name: str | None = None,
        transformation_ctx: str = "",
        **options: Any,
    ) -> "DynamicFrame":
        """Columns of several types made one type, or several columns."""
        _check(options)
        if bool(specs) == bool(choice):
            raise ValueError("resolveChoice takes either specs or choice")
        if choice.lower() == "match_catalog":
            from afluente.services.glue.job.runtime.catalog import get_table  # noqa: PLC0415  # an import of a cycle

            columns = get_table(database or "", table_name or "")["StorageDescriptor"]["Columns"]
            specs, choice = [(column["Name"], f"cast:{column['Type']}") for column in columns], ""
        return self._then(shape.resolve_choice(self.query, self.columns, specs or [], choice), transformation_ctx)

    def drop_null_fields(self, transformation_ctx: str = "") -> "DynamicFrame":
        """Without the columns that hold nothing but nulls."""
        if not self.columns:
            return self
        counts = ", ".join(f"count({identifier(name)})" for name, _ in self.columns)
        found = sql.rows(f"SELECT {counts} FROM ({self.query})")[0]
        kept = [identifier(name) for (name, _), number in zip(self.columns, found, strict=True) if number]
        return self._then(f"SELECT {', '.join(kept)} FROM ({self.query})" if kept else EMPTY, transformation_ctx)

    def fill_missing_values(
        self, missing_values_column: str, output_column: str = "", transformation_ctx: str = "", **thresholds: Any
    ) -> "DynamicFrame":
        """One more column, `<column>_filled` by default, with values for the nulls of a column."""
        _check(thresholds)
        from afluente.services.glue.job.runtime.missing_value import filled  # noqa: PLC0415  # seldom needed

        value = filled(self.query, self.columns, missing_values_column)
        name = identifier(output_column or f"{missing_values_column}_filled")
        return self._then(f"SELECT *, {value} AS {name} FROM ({self.query})", transformation_ctx)

    # ---- nested data ------------------------------------------------------------------------------------------------

    def relationalize(
        self,
        root_table_name: str,
        staging_path: str = "",
        options: Mapping[str, Any] | None = None,
        transformation_ctx: str = "",
        **thresholds: Any,
    ) -> "DynamicFrameCollection":
        """Tables without structs and arrays. There is nothing to stage: what does not fit in memory spills to disk."""
        _check(thresholds)
        if options:
            raise NotImplementedError(f"relationalize: the options {sorted(options)} are not supported")
        tables = relationalize(self.query, self.columns, root_table_name)
        frames = {name: DynamicFrame(query, self.glue_ctx, name) for name, query in tables.items()}
        return DynamicFrameCollection(frames, self.glue_ctx)

    def unbox(
        self, path: str, format: str, transformation_ctx: str = "", **options: Any
    ) -> "DynamicFrame":  # fmt: skip
        """A column of texts parsed. Rows whose text cannot be are left out and counted."""
        thresholds = {name: options.pop(name) for name in [*options] if name in THRESHOLDS}
        _check(thresholds)
        if format != "json" or options:
            raise NotImplementedError(f"unbox: {[format, *options]} is not supported; the format json is")
        query, bad = unbox(self.query, self.columns, path)
        failed = row_function.rows_that_fail(self.query, bad, f"unbox: {path} is not JSON") if bad else []
        return self._failing(query, failed, transformation_ctx)

    # ---- rows -------------------------------------------------------------------------------------------------------

    def filter(self, f: Callable[[Any], Any], transformation_ctx: str = "", **options: Any) -> "DynamicFrame":
        """The rows that `f` holds for."""
        _check(options)
        return self._then(row_function.filtered(self.query, self.columns, f), transformation_ctx)

    def map(
        self, f: Callable[[Any], Any], preservesPartitioning: bool = False, transformation_ctx: str = "", **options: Any
    ) -> "DynamicFrame":
        """What `f` makes of each row. Rows for which it raises are left out and counted."""
        _check(options)
        query, failed = row_function.mapped(self.query, self.columns, f)
        return self._failing(query, failed, transformation_ctx)

    def _failing(self, query: str, failed: Sequence[Failure], name: str) -> "DynamicFrame":
        """The rows of `query`, with the rows that were left out on the way to it."""
        frame = self._then(query, name)
        frame.errors, frame.stage_errors = [*self.errors, *failed], len(failed)
        return frame

    def join(
        self, paths1: Any, paths2: Any, frame2: "DynamicFrame", transformation_ctx: str = "", **options: Any
    ) -> "DynamicFrame":
        """Rows that agree in these columns. Of columns of one name, the second frame's get a dot in front."""
        _check(options)
        keys1, keys2 = _list(paths1), _list(paths2)
        if len(keys1) != len(keys2):
            raise ValueError("join needs as many keys on either side")
        taken = {name.lower() for name, _ in self.columns}
        left = [f"a.{identifier(name)}" for name, _ in self.columns]
        right = [
            f"b.{identifier(name)} AS {identifier(f'.{name}' if name.lower() in taken else name)}"
            for name, _ in frame2.columns
        ]
        condition = " AND ".join(
            f"a.{identifier(one)} = b.{identifier(two)}" for one, two in zip(keys1, keys2, strict=True)
        )
        return self._then(
            f"SELECT {', '.join(left + right)} FROM ({self.query}) AS a JOIN ({frame2.query}) AS b ON {condition}",
            transformation_ctx,
        )

    def union(self, other_frame: "DynamicFrame", transformation_ctx: str = "", **options: Any) -> "DynamicFrame":
        """The rows of both, columns by name."""
        _check(options)
        if not self.columns or not other_frame.columns:
            return self._then((self if self.columns else other_frame).query, transformation_ctx)
        return self._then(
            f"(SELECT * FROM ({self.query})) UNION ALL BY NAME (SELECT * FROM ({other_frame.query}))",
            transformation_ctx,
        )

    def mergeDynamicFrame(
        self,
        stage_dynamic_frame: "DynamicFrame",
        primary_keys: Sequence[str],
        transformation_ctx: str = "",
        **options: Any,
    ) -> "DynamicFrame":
        """These rows, replaced and completed by those of `stage_dynamic_frame`."""
        _check(options)
        on = " AND ".join(f"a.{identifier(key)} = b.{identifier(key)}" for key in primary_keys)
        replaced = f"SELECT 1 FROM ({stage_dynamic_frame.query}) AS b WHERE {on}"
        kept = f"SELECT a.* FROM ({self.query}) AS a WHERE NOT EXISTS ({replaced})"
        return self._then(
            f"({kept}) UNION ALL BY NAME (SELECT * FROM ({stage_dynamic_frame.query}))", transformation_ctx
        )

    def split_fields(
        self, paths: Any, name1: str, name2: str, transformation_ctx: str = "", **options: Any
    ) -> "DynamicFrameCollection":
        """Two frames: these columns, and the others."""
        _check(options)
        chosen = self.select_fields(paths)
        others = self.drop_fields(paths)
        return DynamicFrameCollection({name1: chosen, name2: others}, self.glue_ctx)

    def split_rows(
        self, comparison_dict: Mapping[str, Mapping[str, Any]], name1: str, name2: str, transformation_ctx: str = "",
        **options: Any,
    ) -> "DynamicFrameCollection":  # fmt: skip
        """Two frames: the rows that meet every comparison, and the others."""
        _check(options)
        condition = " AND ".join(
            f"{identifier(name)} {_operator(operator)} {_constant(value)}"
            for name, comparisons in comparison_dict.items()
            for operator, value in comparisons.items()
        )
        first = self._then(f"SELECT * FROM ({self.query}) WHERE {condition}")
        second = self._then(f"SELECT * FROM ({self.query}) WHERE ({condition}) IS NOT TRUE")
        return DynamicFrameCollection({name1: first, name2: second}, self.glue_ctx)

    def spigot(
        self, path: str, options: Mapping[str, Any] | None = None, transformation_ctx: str = "", **thresholds: Any
    ) -> "DynamicFrame":
        """Write `topk` rows (100), chosen with the probability `prob` (1), as JSON; the frame itself."""
        _check(thresholds)
        from afluente.services.glue.job.runtime.sink import write_sample  # noqa: PLC0415  # an import of a cycle

        write_sample(self.query, path, dict(options or {}), transformation_ctx)
        return self

    def write(
        self, connection_type: str, connection_options: Mapping[str, Any], format: str, format_options: Any = None,
        accumulator_size: int = 0, transformation_ctx: str = "",
    ) -> Any:  # fmt: skip
        """As `write_dynamic_frame.from_options`."""
        return self.glue_ctx.write_dynamic_frame_from_options(
            self, connection_type, connection_options, format, format_options, transformation_ctx
        )

    def repartition(self, num_partitions: int, transformation_ctx: str = "", **options: Any) -> "DynamicFrame":
        """As many files per partition value."""
        _check(options)
        frame = self._then(self.query, transformation_ctx)
        frame.partitions = num_partitions
        return frame

    def coalesce(
        self, num_partitions: int, shuffle: bool = False, transformation_ctx: str = "", **options: Any
    ) -> "DynamicFrame":  # fmt: skip
        """No more files than that per partition value."""
        _check(options)
        return self.repartition(min(num_partitions, self.partitions), transformation_ctx)

    # ---- errors -----------------------------------------------------------------------------------------------------

    def errorsCount(self) -> int:
        """How many rows were left out on the way because they could not be processed."""
        return len(self.errors)

    def stageErrorsCount(self) -> int:
        """How many of them the last transform left out."""
        return self.stage_errors

    def errorsAsDynamicFrame(self) -> "DynamicFrame":
        """Those rows: in each a struct `error` with the message, the stack trace and the row."""
        query = row_function.failed_rows(self.errors) if self.errors else EMPTY
        return DynamicFrame(query, self.glue_ctx, f"{self.name}_errors")

    def assertErrorThreshold(self) -> None:
        """Raises when rows were left out."""
        if self.errors:
            raise ValueError(f"{len(self.errors)} rows could not be processed")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotImplementedError(f"DynamicFrame.{name} is not supported")


class DynamicFrameCollection:
    """Frames by name."""

    def __init__(self, dynamic_frames: Mapping[str, DynamicFrame], glue_ctx: Any = None) -> None:
        self._frames = dict(dynamic_frames)
        self.glue_ctx = glue_ctx

    def __getitem__(self, key: str) -> DynamicFrame:
        return self._frames[key]

    def __len__(self) -> int:
        return len(self._frames)

    def keys(self) -> Iterable[str]:
        """The frames' names."""
        return self._frames.keys()

    def values(self) -> Iterable[DynamicFrame]:
        """The frames."""
        return self._frames.values()

    def items(self) -> Iterable[tuple[str, DynamicFrame]]:
        """(name, frame) pairs."""
        return self._frames.items()

    def select(self, key: str, transformation_ctx: str = "") -> DynamicFrame:
        """The frame of that name."""
        return self._frames[key]

    def flatmap(
        self, f: Callable[..., "DynamicFrameCollection"], transformation_ctx: str = ""
    ) -> "DynamicFrameCollection":
        """The frames of the collections that `f` makes of each frame."""
        made = [f(frame, transformation_ctx).items() for frame in self.values()]
        return DynamicFrameCollection(dict(pair for pairs in made for pair in pairs), self.glue_ctx)

    def map(self, callable: Callable[..., DynamicFrame], transformation_ctx: str = "") -> "DynamicFrameCollection":
        """What `callable` makes of each frame."""
        return DynamicFrameCollection({name: callable(frame) for name, frame in self.items()}, self.glue_ctx)


def _list(paths: Any) -> list[str]:
    return [paths] if isinstance(paths, str) else list(paths)


def _check(options: Mapping[str, Any]) -> None:
    """The error thresholds of transforms. Rows left out are told, and `assertErrorThreshold` asks."""
    unknown = set(options) - THRESHOLDS
    if unknown:
        raise TypeError(f"unexpected arguments: {', '.join(sorted(unknown))}")


def _operator(operator: str) -> str:
    if operator not in {"=", "==", "!=", "<>", "<", "<=", ">", ">="}:
        raise ValueError(f"{operator!r} is not a comparison")
    return operator


def _constant(value: Any) -> str:
    return sql.text(value) if isinstance(value, str) else str(value)
