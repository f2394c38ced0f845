"""What a delivery stream's configuration refers to, and whether it is there: roles that trust Firehose, buckets.

Error texts as AWS gave them on deployment, where a source is known; the others are our own.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from afluente.core.arn import Arn
from afluente.core.error import AccessDeniedException
from afluente.function.registry import FunctionNotFound, Registry
from afluente.services.firehose.carrier import SERVICE_PRINCIPAL
from afluente.services.firehose.configuration import Configuration, backs_up, processors
from afluente.services.firehose.conversion import configuration as conversion
from afluente.services.firehose.error import InvalidArgumentException
from afluente.services.firehose.permission import check_source
from afluente.services.firehose.port import ObjectStore, Roles
from afluente.services.firehose.processing.metadata import Query
from afluente.services.firehose.processing.parameter import values
from afluente.services.firehose.schema import Schemas
from afluente.services.firehose.stream import KinesisSource


@dataclass(frozen=True, slots=True)
class Admission:
    """Asks the neighbours about a configuration."""

    objects: ObjectStore
    roles: Roles
    functions: Registry
    schemas: Schemas

    def check(self, configuration: Configuration, stream_arn: str) -> None:
        """Raises InvalidArgumentException, AccessDeniedException."""
        for destination in _destinations(configuration):
            self.check_role(destination["RoleARN"], stream_arn)
            bucket = Arn.parse(destination["BucketARN"]).resource
            if not self.objects.bucket_exists(bucket):
                raise InvalidArgumentException(
                    f"The bucket {bucket} does not exist. Create it, or name one that exists."
                )
        self._check_processors(configuration, stream_arn)
        if conversion.enabled(configuration):
            self._check_conversion(configuration["DataFormatConversionConfiguration"], stream_arn)

    def _check_processors(self, configuration: Configuration, stream_arn: str) -> None:
        for processor in processors(configuration):
            parameters = values(processor)
            if processor["Type"] == "Lambda":
                self.check_role(parameters["RoleArn"], stream_arn)
                self._check_function(parameters["LambdaArn"])
            elif processor["Type"] == "MetadataExtraction":
                Query(parameters["MetadataExtractionQuery"]).check()

    def _check_function(self, arn: str) -> None:
        try:
            self.functions.check(arn)
        except FunctionNotFound as error:
            raise InvalidArgumentException(str(error)) from None

    def _check_conversion(self, given: Configuration, stream_arn: str) -> None:
        role_arn = given["SchemaConfiguration"]["RoleARN"]
        if role_account(role_arn) != Arn.parse(stream_arn).account:
            raise AccessDeniedException("Cross-account pass role is not allowed.")
        self.check_role(role_arn, stream_arn)
        self.schemas.check(given, stream_arn)

    def check_source(self, source: KinesisSource, stream_arn: str) -> None:
        """Raises InvalidArgumentException, AccessDeniedException."""
        self.check_role(source.role_arn, stream_arn)
        check_source(self.roles, source.role_arn, source.stream_arn)

    def check_role(self, role_arn: str, stream_arn: str) -> None:
        """Raises InvalidArgumentException, AccessDeniedException for a role of another account."""
        account = Arn.parse(stream_arn).account
        if role_account(role_arn) != account:
            raise AccessDeniedException(f"User: arn:aws:iam::{account}:root is not authorized to access this resource")
        if not self.roles.can_assume(role_arn, SERVICE_PRINCIPAL, stream_arn):
            raise InvalidArgumentException(
                f"Firehose is unable to assume role {role_arn}. Please check the role provided."
            )


def role_account(role_arn: str) -> str:
    """The account of a role. Raises InvalidArgumentException for what is no role's ARN."""
    try:
        return Arn.parse(role_arn).account
    except ValueError:
        raise InvalidArgumentException("Invalid role ARN.") from None


def _destinations(configuration: Configuration) -> Iterator[Configuration]:
    yield configuration
    if backs_up(configuration):
        yield configuration["S3BackupDescription"]
