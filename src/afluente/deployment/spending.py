"""What a lake has cost so far: what it was measured to do, rounded and priced as AWS does."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from afluente.bill import lake, stream
from afluente.bill.line import Line
from afluente.bill.price import PriceList
from afluente.bill.rounding import crawl_seconds, job_run_seconds
from afluente.bill.workload import HOURS_PER_MONTH, Workload
from afluente.deployment import beside
from afluente.deployment.stack import Stack
from afluente.deployment.target import Target
from windfarm.deployment import Lake

CRAWLER_DPUS = Workload(0).crawler_dpus
DAY_S = 86_400
METRIC_DAYS = 450
"""CloudWatch keeps daily sums for 455."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What was measured since the stack was made.

    records, record_bytes: put into the stream, and the mean size of one. shards: None for a stream on demand.
    crawl_s, run_s: billed seconds. stored_bytes: what the buckets hold now.
    """

    hours: float
    shards: int | None
    records: int
    record_bytes: int
    crawls: int
    crawl_s: int
    runs: int
    run_dpu_s: float
    stored_bytes: int


def measure(target: Target, found: Stack, its: Lake, stored_bytes: int, now: datetime) -> Usage:
    """Ask CloudWatch and Glue."""
    since = max(found.created, now - timedelta(days=METRIC_DAYS))
    records, size = (_sum(target, its.stream, name, since, now) for name in ("IncomingRecords", "IncomingBytes"))
    crawls = [crawl for crawl in _crawls(target, its.crawler) if crawl["StartTime"] >= found.created]
    runs = [run for run in beside.job_runs(target.client("glue"), its.job) if "ExecutionTime" in run]
    on_demand = found.parameters.get("StreamMode") == "ON_DEMAND"
    return Usage(
        hours=(now - found.created).total_seconds() / 3600,
        shards=None if on_demand else int(found.parameters.get("ShardCount", 1)),
        records=int(records),
        record_bytes=max(1, round(size / records)) if records else 1,
        crawls=len(crawls),
        crawl_s=sum(
            crawl_seconds((crawl.get("EndTime", now) - crawl["StartTime"]).total_seconds()) for crawl in crawls
        ),
        runs=len(runs),
        run_dpu_s=sum(job_run_seconds(float(run["ExecutionTime"])) * float(run.get("MaxCapacity", 2)) for run in runs),
        stored_bytes=stored_bytes,
    )


def lines(usage: Usage, prices: PriceList) -> Iterator[Line]:
    """What that costs; without queries, requests and logs, which nothing tells apart by lake."""
    if usage.shards is None:
        yield from stream.on_demand(usage.hours, usage.records, usage.record_bytes, prices)
    else:
        yield from stream.provisioned(usage.shards * usage.hours, usage.records, usage.record_bytes, prices)
    yield from stream.delivery(usage.records, usage.record_bytes, prices)
    crawled_h, ran_h = usage.crawl_s * CRAWLER_DPUS / 3600, usage.run_dpu_s / 3600
    yield Line("Glue", "crawler", crawled_h, "DPU hours", prices.dpu_hour, f"{usage.crawls:,} crawls")
    yield Line("Glue", "job", ran_h, "DPU hours", prices.dpu_hour, f"{usage.runs:,} runs")
    # what is stored came in evenly, so half of it was there on average
    yield from lake.storage("buckets", usage.stored_bytes / 2, prices, usage.hours / HOURS_PER_MONTH)


def _sum(target: Target, stream_name: str, metric: str, since: datetime, now: datetime) -> float:
    found = target.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Kinesis", MetricName=metric, Dimensions=[{"Name": "StreamName", "Value": stream_name}],
        StartTime=since, EndTime=now, Period=DAY_S, Statistics=["Sum"],
    )  # fmt: skip
    return float(sum(point["Sum"] for point in found["Datapoints"]))


def _crawls(target: Target, crawler: str) -> Iterator[dict[str, Any]]:
    """The crawler's crawls. ListCrawls has no paginator in boto3."""
    token: dict[str, str] = {}
    while True:
        page = target.client("glue").list_crawls(CrawlerName=crawler, MaxResults=100, **token)
        yield from page["Crawls"]
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}
