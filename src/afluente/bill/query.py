"""What Athena bills for one query: by what it scanned, unless it is free (https://aws.amazon.com/athena/pricing/)."""

from collections.abc import Mapping
from typing import Any

from afluente.bill.price import PriceList
from afluente.bill.rounding import TB, athena_bytes


def billed_bytes(execution: Mapping[str, Any]) -> int:
    """Of a QueryExecution that has ended: 0 for one that failed, DDL that reads nothing, and a result used again."""
    statistics = execution.get("Statistics", {})
    scanned = statistics.get("DataScannedInBytes", 0)
    reused = statistics.get("ResultReuseInformation", {}).get("ReusedPreviousResult", False)
    if execution["Status"]["State"] == "FAILED" or reused or (execution.get("StatementType") != "DML" and not scanned):
        return 0
    if execution["Status"]["State"] == "CANCELLED" and not scanned:
        return 0
    return athena_bytes(scanned)


def usd(execution: Mapping[str, Any], prices: PriceList) -> float:
    """US dollars for a QueryExecution."""
    return billed_bytes(execution) / TB * prices.athena_tb.usd
