"""A month's bill: what it grows with, and what it does not."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afluente.bill.advice import advice
from afluente.bill.line import Line
from afluente.bill.month import bill, deliveries, total
from afluente.bill.price import NAMES, price_list
from afluente.bill.workload import Workload

PRICES = price_list("us-east-1")
FARM = Workload(readings_per_s=36)


def line(lines: list[Line], service: str, what: str) -> Line:
    (found,) = [item for item in lines if (item.service, item.what) == (service, what)]
    return found


def test_the_farms_first_month_line_by_line() -> None:
    lines = bill(FARM, PRICES)
    readings = 36 * 730 * 3600
    assert line(lines, "Kinesis", "shards").usd == pytest.approx(730 * 0.015)
    assert line(lines, "Kinesis", "records in").usd == pytest.approx(readings / 1e6 * 0.014)
    assert line(lines, "Firehose", "delivery").usd == pytest.approx(readings * 5120 / 2**30 * 0.029)
    assert line(lines, "S3", "raw readings").usd == pytest.approx(readings * 96 / 2**30 / 2 * 0.023)
    assert line(lines, "Glue", "crawler").usd == pytest.approx(730 / 6 * 2 / 6 * 0.44)
    assert line(lines, "Glue", "job").usd == pytest.approx(730 / 6 * 2 * 90 / 3600 * 0.44)
    assert 40 < total(lines) < 55


def test_nothing_to_do_still_costs_the_shard_and_nothing_else_of_weight() -> None:
    lines = bill(Workload(readings_per_s=0, crawls=0, queries_per_day=0), PRICES)
    assert total(lines) == pytest.approx(730 * 0.015, rel=0.01)


def test_a_stream_on_demand_is_billed_by_the_hour_and_the_kilobyte() -> None:
    lines = bill(replace(FARM, shards=None), PRICES)
    billed_gb = FARM.readings * 1024 / 2**30
    assert line(lines, "Kinesis", "stream on demand").usd == pytest.approx(730 * 0.04)
    assert line(lines, "Kinesis", "data in").usd == pytest.approx(billed_gb * 0.08)
    assert line(lines, "Kinesis", "data out, to Firehose").usd == pytest.approx(billed_gb * 0.04)


@given(st.floats(0, 5000), st.integers(1, 36), st.floats(0, 2000), st.floats(0, 500))
def test_the_bill_never_shrinks_with_the_months_nor_with_more_to_do(
    rate: float, month: int, crawls: float, queries: float
) -> None:
    work = Workload(readings_per_s=rate, crawls=crawls, queries_per_day=queries)
    usd = total(bill(work, PRICES, month))
    assert usd >= 0
    assert usd <= total(bill(work, PRICES, month + 1)) + 1e-9
    for more in (
        replace(work, readings_per_s=rate * 2), replace(work, crawls=crawls + 10),
        replace(work, queries_per_day=queries + 1),
    ):  # fmt: skip
        assert usd <= total(bill(more, PRICES, month)) + 1e-9


def test_storage_grows_and_streaming_does_not() -> None:
    first, later = bill(FARM, PRICES), bill(FARM, PRICES, 12)
    assert line(later, "S3", "raw readings").usd == pytest.approx(23 * line(first, "S3", "raw readings").usd)
    for service, what in (("Kinesis", "shards"), ("Firehose", "delivery"), ("Glue", "crawler")):
        assert line(first, service, what) == line(later, service, what)


def test_queries_of_a_few_days_do_not_grow_with_the_lake() -> None:
    week = replace(FARM, days_per_query=7)
    assert line(bill(week, PRICES, 6), "Athena", "queries") == line(bill(week, PRICES, 30), "Athena", "queries")


@pytest.mark.parametrize(
    ("rate", "interval_s", "objects"),
    [(36, 60, 730 * 60), (36, 900, 730 * 4), (0.001, 60, 2628), (10_000, 60, 10_000 * 96 * 2_628_000 / (5 * 2**20))],
)
def test_firehose_delivers_by_time_or_by_size(rate: float, interval_s: int, objects: float) -> None:
    assert deliveries(Workload(readings_per_s=rate, delivery_s=interval_s)) == pytest.approx(objects)


def test_advice_names_what_costs_and_what_would_be_throttled() -> None:
    hourly = replace(FARM, crawls=730.0)
    said = " ".join(advice(hourly, PRICES, bill(hourly, PRICES)))
    assert "--schedule" in said
    assert "--shards" not in said
    fast = Workload(readings_per_s=2500, crawls=30)
    said = " ".join(advice(fast, PRICES, bill(fast, PRICES)))
    assert "--shards 3" in said
    assert "Firehose" in said
    quiet = Workload(readings_per_s=0.1, crawls=0, queries_per_day=0)
    assert list(advice(quiet, PRICES, bill(quiet, PRICES))) == []


def test_what_is_not_recorded_for_a_region_is_taken_high_and_said() -> None:
    prices = price_list("sa-east-1")
    assert (prices.dpu_hour.usd, prices.dpu_hour.assumed) == (0.69, False)
    assert (prices.shard_hour.usd, prices.shard_hour.assumed) == (0.03, True)
    assert "sa-east-1" in " ".join(advice(FARM, prices, bill(FARM, prices)))


def test_every_region_has_every_price() -> None:
    for region in ("us-east-1", "us-east-2", "us-west-2", "eu-west-1", "eu-central-1", "sa-east-1", "mars-north-1"):
        prices = price_list(region)
        assert all(getattr(prices, name).usd > 0 for name in NAMES)
        assert any(getattr(prices, name).assumed for name in NAMES) == (not region.startswith("us-"))
