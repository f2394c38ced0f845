"""A server that is made to die: at random, or at a named point; by a kill, or by a power cut."""

import json
import resource
import signal
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.crash import autopsy
from tests.crash.fault import Fault
from tests.crash.plan import Plan
from tests.crash.power import Outage
from tests.crash.server import Server

LIFE_S = 2.5
"""A planned point that is not passed within this time is not waited for."""

LIFE_MS = 20_000
"""How much time passes for the server in each life, so that what takes a minute happens too."""


@dataclass(slots=True)
class Coverage:
    """How often each point was passed in one life, at most, and how often the server died there."""

    passed: Counter[str] = field(default_factory=Counter)
    died: Counter[str] = field(default_factory=Counter)
    cut: Counter[str] = field(default_factory=Counter)

    def least(self, random: Random) -> str | None:
        """One of the points where it died least often."""
        fewest = min((self._deaths(point) for point in self.passed), default=0)
        return random.choice(sorted(point for point in self.passed if self._deaths(point) == fewest) or [None])

    def _deaths(self, point: str) -> int:
        return self.died[point] + self.cut[point]

    def __str__(self) -> str:
        lines = [f"{self.died[point]:5} {self.cut[point]:5}  {point}" for point in sorted(self.passed)]
        lines.append(f"{self.died.total():5} {self.cut.total():5}  in all, {len(self.passed)} points")
        return "\n".join(["kills  cuts", *lines])


class Victim(Server):
    """Lives and dies; every death is followed by what a power cut takes, if it was one."""

    module = "tests.crash.launcher"

    def __init__(self, folder: Path, random: Random, coverage: Coverage) -> None:
        super().__init__(folder)
        self.coverage = coverage
        self._random = random
        self._report, self._outage = folder.parent / "seen.json", folder.parent / "outage.json"
        self._fault = folder.parent / "fault.json"
        self._backups = folder.parent / "backups"
        self._backups.mkdir()

    def start(self) -> None:
        """Start it for good."""
        assert self.begin(self.environment()), self.log()

    def live_and_die(self) -> str:
        """One life, from the start to its end; what it was, as text."""
        fate, random = self._random.random(), self._random
        power = random.random() < 0.5
        point = self.coverage.least(random) if fate < 0.7 else None
        died = not self.begin(self._planned(point, power=power)) or self.dies(LIFE_S if point else random.random() * 2)
        if not died:
            self.kill(signal.SIGUSR1 if power else signal.SIGKILL)
        else:
            self.kill()
        if died and point:
            (self.coverage.cut if power else self.coverage.died)[point] += 1
        lost = self._aftermath(power=power)
        autopsy.check_objects(self.folder)
        return f"{'cut' if power else 'kill'} {point if died else '-'} {lost}"

    def suffer(self, fault: Fault) -> None:
        """From now on `fault` is in effect."""
        fault.save(self._fault)
        self.signal(signal.SIGUSR2)
        while self._fault.stat().st_size:
            self.live(0.01)

    def jump_ahead(self, seconds: int) -> None:
        """Have so much time pass at once."""
        self.suffer(Fault(clock_ms=seconds * 1000))

    def limit_files(self, size_bytes: int) -> None:
        """From now on the system itself lets no file grow beyond that; -1: no limit."""
        assert self._process is not None
        resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (size_bytes, resource.RLIM_INFINITY))

    def cut_power(self, share: float | None = None) -> str:
        """Cut it off now; what that took, as text. `share`: of what is not safe, by default by chance."""
        self.kill(signal.SIGUSR1)
        return self._aftermath(power=True, share=share)

    def environment(self, **plan: Any) -> dict[str, str]:
        """What a life with that plan needs."""
        paths = (self.folder, self._backups, self._report, self._outage, self._fault)
        folder, backups, report, outage, fault = map(str, paths)
        made = Plan(folder, backups, report, outage, fault, clock_ms=self.starts * LIFE_MS, **plan)
        return {"AFLUENTE_CRASH_PLAN": made.encode()}

    def _planned(self, point: str | None, *, power: bool) -> dict[str, str]:
        count = 1
        if point is not None:
            count = self._random.randint(1, max(1, min(12, self.coverage.passed[point] // 2)))
        return self.environment(point=point, count=count, power=power)

    def _aftermath(self, *, power: bool, share: float | None = None) -> str:
        if self._report.exists():
            for point, count in json.loads(self._report.read_text()).items():
                self.coverage.passed[point] = max(count, self.coverage.passed[point])
            self._report.unlink()
        lost = ""
        if power and self._outage.exists():
            lost = Outage.load(self._outage).happen(self._random, share)
            self._outage.rename(self._outage.with_suffix(".last"))
        for backup in self._backups.iterdir():
            backup.unlink()
        return lost
