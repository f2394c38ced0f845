"""The errors of Firehose."""

from afluente.core.error import AwsError


class ResourceInUseException(AwsError):
    """The delivery stream exists already, or is being created or deleted."""


class ResourceNotFoundException(AwsError):
    """No such delivery stream, or none that takes records yet."""


class InvalidArgumentException(AwsError):
    """A configuration or request that Firehose does not take."""


class ConcurrentModificationException(AwsError):
    """An update that was made against an older version of the delivery stream."""


class LimitExceededException(AwsError):
    """More delivery streams than an account may have."""


class ServiceUnavailableException(AwsError):
    """Records could not be made durable; the producer may try again."""

    status = 503


class InvalidSourceException(AwsError):
    """Records from elsewhere than CloudWatch Logs, which alone may put what is to be decompressed."""
