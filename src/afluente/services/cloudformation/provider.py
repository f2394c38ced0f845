"""The operations of CloudFormation: those on stacks here, those on templates and change sets beside."""

import json
from collections.abc import Mapping
from typing import ClassVar

from afluente.core.arn import Arn
from afluente.core.call import Call
from afluente.core.clock import Clock
from afluente.core.provider import Invoke, Provider, Request, Response
from afluente.services.cloudformation import answer
from afluente.services.cloudformation.authorization import PERMISSIONS
from afluente.services.cloudformation.change_set_engine import ChangeSetEngine
from afluente.services.cloudformation.change_set_operation import ChangeSetOperations
from afluente.services.cloudformation.drift_operation import DriftOperations
from afluente.services.cloudformation.engine import CloudFormationEngine
from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.page import page
from afluente.services.cloudformation.rollback_engine import RollbackEngine
from afluente.services.cloudformation.signal import Signal
from afluente.services.cloudformation.signal_engine import SignalEngine
from afluente.services.cloudformation.source import policy_of
from afluente.services.cloudformation.stack import Stack, StackResource
from afluente.services.cloudformation.template_operation import TemplateOperations
from afluente.services.cloudformation.wish_request import check_expansion, wish_of

NO_STACK = "Stack [{}] does not exist"
NO_STACK_FOR_RESOURCE = "Stack '{}' does not exist"
LATER = ("DeploymentConfig", "NotificationARNs")


