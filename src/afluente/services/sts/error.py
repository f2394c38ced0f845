"""STS's errors. Texts are AWS's."""

from typing import ClassVar

from afluente.core.error import AwsError


class AccessDenied(AwsError):
    """The caller may not have these credentials."""

    status: ClassVar[int] = 403


class ValidationError(AwsError):
    """A request that breaks a constraint."""


class InvalidParameterValue(AwsError):
    """Tags of a session that cannot be."""


class PackedPolicyTooLarge(AwsError):
    """Policies and tags of a session that do not fit into its token."""


class InvalidAuthorizationMessageException(AwsError):
    """A message about a refusal that was not made here."""
