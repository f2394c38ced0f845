"""How a deployed lake is right now: what each of its parts says of itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from afluente.deployment import beside
from afluente.deployment.bucket import Contents
from afluente.deployment.error import code_of
from afluente.deployment.holding import holding
from afluente.deployment.target import Target
from windfarm.deployment import Lake

RECENT = timedelta(hours=1)
LEAST = timedelta(minutes=5)
"""CloudWatch's figures are some minutes behind: over less than this a rate says nothing."""


@dataclass(frozen=True, slots=True)
class State:
    """What was seen. Times are those of AWS; `stream`, `delivery` and `crawler` are empty when they are not there.

    rate: readings per second of late.
    """

    stream: dict[str, Any]
    recent_records: int
    rate: float
    delivery: dict[str, Any]
    raw: Contents
    failed: Contents
    crawler: dict[str, Any]
    job_runs: list[dict[str, Any]]
    lake: Contents
    stored_bytes: int


def look(target: Target, its: Lake, created: datetime, now: datetime) -> State:
    """Ask each part."""
    raw, failed = (holding(target, its.raw_bucket, prefix, now) for prefix in ("readings/", "errors/"))
    lake = holding(target, its.lake_bucket, "lake/", now)
    others = [holding(target, name, "", now) for name in (its.results_bucket, its.assets_bucket)]
    recent = _recent_records(target, its.stream, now)
    return State(
        stream=_ask(target, "kinesis", "describe_stream_summary", "StreamDescriptionSummary", StreamName=its.stream),
        recent_records=recent,
        rate=recent / max(LEAST, min(RECENT, now - created)).total_seconds(),
        delivery=_ask(
            target, "firehose", "describe_delivery_stream", "DeliveryStreamDescription",
            DeliveryStreamName=its.delivery_stream,
        ),
        raw=raw,
        failed=failed,
        crawler=_ask(target, "glue", "get_crawler", "Crawler", Name=its.crawler),
        job_runs=list(beside.job_runs(target.client("glue"), its.job)),
        lake=lake,
        stored_bytes=sum(held.size_bytes for held in (raw, failed, lake, *others)),
    )  # fmt: skip


def _ask(target: Target, service: str, operation: str, member: str, **request: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = getattr(target.client(service), operation)(**request)[member]
    except ClientError as error:
        if code_of(error) in beside.MISSING:
            return {}
        raise
    return found


def _recent_records(target: Target, stream: str, now: datetime) -> int:
    found = target.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Kinesis", MetricName="IncomingRecords", Dimensions=[{"Name": "StreamName", "Value": stream}],
        StartTime=now - RECENT, EndTime=now, Period=300, Statistics=["Sum"],
    )  # fmt: skip
    return int(sum(point["Sum"] for point in found["Datapoints"]))
