"""The options that the commands for a lake on AWS share, and what they say together."""

import argparse
import re
from datetime import UTC, datetime
from pathlib import Path

from afluente.cli import argument

HOURLY, DAILY = "cron(0 * * * ? *)", "cron(0 1 * * ? *)"
DEFAULT_SCHEDULE = "cron(15 0/6 * * ? *)"
"""The template's own."""

COST_EPILOG = """\
examples:
  afluente cost                                          12 turbines, each of 3 sensors once a second
  afluente cost --rate 2000 --on-demand --region sa-east-1
  afluente cost --schedule 'cron(0 1 * * ? *)' --queries 50 --days-per-query 7
"""


def workload(parser: argparse.ArgumentParser) -> None:
    """How much the lake will have to do."""
    group = parser.add_argument_group("what it will have to do (for the bill)")
    group.add_argument(
        "--rate", type=argument.amount, default=36.0, metavar="N",
        help="readings per second, of all sensors together (default: %(default)g)",
    )  # fmt: skip
    group.add_argument(
        "--queries", type=argument.amount, default=10.0, metavar="N", help="Athena queries a day (default: %(default)g)"
    )
    group.add_argument(
        "--days-per-query", type=argument.count, metavar="N",
        help="how many days of the lake a query reads (default: all of it, as the farm's own queries do)",
    )  # fmt: skip
    group.add_argument("--prices", type=Path, metavar="FILE", help="prices of your own, as TOML (see docs/aws.md)")


def lake(parser: argparse.ArgumentParser) -> None:
    """How the lake is made: the template's parameters. None where nothing is said."""
    group = parser.add_argument_group("how it is made")
    size = group.add_mutually_exclusive_group()
    size.add_argument(
        "--shards", type=argument.count, metavar="N", help="of the stream: 1,000 readings/s each (default: 1)"
    )
    size.add_argument("--on-demand", action="store_true", help="a stream that scales by itself, instead of shards")
    group.add_argument(
        "--delivery", type=_delivery, metavar="SECONDS", help="Firehose delivers after so long, 0 to 900 (default: 60)"
    )
    when = group.add_mutually_exclusive_group()
    when.add_argument(
        "--schedule", type=_schedule, metavar="CRON",
        help=f"when crawl and job run, as Glue writes it (default: '{DEFAULT_SCHEDULE}', every six hours)",
    )  # fmt: skip
    when.add_argument("--no-schedule", action="store_true", help="crawl and job run only when you start them")


def _delivery(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,3}", text) or int(text) > 900:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds from 0 to 900")
    return int(text)


def _schedule(text: str) -> str:
    from afluente.bill.workload import runs_per_month  # noqa: PLC0415 - slow to import, and seldom asked for

    try:
        runs_per_month(text, datetime.now(UTC))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no schedule of Glue, such as '{DAILY}': {error}") from None
    return text
