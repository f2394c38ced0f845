"""awsglue.dynamicframe."""

from afluente.services.glue.job.runtime.dynamic_frame import DynamicFrame, DynamicFrameCollection
from afluente.services.glue.job.runtime.glue_context import (
    DynamicFrameReader,
    DynamicFrameWriter,
)

__all__ = ["DynamicFrame", "DynamicFrameCollection", "DynamicFrameReader", "DynamicFrameWriter"]
