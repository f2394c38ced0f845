"""What each operation of CloudWatch takes. Metrics are no resources: their actions are granted on everything."""

from collections.abc import Iterable, Mapping
from typing import Any

from afluente.core.call import Call
from afluente.core.permission import Permission, each, everything, local


def _alarm(provider: Any, call: Call, request: Mapping[str, Any]) -> Iterable[str]:
    yield local("cloudwatch", call, f"alarm:{request['AlarmName']}")


def _alarms(provider: Any, call: Call, request: Mapping[str, Any]) -> Iterable[str]:
    return [local("cloudwatch", call, f"alarm:{name}") for name in request.get("AlarmNames") or ["*"]]


def _tagged(provider: Any, call: Call, request: Mapping[str, Any]) -> Iterable[str]:
    yield request["ResourceARN"]


PERMISSIONS: dict[str, tuple[Permission, ...]] = {
    **each(
        everything,
        "cloudwatch",
        "DescribeAlarmsForMetric",
        "GetMetricData",
        "GetMetricStatistics",
        "ListMetrics",
        "PutMetricData",
    ),
    **each(_alarm, "cloudwatch", "PutMetricAlarm", "SetAlarmState"),
    **each(_alarms, "cloudwatch", "DeleteAlarms", "DescribeAlarms"),
    **each(_tagged, "cloudwatch", "ListTagsForResource", "TagResource", "UntagResource"),
}