class CloudFormationProvider(TemplateOperations, ChangeSetOperations, DriftOperations, Provider):
    """CloudFormation on `engine`; templates in S3 are fetched through `invoke`."""

    service = "cloudformation"
    operations = (
        "CancelUpdateStack", "ContinueUpdateRollback", "CreateChangeSet", "CreateStack", "DeleteChangeSet",
        "DeleteStack", "DescribeChangeSet", "DescribeStackDriftDetectionStatus", "DescribeStackEvents",
        "DescribeStackResource", "DescribeStackResourceDrifts", "DescribeStackResources", "DescribeStacks",
        "DetectStackDrift", "DetectStackResourceDrift", "ExecuteChangeSet", "GetStackPolicy", "GetTemplate",
        "GetTemplateSummary", "ListChangeSets", "ListExports", "ListImports", "ListStackResources", "ListStacks",
        "RollbackStack", "SetStackPolicy", "SignalResource", "UpdateStack", "UpdateTerminationProtection",
        "ValidateTemplate",
    )  # fmt: skip
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "CreateChangeSet": (
            *LATER, "DeploymentMode", "DisableValidation=true",
        ),
        "CreateStack": (*LATER, "DisableValidation=true"),
        "DeleteStack": ("DeploymentConfig",),
        "GetTemplateSummary": ("CallAs", "StackSetName", "TemplateSummaryConfig"),
        "UpdateStack": (*LATER, "DisableValidation=true"),
    }  # fmt: skip

    permissions = PERMISSIONS

    def __init__(self, engine: CloudFormationEngine, invoke: Invoke, clock: Clock) -> None:
        self._engine = engine
        self._change_sets = ChangeSetEngine(engine, clock)
        self._drift = engine.drift
        self._rollbacks = RollbackEngine(engine)
        self._signals = SignalEngine(engine)
        self._invoke = invoke

    def tags_of(self, resource: Arn) -> Mapping[str, str]:
        stack = self._engine.stacks.find(resource.account, resource.region, str(resource))
        return {} if stack is None else stack.tags

    def stack_id(self, call: Call, name: str) -> str | None:
        """The id of the stack of that name, if there is one."""
        stack = self._engine.stacks.find(call.account, call.region, name)
        return None if stack is None else stack.id

    def stack_of_change_set(self, call: Call, change_set_id: str) -> str | None:
        """The id of the stack that a change set is of, if there is one."""
        found = self._change_sets.find(call, change_set_id)
        return None if found is None else found.stack_id

    def create_stack(self, call: Call, request: Request) -> Response:
        wish = wish_of(call, request, self._invoke, self._engine)
        check_expansion(wish)
        stack, new = self._engine.create_stack(call, wish)
        return {"StackId": stack.id} | ({"OperationId": stack.operation_id} if new else {})

    def update_stack(self, call: Call, request: Request) -> Response:
        stack = self._engine.get_stack(call, request["StackName"], NO_STACK)
        wish = wish_of(call, request, self._invoke, self._engine)
        check_expansion(wish)
        stack = self._engine.update_stack(call, stack, wish)
        return {"StackId": stack.id, "OperationId": stack.operation_id}

    def cancel_update_stack(self, call: Call, request: Request) -> Response:
        stack = self._engine.get_stack(call, request["StackName"], NO_STACK)
        self._rollbacks.cancel_update(stack, request.get("ClientRequestToken"))
        return {}

    def continue_update_rollback(self, call: Call, request: Request) -> Response:
        stack = self._engine.get_stack(call, request["StackName"], NO_STACK)
        skipped, token = request.get("ResourcesToSkip", []), request.get("ClientRequestToken")
        self._rollbacks.continue_rollback(call, stack, skipped, token, request.get("RoleARN"))
        return {}

    def rollback_stack(self, call: Call, request: Request) -> Response:
        stack = self._engine.get_stack(call, request["StackName"], NO_STACK)
        stack = self._rollbacks.roll_back(
            call, stack, request.get("ClientRequestToken"), request.get("RoleARN"), request.get("RetainExceptOnCreate")
        )
        return {"StackId": stack.id, "OperationId": stack.operation_id}

    def delete_stack(self, call: Call, request: Request) -> Response:
        retained, token = request.get("RetainResources", []), request.get("ClientRequestToken")
        forced = request.get("DeletionMode") == "FORCE_DELETE_STACK"
        self._engine.delete_stack(call, request["StackName"], retained, token, request.get("RoleARN"), forced=forced)
        return {}

    def update_termination_protection(self, call: Call, request: Request) -> Response:
        enabled = request["EnableTerminationProtection"]
        stack = self._engine.set_termination_protection(call, request["StackName"], enabled=enabled)
        return {"StackId": stack.id}

    def set_stack_policy(self, call: Call, request: Request) -> Response:
        self._engine.set_policy(call, request["StackName"], policy_of(call, request, self._invoke))
        return {}

    def get_stack_policy(self, call: Call, request: Request) -> Response:
        policy = self._engine.get_stack(call, request["StackName"], NO_STACK).policy
        return {} if policy is None else {"StackPolicyBody": policy}

    def signal_resource(self, call: Call, request: Request) -> Response:
        signal = Signal(unique_id=request["UniqueId"], status=request["Status"])
        self._signals.signal(call, request["StackName"], request["LogicalResourceId"], signal)
        return {}

    def describe_stacks(self, call: Call, request: Request) -> Response:
        if "StackName" in request:
            return {"Stacks": [answer.stack(self._engine.get_stack(call, request["StackName"]))]}
        found = [stack for stack in self._all(call) if stack.deleted_at_ms is None]
        return page("Stacks", found, request, lambda stack: stack.id, answer.stack)

    def list_stacks(self, call: Call, request: Request) -> Response:
        wanted = request.get("StackStatusFilter")
        found = [stack for stack in self._all(call) if not wanted or stack.status in wanted]
        return page("StackSummaries", found, request, lambda stack: stack.id, answer.summary)

    def describe_stack_events(self, call: Call, request: Request) -> Response:
        if "StackName" not in request:
            raise ValidationError("StackName is required")
        stack = self._engine.get_stack(call, request["StackName"], NO_STACK)
        events = self._engine.stacks.events(stack)
        numbered = list(zip(range(len(events), 0, -1), events, strict=True))
        return page(
            "StackEvents", numbered, request, lambda item: str(item[0]), lambda item: answer.event(stack, item[1])
        )

    def describe_stack_resource(self, call: Call, request: Request) -> Response:
        stack = self._engine.get_stack(call, request["StackName"], NO_STACK_FOR_RESOURCE)
        resource = self._resource(stack, request["LogicalResourceId"])
        metadata = self._engine.metadata(stack, resource.logical_id)
        return {"StackResourceDetail": answer.resource_detail(stack, resource, json.dumps(metadata))}

    def describe_stack_resources(self, call: Call, request: Request) -> Response:
        stack = self._stack_of(call, request)
        if "LogicalResourceId" in request:
            return {"StackResources": [answer.resource(stack, self._resource(stack, request["LogicalResourceId"]))]}
        return {"StackResources": [answer.resource(stack, resource) for resource in self._begun(stack)]}

    def list_stack_resources(self, call: Call, request: Request) -> Response:
        stack = self._engine.get_stack(call, request["StackName"])
        return page(
            "StackResourceSummaries", self._begun(stack), request, lambda resource: resource.logical_id,
            answer.resource_summary,
        )  # fmt: skip

    def list_exports(self, call: Call, request: Request) -> Response:
        exports = [
            {"ExportingStackId": stack.id, "Name": output.export, "Value": output.value}
            for stack in self._all(call)
            for output in stack.outputs
            if output.export is not None
        ]
        return page("Exports", exports, request, lambda item: str(item["Name"]), dict)

    def list_imports(self, call: Call, request: Request) -> Response:
        wanted = request["ExportName"]
        found = [stack.name for stack in self._all(call) if wanted in stack.imports]
        if not found:
            raise ValidationError(f"Export '{wanted}' is not imported by any stack.")
        return page("Imports", found, request, str, str)

    def _all(self, call: Call) -> list[Stack]:
        found = self._engine.stacks.all(call.account, call.region)
        return sorted(found, key=lambda stack: stack.created_at_ms, reverse=True)

    def _begun(self, stack: Stack) -> list[StackResource]:
        return [resource for resource in self._engine.stacks.resources(stack).values() if resource.status]

    def _resource(self, stack: Stack, logical_id: str) -> StackResource:
        resource = self._engine.stacks.resources(stack).get(logical_id)
        if resource is None or not resource.status:
            raise ValidationError(f"Resource {logical_id} does not exist for stack {stack.name}")
        return resource

    def _stack_of(self, call: Call, request: Request) -> Stack:
        """The stack named, or else the one that the resource named belongs to."""
        if "StackName" in request:
            return self._engine.get_stack(call, request["StackName"])
        wanted = request.get("PhysicalResourceId")
        if wanted is None:
            raise ValidationError("Either StackName or PhysicalResourceId must be specified")
        for stack in self._all(call):
            if any(resource.exists and resource.physical_id == wanted for resource in self._begun(stack)):
                return stack
        raise ValidationError(f"Stack for {wanted} does not exist")
