"""awsglue, as Glue scripts import it."""

from afluente.services.glue.job.runtime.dynamic_frame import DynamicFrame

__all__ = ["DynamicFrame"]
