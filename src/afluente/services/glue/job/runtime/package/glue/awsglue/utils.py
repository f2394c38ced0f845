"""awsglue.utils."""

from afluente.services.glue.job.runtime.resolved_options import GlueArgumentError, getResolvedOptions

__all__ = ["GlueArgumentError", "getResolvedOptions"]
