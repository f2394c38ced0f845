"""What goes on after a request was answered: making a stack's resources, removing them, rolling back.

`advance` does everything that can be done now and says when to come again; it never waits. Each resource passes durable
steps (noted, begun, made, configured, complete), and what is about to be asked of a service is noted first. So after a
crash, `advance` goes on where it was: a resource that was begun is taken over where the service has it, else asked for.
"""

import json
import logging
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from afluente.core.clock import Clock
from afluente.core.error import AwsError
from afluente.core.identifier import request_id
from afluente.core.provider import Invoke
from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.output import evaluate_outputs
from afluente.services.cloudformation.plan import resolve
from afluente.services.cloudformation.resource.registry import TYPES
from afluente.services.cloudformation.resource.resource_type import Context, Rejected
from afluente.services.cloudformation.stack import Stack, StackResource, Stacks
from afluente.services.cloudformation.template import expression
from afluente.services.cloudformation.template.expression import Scope
from afluente.services.cloudformation.template.template import Resolved, parse

POLL_MS = 100
STABILIZE_MS = 3600 * 1000
"""A resource that is not ready, or not gone, after an hour has failed."""

log = logging.getLogger(__name__)

Resources = dict[str, StackResource]


class Operations:
    """The steps of every stack's operation, through `invoke`."""

    def __init__(self, stacks: Stacks, invoke: Invoke, clock: Clock) -> None:
        self._stacks = stacks
        self._invoke = invoke
        self._clock = clock

    def advance(self, stack: Stack) -> int | None:
        """Do what can be done. Gives the time to come again, or None when the operation has ended."""
        if stack.status == "CREATE_IN_PROGRESS":
            return self._advance_creation(stack)
        if stack.status in {"DELETE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS"}:
            return self._advance_removal(stack)
        return None

    # Creation.

    def _advance_creation(self, stack: Stack) -> int | None:
        resources = self._stacks.resources(stack)
        resolved = resolve(parse(self._stacks.template(stack) or ""), stack.parameters, stack.values)
        progress = True
        while progress:
            progress = False
            for resource in resources.values():
                if _may_be_made(resource, resources) and self._stacks.fresh(stack).status == stack.status:
                    progress |= self._make(stack, resource, resources, resolved)
        if self._stacks.fresh(stack).status != stack.status:
            return self._clock.now_ms()  # it is being deleted
        failed = [resource for resource in resources.values() if resource.status == "CREATE_FAILED"]
        if not failed and stack.timeout_at_ms is not None and stack.timeout_at_ms <= self._clock.now_ms():
            return self._fail(stack, resources, "Stack creation time exceeded the specified timeout. ")
        if failed:
            return self._fail(stack, resources)
        if all(resource.status == "CREATE_COMPLETE" for resource in resources.values()):
            return self._complete(stack, resources, resolved)
        return self._clock.now_ms() + POLL_MS

    def _make(self, stack: Stack, resource: StackResource, resources: Resources, resolved: Resolved) -> bool:
        """Bring a resource as far as it goes now; whether it came to its end."""
        try:
            if not resource.status:
                self._note(stack, resource, resources, resolved)
            kind, context = TYPES[resource.type], self._context(stack, resource)
            if not resource.made:
                self._begin(stack, resource, context)
            if not kind.is_ready(context, resource.physical_id, resource.properties):
                self._check_time(resource)
                return False
            if not resource.configured:
                kind.configure(context, resource.physical_id, resource.properties)
                resource.configured = True
                self._stacks.put_resource(stack, resource)
                return self._make(stack, resource, resources, resolved)
            resource.attributes |= kind.attributes(context, resource.physical_id, resource.properties)
            resource.reference = kind.reference(resource.physical_id, resource.attributes)
            self._stacks.report(stack, resource, "CREATE_COMPLETE")
        except Exception as error:  # whatever a template leads to is its resource's failure, not this loop's
            self._stacks.report(stack, resource, "CREATE_FAILED", _reason(resource, error))
        return True

    def _note(self, stack: Stack, resource: StackResource, resources: Resources, resolved: Resolved) -> None:
        declared = resolved.template.resources[resource.logical_id]
        scope = _scope(resolved, resources)
        resource.token = str(uuid.uuid4())
        resource.started_at_ms = self._clock.now_ms()
        resource.properties = expression.evaluate(declared.properties, scope)
        shown = {**scope.values, **dict.fromkeys(stack.hidden, "****")}
        masked = Scope(shown, scope.mappings, scope.conditions, scope.reference, scope.attribute)
        resource.shown_properties = json.dumps(_texts(expression.evaluate(declared.properties, masked)))
        self._stacks.report(stack, resource, "CREATE_IN_PROGRESS")

    def _begin(self, stack: Stack, resource: StackResource, context: Context) -> None:
        kind, properties = TYPES[resource.type], resource.properties
        if not resource.began:
            kind.check(properties)
            physical_id = kind.physical_id(context, properties)
            if kind.exists(context, physical_id, properties):
                raise ValidationError(self._taken(stack, resource.type, physical_id))
            resource.physical_id, resource.began = physical_id, True
            self._stacks.put_resource(stack, resource)
        elif kind.exists(context, resource.physical_id, properties):
            resource.made = True  # it was made just before a crash
        else:
            kind.recover(context, properties)
        if not resource.made:
            try:
                made = kind.make(context, resource.physical_id, properties)
            except Exception:
                resource.began = False
                raise
            resource.physical_id, resource.made = made.physical_id, True
            resource.attributes = dict(made.attributes)
        self._stacks.report(stack, resource, "CREATE_IN_PROGRESS", "Resource creation Initiated")

    def _taken(self, stack: Stack, kind: str, physical_id: str) -> str:
        owner = self._stacks.owner(stack.caller.account, stack.caller.region, kind, physical_id)
        return f"{physical_id} already exists" + ("" if owner is None else f" in stack {owner.id}")

    def _complete(self, stack: Stack, resources: Resources, resolved: Resolved) -> int | None:
        try:
            outputs = evaluate_outputs(resolved, _scope(resolved, resources))
            taken = {
                output.export: other.name
                for other in self._stacks.all(stack.caller.account, stack.caller.region)
                if other.id != stack.id and other.deleted_at_ms is None
                for output in other.outputs
                if output.export
            }
            for output in outputs:
                if output.export in taken:
                    name, other = output.export, taken[output.export]
                    raise ValidationError(f"Export with name {name} is already exported by stack {other}")
        except AwsError as error:
            return self._fail(stack, resources, f"{error.message}. ")

        def finish(fresh: Stack) -> None:
            fresh.outputs = outputs

        return self._transition(stack, "CREATE_COMPLETE", None, finish)

    def _fail(self, stack: Stack, resources: Resources, reason: str = "") -> int | None:
        for resource in resources.values():
            if resource.status == "CREATE_IN_PROGRESS":
                self._stacks.report(stack, resource, "CREATE_FAILED", "Resource creation cancelled")
        failed = [name for name, resource in resources.items() if resource.status == "CREATE_FAILED"]
        if not reason:
            reason = f"The following resource(s) failed to create: [{', '.join(failed)}]. "
        if stack.on_failure == "DO_NOTHING":
            return self._transition(stack, "CREATE_FAILED", reason)
        status, wish = {
            "DELETE": ("DELETE_IN_PROGRESS", "Delete requested by user."),
            "ROLLBACK": ("ROLLBACK_IN_PROGRESS", "Rollback requested by user."),
        }[stack.on_failure]
        return self._transition(stack, status, reason + wish)

    # Removal.

    def _advance_removal(self, stack: Stack) -> int | None:
        resources = self._stacks.resources(stack)
        progress = True
        while progress:
            progress = False
            for resource in resources.values():
                if self._may_be_removed(stack, resource, resources):
                    progress |= self._remove(stack, resource)
        left = [resource for resource in resources.values() if resource.exists]
        if any(self._may_be_removed(stack, resource, resources) for resource in left):
            return self._clock.now_ms() + POLL_MS
        verb = "ROLLBACK" if stack.status == "ROLLBACK_IN_PROGRESS" else "DELETE"
        if left:
            failed = ", ".join(resource.logical_id for resource in left if resource.status == "DELETE_FAILED")
            return self._transition(
                stack, f"{verb}_FAILED", f"The following resource(s) failed to delete: [{failed}]. "
            )
        return self._transition(stack, f"{verb}_COMPLETE", None, self._bury if verb == "DELETE" else None)

    def _bury(self, stack: Stack) -> None:
        stack.deleted_at_ms = self._clock.now_ms()
        stack.outputs = []
        self._stacks.forget_name(stack)

    def _may_be_removed(self, stack: Stack, resource: StackResource, resources: Resources) -> bool:
        """When nothing that needs it is left."""
        if not resource.exists or (resource.status == "DELETE_FAILED" and resource.failed_in == stack.operation_id):
            return False
        return not any(other.exists and resource.logical_id in other.depends_on for other in resources.values())

    def _remove(self, stack: Stack, resource: StackResource) -> bool:
        """Bring a removal as far as it goes now; whether it came to its end."""
        if _is_kept(stack, resource):
            self._stacks.report(stack, resource, "DELETE_SKIPPED")
            return True
        kind, context = TYPES[resource.type], self._context(stack, resource)
        try:
            if resource.status != "DELETE_IN_PROGRESS":
                resource.started_at_ms, resource.removed = self._clock.now_ms(), False
                self._stacks.report(stack, resource, "DELETE_IN_PROGRESS")
            if not resource.removed:
                kind.remove(context, resource.physical_id, resource.properties)
                resource.removed = True
                self._stacks.put_resource(stack, resource)
            if not kind.is_gone(context, resource.physical_id, resource.properties):
                self._check_time(resource)
                return False
            self._stacks.report(stack, resource, "DELETE_COMPLETE")
        except Exception as error:  # as in _make
            resource.failed_in = stack.operation_id
            self._stacks.report(stack, resource, "DELETE_FAILED", _reason(resource, error))
        return True

    # Both.

    def _transition(
        self, stack: Stack, status: str, reason: str | None, change: Callable[[Stack], None] | None = None
    ) -> int | None:
        """Move on, unless the stack was given another status meanwhile. Gives the time of the next step."""
        with self._stacks.database.write():
            fresh = self._stacks.fresh(stack)
            if fresh.status == stack.status:
                if change is not None:
                    change(fresh)
                self._stacks.transition(fresh, status, reason)
        return self._clock.now_ms() if status.endswith("_IN_PROGRESS") or fresh.status != status else None

    def _context(self, stack: Stack, resource: StackResource) -> Context:
        return Context(
            self._invoke, self._clock, stack.caller, stack.name, resource.logical_id, resource.token, stack.tags,
            resource.started_at_ms,
        )  # fmt: skip

    def _check_time(self, resource: StackResource) -> None:
        if self._clock.now_ms() > resource.started_at_ms + STABILIZE_MS:
            raise ValidationError(
                f"Resource of type '{resource.type}' with identifier '{resource.physical_id}' did not stabilize."
            )


