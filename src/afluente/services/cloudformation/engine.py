"""CloudFormation's engine: stacks and change sets, their rules, and the loop that does the work.

A request is checked and noted as a whole; the loop then advances each stack that has something going on, here or from
before a restart.
"""

import logging
import uuid
from collections.abc import Mapping
from typing import Any

import msgspec

from afluente.core.call import Call
from afluente.core.clock import Clock
from afluente.core.loop import RETRY_MS, Loop
from afluente.core.provider import Invoke
from afluente.services.cloudformation.acting import Acting
from afluente.services.cloudformation.change_set import ChangeSets
from afluente.services.cloudformation.drift import DriftEngine
from afluente.services.cloudformation.error import (
    AlreadyExistsException,
    TokenAlreadyExistsException,
    ValidationError,
)
from afluente.services.cloudformation.export import check_unused
from afluente.services.cloudformation.operation import Operations
from afluente.services.cloudformation.plan import (
    check_allowed,
    check_capabilities,
    check_same_types,
    check_types,
    plan,
    resolve,
)
from afluente.services.cloudformation.port import Roles
from afluente.services.cloudformation.removal import leave_replaced
from afluente.services.cloudformation.retry import FAILED, begun_anew, tried_again
from afluente.services.cloudformation.rollback_trigger import Triggers
from afluente.services.cloudformation.signal import Signals
from afluente.services.cloudformation.stack import RESTORED, Caller, Stack, StackResource
from afluente.services.cloudformation.stack_store import Stacks, TemplateText
from afluente.services.cloudformation.step import scope_of
from afluente.services.cloudformation.template.expression import evaluate
from afluente.services.cloudformation.template.parameter import resolve_all
from afluente.services.cloudformation.template.template import Resolved, Template, parse
from afluente.services.cloudformation.wish import Wish
from afluente.store.database import Database

UPDATABLE = {
    "CREATE_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE",
}  # fmt: skip
UPDATED = (
    *RESTORED, "change_set_id", "on_failure", "policy_during_update", "retain_except_on_create", "role_arn", "token",
)  # fmt: skip
"""What an update takes over from what was asked for."""

REMEMBERED_MS = 90 * 24 * 3600 * 1000
"""How long a deleted stack can still be described by its id."""

log = logging.getLogger(__name__)


