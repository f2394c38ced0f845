"""`afluente cost`: what the wind farm's lake costs on AWS, before anything is made."""

import argparse
import json
import os
from datetime import UTC, datetime

from rich.console import Console

from afluente.bill import price
from afluente.bill.advice import advice
from afluente.bill.month import bill
from afluente.bill.price import PriceList
from afluente.bill.workload import Workload, runs_per_month
from afluente.cli import bill_table
from afluente.cli.lake_option import DEFAULT_SCHEDULE
from afluente.core.setting import Settings

LATER = 12
"""The month that is shown beside the first."""


def run(given: argparse.Namespace, _: Settings) -> int:
    """Print the bill."""
    work = workload_of(given)
    prices = price.price_list(given.region or _region(), given.prices or price.OURS)
    if given.json:
        print(json.dumps(bill_table.as_json(work, prices, (1, LATER)), indent=2))
    else:
        show(Console(highlight=False), work, prices)
    return 0


def workload_of(given: argparse.Namespace) -> Workload:
    """The workload that the options describe."""
    schedule = given.schedule or DEFAULT_SCHEDULE
    return Workload(
        readings_per_s=given.rate,
        shards=None if given.on_demand else given.shards or 1,
        delivery_s=60 if given.delivery is None else given.delivery,
        crawls=0.0 if given.no_schedule else runs_per_month(schedule, datetime.now(UTC)),
        queries_per_day=given.queries,
        days_per_query=given.days_per_query,
    )


def show(console: Console, work: Workload, prices: PriceList) -> None:
    """The bill as a table, what it rests on, and what to know about it."""
    console.print(bill_table.table(work, prices, (1, LATER)))
    console.print(bill_table.basis(work, prices), style="dim")
    for sentence in advice(work, prices, bill(work, prices)):
        console.print(f"[yellow]![/] {sentence}")


def _region() -> str:
    import boto3  # noqa: PLC0415 - slow to import

    return os.environ.get("AWS_REGION") or boto3.Session().region_name or price.REFERENCE
