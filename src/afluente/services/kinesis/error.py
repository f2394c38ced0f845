"""Kinesis's errors; the class name is AWS's code."""

from afluente.core.error import AwsError, ValidationException

__all__ = [
    "DryRunOperationException",
    "ExpiredIteratorException",
    "ExpiredNextTokenException",
    "InternalFailureException",
    "InvalidArgumentException",
    "KMSNotFoundException",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "ResourceInUseException",
    "ResourceNotFoundException",
    "UnrecognizedClientException",
    "ValidationException",
]


class ResourceNotFoundException(AwsError):
    """There is no such stream, shard or resource."""


class ResourceInUseException(AwsError):
    """The resource is in a state in which this cannot be done."""


class InvalidArgumentException(AwsError):
    """An argument that the model allows and the service does not."""


class KMSNotFoundException(AwsError):
    """There can be no KMS key of this id."""


class LimitExceededException(AwsError):
    """The account has as many of these as it may have."""


class DryRunOperationException(AwsError):
    """All is well, but the request said that nothing shall be done."""


class ProvisionedThroughputExceededException(AwsError):
    """More than a shard takes or gives per second."""


class ExpiredIteratorException(AwsError):
    """A shard iterator of more than five minutes ago."""


class ExpiredNextTokenException(AwsError):
    """A NextToken of more than five minutes ago."""


class UnrecognizedClientException(AwsError):
    """An ARN of an account that is not here."""


class InternalFailureException(AwsError):
    """The record could not be stored."""

    status = 500
