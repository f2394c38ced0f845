"""The errors of CloudWatch Logs."""

from afluente.core.error import AwsError


class ResourceAlreadyExistsException(AwsError):
    """A log group or log stream of that name exists."""


class ResourceNotFoundException(AwsError):
    """No such log group or log stream."""


class InvalidParameterException(AwsError):
    """A parameter, or a pair of them, that the service does not take."""


class TooManyTagsException(AwsError):
    """More than 50 tags on one resource."""
