"""What bears the lake's tag and belongs to no stack: what CloudFormation retained, or somebody kept.

Each service is asked itself: AWS's search by tag shows for a while what is gone.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from afluente.deployment import stack
from afluente.deployment.error import DENIED, code_of
from afluente.deployment.stack import OURS
from afluente.deployment.target import Target

NO_TAGS = {"NoSuchTagSet", "NoSuchBucket"}


def orphans(target: Target, name: str) -> Iterator[str]:
    """`type name` of what bears the tag, is named after the stack `name`, and is part of no stack that is there."""
    others = [one.name for one in stack.every(target.client("cloudformation")) if one.name != name]
    for kind, find in FINDERS.items():
        for found in find(target, name):
            if not any(_belongs(found, other) for other in others):
                yield f"{kind} {found}"


def _belongs(found: str, name: str) -> bool:
    """Whether a thing is named as those of the stack `name` are."""
    return found == name or found.startswith(f"{name}-")


def _named(found: Iterator[str], name: str) -> Iterator[str]:
    return (one for one in found if _belongs(one, name))


def _is_ours(ask: Callable[..., Any], member: str, **request: str) -> bool:
    """Whether its tags, that `ask` answers in `member`, say so; not when whoever asks may not see them."""
    try:
        return {"Key": OURS[0], "Value": OURS[1]} in ask(**request)[member]
    except ClientError as error:
        if code_of(error) in {*NO_TAGS, *DENIED}:
            return False
        raise


def _pages(target: Target, service: str, operation: str, member: str, **request: Any) -> Iterator[Any]:
    for page in target.client(service).get_paginator(operation).paginate(**request):
        yield from page.get(member, [])


def _streams(target: Target, name: str) -> Iterator[str]:
    ask = target.client("kinesis").list_tags_for_stream
    for one in _named(_pages(target, "kinesis", "list_streams", "StreamNames"), name):
        if _is_ours(ask, "Tags", StreamName=one):
            yield one


def _delivery_streams(target: Target, name: str) -> Iterator[str]:
    firehose = target.client("firehose")
    start: dict[str, str] = {}
    while True:
        page = firehose.list_delivery_streams(**start)
        for one in _named(iter(page["DeliveryStreamNames"]), name):
            if _is_ours(firehose.list_tags_for_delivery_stream, "Tags", DeliveryStreamName=one):
                yield one
        if not page["HasMoreDeliveryStreams"]:
            return
        start = {"ExclusiveStartDeliveryStreamName": page["DeliveryStreamNames"][-1]}


def _buckets(target: Target, name: str) -> Iterator[str]:
    s3 = target.client("s3")
    listed = _pages(target, "s3", "list_buckets", "Buckets", Prefix=f"{name}-", BucketRegion=target.region)
    for one in (found["Name"] for found in listed):
        if _is_ours(s3.get_bucket_tagging, "TagSet", Bucket=one):
            yield one


def _work_groups(target: Target, name: str) -> Iterator[str]:
    athena = target.client("athena")
    start: dict[str, str] = {}
    while True:
        page = athena.list_work_groups(**start)
        for one in _named((group["Name"] for group in page["WorkGroups"]), name):
            arn = f"arn:{_partition(target)}:athena:{target.region}:{target.account}:workgroup/{one}"
            if _is_ours(athena.list_tags_for_resource, "Tags", ResourceARN=arn):
                yield one
        if not page.get("NextToken"):
            return
        start = {"NextToken": page["NextToken"]}


def _in_glue(operation: str, member: str) -> Callable[[Target, str], Iterator[str]]:
    """Glue looks for tags by itself. Its listings have no paginators in boto3."""

    def find(target: Target, name: str) -> Iterator[str]:
        start: dict[str, str] = {}
        while True:
            page = getattr(target.client("glue"), operation)(Tags={OURS[0]: OURS[1]}, **start)
            yield from _named(iter(page[member]), name)
            if not page.get("NextToken"):
                return
            start = {"NextToken": page["NextToken"]}

    return find


def _partition(target: Target) -> str:
    return target.caller.split(":")[1]


FINDERS: Mapping[str, Callable[[Target, str], Iterator[str]]] = {
    "AWS::Kinesis::Stream": _streams,
    "AWS::KinesisFirehose::DeliveryStream": _delivery_streams,
    "AWS::S3::Bucket": _buckets,
    "AWS::Glue::Crawler": _in_glue("list_crawlers", "CrawlerNames"),
    "AWS::Glue::Job": _in_glue("list_jobs", "JobNames"),
    "AWS::Glue::Trigger": _in_glue("list_triggers", "TriggerNames"),
    "AWS::Athena::WorkGroup": _work_groups,
}
"""What is billed, in the target's region. Roles belong to no region, so a stack elsewhere may have them."""
