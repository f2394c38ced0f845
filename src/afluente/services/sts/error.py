"""STS's errors. Texts are AWS's."""

from typing import ClassVar

from afluente.core.error import AwsError


class AccessDenied(AwsError):
    """The caller may not have these credentials."""

    status: ClassVar[int] = 403


class ValidationError(AwsError):
    """A request that breaks a constraint."""
