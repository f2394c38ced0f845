"""What each operation of CloudWatch takes. Metrics are no resources: the actions are granted on everything."""

from afluente.core.permission import Permission, each, everything

PERMISSIONS: dict[str, tuple[Permission, ...]] = each(
    everything, "cloudwatch", "GetMetricData", "GetMetricStatistics", "ListMetrics", "PutMetricData"
)
