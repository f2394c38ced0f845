"""The operations of drift detection."""

from afluente.core.call import Call
from afluente.core.clock import utc
from afluente.core.provider import Request, Response
from afluente.services.cloudformation.drift import Drift, DriftEngine
from afluente.services.cloudformation.engine import CloudFormationEngine
from afluente.services.cloudformation.page import page
from afluente.services.cloudformation.stack import Stack

NO_STACK = "Stack [{}] does not exist"


class DriftOperations:
    """The drift of `_engine`'s stacks."""

    _engine: CloudFormationEngine
    _drift: DriftEngine

    def detect_stack_drift(self, call: Call, request: Request) -> Response:
        stack = self._engine.get_stack(call, request["StackName"], NO_STACK)
        return {"StackDriftDetectionId": self._drift.detect(call, stack, request.get("LogicalResourceIds", [])).id}

    def detect_stack_resource_drift(self, call: Call, request: Request) -> Response:
        stack = self._engine.get_stack(call, request["StackName"], NO_STACK)
        return {
            "StackResourceDrift": _shown(stack, self._drift.detect_resource(call, stack, request["LogicalResourceId"]))
        }

    def describe_stack_drift_detection_status(self, call: Call, request: Request) -> Response:
        found = self._drift.detection(call, request["StackDriftDetectionId"])
        answer = {
            "StackId": found.stack_id,
            "StackDriftDetectionId": found.id,
            "StackDriftStatus": found.status,
            "DetectionStatus": "DETECTION_FAILED" if found.failed else "DETECTION_COMPLETE",
            "DriftedStackResourceCount": found.drifted,
            "Timestamp": utc(found.checked_at_ms),
        }
        if found.failed:
            answer["DetectionStatusReason"] = f"Failed to detect drift on resources [{', '.join(found.failed)}]"
        return answer

    def describe_stack_resource_drifts(self, call: Call, request: Request) -> Response:
        stack = self._engine.get_stack(call, request["StackName"], NO_STACK)
        wanted = request.get("StackResourceDriftStatusFilters")
        found = [drift for drift in self._drift.of(stack).values() if not wanted or drift.status in wanted]
        return page(
            "StackResourceDrifts", found, request, lambda drift: drift.logical_id, lambda drift: _shown(stack, drift)
        )


def _shown(stack: Stack, drift: Drift) -> Response:
    answer = {
        "StackId": stack.id,
        "LogicalResourceId": drift.logical_id,
        "PhysicalResourceId": drift.physical_id,
        "ResourceType": drift.type,
        "ExpectedProperties": drift.expected,
        "StackResourceDriftStatus": drift.status,
        "Timestamp": utc(drift.checked_at_ms),
    }
    if drift.actual is not None:
        answer |= {"ActualProperties": drift.actual, "PropertyDifferences": drift.differences}
    return answer if drift.reason is None else answer | {"DriftStatusReason": drift.reason}
