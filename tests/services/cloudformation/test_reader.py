import pytest
from hypothesis import given
from hypothesis import strategies as st

from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.template.reader import read


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("!Ref A", {"Ref": "A"}),
        ("!Condition C", {"Condition": "C"}),
        ("!GetAtt A.B.C", {"Fn::GetAtt": ["A", "B.C"]}),
        ("!GetAtt [A, B]", {"Fn::GetAtt": ["A", "B"]}),
        ("!Sub '${A}-x'", {"Fn::Sub": "${A}-x"}),
        ("!Join ['-', [a, !Ref B]]", {"Fn::Join": ["-", ["a", {"Ref": "B"}]]}),
        ("!If [C, 1, !Ref 'AWS::NoValue']", {"Fn::If": ["C", 1, {"Ref": "AWS::NoValue"}]}),
        ("!Sub [x, {A: !Base64 b}]", {"Fn::Sub": ["x", {"A": {"Fn::Base64": "b"}}]}),
        ("!FindInMap [M, !Ref A, b]", {"Fn::FindInMap": ["M", {"Ref": "A"}, "b"]}),
        ("!Select [0, !Split [',', x]]", {"Fn::Select": [0, {"Fn::Split": [",", "x"]}]}),
    ],
)
def test_read_yaml_short_forms(short: str, long: object) -> None:
    assert read(f"a: {short}") == {"a": long}


def test_read_yaml_has_no_timestamps() -> None:
    assert read("AWSTemplateFormatVersion: 2010-09-09\nb: 2012-10-17") == {
        "AWSTemplateFormatVersion": "2010-09-09", "b": "2012-10-17",
    }  # fmt: skip


def test_read_yaml_has_scalars() -> None:
    assert read("a: 1\nb: true\nc: '1'\n2: x\nd: 1.5") == {"a": 1, "b": True, "c": "1", "2": "x", "d": 1.5}


def test_read_json_is_json() -> None:
    assert read('{"a": {"Ref": "B"}, "c": [1, null]}') == {"a": {"Ref": "B"}, "c": [1, None]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1,}', "Template format error: JSON not well-formed. (line 1, column "),
        ("a: [1", "Template format error: YAML not well-formed. (line 1, column 6)"),
        ("a: !!python/object/apply:os.system [x]", "Template format error: YAML not well-formed."),
        ("a: \x00", "Template format error: YAML not well-formed."),
        ("- a", "Template format error: unsupported structure."),
        ("", "Template format error: unsupported structure."),
        ("just text", "Template format error: unsupported structure."),
        ("a: &x [1]\nb: *x", "Template format error: YAML aliases are not allowed in CloudFormation templates"),
        ('{"a":' * 100_000, "Template format error: "),
        ("a: " + "[" * 5000 + "]" * 5000, "Template format error: "),
        ("? [a, b]\n: c", "Template format error: "),
    ],
)
def test_read_says_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        read(text)
    assert caught.value.message.startswith(message)


@given(st.text(alphabet="{}[]!&*:,-'\"a1 \n", max_size=40))
def test_read_takes_or_refuses_any_text(text: str) -> None:
    try:
        assert isinstance(read(text), dict)
    except ValidationError:
        return
