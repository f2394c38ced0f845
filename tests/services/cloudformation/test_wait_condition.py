"""Wait conditions: stacks that go on when they are told to, through a handle's URL or by SignalResource."""

import json
import time
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.services.cloudformation.deployment import Deployment, text

from afluente.core.clock import ManualClock

HANDLE: dict[str, Any] = {"Type": "AWS::CloudFormation::WaitConditionHandle"}
KIND = "AWS::CloudFormation::WaitCondition"
WAIT = {"Type": KIND, "Properties": {"Handle": {"Ref": "H"}, "Timeout": "9", "Count": 2}}
AFTER = {"Type": "AWS::Logs::LogGroup", "DependsOn": "W"}
TEMPLATE = {
    "Resources": {"H": HANDLE, "W": WAIT, "G": AFTER},
    "Outputs": {"Url": {"Value": {"Ref": "H"}}, "Data": {"Value": {"Fn::GetAtt": ["W", "Data"]}}},
}
BY_POLICY = {
    "W": {"Type": "AWS::CloudFormation::WaitCondition", "CreationPolicy": {"ResourceSignal": {"Timeout": "PT9S"}}}
}


ENFORCE = {"auth": "enforce", "root_access_key": "any", "root_secret_key": "any"}


def begin(stacks: Deployment, template: Any) -> None:
    stacks.cloudformation.create_stack(StackName="farm", TemplateBody=text(template))
    stacks.wait("farm", lambda _: ("W", "CREATE_IN_PROGRESS") in stacks.events())


def url(stacks: Deployment) -> str:
    found = stacks.cloudformation.describe_stack_resource(StackName="farm", LogicalResourceId="H")
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def send(target: str, body: Any, method: str = "PUT") -> int:
    request = urllib.request.Request(target, json.dumps(body).encode(), method=method, headers={"Content-Type": ""})
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def signal(unique_id: str, status: str = "SUCCESS") -> dict[str, str]:
    return {"Status": status, "UniqueId": unique_id, "Data": f"d{unique_id}", "Reason": "because"}


def test_wait_condition_waits_for_its_signals(stacks: Deployment) -> None:
    begin(stacks, TEMPLATE)
    assert send(url(stacks), signal("1")) == 200
    assert send(url(stacks), {**signal("1"), "Data": "again"}, "POST") == 200
    for _ in range(20):
        stacks.describe()
    assert ("G", "CREATE_IN_PROGRESS") not in stacks.events()
    assert send(url(stacks), signal("2")) == 200
    assert stacks.settle()["StackStatus"] == "CREATE_COMPLETE"
    assert json.loads(stacks.outputs()["Data"]) == {"1": "d1", "2": "d2"}
    assert stacks.events().index(("W", "CREATE_COMPLETE")) < stacks.events().index(("G", "CREATE_IN_PROGRESS"))


def test_wait_condition_that_is_told_of_a_failure(stacks: Deployment) -> None:
    begin(stacks, TEMPLATE)
    send(url(stacks), signal("1", "FAILURE"))
    assert stacks.settle()["StackStatus"] == "ROLLBACK_COMPLETE"
    reason = "WaitCondition received failed message: 'because' for uniqueId: 1"
    assert stacks.reason("W", "CREATE_FAILED") == reason


