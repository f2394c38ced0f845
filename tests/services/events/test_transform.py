from typing import Any

import pytest

from afluente.core.error import ValidationException
from afluente.services.events.transform import check, given_to

EVENT = {
    "id": "e", "time": "2026-01-01T00:00:00Z", "detail-type": "t",
    "detail": {"state": "ok", "count": 3, "list": [{"a": "x"}], "quoted": 'say "hi"', "a b": 1},
}  # fmt: skip
RULE = {"Arn": "arn:rule", "Name": "r"}


def made(template: str, **paths: str) -> str:
    target = {"Id": "1", "InputTransformer": {"InputPathsMap": paths, "InputTemplate": template}}
    check(target)
    return given_to(target, EVENT, RULE)


def test_the_whole_event_a_part_or_a_constant() -> None:
    assert given_to({}, {"a": 1}, RULE) == '{"a":1}'
    assert given_to({"InputPath": "$.detail.list[0]"}, EVENT, RULE) == '{"a":"x"}'
    assert given_to({"InputPath": "$"}, {"a": 1}, RULE) == '{"a":1}'
    assert given_to({"InputPath": "$.detail['a b']"}, EVENT, RULE) == "1"
    assert given_to({"InputPath": "$.none.such"}, EVENT, RULE) == "{}"
    assert given_to({"Input": '{"b": 2}'}, EVENT, RULE) == '{"b": 2}'


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ('{"state": <s>, "n": <n>}', '{"state": "ok", "n": 3}'),
        ('{"state": "it is <s>", "n": "<n>"}', '{"state": "it is ok", "n": "3"}'),
        ('"<s> <n>"', '"ok 3"'),
        ('{"q": "<q>"}', '{"q": "say \\"hi\\""}'),
        ('{"q": "a \\"<s>\\" b"}', '{"q": "a \\"ok\\" b"}'),
        ('{"l": <l>}', '{"l": [{"a":"x"}]}'),
        ('{"none": "<m>"}', '{"none": ""}'),
        ('{"rule": "<aws.events.rule-name>", "arn": <aws.events.rule-arn>}', '{"rule": "r", "arn": "arn:rule"}'),
        ("plain <s>", "plain ok"),
    ],
)
def test_templates(template: str, text: str) -> None:
    paths = {"s": "$.detail.state", "n": "$.detail.count", "q": "$.detail.quoted", "l": "$.detail.list", "m": "$.x"}
    assert made(template, **paths) == text


@pytest.mark.parametrize(
    "target",
    [
        {"Input": "{", "Id": "1"},
        {"InputPath": "detail", "Id": "1"},
        {"Input": "{}", "InputPath": "$", "Id": "1"},
        {"InputTransformer": {"InputTemplate": "<x>"}, "Id": "1"},
        {"InputTransformer": {"InputTemplate": "1", "InputPathsMap": {"AWS.x": "$"}}, "Id": "1"},
    ],
)
def test_inputs_that_cannot_be(target: dict[str, Any]) -> None:
    with pytest.raises(ValidationException):
        check(target)
