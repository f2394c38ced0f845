"""What a lake has cost so far, from what was measured."""

import pytest

from afluente.bill.month import total
from afluente.bill.price import price_list
from afluente.deployment.spending import Usage, lines

PRICES = price_list("us-east-1")
NOTHING = Usage(hours=0, shards=1, records=0, record_bytes=1, crawls=0, crawl_s=0, runs=0, run_dpu_s=0, stored_bytes=0)


def usd(**measured: float) -> dict[str, float]:
    usage = Usage(**{**{name: getattr(NOTHING, name) for name in Usage.__slots__}, **measured})
    return {f"{line.service} {line.what}": line.usd for line in lines(usage, PRICES)}


def test_nothing_costs_nothing() -> None:
    assert total(lines(NOTHING, PRICES)) == 0


def test_hours_shards_and_records_are_priced_as_in_the_bill() -> None:
    found = usd(hours=24, shards=4, records=100 * 86_400, record_bytes=35 * 1024)
    assert found["Kinesis shards"] == pytest.approx(1.44)
    assert found["Kinesis records in"] == pytest.approx(0.2419, abs=0.0001)
    assert found["Firehose delivery"] == pytest.approx(100 * 86_400 * 35 * 1024 / 2**30 * 0.029)


def test_a_stream_on_demand_costs_by_the_hour_without_a_record() -> None:
    assert usd(hours=730, shards=None)["Kinesis stream on demand"] == pytest.approx(29.2)  # type: ignore[arg-type]


def test_crawls_and_runs_cost_their_dpu_hours() -> None:
    found = usd(crawls=3, crawl_s=3 * 600, runs=2, run_dpu_s=2 * 60 * 2)
    assert found["Glue crawler"] == pytest.approx(3 * 2 / 6 * 0.44)
    assert found["Glue job"] == pytest.approx(4 / 60 * 0.44)


def test_storage_grew_evenly_to_what_is_there_now() -> None:
    assert usd(hours=730, stored_bytes=10 * 2**30)["S3 buckets"] == pytest.approx(5 * 0.023)
