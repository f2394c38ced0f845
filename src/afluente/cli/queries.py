"""`afluente queries`: the last queries of Athena, what they scanned, and what that costs on AWS."""

import argparse
import json
import os
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from afluente.bill import price
from afluente.bill.price import PriceList
from afluente.bill.query import billed_bytes, usd
from afluente.cli.error import CommandError
from afluente.core.setting import Settings
from afluente.deployment.error import DeploymentError, told_kindly
from afluente.deployment.target import Target, connect

BATCH = 50
"""The most that BatchGetQueryExecution takes."""

MB = 1024**2

Execution = dict[str, Any]


def run(given: argparse.Namespace, _: Settings) -> int:
    """Print them, the newest first."""
    try:
        with told_kindly():
            target = connect(given.profile, given.region, given.endpoint_url, os.environ)
            found = _executions(target, given.work_group, given.last)
    except DeploymentError as error:
        raise CommandError(str(error)) from None
    prices = price.price_list(target.region, given.prices or price.OURS)
    if given.json:
        print(json.dumps([_plain(execution, prices) for execution in found], indent=2))
    else:
        _show(Console(highlight=False), target, found, prices)
    return 0


def _executions(target: Target, work_group: str | None, last: int) -> list[Execution]:
    """The last that were submitted, of one work group or of all. AWS lists each group's newest first."""
    athena = target.client("athena")
    groups = [work_group] if work_group else list(_work_groups(athena))
    ids = [id for group in groups for id in _ids(athena, group, last)]
    found: list[Execution] = []
    for start in range(0, len(ids), BATCH):
        answer = athena.batch_get_query_execution(QueryExecutionIds=ids[start : start + BATCH])
        found += answer["QueryExecutions"]
    return sorted(found, key=_submitted, reverse=True)[:last]


def _work_groups(athena: Any) -> Iterator[str]:
    token: dict[str, str] = {}
    while True:
        page = athena.list_work_groups(**token)
        yield from (group["Name"] for group in page["WorkGroups"])
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


def _ids(athena: Any, group: str, most: int) -> list[str]:
    pages = athena.get_paginator("list_query_executions").paginate(
        WorkGroup=group, PaginationConfig={"MaxItems": most, "PageSize": min(most, BATCH)}
    )
    return [id for page in pages for id in page["QueryExecutionIds"]]


def _submitted(execution: Execution) -> Any:
    return execution["Status"]["SubmissionDateTime"]


def _plain(execution: Execution, prices: PriceList) -> dict[str, Any]:
    return {
        "id": execution["QueryExecutionId"],
        "submitted": _submitted(execution).isoformat(),
        "work_group": execution["WorkGroup"],
        "state": execution["Status"]["State"],
        "milliseconds": _statistic(execution, "TotalExecutionTimeInMillis"),
        "scanned_bytes": _statistic(execution, "DataScannedInBytes"),
        "billed_bytes": billed_bytes(execution),
        "usd": usd(execution, prices),
        "query": execution["Query"],
    }


def _statistic(execution: Execution, name: str) -> int:
    return int(execution.get("Statistics", {}).get(name, 0))


def _show(console: Console, target: Target, found: list[Execution], prices: PriceList) -> None:
    if not found:
        console.print(f"No query has run yet at {target}.")
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("submitted", "state", "took", "scanned", "billed", "USD"):
        table.add_column(name, no_wrap=True, justify="left" if name in {"submitted", "state"} else "right")
    table.add_column("query", no_wrap=True, overflow="ellipsis", ratio=1)
    for execution in found:
        table.add_row(
            f"{_submitted(execution):%m-%d %H:%M:%S}",
            execution["Status"]["State"],
            f"{_statistic(execution, 'TotalExecutionTimeInMillis') / 1000:,.2f} s",
            f"{_statistic(execution, 'DataScannedInBytes') / MB:,.2f} MB",
            f"{billed_bytes(execution) / MB:,.0f} MB",
            f"{usd(execution, prices):.6f}",
            Text(" ".join(execution["Query"].split())),
        )
    console.print(table)
    sum_usd = sum(usd(execution, prices) for execution in found)
    here = " on AWS; here they cost nothing" if target.is_local else ""
    console.print(
        f"{len(found):,} queries: {sum_usd:.6f} US dollars{here}. Each is billed what it scans, up to the next MB and "
        "10 MB at least; what fails, and DDL, is free."
    )
