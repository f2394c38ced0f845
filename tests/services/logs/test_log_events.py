from collections.abc import Callable
from typing import Any

import pytest

from afluente.core.clock import ManualClock
from afluente.core.error import AwsError, ValidationException
from afluente.services.logs.engine import LogsEngine
from afluente.services.logs.error import (
    InvalidParameterException,
    ResourceAlreadyExistsException,
    ResourceNotFoundException,
)

Ask = Callable[..., dict[str, Any]]
DAY_MS = 86_400_000


def messages(response: dict[str, Any]) -> list[str]:
    return [event["message"] for event in response["events"]]


def test_create_log_stream_twice_and_describe(logs: Ask, clock: ManualClock) -> None:
    logs("create_log_group", logGroupName="g")
    logs("create_log_stream", logGroupName="g", logStreamName="s")
    with pytest.raises(ResourceAlreadyExistsException, match=r"^The specified log stream already exists$"):
        logs("create_log_stream", logGroupName="g", logStreamName="s")
    arn = "arn:aws:logs:us-east-1:000000000000:log-group:g"
    expected = {
        "logStreamName": "s",
        "creationTime": clock.now_ms(),
        "arn": arn + ":log-stream:s",
        "storedBytes": 0,
    }
    assert logs("describe_log_streams", logGroupIdentifier="g")["logStreams"] == [expected]
    assert logs("describe_log_streams", logGroupIdentifier=arn)["logStreams"] == [expected]
    with pytest.raises(ValidationException, match=r"^LogGroup name and LogGroup ARN are mutually exclusive"):
        logs("describe_log_streams", logGroupIdentifier=arn, logGroupName="g")


def test_describe_log_streams_by_last_event_pages(logs: Ask, put: Ask, clock: ManualClock) -> None:
    for name in ("b", "a", "c"):
        put("x", stream=name)
        clock.advance(1)
    request = {"logGroupName": "g", "orderBy": "LastEventTime", "descending": True, "limit": 2}
    first = logs("describe_log_streams", **request)
    second = logs("describe_log_streams", **request, nextToken=first["nextToken"])
    names = [stream["logStreamName"] for stream in first["logStreams"] + second["logStreams"]]
    assert names == ["c", "a", "b"]
    assert "nextToken" not in second


def test_put_log_events_to_unknown_stream(logs: Ask) -> None:
    logs("create_log_group", logGroupName="g")
    with pytest.raises(ResourceNotFoundException, match=r"^The specified log stream does not exist.$"):
        logs("put_log_events", logGroupName="g", logStreamName="s", logEvents=[{"timestamp": 0, "message": "x"}])


@pytest.mark.parametrize(
    ("events", "text"),
    [
        ([(1, "x"), (0, "y")], "^Log events in a single PutLogEvents request must be in chronological order.$"),
        ([(0, "x"), (DAY_MS + 1, "y")], "cannot span more than 24 hours"),
        ([(0, "x" * 1_048_576)], "^Upload too large: 1048602 bytes exceeds limit of 1048576$"),
    ],
)
def test_put_log_events_refused_batch(
    logs: Ask, put: Ask, clock: ManualClock, events: list[tuple[int, str]], text: str
) -> None:
    put("first")
    batch = [{"timestamp": clock.now_ms() + offset, "message": message} for offset, message in events]
    with pytest.raises(InvalidParameterException, match=text):
        logs("put_log_events", logGroupName="g", logStreamName="s", logEvents=batch)
    assert messages(logs("filter_log_events", logGroupName="g")) == ["first"]


def test_put_log_events_too_old_and_too_new(logs: Ask, put: Ask, clock: ManualClock) -> None:
    put("now")
    now = clock.now_ms()
    old = [{"timestamp": now - 14 * DAY_MS - 1, "message": "old"}, {"timestamp": now - 14 * DAY_MS, "message": "fits"}]
    new = [{"timestamp": now, "message": "fits"}, {"timestamp": now + 7_200_001, "message": "new"}]
    answers = [logs("put_log_events", logGroupName="g", logStreamName="s", logEvents=batch) for batch in (old, new)]
    assert [answer["rejectedLogEventsInfo"] for answer in answers] == [
        {"tooOldLogEventEndIndex": 1},
        {"tooNewLogEventStartIndex": 1},
    ]
    assert messages(logs("filter_log_events", logGroupName="g")) == ["fits", "now", "fits"]


def test_get_log_events_follows_forward_token(logs: Ask, put: Ask) -> None:
    put(*(str(number) for number in range(5)))
    request = {"logGroupName": "g", "logStreamName": "s", "limit": 3}
    first = logs("get_log_events", **request, startFromHead=True)
    second = logs("get_log_events", **request, nextToken=first["nextForwardToken"])
    end = logs("get_log_events", **request, nextToken=second["nextForwardToken"])
    assert (messages(first), messages(second), messages(end)) == (["0", "1", "2"], ["3", "4"], [])
    assert end["nextForwardToken"] == second["nextForwardToken"]
    put("5")
    assert messages(logs("get_log_events", **request, nextToken=end["nextForwardToken"])) == ["5"]


