"""The state of an alarm, against the tables of AWS's user guide, and its words, against alarms recorded from AWS.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afluente.services.cloudwatch.alarm import TREATMENTS, Alarm
from afluente.services.cloudwatch.alarm_state import Datapoint, judge

START_S = 1_698_338_520  # 2023-10-26 16:42:00 UTC


def an_alarm(
    periods: int = 3, treat_missing: str | None = None, to_alarm: int | None = None, **members: object
) -> Alarm:
    given = {
        "account": "1", "region": "r", "name": "a", "namespace": "Farm", "metric": "power", "dimensions": (),
        "statistic": "Average", "period_s": 60, "unit": "", "threshold": 2.0, "comparison": "GreaterThanThreshold",
        "configured_at_ms": 0, "changed_at_ms": 0,
    }  # fmt: skip
    return Alarm(**given | {"periods": periods, "treat_missing": treat_missing, "to_alarm": to_alarm} | members)  # type: ignore[arg-type]


def drawn(text: str, high: float = 3.0) -> list[Datapoint]:
    """`0` is a datapoint that does not breach, `X` one that does, `-` none."""
    values = {"0": 1.0, "X": high, "-": None}
    return [Datapoint(START_S + 60 * n, values[each], each != "-") for n, each in enumerate(text)]


KEEPS = "keeps"


@pytest.mark.parametrize(
    ("text", "missing", "ignore", "breaching", "not_breaching"),
    [
        ("0-X-X", "OK", "OK", "OK", "OK"),
        ("----0", "OK", "OK", "OK", "OK"),
        ("-----", "INSUFFICIENT_DATA", KEEPS, "ALARM", "OK"),
        ("0XX-X", "ALARM", "ALARM", "ALARM", "ALARM"),
        ("--X--", "ALARM", KEEPS, "ALARM", "OK"),
    ],
)
def test_three_out_of_three(text: str, missing: str, ignore: str, breaching: str, not_breaching: str) -> None:
    for treatment, expected in zip(
        ("missing", "ignore", "breaching", "notBreaching"), (missing, ignore, breaching, not_breaching), strict=True
    ):
        verdict = judge(an_alarm(3, treatment), drawn(text), 0)
        assert (verdict.state if verdict else KEEPS) == expected, treatment


@pytest.mark.parametrize(
    ("text", "missing", "ignore", "breaching", "not_breaching"),
    [
        ("0-X-X", "ALARM", "ALARM", "ALARM", "ALARM"),
        ("00X0X", "ALARM", "ALARM", "ALARM", "ALARM"),
        ("0-X--", "OK", "OK", "ALARM", "OK"),
        ("----0", "OK", "OK", "ALARM", "OK"),
        ("---X-", "ALARM", KEEPS, "ALARM", "OK"),
    ],
)
def test_two_out_of_three(text: str, missing: str, ignore: str, breaching: str, not_breaching: str) -> None:
    for treatment, expected in zip(
        ("missing", "ignore", "breaching", "notBreaching"), (missing, ignore, breaching, not_breaching), strict=True
    ):
        verdict = judge(an_alarm(3, treatment, 2), drawn(text), 0)
        assert (verdict.state if verdict else KEEPS) == expected, treatment


def test_a_breach_that_has_just_begun_is_not_enough() -> None:
    assert judge(an_alarm(3), drawn("----X"), 0) is None


@given(
    text=st.text("0X", min_size=5, max_size=5),
    periods=st.integers(1, 3),
    to_alarm=st.integers(1, 3),
    treatment=st.sampled_from(TREATMENTS),
)
def test_without_missing_data_the_treatment_does_not_matter(
    text: str, periods: int, to_alarm: int, treatment: str
) -> None:
    verdict = judge(an_alarm(periods, treatment, min(to_alarm, periods)), drawn(text), 0)
    assert verdict is not None
    breaching = text[-periods:].count("X")
    assert verdict.state == ("ALARM" if breaching >= min(to_alarm, periods) else "OK")


@pytest.mark.parametrize(
    ("comparison", "value", "words"),
    [
        ("GreaterThanThreshold", 2.5, "greater than"),
        ("GreaterThanOrEqualToThreshold", 2.0, "greater than or equal to"),
        ("LessThanThreshold", 1.5, "less than"),
        ("LessThanOrEqualToThreshold", 2.0, "less than or equal to"),
    ],
)
def test_comparisons(comparison: str, value: float, words: str) -> None:
    alarm = an_alarm(1, comparison=comparison)
    verdict = judge(alarm, [Datapoint(START_S, value, 1)], 0)
    assert verdict is not None
    assert verdict.state == "ALARM"
    assert verdict.reason == (
        f"Threshold Crossed: 1 datapoint [{value} (26/10/23 16:42:00)] was {words} the threshold (2.0)."
    )


@pytest.mark.parametrize(
    ("alarm", "text", "reason"),
    [
        (
            an_alarm(1),
            "0",
            "Threshold Crossed: 1 datapoint [1.0 (26/10/23 16:42:00)] was not greater than the threshold (2.0).",
        ),
        (
            an_alarm(2),
            "XX",
            "Threshold Crossed: 2 datapoints [3.0 (26/10/23 16:43:00), 3.0 (26/10/23 16:42:00)] were greater than "
            "the threshold (2.0).",
        ),
        (
            an_alarm(2, "breaching"),
            "--",
            "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as "
            "[Breaching].",
        ),
        (
            an_alarm(1, "notBreaching"),
            "-",
            "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as "
            "[NonBreaching].",
        ),
        (an_alarm(2), "--", "Insufficient Data: 2 datapoints were unknown."),
        (
            an_alarm(3, None, 2),
            "X0X",
            "Threshold Crossed: 2 out of the last 3 datapoints [3.0 (26/10/23 16:44:00), 3.0 (26/10/23 16:42:00)] "
            "were greater than the threshold (2.0) (minimum 2 datapoints for OK -> ALARM transition).",
        ),
    ],
)
def test_reasons(alarm: Alarm, text: str, reason: str) -> None:
    verdict = judge(alarm, drawn(text), 0)
    assert verdict is not None
    assert verdict.reason == reason


def test_reason_data() -> None:
    verdict = judge(an_alarm(2, "notBreaching", unit="Seconds"), drawn("-X", 21.5), 1_698_338_700_123)
    assert verdict is not None
    assert json.loads(verdict.data) == {
        "version": "1.0",
        "queryDate": "2023-10-26T16:45:00.123+0000",
        "startDate": "2023-10-26T16:43:00.000+0000",
        "unit": "Seconds",
        "statistic": "Average",
        "period": 60,
        "recentDatapoints": [21.5],
        "threshold": 2.0,
        "evaluatedDatapoints": [
            {"timestamp": "2023-10-26T16:43:00.000+0000", "sampleCount": 1, "value": 21.5},
            {"timestamp": "2023-10-26T16:42:00.000+0000"},
        ],
    }