class CloudFormationEngine:
    """All stacks. `invoke` reaches the services whose resources they have."""

    def __init__(self, database: Database, invoke: Invoke, roles: Roles, clock: Clock) -> None:
        self.stacks = Stacks(database, clock)
        self.change_sets = ChangeSets(database)
        self._database = database
        self._clock = clock
        self.acting = Acting(roles)
        self.signals = Signals(database)
        self._operations = Operations(self.stacks, self.signals, invoke, clock)
        self.steps = self._operations.steps
        self.drift = DriftEngine(database, self.stacks, self.steps, clock)
        self._active: dict[tuple[str, str, str], Stack] = {}
        self._loop = Loop("cloudformation", self._step, clock)

    def start(self) -> None:
        """Go on with what a crash or a stop interrupted, and with what comes."""
        for stack in self.stacks.all():
            if stack.deleted_at_ms is not None and stack.deleted_at_ms < self._clock.now_ms() - REMEMBERED_MS:
                self.stacks.delete(stack)
                self.drift.forget(stack)
                self.signals.forget(stack)
            else:
                self._note_active(stack)
        self._loop.start()

    def stop(self) -> None:
        """End the loop; what is going on goes on at the next start."""
        self._loop.stop()

    def _note_active(self, stack: Stack) -> None:
        if stack.status.endswith("_IN_PROGRESS") and stack.status != "REVIEW_IN_PROGRESS":
            self._active[stack.key] = stack

    def _step(self) -> int | None:
        due = [self._advance(stack) for stack in list(self._active.values())]
        return min((time_ms for time_ms in due if time_ms is not None), default=None)

    def _advance(self, stack: Stack) -> int | None:
        try:
            due_ms = self._operations.advance(self.stacks.fresh(stack))
        except Exception:  # one stack's trouble is not the others'
            log.exception("%s: a step failed; trying again in %s ms", stack.id, RETRY_MS)
            return self._clock.now_ms() + RETRY_MS
        with self._database.write():  # no request notes a new operation in between
            if due_ms is None and self._operations_ended(stack):
                self._active.pop(stack.key, None)
                return None
        return self._clock.now_ms() if due_ms is None else due_ms

    def _operations_ended(self, stack: Stack) -> bool:
        return not self.stacks.fresh(stack).status.endswith("_IN_PROGRESS")

    # Stacks.

    def create_stack(self, call: Call, wish: Wish) -> tuple[Stack, bool]:
        """A new stack, whose resources are then made; whether it is new, or the answer to a repeated request."""
        with self._database.write():
            taken = self.stacks.find(call.account, call.region, wish.name)
            if taken is not None and taken.status != "REVIEW_IN_PROGRESS":
                return self._repeated(taken, wish), False
            stack = taken or new_stack(call, wish, self._clock)
            self.acting.begin(call, stack, wish.role_arn)
            resources = self.prepare(stack, wish)
            self.change_sets.begin(stack)
            self.begin_creation(stack, wish.texts, resources)
        self.wake(stack)
        return stack, True

    def get_stack(self, call: Call, name_or_id: str, message: str = "Stack with id {} does not exist") -> Stack:
        """The stack of that name or id. Raises ValidationError."""
        stack = self.stacks.find(call.account, call.region, name_or_id)
        if stack is None:
            raise ValidationError(message.format(name_or_id))
        return stack

    def delete_stack(
        self,
        call: Call,
        name_or_id: str,
        retained: list[str],
        token: str | None,
        role_arn: str | None = None,
        *,
        forced: bool = False,
    ) -> None:
        """Begin to remove a stack's resources. A stack that is not there, or is going already, is fine."""
        with self._database.write():
            stack = self.stacks.find(call.account, call.region, name_or_id)
            if stack is None or stack.status in {"DELETE_IN_PROGRESS", "DELETE_COMPLETE"}:
                return
            if stack.termination_protection:
                raise ValidationError(f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
            if forced and stack.status != "DELETE_FAILED":
                raise ValidationError(
                    f"Invalid operation on stack [{stack.id}]. FORCE_DELETE_STACK is only for stacks in the "
                    "DELETE_FAILED state."
                )
            if retained and stack.status != "DELETE_FAILED":
                raise ValidationError(
                    f"Invalid operation on stack [{stack.id}]. When you delete a stack, specify which resources to "
                    "retain only when the stack is in the DELETE_FAILED state."
                )
            unknown = [name for name in retained if name not in self.stacks.resources(stack)]
            if unknown:
                raise ValidationError(f"The specified resources to retain [{', '.join(unknown)}] do not exist")
            if stack.status.startswith(("IMPORT", "UPDATE")) and stack.status.endswith("_IN_PROGRESS"):
                raise ValidationError(f"Stack [{stack.id}] cannot be deleted while in status {stack.status}")
            if self._remains(stack, token):
                return
            leave_replaced(self.stacks, stack)
            stack.retained, stack.token, stack.operation_id = retained, token, str(uuid.uuid4())
            stack.forced = forced
            self.acting.begin(call, stack, role_arn)
            self.stacks.transition(stack, "DELETE_IN_PROGRESS", "User Initiated", first=True)
        self.wake(stack)

    def _remains(self, stack: Stack, token: str | None) -> bool:
        """Whether the deletion ends at once, since others use what the stack exports; its events say so, as on AWS."""
        try:
            check_unused(self.stacks, stack, [])
        except ValidationError as error:
            status, removal_at_ms = stack.status, stack.removal_at_ms
            stack.token, stack.operation_id = token, str(uuid.uuid4())
            self.stacks.transition(stack, "DELETE_IN_PROGRESS", "User Initiated", first=True)
            stack.removal_at_ms = removal_at_ms
            self.stacks.transition(stack, status, error.message)
            return True
        return False

    def set_termination_protection(self, call: Call, name_or_id: str, *, enabled: bool) -> Stack:
        """Let a stack be deleted, or not."""
        with self._database.write():
            stack = self.get_stack(call, name_or_id, "Stack [{}] does not exist")
            if stack.status.startswith("DELETE"):
                raise ValidationError(f"TerminationProtection on Stack [{stack.id}] cannot be updated in state "
                                      f"{stack.status}")  # fmt: skip
            stack.termination_protection = enabled
            self.stacks.put(stack)
        return stack

    def set_policy(self, call: Call, name_or_id: str, policy: str | None) -> None:
        """Have another stack policy, or none, count for the stack's updates."""
        with self._database.write():
            stack = self.get_stack(call, name_or_id, "Stack [{}] does not exist")
            stack.policy = policy
            self.stacks.put(stack)

    def update_stack(self, call: Call, stack: Stack, wish: Wish) -> Stack:
        """Begin to make a stack what the wish asks for. Raises ValidationError where there is nothing to do."""
        with self._database.write():
            stack = self.stacks.fresh(stack)
            if wish.token is not None and wish.token == stack.token:
                return self._repeated(stack, wish)
            self.check_updatable(stack)
            proposed, before, after = self.propose_update(stack, wish)
            if stack.status not in FAILED and is_same(stack, before, proposed, after):
                raise ValidationError("No updates are to be performed.")
            self.change_sets.begin(stack)
            self.begin_update(call, proposed, wish.texts)
        stack = self.stacks.fresh(stack)
        self.wake(stack)
        return stack

    def propose_update(self, stack: Stack, wish: Wish) -> tuple[Stack, Resolved, Resolved]:
        """What the stack becomes, if it may, and its template before and after; nothing is stored."""
        template, after = self._resolve(stack, wish)
        check_capabilities(template, wish.capabilities)
        check_allowed(template, wish.resource_types)
        after.check()
        before = self.resolve(stack, self.stacks.template(stack) or "")
        check_same_types(before, after)
        proposed = msgspec.convert(msgspec.to_builtins(stack), Stack)
        proposed.description = template.description
        proposed.parameters = resolve_all(template.parameters, wish.parameters)
        proposed.hidden = [name for name, parameter in template.parameters.items() if parameter.no_echo]
        proposed.tags, proposed.capabilities = dict(wish.tags), list(wish.capabilities)
        proposed.on_failure, proposed.retain_except_on_create = wish.on_failure, wish.retain_except_on_create
        proposed.token, proposed.request_digest, proposed.imports = wish.token, wish.digest, after.imports
        proposed.change_set_id, proposed.role_arn = None, wish.role_arn or stack.role_arn
        proposed.policy, proposed.policy_during_update = wish.policy or stack.policy, wish.policy_during_update
        proposed.triggers = stack.triggers if wish.triggers is None else wish.triggers
        return proposed, before, after

    def begin_update(
        self, call: Call, proposed: Stack, texts: TemplateText, imports: Mapping[str, dict[str, str]] = {}
    ) -> None:
        """Note an update and what becomes of each resource, within the caller's transaction."""
        stack = self.stacks.fresh(proposed)
        planned = {item.logical_id: item for item in plan(self.resolve(proposed, texts.processed), imports)}
        again, stack.unstable = stack.status in FAILED, stack.unstable or stack.status == "CREATE_FAILED"
        self.stacks.keep_previous(stack)
        for name in UPDATED:
            setattr(stack, name, getattr(proposed, name))
        self.acting.begin(call, stack)
        stack.operation_id, stack.updated_at_ms = str(uuid.uuid4()), self._clock.now_ms()
        stack.watched_until_ms = None
        self.stacks.put_template(stack, texts)
        for resource in self.stacks.resources(stack).values():
            resource = tried_again(resource) if again else begun_anew(resource)  # noqa: PLW2901
            wanted = planned.pop(resource.logical_id, None)
            if wanted is not None:
                resource.depends_on, resource.deletion_policy = wanted.depends_on, wanted.deletion_policy
                resource.update_replace_policy = wanted.update_replace_policy
            self.stacks.put_resource(stack, resource)
        for wanted in planned.values():
            self.stacks.put_resource(stack, wanted)
        self.stacks.transition(stack, "UPDATE_IN_PROGRESS", "User Initiated", first=True)

    def _repeated(self, stack: Stack, wish: Wish) -> Stack:
        if wish.token is None or wish.token != stack.token:
            raise AlreadyExistsException(f"Stack [{stack.name}] already exists")
        if stack.request_digest != wish.digest:
            raise TokenAlreadyExistsException(
                f"The client request token {wish.token} has already been used for this stack. Retry the request with "
                "a different client request token"
            )
        return stack

    def prepare(self, stack: Stack, wish: Wish) -> list[StackResource]:
        """Make the stack what the wish asks for, if it may be; nothing is stored yet. Gives its resources."""
        template, resolved = self._resolve(stack, wish)
        check_capabilities(template, wish.capabilities)
        check_allowed(template, wish.resource_types)
        resources = plan(resolved)
        stack.role_arn, stack.triggers = wish.role_arn, wish.triggers or Triggers()
        stack.policy = wish.policy
        stack.description = template.description
        stack.parameters = resolve_all(template.parameters, wish.parameters)
        stack.hidden = [name for name, parameter in template.parameters.items() if parameter.no_echo]
        stack.tags, stack.capabilities = dict(wish.tags), list(wish.capabilities)
        stack.on_failure, stack.timeout_minutes = wish.on_failure, wish.timeout_minutes
        stack.termination_protection = wish.termination_protection
        stack.retain_except_on_create = wish.retain_except_on_create
        stack.token, stack.request_digest, stack.imports = wish.token, wish.digest, resolved.imports
        return resources

    def _resolve(self, stack: Stack, wish: Wish) -> tuple[Template, Resolved]:
        template = parse(wish.template)
        check_types(template)
        parameters = resolve_all(template.parameters, wish.parameters)
        return template, resolve(template, parameters, stack.values, self.stacks.exports(stack))

    def resolve(self, stack: Stack, template: str) -> Resolved:
        """A template with the stack's parameters."""
        return resolve(parse(template), stack.parameters, stack.values, self.stacks.exports(stack))

    def metadata(self, stack: Stack, logical_id: str) -> Any:
        """A resource's metadata, with the values that it refers to where they are known."""
        resolved = self.resolve(stack, self.stacks.template(stack) or "")
        if logical_id not in resolved.template.resources:
            return {}  # an update takes it out of the template
        declared = resolved.template.resources[logical_id].metadata
        try:
            return evaluate(declared, scope_of(resolved, self.stacks.resources(stack)))
        except ValidationError:  # it refers to an attribute of what is not there yet
            return declared

    def begin_creation(self, stack: Stack, texts: TemplateText, resources: list[StackResource]) -> None:
        """Note a stack and what it will have, within the caller's transaction."""
        stack.operation_id, stack.watched_until_ms = str(uuid.uuid4()), None
        if stack.timeout_minutes is not None:
            stack.timeout_at_ms = self._clock.now_ms() + stack.timeout_minutes * 60_000
        self.stacks.add(stack)
        self.stacks.put_template(stack, texts)
        for resource in resources:
            self.stacks.put_resource(stack, resource)
        self.stacks.transition(stack, "CREATE_IN_PROGRESS", "User Initiated", first=True)

    def wake(self, stack: Stack) -> None:
        """Have the loop look after a stack whose operation was noted."""
        self._active[stack.key] = stack
        self._loop.wake()

    def check_updatable(self, stack: Stack, *, importing: bool = False) -> None:
        """Raises ValidationError while a stack is in no state to be updated, or to have resources imported."""
        allowed = UPDATABLE if importing else UPDATABLE | FAILED
        never_was = stack.status == "IMPORT_ROLLBACK_COMPLETE" and stack.unstable
        if stack.status not in allowed or never_was:
            raise ValidationError(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")


def is_same(stack: Stack, before: Resolved, proposed: Stack, after: Resolved) -> bool:
    """Whether an update would change nothing."""
    return bool(_essence(before, stack.tags) == _essence(after, proposed.tags))


def _essence(resolved: Resolved, tags: dict[str, str]) -> Any:
    """What makes a stack differ from another one; the parameters by what they do."""
    template = resolved.template
    used = {name: value for name, value in resolved.values.items() if name in template.parameters}
    return resolved.resources, resolved.outputs, resolved.conditions, template.mappings, used, tags


def new_stack(call: Call, wish: Wish, clock: Clock) -> Stack:
    """A stack with a new id, that is nothing yet."""
    stack_id = f"arn:aws:cloudformation:{call.region}:{call.account}:stack/{wish.name}/{uuid.uuid4()}"
    return Stack(id=stack_id, name=wish.name, caller=Caller.of(call), created_at_ms=clock.now_ms(), status="")
