"""Which actions every principal takes on which resources: kept while it is asked for, for `afluente policy`.

Counted in memory and written down every few seconds, so a crash loses the last of it.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from afluente.core.call import Principal
from afluente.core.clock import Clock
from afluente.core.loop import Loop
from afluente.services.iam.evaluation.pattern import Value
from afluente.services.iam.standing import Standings
from afluente.store.database import Database

EVERY_MS = 3_000
STEPS = (
    "CREATE TABLE iam_permission_use (principal TEXT NOT NULL, action TEXT NOT NULL, resource TEXT NOT NULL, "
    "passed_to TEXT NOT NULL, allowed INTEGER NOT NULL, times INTEGER NOT NULL, first_ms INTEGER NOT NULL, "
    "last_ms INTEGER NOT NULL, PRIMARY KEY (principal, action, resource, passed_to, allowed)) STRICT, WITHOUT ROWID",
)
Case = tuple[str, str, str, str, bool]


@dataclass(slots=True)
class _Seen:
    times: int
    first_ms: int
    last_ms: int


class Recorder:
    """Writes down what it is told of: a listener of the `Authority`."""

    def __init__(self, database: Database, standings: Standings, clock: Clock) -> None:
        database.migrate("iam_permission_use", STEPS)
        self._database = database
        self._standings = standings
        self._clock = clock
        self._seen: dict[Case, _Seen] = {}
        self._lock = threading.Lock()
        self._loop = Loop("iam-recorder", self._step, clock)

    def start(self) -> None:
        """Begin to write down."""
        self._loop.start()

    def stop(self) -> None:
        """Write down what is left."""
        self._loop.stop()
        self._write()

    def note(
        self,
        principal: Principal,
        action: str,
        resource: str,
        allowed: bool,
        context: Mapping[str, Value],  # as listeners are told
    ) -> None:
        """A principal has asked for this. A root without an access key is a service that looks something up."""
        if principal.kind == "root" and not principal.access_key_id:
            return
        passed_to = context.get("iam:passedtoservice", "")
        case = (self._name(principal), action, resource, str(passed_to), allowed)
        now_ms = self._clock.now_ms()
        with self._lock:
            seen = self._seen.get(case)
            if seen is None:
                self._seen[case] = _Seen(1, now_ms, now_ms)
            else:
                seen.times += 1
                seen.last_ms = now_ms

    def _name(self, principal: Principal) -> str:
        """The role of a session, since policies hang on it; of a root that is anybody, the access key that it gave."""
        parent = self._standings.of(principal).standing.subject.parent_arn
        if parent:
            return parent
        return f"{principal.arn} ({principal.access_key_id})" if principal.kind == "root" else principal.arn

    def _step(self) -> int:
        self._write()
        return self._clock.now_ms() + EVERY_MS

    def _write(self) -> None:
        with self._lock:
            seen, self._seen = self._seen, {}
        if not seen:
            return
        rows = [(*case, one.times, one.first_ms, one.last_ms) for case, one in seen.items()]
        with self._database.write() as db:
            db.executemany(
                "INSERT INTO iam_permission_use VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                "times = times + excluded.times, last_ms = excluded.last_ms", rows,
            )  # fmt: skip
