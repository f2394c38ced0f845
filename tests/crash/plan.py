"""How one life of the server ends, as the harness plans it and the launcher carries it out."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """point: `before fsync staged file` and the like; None: the harness ends it. count: at its n-th passing.

    power: with a power cut instead of a kill. skipped: syncs that are not done, to see whether that is noticed.
    clock_ms: how far the clock is ahead of the machine's.
    The paths are where the launcher leaves what it saw and what was not safe, and where it finds the present fault.
    """

    data: str
    backups: str
    report: str
    outage: str
    fault: str
    point: str | None = None
    count: int = 1
    power: bool = False
    skipped: Sequence[str] = ()
    clock_ms: int = 0

    def encode(self) -> str:
        """For the environment."""
        return json.dumps(asdict(self))

    @staticmethod
    def decode(text: str) -> "Plan":
        """What `encode` made."""
        return Plan(**json.loads(text))
