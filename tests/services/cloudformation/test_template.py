import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.services.cloudformation.deployment import text

from afluente.core.error import AwsError
from afluente.core.error import NotImplemented as Unsupported
from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.plan import capabilities, plan, resolve
from afluente.services.cloudformation.template.parameter import resolve_all
from afluente.services.cloudformation.template.template import parse

GROUP: dict[str, Any] = {"Type": "AWS::Logs::LogGroup"}
FARM = Path(__file__).parents[3] / "src" / "windfarm" / "template.yaml"


def resolved(template: Any, **parameters: str) -> Any:
    found = parse(text(template))
    return resolve(found, resolve_all(found.parameters, parameters), {"AWS::Region": "us-east-1"})


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ({"Resources": {}}, "Template format error: At least one Resources member must be defined."),
        ({"Resources": []}, "Template format error: Resources must be an object."),
        ({"Resources": {"A": "x"}}, "Template format error: Any Resources member must be an object."),
        ({"Resources": {"a-b": GROUP}}, "Template format error: Resource name a-b is non alphanumeric."),
        ({"Resources": {"A": {}}}, "Template format error: [/Resources/A] Every Resources object must contain a"),
        ({"Resources": {"A": {**GROUP, "Invalid": 1}}}, "Invalid template resource property 'Invalid'"),
        ({"Resources": {"A": GROUP}, "Foo": 1}, "Invalid template property or properties [Foo]"),
        (
            {"Resources": {"A": GROUP}, "AWSTemplateFormatVersion": "2011"},
            "Template format error: unsupported value for AWSTemplateFormatVersion.",
        ),
        (
            {"Resources": {"A": {**GROUP, "DependsOn": "X"}}},
            "Template format error: Unresolved resource dependencies [X] in the Resources block of the template",
        ),
        (
            {"Resources": {"A": {**GROUP, "Properties": {"LogGroupName": {"Ref": "X"}}}}},
            "Template format error: Unresolved resource dependencies [X] in the Resources block of the template",
        ),
        (
            {"Resources": {"A": GROUP}, "Outputs": {"O": {"Value": {"Fn::Sub": "${X}"}}}},
            "Template format error: Unresolved resource dependencies [X] in the Outputs block of the template",
        ),
        ({"Resources": {"A": GROUP}, "Outputs": {"O": {"Value": None}}},
         "[/Outputs/O/Value] 'null' values are not allowed in templates"),
        ({"Resources": {"A": {**GROUP, "Properties": {"x": {"Fn::If": ["C", 1, 2]}}}}},
         "Template error: unresolved condition dependency C in Fn::If"),
        ({"Resources": {"A": {**GROUP, "Condition": "C"}}},
         "Template format error: Unresolved condition dependency C in the Resources block of the template"),
        ({"Resources": {"A": GROUP}, "Conditions": {"C": {"Fn::Equals": [{"Ref": "A"}, "x"]}}},
         "Template format error: Unresolved dependencies [A]. Cannot reference resources in the Conditions block of"),
        ({"Resources": {"A": GROUP}, "Mappings": {"M": {"A": "x"}}},
         "Template format error: Every Mappings member A must be a map"),
        ({"Resources": {"A": GROUP}, "Mappings": {"M": {"A": {"b": {"Ref": "A"}}}}},
         "Template format error: Every Mappings attribute must be a String or a List."),
        ({"Resources": {"A": {**GROUP, "DeletionPolicy": "Keep"}}},
         "Template format error: Unrecognized DeletionPolicy Keep for resource A"),
        ({"Resources": {f"A{number}": GROUP for number in range(501)}},
         "Template format error: Number of resources, 501, is greater than maximum allowed, 500"),
    ],
)  # fmt: skip
def test_parse_says_what_is_wrong(template: Any, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        parse(json.dumps(template))
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize(
    ("template", "named"),
    [
        ({"Resources": {"A": GROUP}, "Hooks": {"R": {}}}, "Hooks"),
        ({"Resources": {"A": {**GROUP, "UpdatePolicy": {}}}}, "UpdatePolicy"),
        ({"Resources": {"A": {**GROUP, "Properties": {"x": {"Fn::GetStackOutput": "y"}}}}}, "Fn::GetStackOutput"),
        ({"Resources": {"A": {**GROUP, "Properties": {"x": "a{{resolve:ssm:name:1}}"}}}}, "{{resolve:ssm:name:1}}"),
    ],
)
def test_parse_refuses_by_name_what_afluente_does_not_have(template: Any, named: str) -> None:
    with pytest.raises(Unsupported, match=re.escape(named)):
        parse(json.dumps(template))


def test_check_finds_circles() -> None:
    template = {"A": {**GROUP, "DependsOn": "B"}, "B": {**GROUP, "DependsOn": ["A"]}, "C": GROUP}
    with pytest.raises(ValidationError, match=r"^Circular dependency between resources: \[A, B\]$"):
        resolved(template).check()


def test_check_finds_what_a_condition_leaves_out() -> None:
    template = {
        "Conditions": {"No": {"Fn::Equals": ["a", "b"]}},
        "Resources": {
            "A": {**GROUP, "Condition": "No"},
            "B": {**GROUP, "Properties": {"LogGroupName": {"Fn::If": ["No", {"Ref": "A"}, "/b"]}}},
        },
    }
    resolved(template).check()
    unconditional = {**template, "Resources": {**template["Resources"],
                     "B": {**GROUP, "Properties": {"LogGroupName": {"Ref": "A"}}}}}  # fmt: skip
    with pytest.raises(ValidationError, match=r"Unresolved resource dependencies \[A\] in the Resources block"):
        resolved(unconditional).check()
    output = {**template, "Outputs": {"O": {"Value": {"Ref": "A"}}}}
    with pytest.raises(ValidationError, match=r"^Unresolved resource dependencies \[A\] in the Outputs block"):
        resolved(output).check()
    output["Outputs"]["O"]["Condition"] = "No"
    resolved(output).check()


def test_check_finds_missing_map_keys_before_anything_is_made() -> None:
    template = {
        "Parameters": {"Size": {"Type": "String"}},
        "Mappings": {"M": {"big": {"x": "y"}}},
        "Resources": {"A": {**GROUP, "Properties": {"LogGroupName": {"Fn::FindInMap": ["M", {"Ref": "Size"}, "x"]}}}},
    }
    resolved(template, Size="big").check()
    with pytest.raises(ValidationError, match=r"^Template error: Unable to get mapping for M::small::x$"):
        resolved(template, Size="small").check()


@pytest.mark.parametrize(
    ("condition", "truth"),
    [
        ({"Fn::Equals": [{"Ref": "P"}, "1"]}, True),
        ({"Fn::Equals": [{"Ref": "P"}, 1]}, True),
        ({"Fn::Equals": [{"Ref": "P"}, "2"]}, False),
        ({"Fn::Not": [{"Condition": "Base"}]}, False),
        ({"Fn::And": [{"Condition": "Base"}, {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}]}, True),
        ({"Fn::Or": [{"Fn::Not": [{"Condition": "Base"}]}, {"Fn::Equals": ["a", "b"]}]}, False),
        ({"Condition": "Base"}, True),
    ],
)
def test_conditions(condition: Any, truth: bool) -> None:
    template = {
        "Parameters": {"P": {"Type": "String"}},
        "Conditions": {"Tested": condition, "Base": {"Fn::Equals": [{"Ref": "P"}, "1"]}},
        "Resources": {"A": {**GROUP, "Condition": "Tested"}, "B": GROUP},
    }
    found = resolved(template, P="1")
    assert found.conditions == {"Tested": truth, "Base": True}
    assert ("A" in found.resources) is truth


def test_conditions_in_a_circle() -> None:
    template = {"Conditions": {"A": {"Condition": "B"}, "B": {"Condition": "A"}}, "Resources": {"R": GROUP}}
    with pytest.raises(ValidationError, match="Circular dependencies for conditions"):
        assert resolved(template).conditions


def test_plan_of_the_wind_farm() -> None:
    found = parse(FARM.read_text())
    values = resolve_all(found.parameters, {})
    pseudo = {"AWS::Region": "us-east-1", "AWS::AccountId": "000000000000", "AWS::StackName": "windfarm",
              "AWS::Partition": "aws"}  # fmt: skip
    resources = {item.logical_id: item for item in plan(resolve(found, values, pseudo))}
    assert {"Stream", "DeliveryRole", "RawBucket"} <= set(resources["Delivery"].depends_on)
    assert resources["Stream"].depends_on == []
    assert capabilities(found) == ("CAPABILITY_IAM", ["AWS::IAM::Role"])


@pytest.mark.parametrize("value", [1, "x", [], {}, None, [1], {"a": 1}, True])
@pytest.mark.parametrize(
    "section",
    ["Parameters", "Conditions", "Mappings", "Outputs", "Metadata", "Description", "Rules", "Transform"],
)
def test_parse_takes_or_refuses_any_section(section: str, value: Any) -> None:
    for body in ({section: value}, {section: {"A": value}}, {section: {"A": {"B": value}}}):
        try:
            parse(json.dumps({"Resources": {"R": GROUP}, **body}))
        except AwsError as error:
            assert error.message  # noqa: PT017  # that it is no other exception is what is tested


@pytest.mark.parametrize("value", [1, "x", [], {}, None, [1], {"a": 1}, True])
@pytest.mark.parametrize("member", ["Type", "Properties", "DependsOn", "Condition", "DeletionPolicy", "Metadata"])
def test_parse_takes_or_refuses_any_member(member: str, value: Any) -> None:
    try:
        resolved({"R": {**GROUP, member: value}}).check()
    except AwsError as error:
        assert error.message  # noqa: PT017  # as above
