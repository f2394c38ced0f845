"""A delivery stream's balance at a glance, from its positions alone: no object is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Balance:
    """Records: what came in, what of it was delivered (error output included), what waits, what a function dropped."""

    incoming: int
    delivered: int
    pending: int
    dropped: int

    @property
    def difference(self) -> int:
        """What is in none of them."""
        return self.incoming - self.delivered - self.pending - self.dropped

    def __str__(self) -> str:
        text = f"{self.incoming:,} in = {self.delivered:,} delivered + {self.pending:,} pending"
        text += f" + {self.dropped:,} dropped" if self.dropped else ""
        return f"{text}, and {self.difference:,} are missing: afluente ledger" if self.difference else text


def balance(positions: Mapping[str, Any]) -> Balance | None:
    """From what /_afluente/positions tells; None where it does not know how things began."""
    processing = positions["processing"] or {"records": 0, "dropped": 0, "outputs": 0, "pending": 0, "known": True}
    if not (positions["known"] and processing["known"]):
        return None
    taken_apart = processing["outputs"] + processing["dropped"] - processing["records"]
    return Balance(
        sum(shard["end"] - shard["first"] for shard in positions["shards"]) + taken_apart,
        positions["delivered"],
        sum(shard["end"] - shard["next"] for shard in positions["shards"]) + processing["pending"],
        processing["dropped"],
    )
