from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.services.kinesis.stand import Stand


@pytest.fixture
def make_stand(tmp_path: Path) -> Iterator[Callable[..., Stand]]:
    stands: list[Stand] = []

    def make(**settings: object) -> Stand:
        stand = Stand(tmp_path / str(len(stands)), **settings)
        stands.append(stand)
        return stand

    yield make
    for stand in stands:
        stand.close()


@pytest.fixture
def stand(make_stand: Callable[..., Stand]) -> Stand:
    """Kinesis without shard limits, whose streams are ACTIVE at once."""
    return make_stand()
