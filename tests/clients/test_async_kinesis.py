"""async-kinesis, a producer and consumer library that nobody here wrote, in its own environment."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from afluente.core.clock import SystemClock

PROGRAM = Path(__file__).parent / "programs" / "async_kinesis.py"


@pytest.fixture
def clock() -> SystemClock:
    """The machine's: the library paces itself by it."""
    return SystemClock()


def test_producer_and_consumer_with_checkpoints(command: Callable[..., str]) -> None:
    found = json.loads(command("python", str(PROGRAM)).splitlines()[-1])
    assert found["first"] == list(range(30))
    assert found["second"] == list(range(30, 50))
    assert found["checkpoints"] == ["shardId-000000000000", "shardId-000000000001"]


def test_moto_imports(command: Callable[..., str]) -> None:
    """The peer that others are measured against."""
    assert command("python", "-c", "import moto.server; print(moto.__version__)")
