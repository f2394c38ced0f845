"""A running Afluente with stacks in it, for tests: make a stack, let its operation end, and look."""

import json
from collections.abc import Callable
from typing import Any

from afluente.core.clock import ManualClock

PATIENCE = 20_000
"""So often a stack is looked at before a test gives up on it."""


class Deployment:
    """Stacks through boto3, on a clock that moves when told to."""

    def __init__(self, client: Any, clock: ManualClock) -> None:
        self.client = client
        self.cloudformation = client("cloudformation")
        self._clock = clock

    def create(self, template: Any, name: str = "farm", **request: Any) -> dict[str, Any]:
        """Make a stack and wait for its end. `parameters` as a dict."""
        parameters = [
            {"ParameterKey": key, "ParameterValue": value} for key, value in request.pop("parameters", {}).items()
        ]
        self.cloudformation.create_stack(
            StackName=name, TemplateBody=text(template), Parameters=parameters,
            Capabilities=request.pop("Capabilities", ["CAPABILITY_NAMED_IAM"]), **request,
        )  # fmt: skip
        return self.settle(name)

    def update(self, template: Any = None, name: str = "farm", **request: Any) -> dict[str, Any]:
        """Update a stack and wait for its end. `parameters` as a dict; without a template, the previous one."""
        parameters = [
            {"ParameterKey": key, "ParameterValue": value} for key, value in request.pop("parameters", {}).items()
        ]
        given = {"UsePreviousTemplate": True} if template is None else {"TemplateBody": text(template)}
        self.cloudformation.update_stack(
            StackName=name, Parameters=parameters, Capabilities=["CAPABILITY_NAMED_IAM"], **given, **request
        )
        return self.settle(name)

    def delete(self, name: str = "farm") -> dict[str, Any]:
        """Remove a stack and wait for its end."""
        stack_id = self.describe(name)["StackId"]
        self.cloudformation.delete_stack(StackName=name)
        return self.settle(stack_id)

    def describe(self, name: str = "farm") -> dict[str, Any]:
        """The stack as it is."""
        found: dict[str, Any] = self.cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        return found

    def settle(self, name: str = "farm") -> dict[str, Any]:
        """The stack when nothing goes on any more."""
        return self.wait(name, lambda status: not status.endswith("_IN_PROGRESS"))

    def wait(self, name: str, wanted: Callable[[str], bool]) -> dict[str, Any]:
        """The stack when its status is as wanted; time goes on meanwhile."""
        for _ in range(PATIENCE):
            stack = self.describe(name)
            if wanted(stack["StackStatus"]):
                return stack
            self._clock.advance(0.1)
        raise TimeoutError(f"{name} is still {stack['StackStatus']}")

    def events(self, name: str = "farm") -> list[tuple[str, str]]:
        """What happened, oldest first: logical id and status."""
        return [(event["LogicalResourceId"], event["ResourceStatus"]) for event in self.full_events(name)]

    def full_events(self, name: str = "farm") -> list[dict[str, Any]]:
        """What happened, oldest first."""
        events: list[dict[str, Any]] = self.cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        return events[::-1]

    def reason(self, logical_id: str, status: str, name: str = "farm") -> str:
        """Why a resource, or the stack itself, came into a state."""
        for event in self.full_events(name):
            if (event["LogicalResourceId"], event["ResourceStatus"]) == (logical_id, status):
                reason: str = event.get("ResourceStatusReason", "")
                return reason
        raise LookupError(f"{logical_id} was never {status}: {self.events(name)}")

    def outputs(self, name: str = "farm") -> dict[str, str]:
        """The stack's outputs."""
        return {output["OutputKey"]: output["OutputValue"] for output in self.describe(name).get("Outputs", [])}


def text(template: Any) -> str:
    """A template's text; a dict is given as its Resources."""
    if isinstance(template, str):
        return template
    return json.dumps(template if "Resources" in template else {"Resources": template})
