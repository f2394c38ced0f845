"""Removing a stack with all that it holds, and looking whether anything is left."""

from collections.abc import Callable
from dataclasses import dataclass

from afluente.deployment import beside, bucket, leftover, stack
from afluente.deployment.error import DeploymentError
from afluente.deployment.leftover import Resource
from afluente.deployment.stack import Stack, Wait
from afluente.deployment.target import Target
from windfarm.deployment import Lake, lake_of

ATTEMPTS = 3
"""Firehose may deliver between a bucket's emptying and its removal; by the next attempt Firehose is gone."""


@dataclass(frozen=True, slots=True)
class Doomed:
    """What a removal would take away. lake: None when the stack never came so far as to have one."""

    stack: Stack
    resources: list[Resource]
    lake: Lake | None

    @property
    def buckets(self) -> list[str]:
        """The stack's buckets."""
        return [name for _, kind, name in self.resources if kind == "AWS::S3::Bucket"]


def examine(target: Target, found: Stack) -> Doomed:
    """What there is to remove. Raises DeploymentError for a stack of others, or one that is protected."""
    stack.check_ours(found)
    if found.is_protected:
        raise DeploymentError(
            f"the stack {found.name} is protected from deletion; nothing was deleted. If it is to go all the same: "
            "aws cloudformation update-termination-protection --no-enable-termination-protection "
            f"--stack-name {found.name}"
        )
    lake = lake_of(found.outputs) if stack.is_whole(found) else None
    return Doomed(found, stack.resources(target.client("cloudformation"), found), lake)


def remove(target: Target, doomed: Doomed, said: Callable[[str], object], wait: Wait) -> list[str]:
    """Remove it all; what is left nevertheless, as `type name`."""
    logs = beside.log_streams(target, doomed.lake) if doomed.lake else []
    if doomed.lake:
        beside.stop(target, doomed.lake)
    status = ""
    for _ in range(ATTEMPTS):
        _empty(target, doomed, said)
        status = _delete(target, doomed.stack, said, wait)
        if status == "DELETE_COMPLETE":
            break
    else:
        reason = stack.failure(target.client("cloudformation"), doomed.stack.id)
        raise DeploymentError(
            f"the stack {doomed.stack.name} cannot be deleted ({status}): {reason}. Remove what is in its way, and "
            "repeat the command"
        )
    if doomed.lake:
        beside.delete_log_streams(target.client("logs"), logs)
        if logs:
            said(f"deleted the logs of its crawls and runs: {len(logs):,} streams")
        if beside.delete_sensor_user(target.client("iam"), doomed.lake):
            said("deleted the sensors' user")
    return list(leftover.leftovers(target, doomed.resources))


def _empty(target: Target, doomed: Doomed, said: Callable[[str], object]) -> None:
    for name in doomed.buckets:
        count = bucket.empty(target.client("s3"), name)
        if count:
            said(f"emptied {name}: {count:,} objects")


def _delete(target: Target, found: Stack, said: Callable[[str], object], wait: Wait) -> str:
    cloudformation = target.client("cloudformation")
    newest = stack.newest_event(cloudformation, found.id)
    cloudformation.delete_stack(StackName=found.id)

    def tell(event: stack.Event) -> None:
        if event["ResourceStatus"] == "DELETE_COMPLETE":
            said(f"deleted {event['LogicalResourceId']} ({event['ResourceType']})")

    return stack.follow(target, found.id, newest, tell, wait)
