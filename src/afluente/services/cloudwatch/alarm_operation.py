"""The operations on alarms. Alarms change their state; they act on nothing."""

import json
from collections.abc import Iterator, Mapping

from afluente.core.arn import Arn
from afluente.core.call import Call
from afluente.core.clock import Clock
from afluente.core.provider import Request, Response
from afluente.services.cloudwatch import token
from afluente.services.cloudwatch.alarm import MAX_TAGS, Alarm, Key, alarm_of
from afluente.services.cloudwatch.alarm_engine import AlarmEngine
from afluente.services.cloudwatch.datum import named
from afluente.services.cloudwatch.error import (
    InvalidFormat,
    InvalidParameterValue,
    ResourceNotFoundException,
    ValidationError,
)

PAGE_ALARMS = 50


class AlarmOperations:
    """The part of CloudWatch's provider that is on `alarms`."""

    _alarms: AlarmEngine
    _clock: Clock

    def put_metric_alarm(self, call: Call, request: Request) -> Response:
        key = (call.account, call.region, request["AlarmName"])
        before = self._alarms.find(key)
        alarm = alarm_of(call.account, call.region, request, before, self._clock.now_ms())
        _check_tags(alarm.tags)
        self._alarms.put(alarm)
        return {}

    def describe_alarms(self, call: Call, request: Request) -> Response:
        names = request.get("AlarmNames")
        if names is not None and "AlarmNamePrefix" in request:
            raise ValidationError("AlarmNames and AlarmNamePrefix are mutually exclusive.")
        found = list(self._chosen(call, request))
        start, limit = token.read(request), request.get("MaxRecords", PAGE_ALARMS)
        answer: Response = {
            "CompositeAlarms": [],
            "MetricAlarms": [alarm.describe() for alarm in found[start : start + limit]],
        }
        if len(found) > start + limit:
            answer["NextToken"] = token.make(start + limit, request)
        return answer

    def _chosen(self, call: Call, request: Request) -> Iterator[Alarm]:
        if "MetricAlarm" not in request.get("AlarmTypes", ["MetricAlarm"]):
            return
        names, prefix, state = request.get("AlarmNames"), request.get("AlarmNamePrefix", ""), request.get("StateValue")
        for alarm in self._alarms.scan(call.account, call.region):
            is_named = alarm.name in names if names is not None else alarm.name.startswith(prefix)
            if is_named and state in {None, alarm.state}:
                yield alarm

    def describe_alarms_for_metric(self, call: Call, request: Request) -> Response:
        dimensions = named(request.get("Dimensions", ()), "Dimensions")
        given = {
            "statistic": request.get("Statistic") or request.get("ExtendedStatistic"),
            "period_s": request.get("Period"),
            "unit": request.get("Unit"),
        }
        wanted = {
            "metric": request["MetricName"],
            "namespace": request["Namespace"],
            "dimensions": dimensions,
            **{name: value for name, value in given.items() if value is not None},
        }
        found = [
            alarm.describe()
            for alarm in self._alarms.scan(call.account, call.region)
            if all(getattr(alarm, name) == value for name, value in wanted.items())
        ]
        return {"MetricAlarms": found}

    def delete_alarms(self, call: Call, request: Request) -> Response:
        self._alarms.delete([(call.account, call.region, name) for name in request["AlarmNames"]])
        return {}

    def set_alarm_state(self, call: Call, request: Request) -> Response:
        data = request.get("StateReasonData")
        if data is not None and not _is_json(data):
            raise InvalidFormat("StateReasonData was not valid JSON")
        key = (call.account, call.region, request["AlarmName"])
        self._alarms.set_state(key, request["StateValue"], request["StateReason"], data)
        return {}

    # Tags

    def list_tags_for_resource(self, call: Call, request: Request) -> Response:
        alarm = self._tagged(call, request)
        return {"Tags": [{"Key": key, "Value": value} for key, value in sorted(alarm.tags.items())]}

    def tag_resource(self, call: Call, request: Request) -> Response:
        alarm = self._tagged(call, request)
        tags = alarm.tags | {tag["Key"]: tag["Value"] for tag in request["Tags"]}
        _check_tags(tags)
        self._alarms.set_tags(alarm.key, tags)
        return {}

    def untag_resource(self, call: Call, request: Request) -> Response:
        alarm = self._tagged(call, request)
        gone = set(request["TagKeys"])
        self._alarms.set_tags(alarm.key, {key: value for key, value in alarm.tags.items() if key not in gone})
        return {}

    def _tagged(self, call: Call, request: Request) -> Alarm:
        alarm = self._alarms.find(_key_of(call, request["ResourceARN"]))
        if alarm is None:
            raise ResourceNotFoundException(ResourceType="alarm", ResourceId=request["ResourceARN"])
        return alarm


def _key_of(call: Call, text: str) -> Key:
    """The alarm that an ARN names. Raises InvalidParameterValue for what is no alarm's of this account."""
    try:
        arn = Arn.parse(text)
    except ValueError:
        arn = None
    kind, _, name = arn.resource.partition(":") if arn else ("", "", "")
    if arn is None or kind != "alarm" or (arn.account, arn.region) != (call.account, call.region):
        raise InvalidParameterValue(f"The value {text} for parameter ResourceARN is invalid.")
    return arn.account, arn.region, name


def _check_tags(tags: Mapping[str, str]) -> None:
    if len(tags) > MAX_TAGS:
        raise InvalidParameterValue(f"An alarm cannot have more than {MAX_TAGS} tags.")


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
