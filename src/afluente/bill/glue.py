"""What Glue bills: crawls, job runs and the catalog. Triggers are free. Pages: see rounding.py."""

from collections.abc import Iterator

from afluente.bill.line import Line
from afluente.bill.price import PriceList
from afluente.bill.rounding import crawl_seconds, job_run_seconds

FREE_OBJECTS = FREE_REQUESTS = 1_000_000
"""Of the catalog, each month, for every account."""


def crawls(count: float, ran_s: float, dpus: int, prices: PriceList) -> Iterator[Line]:
    """`count` crawls of `ran_s` each; AWS chooses the DPUs of a crawler, and its own example has two."""
    billed_s = crawl_seconds(ran_s)
    note = f"{count:,.0f} crawls; each is billed {billed_s / 60:.0f} minutes of {dpus} DPUs, ten minutes at least"
    yield Line("Glue", "crawler", count * billed_s * dpus / 3600, "DPU hours", prices.dpu_hour, note)


def job_runs(count: float, ran_s: float, dpus: int, prices: PriceList) -> Iterator[Line]:
    """`count` runs of a Spark job, of `ran_s` each; a G.1X worker is one DPU."""
    billed_s = job_run_seconds(ran_s)
    note = f"{count:,.0f} runs of {billed_s:,} s on {dpus} DPUs, a minute at least"
    yield Line("Glue", "job", count * billed_s * dpus / 3600, "DPU hours", prices.dpu_hour, note)


def catalog(objects: float, requests: float, prices: PriceList) -> Iterator[Line]:
    """`objects` kept (tables, partitions) and `requests` made in a month, beyond what is free."""
    kept, asked = max(0.0, objects - FREE_OBJECTS), max(0.0, requests - FREE_REQUESTS)
    note = f"{objects:,.0f} objects; the first million is free"
    yield Line("Glue", "catalog", kept / 1e5, "100k objects", prices.catalog_objects_hundred_thousand, note)
    note = f"{requests:,.0f} requests; the first million is free"
    yield Line("Glue", "catalog requests", asked / 1e6, "M requests", prices.catalog_requests_million, note)
