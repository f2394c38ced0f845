import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.template.expression import Scope, check, evaluate
from afluente.services.cloudformation.template.walk import Reference, references

SCOPE = Scope(
    values={"Name": "wind", "Count": "3", "Names": ["a", "b"], "AWS::Region": "us-east-1"},
    mappings={"Sizes": {"big": {"shards": 8, "zones": ["x", "y"]}}},
    conditions={"Yes": True, "No": False},
    reference=lambda name: f"ref-{name}",
    attribute=lambda name, attribute: f"{name}/{attribute}",
)
NOTHING = {"Ref": "AWS::NoValue"}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ({"Ref": "Name"}, "wind"),
        ({"Ref": "Names"}, ["a", "b"]),
        ({"Ref": "Bucket"}, "ref-Bucket"),
        ({"Fn::GetAtt": ["Bucket", "Arn"]}, "Bucket/Arn"),
        ({"Fn::GetAtt": "Group.A.B"}, "Group/A.B"),
        ({"Fn::Join": ["-", ["a", 1, True, {"Ref": "Name"}]]}, "a-1-true-wind"),
        ({"Fn::Join": ["-", {"Ref": "Names"}]}, "a-b"),
        ({"Fn::Join": ["-", ["a", NOTHING]]}, "a"),
        ({"Fn::Select": ["1", {"Ref": "Names"}]}, "b"),
        ({"Fn::Select": [0, {"Fn::Split": ["i", {"Ref": "Name"}]}]}, "w"),
        ({"Fn::Base64": {"Ref": "Name"}}, base64.b64encode(b"wind").decode()),
        ({"Fn::FindInMap": ["Sizes", "big", "shards"]}, 8),
        ({"Fn::If": ["Yes", 1, 2]}, 1),
        ({"Fn::If": ["No", 1, {"Ref": "Name"}]}, "wind"),
        ({"a": {"Fn::If": ["No", 1, NOTHING]}, "b": [NOTHING, 1]}, {"b": [1]}),
        ({"Fn::Sub": "${Name}:${AWS::Region}:${Bucket}:${Bucket.Arn}:${!Name}:$x"},
         "wind:us-east-1:ref-Bucket:Bucket/Arn:${Name}:$x"),
        ({"Fn::Sub": ["${Name}-${V}", {"V": {"Ref": "Count"}}]}, "wind-3"),
        ({"Fn::Sub": ["${Name}", {"Name": "mine"}]}, "mine"),
        ({"Fn::Length": {"Ref": "Names"}}, 2),
        ({"Fn::Length": ["a", NOTHING, "c"]}, 2),
        ({"Fn::ToJsonString": {"a": [1, {"Ref": "Name"}], "b": NOTHING}}, '{"a":[1,"wind"]}'),
        ({"Fn::FindInMap": ["Sizes", "small", "shards", {"DefaultValue": {"Ref": "Count"}}]}, "3"),
        ({"Fn::FindInMap": ["Sizes", "big", "shards", {"DefaultValue": 1}]}, 8),
        ({"Fn::GetAZs": ""}, ["us-east-1a", "us-east-1b", "us-east-1c"]),
        ({"Fn::Select": [0, {"Fn::GetAZs": {"Ref": "AWS::Region"}}]}, "us-east-1a"),
        ({"Fn::Cidr": ["192.168.0.0/24", "6", "5"]},
         ["192.168.0.0/27", "192.168.0.32/27", "192.168.0.64/27", "192.168.0.96/27", "192.168.0.128/27",
          "192.168.0.160/27"]),
        ({"Fn::Cidr": ["10.0.0.0/22", 2]}, ["10.0.0.0/24", "10.0.1.0/24"]),
        ({"Ref": "Name", "Other": 1}, {"Ref": "Name", "Other": 1}),
        ([{"a": {"Ref": "Count"}}, None, 1.5], [{"a": "3"}, None, 1.5]),
    ],
)  # fmt: skip
def test_evaluate(expression: Any, value: Any) -> None:
    check(expression)
    assert evaluate(expression, SCOPE) == value


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (
            {"Fn::FindInMap": ["Sizes", "small", "shards"]},
            "Template error: Unable to get mapping for Sizes::small",
        ),
        (
            {"Fn::Select": [5, {"Ref": "Names"}]},
            "Template error: Fn::Select cannot select nonexistent value",
        ),
        ({"Fn::Select": ["x", {"Ref": "Names"}]}, "Template error: Fn::Select requires a list argument"),
        ({"Fn::Join": ["", {"Ref": "Name"}]}, "Template error: every Fn::Join object requires two parameters"),
        ({"Fn::Split": [",", {"Ref": "Names"}]}, "Template error: every Fn::Split object requires two parameters"),
    ],
)
def test_evaluate_says_what_is_wrong(expression: Any, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        evaluate(expression, SCOPE)
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ({"Fn::GetAtt": ["A", ""]}, "Template error: every Fn::GetAtt object requires two non-empty parameters"),
        ({"Fn::GetAtt": "A"}, "Template error: every Fn::GetAtt object requires two non-empty parameters"),
        ({"Fn::Join": ["a"]}, "Template error: every Fn::Join object requires two parameters"),
        ({"Fn::Join": ["-", "text"]}, "Template error: every Fn::Join object requires two parameters"),
        ({"Fn::Select": [1]}, "Template error: Fn::Select requires a list argument with two elements"),
        ({"Fn::Equals": ["a"]}, "Template error: every Fn::Equals object requires a list of 2 string parameters."),
        ({"Fn::And": [{"Fn::Equals": [1, 1]}]}, "Template error: every Fn::And object requires a list of at least 2"),
        ({"Fn::Not": ["x"]}, "Template error: every Fn::Not object requires one boolean parameter."),
        ({"Fn::Sub": ["a"]}, "Template error: One or more Fn::Sub intrinsic functions"),
        ({"Fn::If": ["a", 1]}, "Template error: Fn::If requires a list argument"),
        ({"Ref": ["a"]}, "Template error: every Ref object must have a single String value."),
        ({"Fn::Foo": 1}, "Template error: Fn::Foo is not an intrinsic function"),
        ({"deep": [{"Fn::Base64": []}]}, "Template error: every Fn::Base64 object must have a String-typed value."),
    ],
)
def test_check_says_what_is_wrong(expression: Any, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        check(expression)
    assert caught.value.message.startswith(message)


def test_references_are_found_everywhere() -> None:
    value = {
        "a": [{"Ref": "A"}, {"Fn::GetAtt": ["B", "Arn"]}],
        "b": {"Fn::Sub": ["${C} ${D.Arn} ${V} ${!E}", {"V": {"Ref": "F"}}]},
        "c": {"Fn::If": ["Yes", {"Ref": "G"}, {"Ref": "H"}]},
    }
    everything = {Reference("A"), Reference("B", "Arn"), Reference("C"), Reference("D", "Arn"), Reference("F")}
    assert set(references(value)) == everything | {Reference("G"), Reference("H")}
    assert set(references(value, {"Yes": False})) == everything | {Reference("H")}


plain = st.recursive(
    st.booleans() | st.integers() | st.text(max_size=4),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.sampled_from("abc"), children, max_size=3),
)


@given(plain)
def test_what_calls_no_function_is_its_own_value(value: Any) -> None:
    check(value)
    assert list(references(value)) == []
    assert evaluate(value, SCOPE) == value


@given(st.lists(st.text(alphabet="abc", min_size=1), min_size=1))
def test_split_undoes_join(words: list[str]) -> None:
    joined = {"Fn::Join": [",", words]}
    assert evaluate({"Fn::Split": [",", joined]}, SCOPE) == words
