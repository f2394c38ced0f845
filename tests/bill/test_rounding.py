"""AWS's own examples of how it rounds, as its pricing pages have them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afluente.bill import glue, stream
from afluente.bill.line import Line
from afluente.bill.month import total
from afluente.bill.price import price_list
from afluente.bill.query import billed_bytes
from afluente.bill.rounding import (
    GB,
    KB,
    MB,
    athena_bytes,
    crawl_seconds,
    firehose_bytes,
    job_run_seconds,
    on_demand_bytes,
    put_payload_units,
)
from afluente.bill.workload import runs_per_month

PRICES = price_list("us-east-1")
START = datetime(2026, 11, 26, tzinfo=UTC)


def usd(lines: object, what: str) -> float:
    assert isinstance(lines, list)
    (found,) = [line for line in lines if isinstance(line, Line) and line.what == what]
    return found.usd


@pytest.mark.parametrize(
    ("size", "units"), [(5 * KB, 1), (45 * KB, 2), (1_000_000, 40), (25 * KB, 1), (25 * KB + 1, 2)]
)
def test_put_payload_units(size: int, units: int) -> None:
    assert put_payload_units(size) == units


def test_a_stream_of_four_shards_and_100_records_of_35_kb_a_second_is_1_68_a_day() -> None:
    lines = list(stream.provisioned(4 * 24, 100 * 86_400, 35 * KB, PRICES))
    assert round(usd(lines, "shards"), 2) == 1.44
    assert round(usd(lines, "records in"), 2) == 0.24
    assert round(total(lines) * 31, 2) == 52.14


def test_on_demand_counts_a_record_of_4_5_kb_as_5_kb() -> None:
    assert on_demand_bytes(4 * KB + 512) == 5 * KB


@pytest.mark.parametrize(("size", "billed"), [(3, 5), (5, 5), (12, 15)])
def test_firehose_bills_in_increments_of_5_kb(size: int, billed: int) -> None:
    assert firehose_bytes(size * KB) == billed * KB


def test_firehose_rounds_each_record_and_not_the_request_that_carries_them() -> None:
    (line,) = stream.delivery(2, 1 * KB, PRICES)
    assert line.quantity * GB == pytest.approx(10 * KB)


def test_conversion_is_billed_on_the_same_gigabytes() -> None:
    delivery, conversion = stream.delivery(1_000_000, 3 * KB, PRICES, converted=True)
    assert delivery.quantity == conversion.quantity == pytest.approx(1_000_000 * 5 * KB / GB)
    assert (delivery.price.usd, conversion.price.usd) == (0.029, 0.018)


def test_a_job_of_6_dpus_and_15_minutes_is_0_66() -> None:
    assert total(glue.job_runs(1, 15 * 60, 6, PRICES)) == pytest.approx(0.66)


@pytest.mark.parametrize(("ran_s", "crawl", "run"), [(1, 600, 60), (60.2, 600, 61), (600.1, 601, 601)])
def test_a_crawl_is_ten_minutes_at_least_and_a_run_one(ran_s: float, crawl: int, run: int) -> None:
    assert (crawl_seconds(ran_s), job_run_seconds(ran_s)) == (crawl, run)


def test_a_crawl_of_2_dpus_is_billed_for_ten_minutes() -> None:
    assert total(glue.crawls(1, 30, 2, PRICES)) == pytest.approx(2 * 10 / 60 * 0.44)


@pytest.mark.parametrize(("scanned", "billed"), [(0, 10), (1, 10), (10 * MB, 10), (10 * MB + 1, 11), (3 * GB, 3072)])
def test_athena_bills_begun_megabytes_and_ten_at_least(scanned: int, billed: int) -> None:
    assert athena_bytes(scanned) == billed * MB


def test_the_catalogs_first_million_is_free() -> None:
    assert total(glue.catalog(1_000_000, 1_000_000, PRICES)) == 0
    assert total(glue.catalog(1_100_000, 3_000_000, PRICES)) == pytest.approx(1 + 2)


@given(st.integers(0, 10 * MB))
def test_what_is_billed_is_never_less_than_what_is_there(size: int) -> None:
    assert put_payload_units(size) * 25 * KB >= size
    assert 0 <= firehose_bytes(size) - size <= 5 * KB
    assert 0 <= on_demand_bytes(size) - size <= KB
    assert firehose_bytes(size) % (5 * KB) == athena_bytes(size) % MB == 0


@pytest.mark.parametrize(
    ("schedule", "runs"),
    [
        ("cron(0 * * * ? *)", 730),
        ("cron(15 0/6 * * ? *)", 730 / 6),
        ("cron(0 1 * * ? *)", 365 / 12),
        ("cron(0 1 1 * ? *)", 1),
        ("cron(0/5 * * * ? *)", 8760),
        ("cron(0 8-17 ? * MON-FRI *)", 10 * 261 / 12),
        ("cron(0 1 * * ? 1999)", 0),
    ],
)
def test_runs_of_a_schedule(schedule: str, runs: float) -> None:
    assert runs_per_month(schedule, START) == pytest.approx(runs, rel=0.03)


def test_what_is_no_schedule_is_refused() -> None:
    with pytest.raises(ValueError, match="six are needed"):
        runs_per_month("cron(0 * * * *)", START)


@pytest.mark.parametrize(
    ("state", "kind", "scanned", "reused", "billed"),
    [
        ("SUCCEEDED", "DML", 1, False, 10 * MB),
        ("SUCCEEDED", "DML", 11 * MB + 1, False, 12 * MB),
        ("SUCCEEDED", "DML", 0, True, 0),
        ("SUCCEEDED", "DDL", 0, False, 0),
        ("SUCCEEDED", "DDL", 1, False, 10 * MB),
        ("FAILED", "DML", 20 * MB, False, 0),
        ("CANCELLED", "DML", 20 * MB, False, 20 * MB),
        ("CANCELLED", "DML", 0, False, 0),
    ],
)  # fmt: skip
def test_a_query_is_billed_by_what_it_scanned(state: str, kind: str, scanned: int, reused: bool, billed: int) -> None:
    statistics = {"DataScannedInBytes": scanned, "ResultReuseInformation": {"ReusedPreviousResult": reused}}
    execution = {"Status": {"State": state}, "StatementType": kind, "Statistics": statistics}
    assert billed_bytes(execution) == billed
