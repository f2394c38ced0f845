from typing import Any

import pytest

from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.template.parameter import declare, resolve_all


def parameter(**declaration: Any) -> Any:
    return declare("P", {"Type": "String", **declaration})


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        ("String", " a,b ", " a,b "),
        ("Number", "1.5", "1.5"),
        ("CommaDelimitedList", "a, b", ["a", "b"]),
        ("List<Number>", "1,2", ["1", "2"]),
    ],
)
def test_resolve_by_type(kind: str, given: str, value: Any) -> None:
    assert parameter(Type=kind).resolve(given) == value


@pytest.mark.parametrize(
    ("declaration", "given", "message"),
    [
        ({"Type": "Number"}, "x", "Parameter 'P' must be a number."),
        ({"Type": "List<Number>"}, "1,x", "Parameter 'P' must be a number."),
        ({"Type": "Number", "MinValue": 1}, "0", "Parameter 'P' must be a number not less than 1"),
        ({"Type": "Number", "MaxValue": "9"}, "10", "Parameter 'P' must be a number not greater than 9"),
        ({"MinLength": 2}, "a", "Parameter 'P' must contain at least 2 characters"),
        ({"MaxLength": "2"}, "abc", "Parameter 'P' must contain at most 2 characters"),
        ({"AllowedValues": ["a", 1, True]}, "b", "Parameter 'P' must be one of AllowedValues"),
        ({"AllowedPattern": "[a-z]+"}, "a1", "Parameter 'P' must match pattern [a-z]+"),
        (
            {"AllowedPattern": "[a-z]+", "ConstraintDescription": "lower case only"}, "A",
            "Parameter P failed to satisfy constraint: lower case only",
        ),
        ({}, "x" * 4097, "Parameter 'P' must be at most 4096 bytes"),
    ],
)  # fmt: skip
def test_resolve_outside_the_constraints(declaration: dict[str, Any], given: str, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        parameter(**declaration).resolve(given)
    assert caught.value.message == message


def test_resolve_within_the_constraints() -> None:
    assert parameter(AllowedValues=["a", 1, True]).resolve("true") == "true"
    assert parameter(Type="Number", MinValue=-1, MaxValue=1).resolve("-1") == "-1"


@pytest.mark.parametrize(
    ("name", "declaration", "message"),
    [
        ("AWS::NoValue", {"Type": "String"}, "Template format error: Parameter name AWS::NoValue is non alphanumeric."),
        ("P", {}, "Template format error: Every Parameters object must contain a Type member."),
        ("P", [], "Template format error: Any Parameters member must be an object."),
        ("P", {"Type": "Text"}, "Template format error: Unrecognized parameter type: Text"),
        ("P", {"Type": "String", "Default": ["a"]}, "Template format error: Every Default member must be a string."),
        ("P", {"Type": "String", "Colour": "red"}, "Invalid template parameter property 'Colour'"),
        (
            "P",
            {"Type": "String", "MinLength": "x"},
            "Template format error: MinLength of parameter P must be a number.",
        ),
    ],
)
def test_declare_says_what_is_wrong(name: str, declaration: Any, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        declare(name, declaration)
    assert caught.value.message.startswith(message)


def test_resolve_all_takes_defaults() -> None:
    declared = {"A": declare("A", {"Type": "Number", "Default": 3}), "B": declare("B", {"Type": "String"})}
    assert resolve_all(declared, {"B": "x"}) == {"A": "3", "B": "x"}


def test_resolve_all_names_what_is_missing_and_what_is_too_much() -> None:
    declared = {name: declare(name, {"Type": "String"}) for name in ("A", "B")}
    with pytest.raises(ValidationError, match=r"^Parameters: \[A, B\] must have values$"):
        resolve_all(declared, {})
    with pytest.raises(ValidationError, match=r"^Parameters: \[X\] do not exist in the template$"):
        resolve_all(declared, {"A": "", "B": "", "X": ""})
