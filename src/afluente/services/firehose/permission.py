"""What the roles of a delivery stream must allow, action by action, as Firehose does it on AWS.

Each function raises AccessDeniedException, in AWS's words, unless the policies of role and resource allow it now.

https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html
"""

from afluente.core.error import AwsError
from afluente.services.firehose.error import InvalidArgumentException
from afluente.services.firehose.port import Roles

S3_SESSION = "AWSFirehoseToS3"
"""The session's name as AWS's access logs show it."""

READING = ("kinesis:ListShards", "kinesis:GetShardIterator", "kinesis:GetRecords")
ACL = {"s3:x-amz-acl": "bucket-owner-full-control"}
"""Firehose puts its objects with this ACL, as captured on AWS."""


def check_source(roles: Roles, role_arn: str, stream_arn: str) -> None:
    """When a delivery stream is made: may the role describe the stream? Raises InvalidArgumentException."""
    try:
        roles.check_role(role_arn, S3_SESSION, "kinesis:DescribeStream", stream_arn)
    except AwsError:
        raise InvalidArgumentException(
            f"Role {role_arn} is not authorized to perform: kinesis:DescribeStream on resource {stream_arn}."
        ) from None


def check_read(roles: Roles, role_arn: str, stream_arn: str) -> None:
    """May the role read the stream's records?"""
    for action in READING:
        roles.check_role(role_arn, S3_SESSION, action, stream_arn)


def check_write(roles: Roles, role_arn: str, bucket: str, key: str) -> None:
    """May the role put this object?"""
    roles.check_role(role_arn, S3_SESSION, "s3:PutObject", f"arn:aws:s3:::{bucket}/{key}", ACL)


def check_log(roles: Roles, role_arn: str, log_stream_arn: str) -> None:
    """May the role write to this log stream (`...:log-group:G:log-stream:S`)?"""
    roles.check_role(role_arn, S3_SESSION, "logs:PutLogEvents", log_stream_arn)


def check_invoke(roles: Roles, role_arn: str, function_arn: str) -> None:
    """May the role have this function transform records?"""
    roles.check_role(role_arn, S3_SESSION, "lambda:InvokeFunction", function_arn)


def check_schema(roles: Roles, role_arn: str, catalog_arn: str, database: str, table: str) -> None:
    """May the role read this table's schema? `catalog_arn` without its last part: `arn:aws:glue:us-east-1:1234`."""
    for resource in ("catalog", f"database/{database}", f"table/{database}/{table}"):
        roles.check_role(role_arn, S3_SESSION, "glue:GetTableVersions", f"{catalog_arn}:{resource}")
