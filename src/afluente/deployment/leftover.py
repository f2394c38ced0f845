"""What is still there of a stack that should be gone: each of its resources is asked after by its name.

CloudFormation's word is not taken for it, since what was retained, or made beside the stack, is billed all the same.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from afluente.deployment.error import code_of
from afluente.deployment.target import Target

GONE = {
    "404", "NoSuchBucket", "ResourceNotFoundException", "EntityNotFoundException", "NoSuchEntity",
}  # fmt: skip
"""The codes by which services say that there is no such thing."""


@dataclass(frozen=True, slots=True)
class Question:
    """How to ask after a resource: an operation, as boto3 names it, and the member that takes its name."""

    service: str
    operation: str
    member: str


QUESTIONS = {
    "AWS::Kinesis::Stream": Question("kinesis", "describe_stream_summary", "StreamName"),
    "AWS::KinesisFirehose::DeliveryStream": Question("firehose", "describe_delivery_stream", "DeliveryStreamName"),
    "AWS::S3::Bucket": Question("s3", "head_bucket", "Bucket"),
    "AWS::Glue::Database": Question("glue", "get_database", "Name"),
    "AWS::Glue::Crawler": Question("glue", "get_crawler", "Name"),
    "AWS::Glue::Job": Question("glue", "get_job", "JobName"),
    "AWS::Glue::Trigger": Question("glue", "get_trigger", "Name"),
    "AWS::Athena::WorkGroup": Question("athena", "get_work_group", "WorkGroup"),
    "AWS::IAM::Role": Question("iam", "get_role", "RoleName"),
}
"""What is billed, or acts by itself, or lets others act. All else of the template lies within one of these."""

Resource = tuple[str, str, str]
"""(logical id, type, physical id)."""


def leftovers(target: Target, resources: Sequence[Resource]) -> Iterator[str]:
    """`type name` of each of the resources that is still there."""
    for _, kind, name in resources:
        if kind in QUESTIONS and _exists(target, QUESTIONS[kind], name):
            yield f"{kind} {name}"
        if kind == "AWS::Logs::LogGroup" and _log_group_exists(target, name):
            yield f"{kind} {name}"


def _exists(target: Target, question: Question, name: str) -> bool:
    ask: Any = getattr(target.client(question.service), question.operation)
    try:
        ask(**{question.member: name})
    except ClientError as error:
        # Athena has no code of its own for it: https://docs.aws.amazon.com/athena/latest/APIReference/API_GetWorkGroup.html
        if code_of(error) in GONE or (question.service == "athena" and "not found" in str(error)):
            return False
        raise
    return True


def _log_group_exists(target: Target, name: str) -> bool:
    groups = target.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return any(group["logGroupName"] == name for group in groups)
