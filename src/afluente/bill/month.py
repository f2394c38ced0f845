"""The bill of one month of the lake, from its workload. The lake grows: later months cost more."""

from collections.abc import Iterable, Iterator

from afluente.bill import glue, lake, stream
from afluente.bill.line import Line
from afluente.bill.price import PriceList
from afluente.bill.workload import DAYS_PER_MONTH, HOURS_PER_MONTH, Workload

DELIVERY_BYTES = 5 * 1024**2
"""The template's buffer: what comes in faster is delivered before its interval is over."""

ZERO_BUFFERING_S = 5
"""An interval of 0 delivers within about five seconds."""

KEYS_PER_LISTING = 1000
SENSOR_TYPES = 3
WRITES_PER_RUN = 12
"""Assumed of a job run: its Parquet objects, and what Spark and the bookmark write beside them."""

CATALOG_REQUESTS_PER_RUN, CATALOG_REQUESTS_PER_QUERY = 40, 5
RESULT_BYTES, RESULT_DAYS, RESULT_WRITES = 50_000, 30, 2


def bill(work: Workload, prices: PriceList, month: int = 1) -> list[Line]:
    """The lines of the `month`-th month, 1 being the first."""
    return [
        *_streaming(work, prices),
        *_storage(work, prices, month - 0.5),
        *_requests(work, prices, month - 0.5),
        *_glue(work, prices, month),
        *lake.queries(work.queries, _scanned_bytes(work, month - 0.5), prices),
        *lake.logs(
            work.crawls * work.log_bytes_per_run, work.crawls * work.log_bytes_per_run * (month - 0.5), prices
        ),
    ]  # fmt: skip


def total(lines: Iterable[Line]) -> float:
    """US dollars."""
    return sum(line.usd for line in lines)


def _streaming(work: Workload, prices: PriceList) -> Iterator[Line]:
    hours = float(HOURS_PER_MONTH)
    if work.shards is None:
        yield from stream.on_demand(hours, work.readings, work.reading_bytes, prices)
    else:
        yield from stream.provisioned(work.shards * hours, work.readings, work.reading_bytes, prices)
    if work.encrypted_stream:
        yield from stream.encryption((work.shards or work.shards_needed) * hours, prices)
    yield from stream.delivery(work.readings, work.reading_bytes, prices)


def _storage(work: Workload, prices: PriceList, months: float) -> Iterator[Line]:
    """What is kept after `months`, which for a whole month is what is kept on average."""
    yield from lake.storage("raw readings", work.readings * work.reading_bytes * months, prices)
    yield from lake.storage("lake, Parquet", work.readings * work.lake_bytes_per_reading * months, prices)
    yield from lake.storage("query results", work.queries_per_day * RESULT_DAYS * RESULT_BYTES, prices)


def _requests(work: Workload, prices: PriceList, months: float) -> Iterator[Line]:
    raw_objects = deliveries(work)
    lake_objects = _lake_objects_per_month(work) * months
    listings = work.crawls * 2 * (1 + raw_objects * months / KEYS_PER_LISTING)
    writes = raw_objects + work.crawls * WRITES_PER_RUN + work.queries * RESULT_WRITES + listings
    share = 1.0 if work.days_per_query is None else min(1.0, work.days_per_query / (months * DAYS_PER_MONTH))
    reads = raw_objects * 2 + work.queries * (2 * lake_objects * share + 1)
    note = f"{raw_objects:,.0f} deliveries; crawler and job list the raw bucket"
    yield from lake.requests(writes, reads, prices, note)


def deliveries(work: Workload) -> float:
    """Objects that Firehose writes in a month: one for each interval, or for each 5 MiB."""
    by_time = HOURS_PER_MONTH * 3600 / max(work.delivery_s, ZERO_BUFFERING_S)
    return max(min(by_time, work.readings), work.readings * work.reading_bytes / DELIVERY_BYTES)


def _lake_objects_per_month(work: Workload) -> float:
    return work.crawls * SENSOR_TYPES


def _glue(work: Workload, prices: PriceList, month: int) -> Iterator[Line]:
    yield from glue.crawls(work.crawls, work.crawl_s, work.crawler_dpus, prices)
    yield from glue.job_runs(work.crawls, work.job_run_s, work.job_dpus, prices)
    objects = 3 + month * DAYS_PER_MONTH * (1 + SENSOR_TYPES)
    asked = work.crawls * CATALOG_REQUESTS_PER_RUN + work.queries * CATALOG_REQUESTS_PER_QUERY
    yield from glue.catalog(objects, asked, prices)


def _scanned_bytes(work: Workload, months: float) -> float:
    """What a query scans: the days it asks for of what is there by then."""
    days = months * DAYS_PER_MONTH
    if work.days_per_query is not None:
        days = min(days, work.days_per_query)
    return work.readings / DAYS_PER_MONTH * days * work.lake_bytes_per_reading
