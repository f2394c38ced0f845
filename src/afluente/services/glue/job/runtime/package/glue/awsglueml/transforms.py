"""awsglueml.transforms."""

from afluente.services.glue.job.runtime.transform import FillMissingValues, FindMatches

__all__ = ["FillMissingValues", "FindMatches"]
