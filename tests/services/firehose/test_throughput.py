"""The quotas of direct puts per second."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.services.firehose.world import World

from afluente.services.firehose.error import ServiceUnavailableException
from afluente.services.firehose.throughput import Quota, Quotas, Throughput


@pytest.fixture
def limited(world: World) -> World:
    world.engine._quotas = Quotas(True)
    world.create()
    return world


def test_put_record_batch_beyond_the_bytes_of_a_second(limited: World) -> None:
    record = b"x" * (1 << 19)
    assert limited.put(*[record] * 8)["FailedPutCount"] == 0
    answer = limited.put(*[record] * 8)
    assert answer["FailedPutCount"] == 6
    refused: list[Any] = answer["RequestResponses"][2:]
    assert refused == [{"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."}] * 6
    with pytest.raises(ServiceUnavailableException, match=r"^Slow down\.$"):
        limited.ask("put_record", DeliveryStreamName="d", Record={"Data": b"x"})
    limited.advance(0.1)
    limited.ask("put_record", DeliveryStreamName="d", Record={"Data": record})


def test_put_record_beyond_the_requests_of_a_second() -> None:
    throughput = Throughput(Quota.of("us-east-1"))
    assert [throughput.admit([1], 1000) for _ in range(2001)] == [1] * 2000 + [0]
    assert throughput.admit([1], 1001) == 1


@given(st.lists(st.tuples(st.lists(st.integers(0, 5), min_size=1, max_size=5), st.integers(0, 700)), max_size=40))
def test_throughput_never_gives_more_than_a_quota_and_what_grew_back(
    requests: list[tuple[list[int], int]],
) -> None:
    quota = Quota(10, 6, 20)
    throughput, now_ms = Throughput(quota), 1000
    taken = [0, 0, 0]
    for sizes, pause_ms in requests:
        admitted = throughput.admit(sizes, now_ms)
        if admitted:
            taken = [taken[0] + admitted, taken[1] + 1, taken[2] + sum(sizes[:admitted])]
        elapsed_s = (now_ms - 1000) / 1000
        assert all(used <= most * (1 + elapsed_s) + 1e-6 for used, most in zip(taken, quota, strict=True))
        now_ms += pause_ms