def test_get_log_events_begins_at_the_tail_and_goes_back(logs: Ask, put: Ask) -> None:
    put(*(str(number) for number in range(5)))
    request = {"logGroupName": "g", "logStreamName": "s", "limit": 3}
    last = logs("get_log_events", **request)
    before = logs("get_log_events", **request, nextToken=last["nextBackwardToken"])
    assert (messages(last), messages(before)) == (["2", "3", "4"], ["0", "1"])


def test_get_log_events_start_included_end_excluded(logs: Ask, put: Ask, clock: ManualClock) -> None:
    put("a", "b", "c")
    now = clock.now_ms()
    found = logs("get_log_events", logGroupName="g", logStreamName="s", startTime=now - 1, endTime=now)
    assert messages(found) == ["b"]


def test_get_log_events_page_ends_at_a_mebibyte(logs: Ask, put: Ask) -> None:
    for _ in range(3):
        put("x" * 500_000)
    found = logs("get_log_events", logGroupName="g", logStreamName="s", startFromHead=True)
    assert len(found["events"]) == 2


@pytest.mark.parametrize("token", ["nonsense", "f/12", "x/" + "0" * 56, "f/" + "²" * 56])
def test_get_log_events_invalid_token(logs: Ask, put: Ask, token: str) -> None:
    put("a")
    with pytest.raises(InvalidParameterException, match=r"^The specified nextToken is invalid.$"):
        logs("get_log_events", logGroupName="g", logStreamName="s", nextToken=token)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("", ["ERROR disk full", "WARN disk", "INFO error: x"]),
        ("ERROR", ["ERROR disk full"]),
        ("disk ERROR", ["ERROR disk full"]),
        ("?ERROR ?WARN", ["ERROR disk full", "WARN disk"]),
        ("disk -full", ["WARN disk"]),
        ('"error: x"', ["INFO error: x"]),
    ],
)
def test_filter_log_events_terms(logs: Ask, put: Ask, pattern: str, expected: list[str]) -> None:
    put("ERROR disk full", "WARN disk", "INFO error: x")
    assert messages(logs("filter_log_events", logGroupName="g", filterPattern=pattern)) == expected


@pytest.mark.parametrize("pattern", ["{ $.a = 1 }", "[ip, user]", "%x%"])
def test_filter_log_events_other_forms_say_so(logs: Ask, put: Ask, pattern: str) -> None:
    put("x")
    with pytest.raises(AwsError, match="filterPattern is not supported") as raised:
        logs("filter_log_events", logGroupName="g", filterPattern=pattern)
    assert raised.value.code == "NotImplemented"


def test_filter_log_events_unclosed_phrase(logs: Ask, put: Ask) -> None:
    put("x")
    with pytest.raises(InvalidParameterException):
        logs("filter_log_events", logGroupName="g", filterPattern='"open')


def test_filter_log_events_over_streams_pages_in_time_order(logs: Ask, put: Ask, clock: ManualClock) -> None:
    for number in range(6):
        put(str(number), stream=f"s{number % 3}")
        clock.advance(1)
    request = {"logGroupName": "g", "logStreamNames": ["s0", "s2"], "limit": 3}
    first = logs("filter_log_events", **request)
    second = logs("filter_log_events", **request, nextToken=first["nextToken"])
    assert (messages(first), messages(second)) == (["0", "2", "3"], ["5"])
    assert "nextToken" not in second
    assert first["events"][1]["logStreamName"] == "s2"


def test_delete_log_stream_takes_its_bytes_off(logs: Ask, put: Ask) -> None:
    put("abc", stream="one")
    put("é", stream="two")
    logs("delete_log_stream", logGroupName="g", logStreamName="one")
    assert logs("describe_log_groups")["logGroups"][0]["storedBytes"] == 2 + 26
    assert messages(logs("filter_log_events", logGroupName="g")) == ["é"]


def test_append_makes_group_and_stream(logs: Ask, engine: LogsEngine) -> None:
    for time_ms, message in ((20, "b"), (10, "a")):
        engine.append("000000000000", "us-east-1", "/aws/jobs", "run", [(time_ms, message)])
    engine.append("000000000000", "us-east-1", "/aws/none", "run", [])
    assert messages(logs("get_log_events", logGroupName="/aws/jobs", logStreamName="run")) == ["a", "b"]
    stream = logs("describe_log_streams", logGroupName="/aws/jobs")["logStreams"][0]
    assert (stream["firstEventTimestamp"], stream["lastEventTimestamp"]) == (10, 20)
    assert len(logs("describe_log_groups")["logGroups"]) == 1
