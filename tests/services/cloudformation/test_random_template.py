"""Random templates: our evaluator beside another one, and what must hold of every stack."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from tests.services.cloudformation.deployment import Deployment
from tests.services.cloudformation.oracle import MAPPING, PARAMETERS, Oracle, Refused, conditions, strings

from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.plan import resolve
from afluente.services.cloudformation.template import expression
from afluente.services.cloudformation.template.parameter import resolve_all
from afluente.services.cloudformation.template.template import parse

NAMES = ("G0", "G1", "G2", "G3")


def outcome(call: Any) -> Any:
    try:
        return call()
    except (Refused, ValidationError):
        return "refused"


@settings(max_examples=120)
@given(conditions(), strings(("R0", "R1")))
def test_both_evaluators_agree(claims: dict[str, Any], value: Any) -> None:
    resource = {"Type": "AWS::Logs::LogGroup"}
    template = {
        "Parameters": PARAMETERS, "Mappings": MAPPING, "Conditions": claims,
        "Resources": {"R0": resource, "R1": resource}, "Outputs": {"O": {"Value": value}},
    }  # fmt: skip
    parsed = parse(json.dumps(template))
    resolved = resolve(parsed, resolve_all(parsed.parameters, {}), {"AWS::Region": "us-east-1"})
    references, attributes = (lambda name: f"ref-{name}"), (lambda name, member: f"{name}/{member}")
    oracle = Oracle(template, references, attributes)
    assert resolved.conditions == {name: oracle.holds(name) for name in claims}
    scope = resolved.scope(reference=references, attribute=attributes)
    ours, other = outcome(lambda: expression.evaluate(value, scope)), outcome(lambda: oracle.value(value))
    event("refused" if other == "refused" else "evaluated")
    assert ours == other


def group(number: int) -> st.SearchStrategy[dict[str, Any]]:
    """A log group that may have a condition, and may need those before it that have none."""
    logical = NAMES[number]
    days = st.sampled_from([1, {"Ref": "Number"}, {"Fn::If": ["C2", 5, {"Ref": "AWS::NoValue"}]}])
    words = st.sampled_from(["a", {"Ref": "Word"}, {"Fn::If": ["C1", "x", "y"]}, {"Fn::Select": [1, {"Ref": "Items"}]}])
    properties = st.fixed_dictionaries(
        {"LogGroupName": words.map(lambda word: {"Fn::Join": ["-", [logical, word]]})},
        optional={"RetentionInDays": days},
    )  # fmt: skip
    needs = st.lists(st.sampled_from(NAMES[:number]), unique=True) if number else st.just([])
    optional: Any = {"Condition": st.sampled_from(["C0", "C1"]), "DependsOn": needs}
    return st.fixed_dictionaries({"Type": st.just("AWS::Logs::LogGroup"), "Properties": properties}, optional=optional)


def templates() -> st.SearchStrategy[dict[str, Any]]:
    """Templates of one to four log groups, in any order."""
    resources = st.tuples(*map(group, range(len(NAMES)))).flatmap(
        lambda groups: st.permutations(list(zip(NAMES, groups, strict=True))).map(dict)
    )
    return st.tuples(conditions(), resources).map(
        lambda parts: {
            "Parameters": PARAMETERS, "Mappings": MAPPING, "Conditions": parts[0], "Resources": parts[1],
        }
    )  # fmt: skip


def meant(template: dict[str, Any]) -> dict[str, int | None]:
    """The log groups that there should be, by the other evaluator."""
    oracle = Oracle(template, references=str, attributes=str)
    made = [
        body for body in template["Resources"].values() if "Condition" not in body or oracle.holds(body["Condition"])
    ]
    found = [oracle.value(body["Properties"]) for body in made]
    days = {item["LogGroupName"]: item.get("RetentionInDays") for item in found}
    return {name: None if count is None else int(count) for name, count in days.items()}


def there(stacks: Deployment) -> dict[str, int | None]:
    groups = stacks.client("logs").describe_log_groups()["logGroups"]
    return {item["logGroupName"]: item.get("retentionInDays") for item in groups}


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(templates(), templates())
def test_a_stack_is_what_its_template_means(stacks: Deployment, one: dict[str, Any], two: dict[str, Any]) -> None:
    """Made, it is as meant; updated, it is as if made so; made in the order of need; removed, it leaves nothing."""
    assert stacks.create(one)["StackStatus"] == "CREATE_COMPLETE"
    assert there(stacks) == meant(one)
    check_order(one, stacks.events())
    with suppress_no_updates():
        assert stacks.update(two)["StackStatus"] == "UPDATE_COMPLETE"
    assert there(stacks) == meant(two)
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"
    assert there(stacks) == {}


@contextmanager
def suppress_no_updates() -> Iterator[None]:
    """Two templates may mean the same."""
    try:
        yield
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise


def check_order(template: dict[str, Any], events: list[tuple[str, str]]) -> None:
    made = [name for name, status in events if status == "CREATE_COMPLETE"]
    for name, body in template["Resources"].items():
        for need in body.get("DependsOn", []):
            assert {name, need} - set(made) or made.index(need) < made.index(name)
