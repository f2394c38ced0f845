"""The transforms as classes with `apply`, as `from awsglue.transforms import *` gives them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from afluente.services.glue.job.runtime.dynamic_frame import DynamicFrame, DynamicFrameCollection


class GlueTransform:
    """What every transform has: `apply` makes one and calls it."""

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """The frame that the transform makes."""
        return cls()(*args, **kwargs)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} is not supported")

    @classmethod
    def name(cls) -> str:
        """The transform's name."""
        return cls.__name__


class ApplyMapping(GlueTransform):
    """Only the mapped fields, renamed and cast."""

    def __call__(
        self,
        frame: DynamicFrame,
        mappings: Sequence[Any],
        case_sensitive: bool = False,
        transformation_ctx: str = "",
        **options: Any,
    ) -> DynamicFrame:
        return frame.apply_mapping(mappings, case_sensitive, transformation_ctx, **options)


class SelectFields(GlueTransform):
    """Only these fields."""

    def __call__(self, frame: DynamicFrame, paths: Any, transformation_ctx: str = "", **options: Any) -> DynamicFrame:
        return frame.select_fields(paths, transformation_ctx, **options)


class DropFields(GlueTransform):
    """All but these fields."""

    def __call__(self, frame: DynamicFrame, paths: Any, transformation_ctx: str = "", **options: Any) -> DynamicFrame:
        return frame.drop_fields(paths, transformation_ctx, **options)


class RenameField(GlueTransform):
    """One field under another name."""

    def __call__(
        self, frame: DynamicFrame, old_name: str, new_name: str, transformation_ctx: str = "", **options: Any
    ) -> DynamicFrame:
        return frame.rename_field(old_name, new_name, transformation_ctx, **options)


class Filter(GlueTransform):
    """The rows that a function holds for."""

    def __call__(
        self, frame: DynamicFrame, f: Callable[[Any], Any], transformation_ctx: str = "", **options: Any
    ) -> DynamicFrame:
        return frame.filter(f, transformation_ctx, **options)


class Map(GlueTransform):
    """What a function makes of each row."""

    def __call__(
        self, frame: DynamicFrame, f: Callable[[Any], Any], transformation_ctx: str = "", **options: Any
    ) -> DynamicFrame:
        return frame.map(f, transformation_ctx=transformation_ctx, **options)


class Join(GlueTransform):
    """Rows of two frames that agree in these columns."""

    def __call__(
        self,
        frame1: DynamicFrame,
        frame2: DynamicFrame,
        keys1: Any,
        keys2: Any,
        transformation_ctx: str = "",
        **options: Any,
    ) -> DynamicFrame:
        return frame1.join(keys1, keys2, frame2, transformation_ctx, **options)


class DropNullFields(GlueTransform):
    """Without the columns that hold nothing but nulls."""

    def __call__(self, frame: DynamicFrame, transformation_ctx: str = "") -> DynamicFrame:
        return frame.drop_null_fields(transformation_ctx)


class ResolveChoice(GlueTransform):
    """Columns of several types made one type, or several columns."""

    def __call__(
        self, frame: DynamicFrame, specs: Any = None, choice: str = "", transformation_ctx: str = "", **options: Any
    ) -> DynamicFrame:
        return frame.resolveChoice(specs, choice, transformation_ctx=transformation_ctx, **options)


class UnnestFrame(GlueTransform):
    """Structs taken apart into columns."""

    def __call__(self, frame: DynamicFrame, transformation_ctx: str = "", **options: Any) -> DynamicFrame:
        return frame.unnest(transformation_ctx, **options)


class Union(GlueTransform):
    """The rows of two frames."""

    def __call__(self, frame1: DynamicFrame, frame2: DynamicFrame, transformation_ctx: str = "") -> DynamicFrame:
        return frame1.union(frame2, transformation_ctx)


class SplitFields(GlueTransform):
    """Two frames: these columns, and the others."""

    def __call__(
        self,
        frame: DynamicFrame,
        paths: Any,
        name1: str | None = None,
        name2: str | None = None,
        transformation_ctx: str = "",
        **options: Any,
    ) -> DynamicFrameCollection:
        return frame.split_fields(
            paths, name1 or f"{frame.name}1", name2 or f"{frame.name}2", transformation_ctx, **options
        )


class SplitRows(GlueTransform):
    """Two frames: the rows that meet every comparison, and the others."""

    def __call__(
        self,
        frame: DynamicFrame,
        comparison_dict: Mapping[str, Any],
        name1: str = "frame1",
        name2: str = "frame2",
        transformation_ctx: str = "",
        **options: Any,
    ) -> DynamicFrameCollection:
        return frame.split_rows(comparison_dict, name1, name2, transformation_ctx, **options)


class SelectFromCollection(GlueTransform):
    """One frame of several."""

    def __call__(self, dfc: DynamicFrameCollection, key: str, transformation_ctx: str = "") -> DynamicFrame:
        return dfc.select(key, transformation_ctx)


class MapToCollection(GlueTransform):
    """What a function makes of each frame of several."""

    def __call__(
        self, dfc: DynamicFrameCollection, callable: Callable[..., DynamicFrame], transformation_ctx: str = ""
    ) -> DynamicFrameCollection:
        return dfc.map(callable, transformation_ctx)


class Relationalize(GlueTransform):
    """Tables without structs and arrays."""

    def __call__(
        self,
        frame: DynamicFrame,
        staging_path: str | None = None,
        name: str = "roottable",
        options: Any = None,
        transformation_ctx: str = "",
        **thresholds: Any,
    ) -> DynamicFrameCollection:
        return frame.relationalize(name, staging_path or "", options, transformation_ctx, **thresholds)


class Unbox(GlueTransform):
    """A column of texts parsed."""

    def __call__(
        self, frame: DynamicFrame, path: str, format: str, transformation_ctx: str = "", **options: Any
    ) -> DynamicFrame:
        return frame.unbox(path, format, transformation_ctx, **options)


class Spigot(GlueTransform):
    """Some rows written to S3, all of them handed on."""

    def __call__(
        self, frame: DynamicFrame, path: str, options: Any = None, transformation_ctx: str = "", **thresholds: Any
    ) -> DynamicFrame:
        return frame.spigot(path, options, transformation_ctx, **thresholds)


class FlatMap(GlueTransform):
    """A transform applied to each frame of several."""

    def __call__(
        self,
        dfc: DynamicFrameCollection,
        BaseTransform: type[GlueTransform],
        frame_name: str,
        transformation_ctx: str = "",
        **base_kwargs: Any,
    ) -> DynamicFrameCollection:
        made: dict[str, DynamicFrame] = {}
        for name, frame in dfc.items():
            result = BaseTransform.apply(**{**base_kwargs, frame_name: frame})
            made |= dict(result.items()) if isinstance(result, DynamicFrameCollection) else {name: result}
        return DynamicFrameCollection(made, dfc.glue_ctx)


class ErrorsAsDynamicFrame(GlueTransform):
    """The rows that were left out on the way to a frame."""

    def __call__(self, frame: DynamicFrame) -> DynamicFrame:
        return frame.errorsAsDynamicFrame()


class FillMissingValues(GlueTransform):
    """A column with values for its nulls, in a new column."""

    def __call__(
        self,
        frame: DynamicFrame,
        missing_values_column: str,
        output_column: str = "",
        transformation_ctx: str = "",
        **thresholds: Any,
    ) -> DynamicFrame:
        return frame.fill_missing_values(missing_values_column, output_column, transformation_ctx, **thresholds)


class FindMatches(GlueTransform):
    """Not supported, as it needs a trained model: says so when called."""
