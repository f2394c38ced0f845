"""CloudWatch's errors; the class name is AWS's code."""

from afluente.core.error import AwsError


class InvalidParameterCombination(AwsError):
    """Parameters that exclude each other, or ask for too much together."""


class InvalidParameterValue(AwsError):
    """A value that the model allows and the service does not."""


class MissingParameter(AwsError):
    """A parameter that the model does not require and the service does."""


class ValidationError(AwsError):
    """What GetMetricData and the alarms say of any of these."""


class InvalidNextToken(AwsError):
    """A token that no answer gave."""


class ResourceNotFound(AwsError):
    """There is no such alarm."""

    status = 404


class LimitExceeded(AwsError):
    """More alarms than there may be."""


class InvalidFormat(AwsError):
    """A text that is not JSON and should be."""


class ResourceNotFoundException(AwsError):
    """There is nothing of that ARN that could have tags."""

    status = 404
