"""awsglue.job."""

from afluente.services.glue.job.runtime.glue_job import Job

__all__ = ["Job"]
