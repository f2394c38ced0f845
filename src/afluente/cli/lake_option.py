"""The options that the commands for a lake on AWS share, and what they say together."""

import argparse
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from afluente.cli import argument

if TYPE_CHECKING:
    from afluente.bill.workload import Workload

DAILY = "cron(0 1 * * ? *)"
DEFAULT_SCHEDULE = "cron(15 0/6 * * ? *)"
"""The template's own."""

QUERIES = 10.0

DEPLOY_EPILOG = """\
examples:
  afluente deploy --plan                         what would be made, and what it would cost; then stop
  afluente deploy --budget 60 --ttl 8h           asks before it makes anything; refuses above 60 dollars a month
  afluente deploy --yes --profile plant --region sa-east-1 --schedule 'cron(0 1 * * ? *)'
  AWS_ENDPOINT_URL=http://127.0.0.1:4566 afluente deploy          the same on a local Afluente

Then: afluente sensors, afluente status, afluente destroy. All of it step by step: docs/aws.md
"""

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
        "--queries",
        type=argument.amount,
        default=QUERIES,
        metavar="N",
        help="Athena queries a day (default: %(default)g)",
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
        "--shards", type=argument.shards, metavar="N", help="of the stream: 1,000 readings/s each (default: 1)"
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


def target(parser: argparse.ArgumentParser) -> None:
    """Where the lake is, or will be."""
    group = account(parser)
    group.add_argument("--stack", type=_stack, default="windfarm", help="the stack's name (default: %(default)s)")


def account(parser: argparse.ArgumentParser) -> "argparse._ArgumentGroup":
    """Which account and region, of AWS or of an Afluente."""
    group = parser.add_argument_group("where it is")
    group.add_argument("--profile", help="the profile of your AWS configuration (default: the default one)")
    group.add_argument("--region", help="the region (default: that of your AWS configuration)")
    group.add_argument(
        "--endpoint-url", metavar="URL",
        help="an Afluente instead of AWS, such as http://127.0.0.1:4566 (default: AWS_ENDPOINT_URL)",
    )  # fmt: skip
    return group


def template_parameters(given: argparse.Namespace) -> dict[str, str]:
    """The template's parameters that the options say something about."""
    chosen: dict[str, str] = {}
    if given.on_demand:
        chosen["StreamMode"] = "ON_DEMAND"
    if given.shards:
        chosen |= {"StreamMode": "PROVISIONED", "ShardCount": str(given.shards)}
    if given.delivery is not None:
        chosen["DeliverySeconds"] = str(given.delivery)
    if given.schedule:
        chosen |= {"CrawlSchedule": given.schedule, "OnSchedule": "true"}
    if given.no_schedule:
        chosen["OnSchedule"] = "false"
    return chosen


def workload_of(
    parameters: Mapping[str, str], rate: float, queries: float = QUERIES, days_per_query: int | None = None
) -> "Workload":
    """What a lake made with these parameters of the template has to do; those that are missing are the template's own.

    rate: readings per second. queries: per day.
    """
    from afluente.bill.workload import Workload, runs_per_month  # noqa: PLC0415 - slow to import

    is_scheduled = parameters.get("OnSchedule", "true") == "true"
    schedule = parameters.get("CrawlSchedule", DEFAULT_SCHEDULE)
    return Workload(
        readings_per_s=rate,
        shards=None if parameters.get("StreamMode") == "ON_DEMAND" else int(parameters.get("ShardCount", 1)),
        delivery_s=int(parameters.get("DeliverySeconds", 60)),
        crawls=runs_per_month(schedule, datetime.now(UTC)) if is_scheduled else 0.0,
        queries_per_day=queries,
        days_per_query=days_per_query,
    )


def _stack(text: str) -> str:
    # the buckets are named after it, the account and the region, in 63 characters
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,25}", text):
        raise argparse.ArgumentTypeError(
            f"{text} is not 1 to 26 lower-case letters, digits and hyphens, a letter first"
        )
    return text


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
