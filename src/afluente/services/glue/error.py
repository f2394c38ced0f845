"""The errors of Glue: of the catalog, crawlers, jobs and triggers alike."""

from afluente.core.error import AwsError


class EntityNotFoundException(AwsError):
    """No such database, table, partition, crawler, job, trigger or run."""


class AlreadyExistsException(AwsError):
    """Something of that name is there already."""


class InvalidInputException(AwsError):
    """An input that the model allows and the service does not."""


class InvalidStateException(AwsError):
    """The resource is in a state that does not allow this."""


class ConcurrentModificationException(AwsError):
    """The resource changed since the caller read it."""


class ResourceNumberLimitExceededException(AwsError):
    """One more would be over a quota."""


class IdempotentParameterMismatchException(AwsError):
    """A resource of that name was made with other parameters."""


class OperationTimeoutException(AwsError):
    """The operation took too long."""


class VersionMismatchException(AwsError):
    """The version given is not the latest."""


class ConcurrentRunsExceededException(AwsError):
    """As many runs of the job as it allows are under way."""


class CrawlerRunningException(AwsError):
    """The crawler is running, which rules this out."""


class CrawlerNotRunningException(AwsError):
    """There is no crawl to stop."""


class CrawlerStoppingException(AwsError):
    """The crawl is ending already."""


class NoScheduleException(AwsError):
    """The crawler has no schedule."""


class SchedulerRunningException(AwsError):
    """The crawler's schedule is on already."""


class SchedulerNotRunningException(AwsError):
    """The crawler's schedule is off already."""


class IllegalSessionStateException(AwsError):
    """The interactive session is in a state that does not allow this."""


class IllegalWorkflowStateException(AwsError):
    """The run of the workflow is in a state that does not allow this."""


class ColumnStatisticsTaskRunningException(AwsError):
    """The table has a column statistics task under way."""


class ColumnStatisticsTaskNotRunningException(AwsError):
    """The table has none."""


class ColumnStatisticsTaskStoppingException(AwsError):
    """The table's is stopping already."""
