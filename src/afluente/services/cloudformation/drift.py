"""Drift detection: each resource as its service knows it now, beside what the stack's template says.

It is done while the request waits. What was found is kept until the next detection.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html
"""

import json
import logging
import uuid
from collections.abc import Iterable

import msgspec

from afluente.core.call import Call
from afluente.core.clock import Clock
from afluente.core.error import AwsError
from afluente.core.provider import Response
from afluente.services.cloudformation.drift_difference import differences
from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.resource.registry import TYPES
from afluente.services.cloudformation.resource.resource_type import Context, Properties, Rejected, merged_tags, tag_list
from afluente.services.cloudformation.stack import Caller, Stack, StackResource
from afluente.services.cloudformation.stack_store import Stacks
from afluente.services.cloudformation.step import Steps
from afluente.store.database import Database
from afluente.store.document import Documents

STATES = {
    "CREATE_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE",
    "UPDATE_ROLLBACK_FAILED",
}  # fmt: skip
DRIFTED = {"DELETED", "MODIFIED"}

log = logging.getLogger(__name__)


class Drift(msgspec.Struct, kw_only=True):
    """What was found of a resource."""

    logical_id: str
    physical_id: str
    type: str
    status: str
    checked_at_ms: int
    expected: str = "{}"
    actual: str | None = None
    differences: list[Response] = []
    reason: str | None = None


class Detection(msgspec.Struct, kw_only=True):
    """A detection for a whole stack."""

    id: str
    stack_id: str
    status: str
    drifted: int
    checked_at_ms: int
    failed: list[str] = []
    """The resources that could not be read."""


class DriftEngine:
    """The drift of `stacks`, whose resources are read by `steps`."""

    def __init__(self, database: Database, stacks: Stacks, steps: Steps, clock: Clock) -> None:
        self._database = database
        self._stacks = stacks
        self._steps = steps
        self._clock = clock
        self._drifts = Documents(database, "cloudformation_drift")
        self._detections = Documents(database, "cloudformation_drift_detection")

    def detect(self, call: Call, stack: Stack, names: Iterable[str]) -> Detection:
        """Look at the stack's resources, or some of them. Raises ValidationError."""
        resources = self._checkable(stack, names)
        found = [self._look(call, stack, resource) for resource in resources]
        drifted = sum(drift.status in DRIFTED for drift in found)
        failed = [drift.logical_id for drift in found if drift.status == "UNKNOWN"]
        detection = Detection(
            id=str(uuid.uuid4()), stack_id=stack.id, drifted=drifted, failed=failed,
            status="DRIFTED" if drifted else "UNKNOWN" if failed else "IN_SYNC", checked_at_ms=self._clock.now_ms(),
        )  # fmt: skip
        with self._database.write():
            for drift in found:
                self._put(stack, drift)
            self._detections.put((*stack.key[:2], detection.id), msgspec.to_builtins(detection))
            fresh = self._stacks.fresh(stack)
            fresh.drift_status, fresh.drift_checked_at_ms = detection.status, detection.checked_at_ms
            self._stacks.put(fresh)
        return detection

    def detect_resource(self, call: Call, stack: Stack, name: str) -> Drift:
        """Look at one resource. Raises ValidationError."""
        (resource,) = self._checkable(stack, [name])
        drift = self._look(call, stack, resource)
        with self._database.write():
            self._put(stack, drift)
        return drift

    def detection(self, call: Call, detection_id: str) -> Detection:
        """A detection by its id. Raises ValidationError."""
        body = self._detections.get((call.account, call.region, detection_id))
        if body is None:
            raise ValidationError(f"Drift detection with id {detection_id} does not exist")
        return msgspec.convert(body, Detection)

    def of(self, stack: Stack) -> dict[str, Drift]:
        """What was found of the stack's resources, by logical id."""
        found = (msgspec.convert(body, Drift) for _, body in self._drifts.scan(stack.key))
        return {drift.logical_id: drift for drift in found}

    def forget(self, stack: Stack) -> None:
        """Forget what was found of a stack."""
        self._drifts.delete_under(stack.key)
        for key, body in list(self._detections.scan(stack.key[:2])):
            if body["stack_id"] == stack.id:
                self._detections.delete(key)

    def _put(self, stack: Stack, drift: Drift) -> None:
        self._drifts.put((*stack.key, drift.logical_id), msgspec.to_builtins(drift))
        resource = self._stacks.resource(stack, drift.logical_id)
        if resource is not None:
            resource.drift_status, resource.drift_checked_at_ms = drift.status, drift.checked_at_ms
            self._stacks.put_resource(stack, resource)

    def _checkable(self, stack: Stack, names: Iterable[str]) -> list[StackResource]:
        if stack.status not in STATES:
            raise ValidationError(f"Stack [{stack.id}] is in {stack.status} state: its drift cannot be detected.")
        resources = self._stacks.resources(stack)
        wanted = list(names) or list(resources)
        for name in wanted:
            if name not in resources:
                raise ValidationError(f"Resource {name} does not exist for stack {stack.name}")
        return [resources[name] for name in wanted]

    def _look(self, call: Call, stack: Stack, resource: StackResource) -> Drift:
        drift = Drift(
            logical_id=resource.logical_id, physical_id=resource.physical_id, type=resource.type, status="NOT_CHECKED",
            checked_at_ms=self._clock.now_ms(),
        )  # fmt: skip
        if not TYPES[resource.type].detects_drift:
            return drift
        context = msgspec.structs.replace(stack, caller=Caller.of(call))
        try:
            _compare(self._steps.context(context, resource), resource, drift)
        except (Rejected, AwsError) as error:
            drift.status, drift.reason = "UNKNOWN", str(error)
        return drift


def _compare(context: Context, resource: StackResource, drift: Drift) -> None:
    kind = TYPES[resource.type]
    expected = {name: value for name, value in resource.properties.items() if name not in kind.unseen}
    drift.expected = json.dumps(resource.properties)
    actual = kind.live(context, resource.physical_id, resource.properties)
    if actual is None:
        drift.status = "DELETED"
        return
    actual = {name: value for name, value in actual.items() if name in expected}
    if "Tags" in expected:
        expected["Tags"] = tag_list(merged_tags(context, expected))
    drift.actual = json.dumps(_as_declared(expected, actual), default=str)
    drift.differences = list(differences(expected, actual))
    drift.status = "MODIFIED" if drift.differences else "IN_SYNC"


def _as_declared(expected: Properties, actual: Properties) -> Properties:
    """What is there, of the members that the template has."""
    return {
        name: _as_declared(expected[name], value)
        if isinstance(value, dict) and isinstance(expected.get(name), dict)
        else value
        for name, value in actual.items()
        if name in expected
    }
