import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afluente.services.events.error import InvalidEventPatternException
from afluente.services.events.pattern import compiled

EVENT = {
    "source": "aws.s3",
    "detail-type": "Object Created",
    "resources": ["arn:aws:s3:::lake", "arn:aws:s3:::other"],
    "detail": {
        "bucket": {"name": "lake"},
        "object": {"key": "raw/2026/a.json", "size": 300, "ratio": 0.5},
        "ok": True,
        "none": None,
        "empty": [],
        "ip": "10.0.0.7",
        "items": [{"a": 1, "b": 2}, {"a": 3, "b": 4}],
    },
}


def matches(pattern: Any, event: Any = None) -> bool:
    return compiled(json.dumps(pattern))(EVENT if event is None else event)


def detail(**members: Any) -> dict[str, Any]:
    return {"detail": members}


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ({"source": ["aws.s3"]}, True),
        ({"source": ["aws.glue", "aws.s3"]}, True),
        ({"source": ["aws.glue"]}, False),
        ({"source": ["aws.s3"], "detail-type": ["Object Deleted"]}, False),
        ({"resources": ["arn:aws:s3:::other"]}, True),
        (detail(bucket={"name": ["lake"]}), True),
        (detail(bucket={"name": ["river"]}), False),
        (detail(missing={"name": ["lake"]}), False),
        (detail(object={"size": [300.0]}), True),
        (detail(ok=[True]), True),
        (detail(ok=[1]), False),
        (detail(ok=["true"]), False),
        (detail(none=[None]), True),
        (detail(ok=[None]), False),
        (detail(object={"key": [{"prefix": "raw/"}]}), True),
        (detail(object={"key": [{"prefix": "RAW/"}]}), False),
        (detail(object={"key": [{"prefix": {"equals-ignore-case": "RAW/"}}]}), True),
        (detail(object={"key": [{"suffix": ".json"}]}), True),
        (detail(object={"key": [{"suffix": {"equals-ignore-case": ".JSON"}}]}), True),
        (detail(object={"key": [{"wildcard": "raw/*/a.*"}]}), True),
        (detail(object={"key": [{"wildcard": "raw/*/b.*"}]}), False),
        (detail(object={"key": [{"wildcard": "raw\\*"}]}), False),
        (detail(bucket={"name": [{"equals-ignore-case": "LAKE"}]}), True),
        (detail(bucket={"name": [{"anything-but": "lake"}]}), False),
        (detail(bucket={"name": [{"anything-but": ["river", "sea"]}]}), True),
        (detail(bucket={"name": [{"anything-but": {"prefix": "la"}}]}), False),
        (detail(bucket={"name": [{"anything-but": {"suffix": ["xx", "ke"]}}]}), False),
        (detail(bucket={"name": [{"anything-but": {"wildcard": "r*"}}]}), True),
        (detail(missing=[{"anything-but": "x"}]), False),
        (detail(missing=[{"exists": False}]), True),
        (detail(missing=[{"exists": True}]), False),
        (detail(ok=[{"exists": True}]), True),
        (detail(empty=[{"exists": False}]), True),
        (detail(object={"size": [{"numeric": [">", 0, "<=", 300]}]}), True),
        (detail(object={"size": [{"numeric": ["<", 300]}]}), False),
        (detail(object={"ratio": [{"numeric": ["=", 0.5]}]}), True),
        (detail(ok=[{"numeric": ["=", 1]}]), False),
        (detail(ip=[{"cidr": "10.0.0.0/24"}]), True),
        (detail(ip=[{"cidr": "10.0.1.0/24"}]), False),
        (detail(ok=[{"cidr": "10.0.1.0/24"}]), False),
        (detail(items={"a": [3]}), True),
        (detail(items={"a": [3], "b": [4]}), True),
        ({"$or": [{"source": ["aws.glue"]}, {"detail": {"ok": [True]}}]}, True),
        ({"source": ["aws.s3"], "$or": [{"source": ["aws.glue"]}, {"detail": {"ok": [False]}}]}, False),
    ],
)
def test_what_fits(pattern: Any, fits: bool) -> None:
    assert matches(pattern) is fits


@pytest.mark.parametrize(
    "text",
    [
        "nonsense", "[]", "{}", '{"source": "aws.s3"}', '{"source": []}', '{"source": [["x"]]}', '{"detail": {}}',
        '{"a": [{"prefix": 1}]}', '{"a": [{"unknown": 1}]}', '{"a": [{"prefix": "x", "suffix": "y"}]}',
        '{"a": [{"exists": "yes"}]}', '{"a": [{"numeric": [">"]}]}', '{"a": [{"numeric": ["!", 1]}]}',
        '{"a": [{"numeric": [">", "1"]}]}', '{"a": [{"cidr": "x"}]}', '{"a": [{"anything-but": {"exists": true}}]}',
        '{"a": [{"anything-but": [null]}]}', '{"a": [{"wildcard": "a**b"}]}', '{"a": [{"anything-but": []}]}',
    ],
)  # fmt: skip
def test_what_is_no_pattern(text: str) -> None:
    with pytest.raises(InvalidEventPatternException, match=r"Event pattern is not valid\. Reason: "):
        compiled(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab*\\", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "prefix", "$or"]), inner),
)


@given(pattern=json_values, event=st.dictionaries(st.sampled_from(["a", "b"]), json_values))
def test_anything_is_matched_or_refused(pattern: Any, event: Any) -> None:
    try:
        test = compiled(json.dumps(pattern))
    except InvalidEventPatternException:
        return
    assert test(event) in {True, False}


@given(event=st.dictionaries(st.sampled_from(["a", "b"]), st.text(max_size=3) | st.integers(), min_size=1))
def test_an_event_matches_itself(event: Any) -> None:
    assert matches({name: [value] for name, value in event.items()}, event)
