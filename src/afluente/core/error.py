"""The root of every error that a caller gets to see.

A service declares its errors beside its engine, one class per AWS error code: the class name *is* the code.
"""

from typing import Any, ClassVar


class AwsError(Exception):
    """An answer other than success. The subclass's name is AWS's error code.

    `members` are the further fields of the error's shape (S3's `Key`, Athena's `AthenaErrorCode`), `headers` what the
    response's head has more.
    """

    status: ClassVar[int] = 400

    def __init__(
        self, message: str = "", *, status: int | None = None, code: str | None = None, **members: Any
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).__name__
        self.http_status = status or self.status
        self.members = members
        self.headers: dict[str, str] = {}


class NotImplemented(AwsError):
    """An operation or member of AWS that Afluente does not have. Never answered with success."""

    status = 501


class InternalFailure(AwsError):
    """A fault of ours. Its cause is in the log, under the request id."""

    status = 500


class ValidationException(AwsError):
    """A request that breaks a constraint of the service's model."""


class SerializationException(AwsError):
    """A body that cannot be read, or a member of the wrong JSON type."""


class UnknownOperationException(AwsError):
    """An operation that the service's model does not have."""


class AccessDeniedException(AwsError):
    """The caller, or the role a service acts under, lacks a permission."""
