"""awsglue.context."""

from afluente.services.glue.job.runtime.glue_context import GlueContext

__all__ = ["GlueContext"]
