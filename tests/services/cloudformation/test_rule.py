"""Rules: what must hold of the parameters before anything is made."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.services.cloudformation.deployment import Deployment

from afluente.core.error import AwsError
from afluente.services.cloudformation.template.expression import Scope
from afluente.services.cloudformation.template.rule import check_rule, failures

SCOPE = Scope(values={"Env": "prod", "Sizes": ["2", "4"]})
YES, NO = {"Fn::Equals": [{"Ref": "Env"}, "prod"]}, {"Fn::Equals": [{"Ref": "Env"}, "test"]}


def rule(claim: Any, **more: Any) -> dict[str, Any]:
    return {"Assertions": [{"Assert": claim, "AssertDescription": "broken"}], **more}


@pytest.mark.parametrize(
    ("claim", "holds"),
    [
        (YES, True), (NO, False),
        ({"Fn::Not": [NO]}, True), ({"Fn::And": [YES, NO]}, False), ({"Fn::Or": [YES, NO]}, True),
        ({"Fn::Contains": [["prod", "test"], {"Ref": "Env"}]}, True),
        ({"Fn::Contains": [["1", "2", "3"], {"Ref": "Env"}]}, False),
        ({"Fn::EachMemberIn": [{"Ref": "Sizes"}, [2, 4, 8]]}, True),
        ({"Fn::EachMemberIn": [{"Ref": "Sizes"}, ["4"]]}, False),
        ({"Fn::EachMemberEquals": [["x", "x"], "x"]}, True),
        ({"Fn::EachMemberEquals": [{"Ref": "Sizes"}, 2]}, False),
    ],
)  # fmt: skip
def test_claims(claim: Any, holds: bool) -> None:
    check_rule("R", rule(claim), frozenset({"Env", "Sizes"}))
    assert failures({"R": rule(claim)}, SCOPE) == ([] if holds else ["broken"])


def test_a_rule_counts_only_under_its_condition() -> None:
    assert failures({"R": rule(NO, RuleCondition=NO)}, SCOPE) == []
    assert failures({"R": rule(NO, RuleCondition=YES)}, SCOPE) == ["broken"]


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({}, "needs Assertions"),
        ({"Assertions": [{}]}, "needs an Assert"),
        (rule({"Fn::Sub": "x"}), "where a rule function must be"),
        (rule({"Fn::Contains": ["a"]}), "has not the arguments"),
        (rule({"Fn::Equals": [{"Ref": "Other"}, 1]}), "refers to Other, which is no parameter"),
        (rule({"Fn::Equals": [{"Fn::FindInMap": 1}, 1]}), "every Fn::FindInMap object requires"),
        (rule({"Fn::RefAll": "AWS::EC2::VPC::Id"}), "does not support Fn::RefAll"),
    ],
)
def test_rules_that_cannot_be(broken: Any, message: str) -> None:
    with pytest.raises(AwsError, match=message):
        check_rule("R", broken, frozenset({"Env"}))


def test_a_rule_is_asked_before_anything_is_made(stacks: Deployment) -> None:
    template = {
        "Parameters": {"Days": {"Type": "Number"}},
        "Rules": {"Short": rule({"Fn::Contains": [["1", "3"], {"Ref": "Days"}]})},
        "Resources": {"G": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": {"Ref": "Days"}}}},
    }
    with pytest.raises(ClientError, match="broken"):
        stacks.create(template, parameters={"Days": "5"})
    assert stacks.create(template, parameters={"Days": "3"})["StackStatus"] == "CREATE_COMPLETE"
    with pytest.raises(ClientError, match="broken"):
        stacks.update(template, parameters={"Days": "7"})
