"""On whose behalf a stack's resources are made: its caller's, or under the role that the stack was given."""

from dataclasses import replace

from afluente.core.call import Call
from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.port import Roles
from afluente.services.cloudformation.stack import Caller, Stack

SERVICE = "cloudformation.amazonaws.com"
SESSION = "AWSCloudFormation"


class Acting:
    """Who acts for stacks. A role, once given, stays the stack's until another one is given."""

    def __init__(self, roles: Roles) -> None:
        self._roles = roles

    def begin(self, call: Call, stack: Stack, role_arn: str | None = None) -> None:
        """Note who does what this call begins. Raises ValidationError for a role that cannot be assumed."""
        stack.role_arn = role_arn or stack.role_arn
        stack.caller = self.caller(call, stack.role_arn)

    def caller(self, call: Call, role_arn: str | None) -> Caller:
        """Who acts where a stack has that role, or none."""
        if role_arn is None:
            return Caller.of(call)
        if not self._roles.can_assume(role_arn, SERVICE):
            raise ValidationError(f"Role {role_arn} is invalid or cannot be assumed")
        return Caller.of(replace(call, principal=self._roles.acting(role_arn, SESSION)))
