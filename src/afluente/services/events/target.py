"""What a target may be: its kind by its ARN, and what a kind needs.

Source: "Amazon EventBridge targets", Amazon EventBridge User Guide.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from afluente.core.arn import Arn
from afluente.core.error import NotImplemented as Unsupported
from afluente.core.error import ValidationException
from afluente.services.events import transform

Target = Mapping[str, Any]


class Kind(NamedTuple):
    """`takes_role`: EventBridge acts under the target's role; others let it in by their own policy."""

    name: str
    resource: str
    takes_role: bool


KINDS = (
    Kind("sqs", "", takes_role=False),
    Kind("lambda", "function:", takes_role=False),
    Kind("logs", "log-group:", takes_role=False),
    Kind("kinesis", "stream/", takes_role=True),
    Kind("firehose", "deliverystream/", takes_role=True),
    Kind("glue", "workflow/", takes_role=True),
)


def kind_of(arn: str) -> Kind:
    """Raises ValidationException for what is no ARN, and NotImplemented for what Afluente does not tell."""
    try:
        parsed = Arn.parse(arn)
    except ValueError:
        reason = "Provided Arn is not in correct format."
        raise ValidationException(f"Parameter {arn} is not valid. Reason: {reason}") from None
    for kind in KINDS:
        if parsed.service == kind.name and parsed.resource.startswith(kind.resource):
            return kind
    raise Unsupported(
        f"Afluente does not support the target {arn}. Targets are SQS queues, Lambda functions, CloudWatch log groups, "
        "Kinesis streams, Firehose delivery streams and Glue workflows."
    )


def check(target: Target) -> None:
    """Raises ValidationException, NotImplemented."""
    kind, arn = kind_of(target["Arn"]), target["Arn"]
    if kind.takes_role and "RoleArn" not in target:
        raise ValidationException(f"RoleArn is required for target {arn}.")
    if not kind.takes_role and "RoleArn" in target:
        raise ValidationException(f"RoleArn is not supported for target {arn}.")
    if arn.endswith(".fifo") and kind.name == "sqs" and not target.get("SqsParameters", {}).get("MessageGroupId"):
        raise ValidationException(f"Parameter(s) SqsParameters must be specified for target: {target['Id']}.")
    if "SqsParameters" in target and kind.name != "sqs":
        raise ValidationException(f"SqsParameters is not supported for target {arn}.")
    if "KinesisParameters" in target:
        if kind.name != "kinesis":
            raise ValidationException(f"KinesisParameters is not supported for target {arn}.")
        transform.check_path(target["KinesisParameters"]["PartitionKeyPath"])
    dead_letters = target.get("DeadLetterConfig", {}).get("Arn")
    if dead_letters is not None and not dead_letters.startswith("arn:aws:sqs:"):
        raise ValidationException(f"Parameter DeadLetterConfig.Arn is not valid for target {target['Id']}.")
    transform.check(target)
