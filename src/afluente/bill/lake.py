"""What S3, Athena and CloudWatch Logs bill. Pages: see rounding.py."""

from collections.abc import Iterator

from afluente.bill.line import Line
from afluente.bill.price import PriceList
from afluente.bill.rounding import GB, TB, athena_bytes


def storage(what: str, stored_bytes: float, prices: PriceList, months: float = 1) -> Iterator[Line]:
    """`stored_bytes`, on average over `months`."""
    yield Line("S3", what, stored_bytes / GB * months, "GB months", prices.s3_gb_month)


def requests(writes: float, reads: float, prices: PriceList, note: str = "") -> Iterator[Line]:
    """`writes`: PUT, COPY, POST and LIST. `reads`: GET and all others."""
    yield Line("S3", "writes and listings", writes / 1e3, "k requests", prices.s3_writes_thousand, note)
    yield Line("S3", "reads", reads / 1e3, "k requests", prices.s3_reads_thousand)


def queries(count: float, scanned_bytes: float, prices: PriceList) -> Iterator[Line]:
    """`count` queries that scan `scanned_bytes` each."""
    billed = athena_bytes(int(scanned_bytes))
    note = f"{count:,.0f} queries; each is billed {billed / 1024**2:,.0f} MB, ten at least"
    yield Line("Athena", "queries", count * billed / TB, "TB", prices.athena_tb, note)


def logs(in_bytes: float, kept_bytes: float, prices: PriceList) -> Iterator[Line]:
    """`in_bytes` written in the month, `kept_bytes` kept on average."""
    yield Line("CloudWatch Logs", "written", in_bytes / GB, "GB", prices.logs_in_gb)
    yield Line("CloudWatch Logs", "kept", kept_bytes / GB, "GB months", prices.logs_gb_month)
