"""In which state an alarm is, from the datapoints of its last periods. Pure.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

import json
from collections.abc import Sequence
from typing import NamedTuple

from afluente.core.clock import utc
from afluente.services.cloudwatch.alarm import COMPARISONS, Alarm

SPARE_PERIODS = 2
"""Periods that are looked at beyond those that are evaluated, in case some of these have no data."""


class Datapoint(NamedTuple):
    """A period of an alarm's metric; no value where it had no data."""

    start_s: int
    value: float | None = None
    samples: float = 0


class Verdict(NamedTuple):
    """A state, and why."""

    state: str
    reason: str
    data: str


def judge(alarm: Alarm, datapoints: Sequence[Datapoint], now_ms: int) -> Verdict | None:
    """The state that `datapoints`, newest last, lead to; None: it stays as it is."""
    looked_at = _looked_at(alarm, datapoints)
    state = _state(alarm, datapoints, looked_at)
    if state is None:
        return None
    return Verdict(state, _reason(alarm, state, looked_at), _reason_data(alarm, looked_at, now_ms))


def _looked_at(alarm: Alarm, datapoints: Sequence[Datapoint]) -> list[Datapoint]:
    """The newest periods with data, if there are enough of them, else the newest periods."""
    real = [each for each in datapoints if each.value is not None]
    if len(real) >= alarm.periods:
        return real[-alarm.periods :]
    missing = [each for each in datapoints if each.value is None]
    return sorted([*real, *missing[len(real) - alarm.periods :]])


def _state(alarm: Alarm, datapoints: Sequence[Datapoint], looked_at: Sequence[Datapoint]) -> str | None:
    real = [each for each in looked_at if each.value is not None]
    breaching = sum(_breaches(alarm, each) for each in real)
    missing = len(looked_at) - len(real)
    wanted = alarm.to_alarm or alarm.periods
    if breaching >= wanted:
        return "ALARM"
    treatment = alarm.treat_missing or "missing"
    if treatment == "breaching":
        return "ALARM" if breaching + missing >= wanted else "OK"
    if treatment == "notBreaching" or breaching < len(real) or not missing:
        return "OK"
    return _without_data(datapoints, wanted) if treatment == "missing" else None


def _without_data(datapoints: Sequence[Datapoint], wanted: int) -> str | None:
    """The state where there is no data but what breaches: that is enough if it began long enough ago."""
    began = next((place for place, each in enumerate(datapoints) if each.value is not None), None)
    if began is None:
        return "INSUFFICIENT_DATA"
    return "ALARM" if len(datapoints) - began >= wanted else None


def _breaches(alarm: Alarm, datapoint: Datapoint) -> bool:
    return datapoint.value is not None and COMPARISONS[alarm.comparison].breaches(datapoint.value, alarm.threshold)


def _reason(alarm: Alarm, state: str, looked_at: Sequence[Datapoint]) -> str:
    """In AWS's words, as recorded alarms have them."""
    real = [each for each in looked_at if each.value is not None]
    missing = len(looked_at) - len(real)
    if state == "INSUFFICIENT_DATA":
        return f"Insufficient Data: {_count(missing, 'datapoint')} {_were(missing)} unknown."
    treated = {"breaching": "Breaching", "notBreaching": "NonBreaching"}.get(alarm.treat_missing or "", "")
    filled = f"{_count(missing, 'missing datapoint')} {_were(missing)} treated as [{treated}]"
    if not real:
        return f"Threshold Crossed: no datapoints were received for {_count(missing, 'period')} and {filled}."
    meant = [each for each in real if _breaches(alarm, each) == (state == "ALARM")] or real
    start = _count(len(meant), "datapoint")
    if alarm.to_alarm is not None:
        start = f"{len(meant)} out of the last {len(looked_at)} datapoints"
    shown = ", ".join(f"{each.value} ({utc(each.start_s * 1000):%d/%m/%y %H:%M:%S})" for each in meant[::-1])
    relation = f"{'' if state == 'ALARM' else 'not '}{COMPARISONS[alarm.comparison].words}"
    text = f"Threshold Crossed: {start} [{shown}] {_were(len(meant))} {relation} the threshold ({alarm.threshold})"
    if missing and treated:
        text += f" and {filled}"
    return f"{text}{_minimum(alarm, state)}."


def _minimum(alarm: Alarm, state: str) -> str:
    if alarm.to_alarm is None:
        return ""
    needed = alarm.to_alarm if state == "ALARM" else alarm.periods - alarm.to_alarm + 1
    change = "OK -> ALARM" if state == "ALARM" else "ALARM -> OK"
    return f" (minimum {_count(needed, 'datapoint')} for {change} transition)"


def _reason_data(alarm: Alarm, looked_at: Sequence[Datapoint], now_ms: int) -> str:
    real = [each for each in looked_at if each.value is not None]
    evaluated = [
        {"timestamp": _time(each.start_s * 1000)}
        | ({} if each.value is None else {"sampleCount": each.samples, "value": each.value})
        for each in looked_at[::-1]
    ]
    data = {
        "version": "1.0",
        "queryDate": _time(now_ms),
        **({"startDate": _time(real[0].start_s * 1000)} if real else {}),
        **({"unit": alarm.unit} if alarm.unit else {}),
        "statistic": alarm.statistic,
        "period": alarm.period_s,
        "recentDatapoints": [each.value for each in real],
        "threshold": alarm.threshold,
        "evaluatedDatapoints": evaluated,
    }
    return json.dumps(data, separators=(",", ":"))


def _time(time_ms: int) -> str:
    return f"{utc(time_ms):%Y-%m-%dT%H:%M:%S}.{time_ms % 1000:03d}+0000"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _were(number: int) -> str:
    return "was" if number == 1 else "were"