def _may_be_made(resource: StackResource, resources: Resources) -> bool:
    if resource.status not in {"", "CREATE_IN_PROGRESS"}:
        return False
    return all(resources[need].status == "CREATE_COMPLETE" for need in resource.depends_on)


def _is_kept(stack: Stack, resource: StackResource) -> bool:
    if stack.status == "ROLLBACK_IN_PROGRESS":
        return resource.deletion_policy == "Retain" and not stack.retain_except_on_create
    return resource.logical_id in stack.retained or (resource.deletion_policy or "").startswith("Retain")


def _scope(resolved: Resolved, resources: Resources) -> Scope:
    def attribute(name: str, wanted: str) -> Any:
        resource = resources[name]
        if wanted not in resource.attributes:
            raise ValidationError(f"Resource type {resource.type} does not support attribute {{{wanted}}}")
        return resource.attributes[wanted]

    return resolved.scope(reference=lambda name: resources[name].reference, attribute=attribute)


def _texts(value: Any) -> Any:
    """What an event shows of properties: every scalar as text."""
    if isinstance(value, Mapping):
        return {name: _texts(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_texts(item) for item in value]
    return expression.text(value)


def _reason(resource: StackResource, error: Exception) -> str:
    """Why a resource failed, in the words of CloudFormation's resource handlers."""
    if isinstance(error, Rejected):
        return _rejection(resource, error)
    if isinstance(error, AwsError):
        if error.message.startswith("#/"):
            name = resource.logical_id
            return f"Properties validation failed for resource {name} with message:\n[{error.message}]"
        return error.message
    log.exception("%s, a resource of type %s, failed", resource.logical_id, resource.type, exc_info=error)
    return "Internal Failure"


def _rejection(resource: StackResource, rejected: Rejected) -> str:
    error, service = rejected.error, SERVICE_NAMES.get(rejected.service, rejected.service.title())
    detail = f"(Service: {service}, Status Code: {error.http_status}, Request ID: {request_id()})"
    token = resource.token or str(uuid.uuid4())
    return (
        f'Resource handler returned message: "{error.message} {detail} (SDK Attempt Count: 1)" '
        f"(RequestToken: {token}, HandlerErrorCode: {_handler_code(error)})"
    )


SERVICE_NAMES = {"iam": "Iam", "logs": "CloudWatchLogs"}


def _handler_code(error: AwsError) -> str:
    if "AlreadyExist" in error.code or error.code in {"BucketAlreadyOwnedByYou", "ResourceInUseException"}:
        return "AlreadyExists"
    if error.http_status == 404 or error.code in {"EntityNotFoundException", "ResourceNotFoundException"}:
        return "NotFound"
    if error.code.startswith("AccessDenied"):
        return "AccessDenied"
    if "LimitExceeded" in error.code:
        return "ServiceLimitExceeded"
    return "GeneralServiceException" if error.http_status >= 500 else "InvalidRequest"