def test_wait_condition_that_waits_for_too_long(stacks: Deployment) -> None:
    begin(stacks, TEMPLATE)
    send(url(stacks), signal("1"))
    assert stacks.settle()["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stacks.reason("W", "CREATE_FAILED") == "WaitCondition timed out. Received 1 conditions when expecting 2"
    assert send(url(stacks), signal("2")) == 403


@pytest.mark.parametrize("settings_change", [ENFORCE], indirect=True)
def test_handle_needs_no_signature_but_its_secret(stacks: Deployment, clock: ManualClock) -> None:
    clock.advance(time.time() - clock.now_ms() / 1000)
    begin(stacks, TEMPLATE)
    target = url(stacks)
    assert send(target[:-1] + ("0" if target[-1] != "0" else "1"), signal("1")) == 403
    assert send(target.replace("/H/", "/W/"), signal("1")) == 403
    for body in ("x", {}, {**signal("1"), "Status": "GOOD"}, {**signal("1"), "Data": 1}, signal("")):
        assert send(target, body) == 400
    assert [send(target, signal("1")), send(target, signal("2"))] == [200, 200]
    assert stacks.settle()["StackStatus"] == "CREATE_COMPLETE"


def test_creation_policy_takes_signals_of_the_api(stacks: Deployment) -> None:
    begin(stacks, BY_POLICY)
    to = {"StackName": "farm", "LogicalResourceId": "W"}
    stacks.cloudformation.signal_resource(**to, UniqueId="i-1", Status="SUCCESS")
    assert stacks.settle()["StackStatus"] == "CREATE_COMPLETE"
    reasons = [event.get("ResourceStatusReason") for event in stacks.full_events()]
    assert "Received SUCCESS signal with UniqueId i-1" in reasons
    with pytest.raises(ClientError, match="is in CREATE_COMPLETE state and can not be signaled"):
        stacks.cloudformation.signal_resource(**to, UniqueId="i-2", Status="SUCCESS")


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("FAILURE", "Received FAILURE signal with UniqueId i-1"),
        (None, "Failed to receive 1 resource signal(s) within the specified duration"),
    ],
)
def test_creation_policy_that_is_not_met(stacks: Deployment, status: str | None, reason: str) -> None:
    begin(stacks, BY_POLICY)
    if status is not None:
        stacks.cloudformation.signal_resource(StackName="farm", LogicalResourceId="W", UniqueId="i-1", Status=status)
    assert stacks.settle()["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stacks.reason("W", "CREATE_FAILED") == reason


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ({"W": {**WAIT, "Properties": {"Handle": "x", "Timeout": 1}}}, "The Handle of a wait condition is the Ref"),
        ({"W": {"Type": KIND}}, "Property validation failure: [The property {/Handle} is required]"),
        ({"H": HANDLE, "W": {**WAIT, "Properties": {"Handle": {"Ref": "H"}, "Timeout": "43201"}}}, "A wait condition"),
        ({"W": {"Type": KIND, "CreationPolicy": {"ResourceSignal": {"Timeout": "15M"}}}}, "CreationPolicy: "),
        ({"W": {"Type": KIND, "CreationPolicy": {"StartFleet": True}}}, "A CreationPolicy has"),
    ],
)  # fmt: skip
def test_wait_condition_that_is_wrong(stacks: Deployment, template: Any, reason: str) -> None:
    stacks.create(template)
    assert stacks.reason("W", "CREATE_FAILED").startswith(reason)


def test_wait_condition_is_not_updated(stacks: Deployment) -> None:
    one = {"H": HANDLE, "W": {**WAIT, "Properties": {"Handle": {"Ref": "H"}, "Timeout": "9"}}}
    begin(stacks, one)
    send(url(stacks), signal("1"))
    stacks.settle()
    more = {**one, "W": {**WAIT, "Properties": {"Handle": {"Ref": "H"}, "Timeout": "10"}}}
    assert stacks.update(more)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    reason = "Update to resource type AWS::CloudFormation::WaitCondition is not supported."
    assert stacks.reason("W", "UPDATE_FAILED") == reason


def test_what_is_no_signal(stacks: Deployment) -> None:
    begin(stacks, TEMPLATE)
    target = url(stacks)
    endpoint = target.partition("/_afluente")[0]
    for path in ("/_afluente/signal/", "/_afluente/signal/a/b", "/_afluente/signal/a/b/c/d/e", "/_afluente/signal/%00"):
        assert send(f"{endpoint}{path}", signal("1")) == 403
    assert send(target, {**signal("1"), "Data": "x" * 20_000}) in {400, 413}
    assert send(target + "?x=1", signal("1")) == 200
