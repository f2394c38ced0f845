"""Change sets: a stack proposed before it is made or updated. `aws cloudformation deploy` works by them."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from afluente.core.call import Call
from afluente.core.clock import Clock
from afluente.core.error import NotImplemented as Unsupported
from afluente.services.cloudformation.change_set import NO_CHANGES, ChangeSet
from afluente.services.cloudformation.difference import Difference, additions
from afluente.services.cloudformation.engine import CloudFormationEngine, is_same, new_stack
from afluente.services.cloudformation.error import (
    AlreadyExistsException,
    ChangeSetNotFound,
    InvalidChangeSetStatus,
    ValidationError,
)
from afluente.services.cloudformation.import_engine import ImportEngine
from afluente.services.cloudformation.plan import plan
from afluente.services.cloudformation.property_value import contexts
from afluente.services.cloudformation.resource_import import (
    Identifiers,
    check_import,
    check_nothing_else,
    identifiers_of,
    import_changes,
    unkept,
    with_imports,
)
from afluente.services.cloudformation.retry import FAILED
from afluente.services.cloudformation.stack import STACK_TYPE, Stack
from afluente.services.cloudformation.template.template import Resolved, parse
from afluente.services.cloudformation.wish import Wish


@dataclass(frozen=True)
class Label:
    """What a request says of the change set itself."""

    name: str
    kind: str = "UPDATE"
    description: str | None = None
    on_stack_failure: str | None = None
    token: str | None = None
    includes_nested: bool = False
    to_import: Sequence[Mapping[str, Any]] = ()
    """A request's ResourcesToImport."""
    imports_existing: bool = False


@dataclass(frozen=True)
class Execution:
    """What a request says of a change set's execution. None: as the change set was made."""

    token: str | None
    on_failure: str | None
    retain_except_on_create: bool | None

    def settle(self, stack: Stack) -> None:
        """Note it on what the stack becomes."""
        stack.token, stack.on_failure = self.token, self.on_failure or stack.on_failure
        if self.retain_except_on_create is not None:
            stack.retain_except_on_create = self.retain_except_on_create


