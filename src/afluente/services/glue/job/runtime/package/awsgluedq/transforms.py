"""awsgluedq.transforms."""

from afluente.services.glue.job.runtime.data_quality import EvaluateDataQuality

__all__ = ["EvaluateDataQuality"]
