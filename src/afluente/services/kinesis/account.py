"""The settings of an account in a region: the commitment to a minimum throughput, which unlocks warm throughput."""

from typing import Any

import msgspec

from afluente.core.clock import Clock, utc
from afluente.services.kinesis.error import ValidationException
from afluente.services.kinesis.quota import DAY_MS
from afluente.store.database import Database
from afluente.store.document import Documents


class Commitment(msgspec.Struct, frozen=True):
    """When a commitment was made, and when it ends or ended; it lasts a day at least."""

    started_at_ms: int
    ends_at_ms: int | None = None

    @property
    def earliest_end_ms(self) -> int:
        return self.started_at_ms + DAY_MS

    def status(self, now_ms: int) -> str:
        """As AWS names it."""
        if self.ends_at_ms is None:
            return "ENABLED"
        return "ENABLED_UNTIL_EARLIEST_ALLOWED_END" if now_ms < self.ends_at_ms else "DISABLED"


class Accounts:
    """The accounts' commitments, durable."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._documents = Documents(database, "kinesis_account")
        self._database = database
        self._clock = clock

    def describe(self, account: str, region: str) -> dict[str, Any]:
        """MinimumThroughputBillingCommitment as AWS answers it."""
        commitment, now_ms = self._find(account, region), self._clock.now_ms()
        if commitment is None:
            return {"Status": "DISABLED"}
        status = commitment.status(now_ms)
        found = {
            "Status": status,
            "StartedAt": utc(commitment.started_at_ms),
            "EarliestAllowedEndAt": utc(commitment.earliest_end_ms),
        }
        if status == "DISABLED" and commitment.ends_at_ms is not None:
            found["EndedAt"] = utc(commitment.ends_at_ms)
        return found

    def update(self, account: str, region: str, status: str) -> None:
        """Make a commitment, or end it as soon as that may be; a pending end is called off by making it again."""
        with self._database.write():
            commitment, now_ms = self._find(account, region), self._clock.now_ms()
            running = commitment is not None and commitment.status(now_ms) != "DISABLED"
            if status == "ENABLED":
                commitment = Commitment(commitment.started_at_ms if commitment and running else now_ms)
            elif commitment and running:
                commitment = Commitment(commitment.started_at_ms, max(now_ms, commitment.earliest_end_ms))
            if commitment is not None:
                self._documents.put((account, region), msgspec.to_builtins(commitment))

    def require_commitment(self, account: str, region: str) -> None:
        """Raises ValidationException, as AWS does for warm throughput, unless there is a commitment."""
        commitment = self._find(account, region)
        if commitment is None or commitment.status(self._clock.now_ms()) == "DISABLED":
            raise ValidationException(f"Account {account} is not enabled for minimum throughput billing commitment")

    def _find(self, account: str, region: str) -> Commitment | None:
        found = self._documents.get((account, region))
        return None if found is None else msgspec.convert(found, Commitment)
