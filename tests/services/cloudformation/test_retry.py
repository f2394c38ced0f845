"""Updating stacks that failed and were left so (DisableRollback): whatever was tried, only the last wish counts."""

from typing import Any

import pytest
from tests.services.cloudformation.deployment import Deployment

BAD = {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "n@me"}}


def group(name: str, days: int | None = None) -> dict[str, Any]:
    given = {} if days is None else {"RetentionInDays": days}
    return {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": name, **given}}


def failing(resources: dict[str, Any]) -> dict[str, Any]:
    """The same, and something that fails when all else is done."""
    return {**resources, "Bad": {**BAD, "DependsOn": list(resources)}}


def there(stacks: Deployment) -> dict[str, int | None]:
    found = stacks.client("logs").describe_log_groups()["logGroups"]
    return {item["logGroupName"]: item.get("retentionInDays") for item in found}


def test_a_creation_that_failed_is_mended(stacks: Deployment) -> None:
    stack = stacks.create(failing({"G": group("/g", 1)}), OnFailure="DO_NOTHING")
    assert stack["StackStatus"] == "CREATE_FAILED"
    assert stacks.update({"G": group("/g", 3), "H": group("/h")})["StackStatus"] == "UPDATE_COMPLETE"
    assert there(stacks) == {"/g": 3, "/h": None}
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"
    assert there(stacks) == {}


def test_the_same_template_is_tried_again(stacks: Deployment) -> None:
    logs = stacks.client("logs")
    logs.create_log_group(logGroupName="/taken")
    template = {"G": group("/g"), "T": {**group("/taken"), "DependsOn": "G"}}
    assert stacks.create(template, OnFailure="DO_NOTHING")["StackStatus"] == "CREATE_FAILED"
    logs.delete_log_group(logGroupName="/taken")
    assert stacks.update(template)["StackStatus"] == "UPDATE_COMPLETE"
    assert there(stacks) == {"/g": None, "/taken": None}


def test_a_stack_that_was_never_stable_is_removed_by_its_rollback(stacks: Deployment) -> None:
    stacks.create(failing({"G": group("/g")}), OnFailure="DO_NOTHING")
    assert stacks.update(failing({"G": group("/new")}))["StackStatus"] == "ROLLBACK_COMPLETE"
    assert there(stacks) == {}
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"


def test_a_stack_that_was_never_stable_is_rolled_back_on_request(stacks: Deployment) -> None:
    stacks.create(failing({"G": group("/g")}), OnFailure="DO_NOTHING")
    failed = stacks.update(failing({"G": group("/new"), "H": group("/h")}), DisableRollback=True)
    assert failed["StackStatus"] == "UPDATE_FAILED"
    stacks.cloudformation.rollback_stack(StackName="farm")
    assert stacks.settle()["StackStatus"] == "ROLLBACK_COMPLETE"
    assert there(stacks) == {}


def test_a_change_set_mends_what_failed(stacks: Deployment) -> None:
    stacks.create({"G": group("/g")})
    stacks.update(failing({"G": group("/g", 1)}), DisableRollback=True)
    made = stacks.cloudformation.create_change_set(
        StackName="farm", ChangeSetName="cs", TemplateBody='{"Resources": {"G": {"Type": "AWS::Logs::LogGroup", '
        '"Properties": {"LogGroupName": "/g", "RetentionInDays": 1}}}}',
    )  # fmt: skip
    stacks.cloudformation.execute_change_set(ChangeSetName=made["Id"])
    assert stacks.settle()["StackStatus"] == "UPDATE_COMPLETE"
    assert there(stacks) == {"/g": 1}


WISHES: dict[str, dict[str, Any]] = {
    "as it was": {"G": group("/g", 1)},
    "in place": {"G": group("/g", 3)},
    "in place, less": {"G": group("/g")},
    "replaced": {"G": group("/r", 5)},
    "replaced, changed": {"G": group("/r", 7)},
    "more": {"G": group("/g", 1), "H": group("/h", 1)},
    "other": {"H": group("/h", 3)},
}


PAIRS = [
    *(("replaced", second) for second in WISHES),
    ("in place", "in place, less"), ("more", "replaced, changed"), ("more", "other"), ("other", "more"),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_two_attempts_and_a_rollback_or_a_success(stacks: Deployment, first: str, second: str) -> None:
    """After any two attempts that failed, a rollback leads to the stable state, and a good update to its own."""
    stable, last = WISHES["as it was"], WISHES[second]
    wanted = {item["Properties"]["LogGroupName"]: item["Properties"].get("RetentionInDays") for item in last.values()}
    stacks.create(stable)
    for wish in (first, second):
        assert stacks.update(failing(WISHES[wish]), DisableRollback=True)["StackStatus"] == "UPDATE_FAILED"
    stacks.cloudformation.rollback_stack(StackName="farm")
    assert stacks.settle()["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert there(stacks) == {"/g": 1}
    assert stacks.update(failing(WISHES[first]), DisableRollback=True)["StackStatus"] == "UPDATE_FAILED"
    assert stacks.update(last)["StackStatus"] == "UPDATE_COMPLETE"
    assert there(stacks) == wanted
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"
    assert there(stacks) == {}
