"""awsgluedq.transforms."""

from afluente.services.glue.job.runtime.quality.transform import EvaluateDataQuality

__all__ = ["EvaluateDataQuality"]
