"""The operations of CloudWatch."""

from collections.abc import Mapping
from itertools import islice
from typing import Any, ClassVar

from afluente.core.arn import Arn
from afluente.core.call import Call
from afluente.core.clock import Clock
from afluente.core.metric import MetricId
from afluente.core.provider import Provider, Request, Response
from afluente.services.cloudwatch import token
from afluente.services.cloudwatch.alarm_engine import AlarmEngine
from afluente.services.cloudwatch.alarm_operation import AlarmOperations
from afluente.services.cloudwatch.authorization import PERMISSIONS
from afluente.services.cloudwatch.datum import named
from afluente.services.cloudwatch.engine import CloudWatchEngine
from afluente.services.cloudwatch.error import ValidationError
from afluente.services.cloudwatch.metric_data import MAX_DATAPOINTS, Page, labels, queries_of, series
from afluente.services.cloudwatch.metric_statistics import StatisticsQuery
from afluente.services.cloudwatch.window import Window

PAGE_METRICS = 500
BANDS = ("LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold", "GreaterThanUpperThreshold")
"""Comparisons with what anomaly detection expects."""


class CloudWatchProvider(AlarmOperations, Provider):
    """Amazon CloudWatch on `engine` and `alarms`."""

    service = "cloudwatch"
    operations = (
        "DeleteAlarms", "DescribeAlarms", "DescribeAlarmsForMetric", "GetMetricData", "GetMetricStatistics",
        "ListMetrics", "ListTagsForResource", "PutMetricAlarm", "PutMetricData", "SetAlarmState", "TagResource",
        "UntagResource",
    )  # fmt: skip
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "DescribeAlarms": ("ActionPrefix", "ChildrenOfAlarmName", "ParentsOfAlarmName"),
        "GetMetricData": ("MetricDataQueries.*.AccountId", "MetricDataQueries.*.Expression", "LabelOptions"),
        "ListMetrics": ("IncludeLinkedAccounts", "OwningAccount"),
        "PutMetricAlarm": (
            *(f"{state}Actions.*" for state in ("OK", "Alarm", "InsufficientData")),
            *(f"ComparisonOperator={band}" for band in BANDS),
            "ActionConfiguration",
            "EvaluateLowSampleCountPercentile",
            "EvaluationCriteria",
            "EvaluationInterval",
            "EvaluationWindow",
            "Metrics.*",
            "ThresholdMetricId",
            "WarmUpConfiguration",
        ),
        "PutMetricData": ("EntityMetricData", "StrictEntityValidation"),
    }

    permissions = PERMISSIONS

    def __init__(self, engine: CloudWatchEngine, alarms: AlarmEngine, clock: Clock) -> None:
        self._engine = engine
        self._alarms = alarms
        self._clock = clock

    def tags_of(self, resource: Arn) -> Mapping[str, str]:
        alarm = self._alarms.find((resource.account, resource.region, resource.resource.partition(":")[2]))
        return {} if alarm is None else alarm.tags

    def put_metric_data(self, call: Call, request: Request) -> Response:
        self._engine.put(call.account, call.region, request["Namespace"], request.get("MetricData", []))
        return {}

    def list_metrics(self, call: Call, request: Request) -> Response:
        found = self._engine.metrics(
            call.account,
            call.region,
            namespace=request.get("Namespace"),
            name=request.get("MetricName"),
            dimensions=request.get("Dimensions", ()),
            recent="RecentlyActive" in request,
            after=token.read(request),
        )
        page = list(islice(found, PAGE_METRICS + 1))
        answer: Response = {
            "Metrics": [
                {
                    "Namespace": metric.namespace,
                    "MetricName": metric.name,
                    "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions],
                }
                for metric in page[:PAGE_METRICS]
            ]
        }
        if len(page) > PAGE_METRICS:
            answer["NextToken"] = token.make(page[PAGE_METRICS - 1].id, request)
        return answer

    def get_metric_statistics(self, call: Call, request: Request) -> Response:
        query = StatisticsQuery(request, self._clock.now_ms())
        dimensions = named(request.get("Dimensions", ()), "Dimensions")
        name, unit = request["MetricName"], request.get("Unit", "")
        metric = MetricId(call.account, call.region, request["Namespace"], name, dimensions, unit)
        self._engine.write_measured()
        return {"Label": name, "Datapoints": query.datapoints(self._engine.read(metric, query.window))}

    def get_metric_data(self, call: Call, request: Request) -> Response:
        start, end, now_ms = request["StartTime"], request["EndTime"], self._clock.now_ms()
        queries = queries_of(request["MetricDataQueries"], start, end)
        skip = token.read(request)
        page = Page(skip, _limit(request), ascending=request.get("ScanBy") == "TimestampAscending")
        returned = [query for query in queries if query.returns]
        label = labels(returned)
        self._engine.write_measured()
        for query in returned:
            metric = MetricId(call.account, call.region, query.namespace, query.name, query.dimensions, query.unit)
            found = self._engine.read(metric, Window.of(start, end, query.period_s, now_ms))
            page.add(query, label[query.id], series(query, found))
        answer: Response = {"MetricDataResults": page.results, "Messages": []}
        if not page.is_last:
            answer["NextToken"] = token.make(skip + _limit(request), request)
        return answer


def _limit(request: Mapping[str, Any]) -> int:
    limit: int = request.get("MaxDatapoints", MAX_DATAPOINTS)
    if not 1 <= limit <= MAX_DATAPOINTS:
        raise ValidationError(f"The parameter MaxDatapoints must be between 1 and {MAX_DATAPOINTS}.")
    return limit
