"""Templates of any nonsense: taken, or refused with a reason, and never anything else."""

import json
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from afluente.core.error import AwsError
from afluente.services.cloudformation.plan import resolve
from afluente.services.cloudformation.template import expression
from afluente.services.cloudformation.template.parameter import resolve_all
from afluente.services.cloudformation.template.template import parse
from afluente.services.cloudformation.template.transform import transform

KEYS = st.sampled_from([
    "Assert", "Assertions", "Condition", "Default", "DefaultValue", "Fn::And", "Fn::Base64", "Fn::Cidr", "Fn::Contains",
    "Fn::EachMemberIn", "Fn::Equals", "Fn::FindInMap", "Fn::ForEach::X", "Fn::GetAZs", "Fn::GetAtt", "Fn::If",
    "Fn::Join", "Fn::Length", "Fn::Not", "Fn::Select", "Fn::Split", "Fn::Sub", "Fn::ToJsonString", "Fn::Transform",
    "Location", "Name", "P", "Parameters", "Ref", "RuleCondition", "Type", "a",
])  # fmt: skip
TEXTS = st.sampled_from([
    "", "${P}", "10.0.0.0/8", "A", "AWS::Include", "AWS::LanguageExtensions", "AWS::NoValue", "AWS::Region", "Arn", "C",
    "CommaDelimitedList", "P", "String", "a", "s3://b/k",
])  # fmt: skip
SCALARS = st.none() | st.booleans() | st.integers(-2, 300) | st.just(1.5) | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=10
)
PSEUDO = {"AWS::AccountId": "1", "AWS::Region": "us-east-1"}


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(VALUES, VALUES, VALUES, VALUES, st.booleans())
def test_any_template(rule: Any, properties: Any, condition: Any, output: Any, extended: bool) -> None:
    resource = {"Type": "AWS::Logs::LogGroup", "Properties": {"x": properties}, "Metadata": {"x": output}}
    template: dict[str, Any] = {
        "Resources": {"A": resource}, "Parameters": {"P": {"Type": "CommaDelimitedList", "Default": "a,b"}},
        "Rules": {"R": rule}, "Conditions": {"C": condition}, "Outputs": {"O": {"Value": output}},
        "Mappings": {"a": {"a": {"a": "b"}}},
    }  # fmt: skip
    if extended:
        template["Transform"] = "AWS::LanguageExtensions"
        template["Resources"]["Fn::ForEach::Y"] = ["I", ["a", "b"], {"R${I}": resource}]
    with suppress(AwsError):
        evaluate_all(json.dumps(template))


def evaluate_all(text: str) -> None:
    parsed = parse(transform(text, {}, PSEUDO, lambda _: '{"a": 1}'))
    resolved = resolve(parsed, resolve_all(parsed.parameters, {}), PSEUDO)
    resolved.check()
    for part in (*(item.expressions for item in resolved.resources.values()), *resolved.outputs.values()):
        expression.evaluate(part, resolved.scope())
