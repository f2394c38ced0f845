"""Rates of the control plane, through the door that users use."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.conftest import clients

from afluente.app import App
from afluente.core.clock import ManualClock
from afluente.core.setting import Settings
from afluente.services.kinesis.error import LimitExceededException
from afluente.services.kinesis.rate import KEPT_BUCKETS, RATES, Rates
from afluente.wire.model import load


@pytest.fixture
def limited(settings: Settings, clock: ManualClock) -> Iterator[Any]:
    """A client of an Afluente that limits the control plane, as it does by default."""
    app = App(dataclasses.replace(settings, kinesis_control_limits=True, kinesis_create_delay_ms=60_000), clock)
    app.start()
    yield clients(app.endpoint)("kinesis")
    app.stop()


def test_rates_name_operations_that_there_are() -> None:
    model = load("kinesis")
    assert all(model.operation(name) for name in RATES)


def test_list_streams_five_times_a_second(limited: Any, clock: ManualClock) -> None:
    for _ in range(5):
        limited.list_streams()
    with pytest.raises(ClientError) as error:
        limited.list_streams()
    assert error.value.response["Error"] == {
        "Code": "LimitExceededException",
        "Message": "Rate exceeded for account 000000000000.",
    }
    clock.advance(0.2)
    limited.list_streams()


def test_describe_stream_ten_times_a_second_whatever_the_stream(limited: Any) -> None:
    limited.create_stream(StreamName="wind", ShardCount=1)
    for number in range(10):
        with pytest.raises(limited.exceptions.ResourceNotFoundException):
            limited.describe_stream(StreamName=f"other-{number}")
    with pytest.raises(limited.exceptions.LimitExceededException) as error:
        limited.describe_stream(StreamName="wind")
    assert error.value.response["Error"]["Message"] == "Rate exceeded for stream wind under account 000000000000."


def test_create_stream_while_five_are_creating(limited: Any, clock: ManualClock) -> None:
    for number in range(5):
        limited.create_stream(StreamName=f"s{number}", ShardCount=1)
    clock.advance(1)
    with pytest.raises(limited.exceptions.LimitExceededException, match="5 streams in the CREATING state"):
        limited.create_stream(StreamName="s5", ShardCount=1)
    clock.advance(59)
    limited.create_stream(StreamName="s5", ShardCount=1)


def test_rates_of_a_stream_are_its_own() -> None:
    clock = ManualClock()
    rates = Rates(clock)
    keys = [("0", "r", name) for name in ("a", "b")]
    for key in keys:
        for _ in range(5):
            rates.admit("SplitShard", "0", "r", key)
        with pytest.raises(LimitExceededException):
            rates.admit("SplitShard", "0", "r", key)
    rates.admit("PutRecords", "0", "r", keys[0])  # has no rate


def test_rates_of_many_streams_are_forgotten_when_they_are_full_again() -> None:
    clock = ManualClock()
    rates = Rates(clock)
    for number in range(3 * KEPT_BUCKETS):
        rates.admit("SplitShard", "0", "r", ("0", "r", str(number)))
        clock.advance(0.2)
    assert len(rates._buckets) <= KEPT_BUCKETS  # memory is what is promised
