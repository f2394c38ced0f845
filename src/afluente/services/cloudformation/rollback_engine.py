"""Rollbacks that are asked for: of an update that goes on, of what failed and was left so, and of a rollback itself."""

import uuid

from afluente.core.call import Call
from afluente.services.cloudformation.engine import CloudFormationEngine
from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.removal import leave_replaced
from afluente.services.cloudformation.stack import Stack, StackResource


class RollbackEngine:
    """The rollbacks of `engine`'s stacks."""

    def __init__(self, engine: CloudFormationEngine) -> None:
        self._engine = engine
        self._stacks = engine.stacks

    def cancel_update(self, stack: Stack, token: str | None) -> None:
        """Have an update that is going on rolled back."""
        with self._stacks.database.write():
            stack = self._stacks.fresh(stack)
            if stack.status != "UPDATE_IN_PROGRESS":
                raise ValidationError("CancelUpdateStack cannot be called from current stack status")
            stack.token = token
            if stack.unstable:
                leave_replaced(self._stacks, stack)
            target = "ROLLBACK_IN_PROGRESS" if stack.unstable else "UPDATE_ROLLBACK_IN_PROGRESS"
            self._stacks.transition(stack, target, "User Initiated")
        self._engine.wake(stack)

    def roll_back(
        self,
        call: Call,
        stack: Stack,
        token: str | None,
        role_arn: str | None = None,
        retain_except_on_create: bool | None = None,
    ) -> Stack:
        """Roll back what failed and was left so. Raises ValidationError in other states."""
        targets = {"CREATE_FAILED": "ROLLBACK_IN_PROGRESS", "UPDATE_FAILED": "UPDATE_ROLLBACK_IN_PROGRESS"}
        with self._stacks.database.write():
            stack = self._stacks.fresh(stack)
            if stack.status not in targets:
                raise ValidationError(f"Stack:{stack.id} is in {stack.status} state and can not be rolled back.")
            self._engine.acting.begin(call, stack, role_arn)
            stack.token, stack.operation_id = token, str(uuid.uuid4())
            if retain_except_on_create is not None:
                stack.retain_except_on_create = retain_except_on_create
            target = "ROLLBACK_IN_PROGRESS" if stack.unstable else targets[stack.status]
            if target == "ROLLBACK_IN_PROGRESS":
                leave_replaced(self._stacks, stack)
            self._stacks.transition(stack, target, "User Initiated", first=True)
        self._engine.wake(stack)
        return stack

    def continue_rollback(
        self, call: Call, stack: Stack, skipped: list[str], token: str | None, role_arn: str | None = None
    ) -> None:
        """Try again to put a stack's resources back, except those to be skipped."""
        with self._stacks.database.write():
            stack = self._stacks.fresh(stack)
            if stack.status != "UPDATE_ROLLBACK_FAILED":
                raise ValidationError(
                    f"Stack:{stack.id} is in {stack.status} state and can not continue update rollback."
                )
            resources = self._stacks.resources(stack)
            failed = [name for name, resource in resources.items() if resource.status == "UPDATE_FAILED"]
            wrong = [name for name in skipped if name not in failed]
            if wrong:
                raise ValidationError(f"Resources [{', '.join(wrong)}] are not in UPDATE_FAILED state and cannot be "
                                      "skipped.")  # fmt: skip
            self._engine.acting.begin(call, stack, role_arn)
            stack.token, stack.operation_id = token, str(uuid.uuid4())
            self._stacks.transition(stack, "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated", first=True)
            for name in failed:
                self._try_again(stack, resources[name], skipped=name in skipped)
        self._engine.wake(stack)

    def _try_again(self, stack: Stack, resource: StackResource, *, skipped: bool) -> None:
        resource.done = skipped
        self._stacks.report(stack, resource, "UPDATE_COMPLETE" if skipped else "UPDATE_IN_PROGRESS")