class ChangeSetEngine:
    """The change sets of `engine`'s stacks."""

    def __init__(self, engine: CloudFormationEngine, clock: Clock) -> None:
        self._engine = engine
        self._stacks = engine.stacks
        self._change_sets = engine.change_sets
        self._imports = ImportEngine(engine, clock)
        self._clock = clock

    def of(self, stack: Stack) -> list[ChangeSet]:
        """A stack's change sets, newest first."""
        return [self._with_progress(change_set) for change_set in self._change_sets.of(stack)]

    def create(self, call: Call, wish: Wish, label: Label) -> ChangeSet:
        """A change set that makes or updates a stack; one that finds nothing to change has failed, as on AWS."""
        with self._stacks.database.write():
            self._engine.acting.caller(call, wish.role_arn)
            self._check_nesting(wish.template, label)
            stack = self._stacks.find(call.account, call.region, wish.target)
            repeated = None if stack is None else self._repeated(stack, label)
            if repeated is not None:
                return repeated
            imports = identifiers_of(label.kind, label.to_import)
            if imports:
                return self._propose_import(stack or self._review(call, wish), wish, label, imports)
            if label.kind == "CREATE":
                if stack is not None and stack.status != "REVIEW_IN_PROGRESS":
                    raise ValidationError(
                        f"Stack [{wish.target}] already exists and cannot be created again with the changeSet "
                        f"[{label.name}]."
                    )
                stack = stack or self._review(call, wish)
                return self._propose_creation(stack, wish, label)
            if stack is None:
                raise ValidationError(f"Stack [{wish.target}] does not exist")
            return self._propose_update(stack, wish, label)

    def find(self, call: Call, change_set_id: str) -> ChangeSet | None:
        """The change set of that id, or None."""
        return self._change_sets.by_id(call.account, call.region, change_set_id)

    def get(self, call: Call, name_or_id: str, stack_name: str | None) -> ChangeSet:
        """The change set of that id, or of that name in a stack. Raises ChangeSetNotFound."""
        if name_or_id.startswith("arn:"):
            found = self._change_sets.by_id(call.account, call.region, name_or_id)
        elif stack_name is None:
            raise ValidationError("StackName must be specified if ChangeSetName is not specified as an ARN.")
        else:
            stack = self._engine.get_stack(call, stack_name, "Stack [{}] does not exist")
            found = next((item for item in self._change_sets.of(stack) if item.name == name_or_id), None)
        if found is None:
            raise ChangeSetNotFound(f"ChangeSet [{name_or_id}] does not exist")
        return self._with_progress(found)

    def execute(self, call: Call, change_set: ChangeSet, how: Execution) -> None:
        """Make, or update, the stack as the change set proposes."""
        with self._stacks.database.write():
            change_set = self._with_progress(change_set)
            if (change_set.status, change_set.execution_status) != ("CREATE_COMPLETE", "AVAILABLE"):
                status = change_set.status if change_set.status != "CREATE_COMPLETE" else change_set.execution_status
                raise InvalidChangeSetStatus(
                    f"ChangeSet [{change_set.id}] cannot be executed in its current status of [{status}]"
                )
            stored = self._stacks.fresh(change_set.stack)
            how.settle(change_set.stack)
            if change_set.type == "IMPORT":
                self._execute_import(call, change_set, stored)
            elif change_set.type == "CREATE":
                self._execute_creation(call, change_set, stored.status)
            else:
                self._execute_update(call, change_set, stored)
        self._engine.wake(self._stacks.fresh(change_set.stack))

    def _execute_creation(self, call: Call, change_set: ChangeSet, status: str) -> None:
        stack = change_set.stack
        if status != "REVIEW_IN_PROGRESS":
            raise ValidationError(f"Stack:{stack.id} is in {status} state and can not be updated.")
        self._engine.acting.begin(call, stack)
        stack.change_set_id, stack.updated_at_ms = change_set.id, self._clock.now_ms()
        self._change_sets.begin(stack, change_set.id)
        resolved = self._engine.resolve(stack, change_set.template)
        self._engine.begin_creation(stack, change_set.texts, plan(resolved, change_set.imports))

    def _execute_import(self, call: Call, change_set: ChangeSet, stored: Stack) -> None:
        if stored.status != "REVIEW_IN_PROGRESS":
            self._engine.check_updatable(stored, importing=True)
        change_set.stack.change_set_id = change_set.id
        self._change_sets.begin(stored, change_set.id)
        self._imports.begin(call, change_set.stack, change_set.texts, change_set.imports)

    def _execute_update(self, call: Call, change_set: ChangeSet, stored: Stack) -> None:
        self._engine.check_updatable(stored)
        proposed = change_set.stack
        proposed.change_set_id = change_set.id
        self._change_sets.begin(stored, change_set.id)
        self._engine.begin_update(call, proposed, change_set.texts, change_set.imports)

    def delete(self, change_set: ChangeSet) -> None:
        """Forget a change set that is not being executed."""
        if self._with_progress(change_set).execution_status == "EXECUTE_IN_PROGRESS":
            raise InvalidChangeSetStatus(
                f"ChangeSet [{change_set.id}] cannot be deleted in its current status of [EXECUTE_IN_PROGRESS]"
            )
        self._change_sets.delete(change_set)

    def _repeated(self, stack: Stack, label: Label) -> ChangeSet | None:
        """What the same request made before, by its token."""
        found = self._change_sets.of(stack) if label.token is not None else []
        return next((item for item in found if (item.name, item.token) == (label.name, label.token)), None)

    def _review(self, call: Call, wish: Wish) -> Stack:
        stack = new_stack(call, wish, self._clock)
        stack.operation_id = str(uuid.uuid4())
        self._stacks.add(stack)
        self._stacks.transition(stack, "REVIEW_IN_PROGRESS", "User Initiated", first=True)
        return stack

    def _propose_creation(self, stack: Stack, wish: Wish, label: Label) -> ChangeSet:
        proposed = msgspec.convert(msgspec.to_builtins(stack), Stack)
        self._engine.prepare(proposed, wish)
        found = self._new(stack, proposed, wish, label)
        resolved = self._engine.resolve(proposed, wish.template)
        found.changes, found.values = additions(resolved), contexts(None, resolved, proposed.hidden)
        self._import_existing(found, resolved, label)
        self._change_sets.put(found)
        return found

    def _propose_update(self, stack: Stack, wish: Wish, label: Label) -> ChangeSet:
        self._engine.check_updatable(stack)
        proposed, before, after = self._engine.propose_update(stack, wish)
        found = self._new(stack, proposed, wish, label)
        if stack.status not in FAILED and is_same(stack, before, proposed, after):
            found.status, found.execution_status, found.reason = "FAILED", "UNAVAILABLE", NO_CHANGES
        else:
            resources, retagged = self._stacks.resources(stack), stack.tags != proposed.tags
            found.changes = Difference(resources, before, after, retagged=retagged).changes()
            found.values = contexts(before, after, {*stack.hidden, *proposed.hidden})
            self._import_existing(found, after, label)
        self._change_sets.put(found)
        return found

    def _import_existing(self, found: ChangeSet, resolved: Resolved, label: Label) -> None:
        """Have what is there already imported instead of made, if the request wants that."""
        if not label.imports_existing:
            return
        added = [change["ResourceChange"] for change in found.changes]
        names = [change["LogicalResourceId"] for change in added if change["Action"] == "Add"]
        found.imports = self._imports.existing(found.stack, resolved, names)
        found.changes = with_imports(found.changes, resolved, found.imports)
        found.reason = unkept(resolved, found.imports)
        if found.reason is not None:
            found.status, found.execution_status = "FAILED", "UNAVAILABLE"

    def _propose_import(self, stack: Stack, wish: Wish, label: Label, imports: Identifiers) -> ChangeSet:
        before = None
        if stack.status == "REVIEW_IN_PROGRESS":
            proposed = msgspec.convert(msgspec.to_builtins(stack), Stack)
            self._engine.prepare(proposed, wish)
            after = self._engine.resolve(proposed, wish.template)
            changes, same_outputs = additions(after), not after.outputs
        else:
            self._engine.check_updatable(stack, importing=True)
            proposed, before, after = self._engine.propose_update(stack, wish)
            resources, retagged = self._stacks.resources(stack), stack.tags != proposed.tags
            changes = Difference(resources, before, after, retagged=retagged).changes()
            same_outputs = before.outputs == after.outputs
        check_import(label.to_import, after)
        check_nothing_else(changes, imports, same_outputs=same_outputs)
        found = self._new(stack, proposed, wish, label)
        found.changes, found.imports = import_changes(after, imports), imports
        found.values = contexts(before, after, proposed.hidden)
        self._change_sets.put(found)
        return found

    @staticmethod
    def _check_nesting(template: str, label: Label) -> None:
        """Raises NotImplemented where a change set would have to have others within it."""
        if label.includes_nested and STACK_TYPE in parse(template).types:
            raise Unsupported("Afluente does not support IncludeNestedStacks for templates that have nested stacks.")

    def _new(self, stack: Stack, proposed: Stack, wish: Wish, label: Label) -> ChangeSet:
        if any(item.name == label.name for item in self._change_sets.of(stack)):
            raise AlreadyExistsException(f"ChangeSet [{label.name}] already exists")
        account, region, _ = stack.key
        return ChangeSet(
            id=f"arn:aws:cloudformation:{region}:{account}:changeSet/{label.name}/{uuid.uuid4()}", name=label.name,
            stack_id=stack.id, stack_name=stack.name, type=label.kind, created_at_ms=self._clock.now_ms(),
            description=label.description, template=wish.template, original=wish.original, stack=proposed,
            on_stack_failure=label.on_stack_failure, token=label.token, includes_nested=label.includes_nested,
        )  # fmt: skip

    def _with_progress(self, change_set: ChangeSet) -> ChangeSet:
        """A change set that was executed is as far as its stack is."""
        change_set.follow(self._stacks.fresh(change_set.stack).status)
        return change_set
