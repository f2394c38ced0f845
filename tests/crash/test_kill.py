"""Death at any moment under load: nothing acknowledged is lost, nothing is there twice, nothing is half done.

AFLUENTE_CRASHES says how many deaths (default 2), AFLUENTE_CRASH_SEED repeats a run.
"""

import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.crash.campaign import Campaign
from tests.crash.victim import Coverage, Victim

CRASHES = int(os.environ.get("AFLUENTE_CRASHES", "2"))
SEED = int(os.environ.get("AFLUENTE_CRASH_SEED", random.SystemRandom().randrange(1 << 32)))
LIVES = 25
"""Deaths on one data folder; then the ledger must balance, and the next campaign begins with a folder of its own."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the named points need /proc")


@pytest.fixture(scope="module")
def coverage() -> Iterator[Coverage]:
    coverage = Coverage()
    yield coverage
    print(coverage)


@pytest.mark.parametrize("number", range(-(-CRASHES // LIVES)))
def test_death_loses_nothing_doubles_nothing(number: int, coverage: Coverage, tmp_path: Path) -> None:
    seed = SEED + number
    print(f"AFLUENTE_CRASH_SEED={seed} AFLUENTE_CRASHES={min(CRASHES, LIVES)}")
    victim = Victim(tmp_path / "data", random.Random(seed), coverage)
    campaign = Campaign(victim, seed)

    def die_again_and_again() -> None:
        victim.kill()
        for _ in range(min(CRASHES, LIVES)):
            print(victim.live_and_die(), flush=True)
            campaign.assert_no_failure()
        victim.start()

    try:
        campaign.run(die_again_and_again)
    finally:
        victim.kill()
