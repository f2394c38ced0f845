"""`afluente status`: a deployed lake in a dozen lines, and what it has cost so far."""

import argparse
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from afluente.bill import price
from afluente.bill.month import bill, total
from afluente.bill.price import PriceList
from afluente.cli.error import CommandError
from afluente.cli.lake_option import workload_of
from afluente.core.setting import Settings
from afluente.deployment import lifetime, spending, stack, state
from afluente.deployment.bucket import Contents
from afluente.deployment.error import DeploymentError, told_kindly
from afluente.deployment.stack import Stack
from afluente.deployment.state import State
from afluente.deployment.target import Target, connect
from afluente.passport.balance import balance
from afluente.passport.endpoint import Endpoint
from afluente.passport.error import PassportError
from windfarm.deployment import WHOLE, Lake, lake_of

QUALIFIED = {
    "": "{}",
    "least": "more than {} (no more were counted)",
    "CloudWatch": "{} in the bucket as CloudWatch had it last, a day or two ago",
}


def run(given: argparse.Namespace, _: Settings) -> int:
    """Print it. 0 for a lake that is whole, 1 for one that is not."""
    console = Console(highlight=False)
    try:
        with told_kindly():
            target = connect(given.profile, given.region, given.endpoint_url, os.environ)
            return _show(given, console, target, _found(target, given.stack))
    except DeploymentError as error:
        raise CommandError(str(error)) from None


def _found(target: Target, name: str) -> Stack:
    found = stack.find(target.client("cloudformation"), name)
    if found is None:
        raise DeploymentError(f"there is no stack {name} at {target}: `afluente deploy` makes it")
    return found


def _show(given: argparse.Namespace, console: Console, target: Target, found: Stack) -> int:
    now = datetime.now(UTC)
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold cyan", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("target", escape(str(target)))
    table.add_row("stack", _stack(found, now))
    if not stack.is_whole(found):
        table.add_row("next", escape(_next(target, found)))
        console.print(table)
        return 1
    lake = lake_of(found.outputs)
    seen = state.look(target, lake, found.created, now)
    for name, text in _rows(seen, now):
        table.add_row(name, escape(text))
    if told := _balance(target, lake):
        table.add_row("ledger", escape(told))
    usage = spending.measure(target, found, lake, seen.stored_bytes, now)
    prices = price.price_list(target.region, given.prices or price.OURS)
    table.add_row("so far", _spent(target, prices, usage))
    table.add_row("a month", _month(found, prices, seen.rate))
    console.print(table)
    return 0 if found.status in WHOLE else 1


def _balance(target: Target, lake: Lake) -> str:
    """What came in and what became of it, where that is told; empty on AWS."""
    endpoint = Endpoint(target.endpoint, target.session, target.region)
    if not endpoint.is_afluente:
        return ""
    try:
        return str(balance(endpoint.positions(lake.delivery_stream)) or "")
    except PassportError as error:
        return str(error)


def _stack(found: Stack, now: datetime) -> str:
    text = f"{found.name}: {found.status}, made {ago(found.created, now)}"
    until = lifetime.expires(found)
    if until is None:
        return text
    if until <= now:
        return f"{text}, [red]expired {ago(until, now)}: `afluente destroy --expired` removes it[/]"
    return f"{text}, to live until {until:%Y-%m-%d %H:%M} UTC"


def _next(target: Target, found: Stack) -> str:
    """What to do about a stack that is no lake."""
    if found.is_busy:
        return "CloudFormation is at work: look again, or repeat the command, which waits for it"
    if found.status == stack.IN_REVIEW:
        return "a deployment was stopped before it began: `afluente deploy` begins it, `afluente destroy` removes it"
    reason = stack.failure(target.client("cloudformation"), found.id)
    return f"{reason}. `afluente destroy` removes the rest; then deploy again"


def _rows(seen: State, now: datetime) -> Iterator[tuple[str, str]]:
    yield "stream", _stream(seen)
    yield "delivery", _delivery(seen, now)
    yield "crawler", _crawler(seen.crawler, now)
    yield "job", _job(seen.job_runs, now)
    yield "lake", _contents(seen.lake, now)


def _stream(seen: State) -> str:
    if not seen.stream:
        return "missing"
    mode = seen.stream.get("StreamModeDetails", {}).get("StreamMode", "PROVISIONED")
    return (
        f"{seen.stream['StreamName']}: {seen.stream['StreamStatus']}, {seen.stream['OpenShardCount']} shards ({mode}), "
        f"{seen.recent_records:,} records in the last hour"
    )


def _delivery(seen: State, now: datetime) -> str:
    if not seen.delivery:
        return "missing"
    text = f"{seen.delivery['DeliveryStreamStatus']}; {_contents(seen.raw, now)}"
    if seen.failed.objects:
        text += f"; {seen.failed.objects:,} objects under errors/: `afluente doctor delivery` explains them"
    return text


def _contents(held: Contents, now: datetime) -> str:
    if held.newest_at is None:
        return "no objects yet"
    newest = f"the newest {ago(held.newest_at, now)}: {held.newest_key}"
    amount = f"{held.objects:,} objects, {held.size_bytes / 1024**2:,.1f} MB"
    return f"{QUALIFIED[held.source].format(amount)}, {newest}"


def _crawler(crawler: dict[str, Any], now: datetime) -> str:
    if not crawler:
        return "missing"
    last = crawler.get("LastCrawl")
    return f"{crawler['State']}, " + (
        f"last crawl {last['Status']} {ago(last['StartTime'], now)}" if last else "never crawled"
    )


def _job(runs: list[dict[str, Any]], now: datetime) -> str:
    if not runs:
        return "no run yet; it follows the first crawl"
    last = runs[0]
    text = f"{len(runs):,} runs, the last {last['JobRunState']} {ago(last['StartedOn'], now)}"
    return f"{text}: {last['ErrorMessage']}" if last.get("ErrorMessage") else text


def _month(found: Stack, prices: PriceList, rate: float) -> str:
    usd = total(bill(workload_of(found.parameters, rate), prices))
    return f"about {usd:,.2f} US dollars at {rate:,.4g} readings a second, as of late; `afluente cost` has the lines"


def _spent(target: Target, prices: PriceList, usage: spending.Usage) -> str:
    lines = list(spending.lines(usage, prices))
    parts = ", ".join(f"{line.service} {line.what} {line.usd:,.2f}" for line in lines if line.usd >= 0.005)
    local = " on AWS; here it costs nothing" if target.is_local else ""
    return f"about {total(lines):,.2f} US dollars{local}" + (f" ({parts})" if parts else "") + ", without queries"


def ago(moment: datetime, now: datetime) -> str:
    """How long ago that was, in its largest unit."""
    seconds = max(0, int((now - moment).total_seconds()))
    for unit_s, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * unit_s:
            return f"{seconds // unit_s} {unit} ago"
    return f"{seconds} s ago"
