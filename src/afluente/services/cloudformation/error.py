"""CloudFormation's errors. Texts are AWS's. Almost everything is a ValidationError."""

from typing import ClassVar

from afluente.core.error import AwsError


class ValidationError(AwsError):
    """A request, or a template, that breaks a rule."""


class AlreadyExistsException(AwsError):
    """The name is taken."""


class TokenAlreadyExistsException(AwsError):
    """A client request token that came with another request before."""


class InsufficientCapabilitiesException(AwsError):
    """The template makes IAM resources, and the request does not acknowledge it."""


class InvalidChangeSetStatus(AwsError):
    """The change set cannot be used in its state."""


class ChangeSetNotFound(AwsError):
    """There is no such change set."""

    status: ClassVar[int] = 404
