"""What CloudFormation needs of IAM: the roles that stacks are given."""

from typing import Protocol

from afluente.core.call import Principal


class Roles(Protocol):
    """Roles by their ARN."""

    def can_assume(self, role_arn: str, service_principal: str, source_arn: str | None = None) -> bool:
        """Whether there is such a role, and it trusts the service."""

    def acting(self, role_arn: str, session_name: str) -> Principal:
        """Who a service is that acts under the role: held to its policies. Raises NoSuchEntity."""
