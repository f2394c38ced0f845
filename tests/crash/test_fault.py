"""A disk that is full or fails, a clock that jumps: errors meanwhile, nothing acknowledged lost, and it goes on after.

With AFLUENTE_CRASHES over 100 (`make crash`) all faults come, and last longer; else a few.
"""

import errno
import os
import random
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from tests.crash.campaign import Campaign
from tests.crash.client import FAULTY
from tests.crash.fault import Fault
from tests.crash.victim import Coverage, Victim

SEED = int(os.environ.get("AFLUENTE_CRASH_SEED", random.SystemRandom().randrange(1 << 32)))
IS_LONG = int(os.environ.get("AFLUENTE_CRASHES", "0")) >= 100
FAULT_S = 3.0 if IS_LONG else 0.4
FEW = 2
RECOVERY_S = 30
MOST_TRACEBACKS = 60
"""In a second of a fault: of what goes on in the background. Requests are answered, not logged one by one."""

FAULTS = {
    "full disk": Fault(("write", "allocate", "make", "commit"), errno.ENOSPC),
    "disk full now and then": Fault(("write", "allocate", "make", "commit"), errno.ENOSPC, share=0.3),
    "no room to allocate": Fault(("allocate",), errno.ENOSPC),
    "failing syncs": Fault(("sync",), errno.EIO),
    "syncs failing now and then": Fault(("sync",), errno.EIO, share=0.2),
    "failing writes": Fault(("write", "make"), errno.EIO),
    "failing renames": Fault(("rename",), errno.EIO),
    "failing commits": Fault(("commit",), errno.EIO),
    "short writes": Fault(is_short=True),
    "clock an hour ahead": Fault(clock_ms=3_600_000),
    "clock an hour behind": Fault(clock_ms=-3_600_000),
}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the faults need /proc")


def test_faults_pass(tmp_path: Path) -> None:
    print(f"AFLUENTE_CRASH_SEED={SEED}")
    victim = Victim(tmp_path / "data", random.Random(SEED), Coverage())
    campaign = Campaign(victim, SEED, FAULTY)

    def suffer() -> None:
        names = sorted(FAULTS)
        random.Random(SEED).shuffle(names)
        for name in names[: len(names) if IS_LONG else FEW]:
            during(campaign, victim, name, partial(victim.suffer, FAULTS[name]), partial(victim.suffer, Fault()))
        during(campaign, victim, "file limit", partial(victim.limit_files, 4096), partial(victim.limit_files, -1))
        victim.cut_power()
        victim.start()

    try:
        campaign.run(suffer)
    finally:
        victim.kill()


def during(campaign: Campaign, victim: Victim, name: str, begin: Callable[[], None], end: Callable[[], None]) -> None:
    """One fault, from its begin to its end; then every client must get on again."""
    tracebacks, before = len(victim.tracebacks()), campaign.acknowledged()
    begin()
    victim.live(FAULT_S)
    end()
    after = campaign.acknowledged()
    deadline = time.monotonic() + RECOVERY_S
    while any(count <= after[client] for client, count in campaign.acknowledged().items()):
        campaign.assert_no_failure()
        assert time.monotonic() < deadline, f"after {name}: no progress from {after} to {campaign.acknowledged()}"
        victim.live(0.05)
    told = len(victim.tracebacks()) - tracebacks
    progress = {client: count - before[client] for client, count in after.items()}
    print(f"{name}: acknowledged meanwhile {progress}, {told} tracebacks")
    assert told < MOST_TRACEBACKS * FAULT_S, name
