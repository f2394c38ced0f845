"""An alarm on one metric, as it is remembered, and what PutMetricAlarm must say to make one.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

from collections.abc import Callable, Mapping
from operator import ge, gt, le, lt
from typing import Any, NamedTuple

import msgspec

from afluente.core.arn import Arn
from afluente.core.clock import utc
from afluente.core.metric import MetricId
from afluente.services.cloudwatch.datum import named
from afluente.services.cloudwatch.error import ValidationError
from afluente.services.cloudwatch.statistic import SIMPLE, statistic_of

Key = tuple[str, str, str]
"""Account, region, name."""

DAY_S = 86_400
INITIAL = "Unchecked: Initial alarm creation"
TREATMENTS = ("breaching", "notBreaching", "ignore", "missing")
MAX_TAGS = 50


class Comparison(NamedTuple):
    """How a value is compared with the threshold, and how AWS puts it in words."""

    breaches: Callable[[float, float], bool]
    words: str


COMPARISONS = {
    "GreaterThanOrEqualToThreshold": Comparison(ge, "greater than or equal to"),
    "GreaterThanThreshold": Comparison(gt, "greater than"),
    "LessThanOrEqualToThreshold": Comparison(le, "less than or equal to"),
    "LessThanThreshold": Comparison(lt, "less than"),
}


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """A metric alarm. `unit` is empty where any will do; `treat_missing` and `to_alarm` are None where not given."""

    account: str
    region: str
    name: str
    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]
    statistic: str
    period_s: int
    unit: str
    periods: int
    threshold: float
    comparison: str
    to_alarm: int | None = None
    treat_missing: str | None = None
    description: str | None = None
    actions_enabled: bool = True
    configured_at_ms: int
    state: str = "INSUFFICIENT_DATA"
    reason: str = INITIAL
    reason_data: str | None = None
    changed_at_ms: int
    """When its state last changed, or was set."""
    tags: dict[str, str] = {}

    @property
    def key(self) -> Key:
        return self.account, self.region, self.name

    @property
    def arn(self) -> str:
        return str(Arn("cloudwatch", self.region, self.account, f"alarm:{self.name}"))

    @property
    def metric_id(self) -> MetricId:
        """What it watches."""
        return MetricId(self.account, self.region, self.namespace, self.metric, self.dimensions, self.unit)

    def describe(self) -> dict[str, Any]:
        """The MetricAlarm structure."""
        statistic = "Statistic" if self.statistic in SIMPLE else "ExtendedStatistic"
        return {
            "AlarmName": self.name,
            "AlarmArn": self.arn,
            "AlarmDescription": self.description,
            "AlarmConfigurationUpdatedTimestamp": utc(self.configured_at_ms),
            "ActionsEnabled": self.actions_enabled,
            "OKActions": [],
            "AlarmActions": [],
            "InsufficientDataActions": [],
            "StateValue": self.state,
            "StateReason": self.reason,
            "StateReasonData": self.reason_data,
            "StateUpdatedTimestamp": utc(self.changed_at_ms),
            "StateTransitionedTimestamp": utc(self.changed_at_ms),
            "MetricName": self.metric,
            "Namespace": self.namespace,
            statistic: self.statistic,
            "Dimensions": [{"Name": name, "Value": value} for name, value in self.dimensions],
            "Period": self.period_s,
            "Unit": self.unit or None,
            "EvaluationPeriods": self.periods,
            "DatapointsToAlarm": self.to_alarm,
            "Threshold": self.threshold,
            "ComparisonOperator": self.comparison,
            "TreatMissingData": self.treat_missing,
        }


def alarm_of(account: str, region: str, request: Mapping[str, Any], before: Alarm | None, now_ms: int) -> Alarm:
    """The alarm that PutMetricAlarm asks for; one that changes keeps its state and tags. Raises ValidationError."""
    _require(request)
    period_s, periods, to_alarm = request["Period"], request["EvaluationPeriods"], request.get("DatapointsToAlarm")
    _check_periods(period_s, periods, to_alarm)
    treatment = request.get("TreatMissingData")
    if treatment not in {None, *TREATMENTS}:
        raise ValidationError(
            f"The value {treatment} is not supported for TreatMissingData parameter. "
            f"Supported values are [{', '.join(TREATMENTS)}]."
        )
    alarm = Alarm(
        account=account,
        region=region,
        name=request["AlarmName"],
        namespace=request["Namespace"],
        metric=request["MetricName"],
        dimensions=named(request.get("Dimensions", ()), "Dimensions"),
        statistic=_statistic(request),
        period_s=period_s,
        unit=request.get("Unit", ""),
        periods=periods,
        threshold=float(request["Threshold"]),
        comparison=request["ComparisonOperator"],
        to_alarm=to_alarm,
        treat_missing=treatment,
        description=request.get("AlarmDescription"),
        actions_enabled=request.get("ActionsEnabled", True),
        configured_at_ms=now_ms,
        changed_at_ms=now_ms,
        tags={tag["Key"]: tag["Value"] for tag in request.get("Tags", ())},
    )
    if before is None:
        return alarm
    kept = {name: getattr(before, name) for name in ("state", "reason", "reason_data", "changed_at_ms", "tags")}
    return msgspec.structs.replace(alarm, **kept)


def _require(request: Mapping[str, Any]) -> None:
    for name in ("MetricName", "Namespace", "Period", "EvaluationPeriods", "Threshold", "ComparisonOperator"):
        if name not in request:
            raise ValidationError(f"The parameter {name} is required.")


def _statistic(request: Mapping[str, Any]) -> str:
    if ("Statistic" in request) == ("ExtendedStatistic" in request):
        raise ValidationError("Exactly one of the parameters Statistic and ExtendedStatistic must be specified.")
    name: str = request.get("Statistic") or request["ExtendedStatistic"]
    if statistic_of(name) is None or ("ExtendedStatistic" in request and name in SIMPLE):
        raise ValidationError(f"The value {name} for parameter ExtendedStatistic is invalid.")
    return name


def _check_periods(period_s: int, periods: int, to_alarm: int | None) -> None:
    if period_s not in {10, 20, 30} and period_s % 60:
        raise ValidationError("Period must be 10, 20, 30 or a multiple of 60")
    days = 1 if period_s < 3600 else 7
    if period_s * periods > days * DAY_S:
        span = "a day" if days == 1 else "seven days"
        raise ValidationError(
            f"Metrics cannot be checked across more than {span} (EvaluationPeriods * Period must be <= {days * DAY_S})."
        )
    if to_alarm is not None and to_alarm > periods:
        raise ValidationError("DatapointsToAlarm must be less than or equal to EvaluationPeriods")
