"""`afluente cost`: what the wind farm's lake costs on AWS, before anything is made."""

import argparse
import json
import os

from rich.console import Console

from afluente.bill import price
from afluente.bill.advice import advice
from afluente.bill.month import bill
from afluente.bill.price import PriceList
from afluente.bill.workload import Workload
from afluente.cli import bill_table
from afluente.cli.lake_option import template_parameters, workload_of
from afluente.core.setting import Settings

LATER = 12
"""The month that is shown beside the first."""

LEAST_WIDTH = 72
"""Of the table: in fewer columns its figures would be cut off. The terminal breaks its lines."""


def run(given: argparse.Namespace, _: Settings) -> int:
    """Print the bill."""
    work = workload_of(template_parameters(given), given.rate, given.queries, given.days_per_query)
    prices = price.price_list(given.region or _region(), given.prices or price.OURS)
    if given.json:
        print(json.dumps(bill_table.as_json(work, prices, (1, LATER)), indent=2))
    else:
        show(Console(highlight=False), work, prices)
    return 0


def show(console: Console, work: Workload, prices: PriceList) -> None:
    """The bill as a table, what it rests on, and what to know about it."""
    width = console.width
    console.width = max(width, LEAST_WIDTH)
    console.print(bill_table.table(work, prices, (1, LATER)))
    console.width = width
    console.print(bill_table.basis(work, prices), style="dim")
    for sentence in advice(work, prices, bill(work, prices)):
        console.print(f"[yellow]![/] {sentence}")


def _region() -> str:
    import boto3  # noqa: PLC0415 - slow to import

    return os.environ.get("AWS_REGION") or boto3.Session().region_name or price.REFERENCE
