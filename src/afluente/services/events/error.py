"""The errors of EventBridge."""

from afluente.core.error import AwsError


class InvalidEventPatternException(AwsError):
    """An event pattern that is none."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Event pattern is not valid. Reason: {reason}")


class LimitExceededException(AwsError):
    """More rules, targets or tags than AWS allows."""


class ResourceAlreadyExistsException(AwsError):
    """An event bus of that name exists."""


class ResourceNotFoundException(AwsError):
    """No such rule or event bus."""
