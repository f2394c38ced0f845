"""IAM's errors. Texts are AWS's."""

from typing import ClassVar

from afluente.core.error import AwsError


class NoSuchEntity(AwsError):
    """There is no such user, group, role, policy or access key."""

    status: ClassVar[int] = 404


class EntityAlreadyExists(AwsError):
    """The name is taken; names differ by more than case."""

    status: ClassVar[int] = 409


class DeleteConflict(AwsError):
    """What is to be deleted still has something attached."""

    status: ClassVar[int] = 409


class LimitExceeded(AwsError):
    """A quota of the account."""

    status: ClassVar[int] = 409


class MalformedPolicyDocument(AwsError):
    """A policy document that IAM's grammar does not allow."""


class PolicyNotAttachable(AwsError):
    """A policy of a service-linked role is for that role alone."""


class InvalidAuthenticationCode(AwsError):
    """Codes that the MFA device does not show."""

    status: ClassVar[int] = 403


class ReportNotPresent(AwsError):
    """No credential report was made."""

    status: ClassVar[int] = 410


class ReportExpired(AwsError):
    """The credential report is four hours old."""

    status: ClassVar[int] = 410


class InvalidInput(AwsError):
    """A value that breaks a rule of IAM."""


class ValidationError(AwsError):
    """A request that breaks a constraint."""


class UnmodifiableEntity(AwsError):
    """What AWS itself looks after."""


class ExpiredTokenException(AwsError):
    """Temporary credentials whose time is over."""


class UnrecognizedClientException(AwsError):
    """An access key of ours with the wrong session token, or one that was made inactive."""
