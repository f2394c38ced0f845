"""What a bill's reader should know: where the money goes, and what would make it less."""

from collections.abc import Iterator
from dataclasses import replace

from afluente.bill.line import Line
from afluente.bill.month import bill, total
from afluente.bill.price import PriceList
from afluente.bill.rounding import FIREHOSE_INCREMENT
from afluente.bill.workload import DAYS_PER_MONTH, Workload

WORTH_SAYING = 0.15
"""What saves less than this share of the bill is not worth a word."""

WORK_GROUP_LIMIT_BYTES = 10_000_000_000
"""The template's work group cancels a query that scans more."""

MOST_SHARDS = 200
"""The template's, and what an account has at least without asking AWS for more."""


def advice(work: Workload, prices: PriceList, lines: list[Line]) -> Iterator[str]:
    """Sentences, the most important first."""
    if work.shards is not None and work.shards < work.shards_needed:
        enough = f"--shards {work.shards_needed}" if work.shards_needed <= MOST_SHARDS else "--on-demand"
        yield (
            f"{work.readings_per_s:,.0f} readings a second are more than {work.shards} shards take: the sensors will "
            f"be throttled. Take {enough}."
        )
    usd = total(lines)
    daily = replace(work, crawls=min(work.crawls, DAYS_PER_MONTH))
    saved = usd - total(bill(daily, prices))
    if saved > WORTH_SAYING * usd:
        yield (
            f"{work.crawls:,.0f} crawls and job runs cost a good part of it: once a day "
            f"(--schedule 'cron(0 1 * * ? *)') saves {saved:,.2f} a month; --no-schedule leaves starting them to you."
        )
    delivery = sum(line.usd for line in lines if line.service == "Firehose")
    if delivery > WORTH_SAYING * usd and work.reading_bytes * 2 <= FIREHOSE_INCREMENT:
        yield (
            f"Firehose bills each reading of {work.reading_bytes} bytes as 5 KB: fewer readings a second, or several "
            "of them in one record, cost less."
        )
    months = _months_until_limit(work)
    if months is not None and months <= 24:
        yield (
            f"After about {months:.0f} months a query of the whole lake scans more than 10 GB, and the work group "
            'cancels it: ask for some days (WHERE "date" >= ...).'
        )
    if any(line.price.assumed and line.usd for line in lines):
        yield (
            f"~ marks prices that are not recorded for {prices.region}: they are taken high. Look them up, and give "
            "them with --prices."
        )


def _months_until_limit(work: Workload) -> float | None:
    if work.days_per_query is not None or not work.readings:
        return None
    return WORK_GROUP_LIMIT_BYTES / (work.readings * work.lake_bytes_per_reading)
