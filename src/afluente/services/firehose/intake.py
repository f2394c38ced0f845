"""What a delivery draws from: parcels of records, each of which becomes an object.

Two implementations: `plain_intake`, straight from the source, and `processed_intake`, from a log of processed records.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

from afluente.services.firehose.conversion.block import Block
from afluente.services.firehose.destination import Destination
from afluente.services.firehose.history import Batch, Range
from afluente.services.firehose.ledger import Intent
from afluente.services.firehose.processing.frame import Detail
from afluente.services.firehose.retry import Retry
from afluente.services.firehose.route import Route


class Described(NamedTuple):
    """A record of an object, as it goes into that."""

    data: bytes
    arrived_at_ms: int
    detail: Detail


class Content(Protocol):
    """The records of one object."""

    def blocks(self, delimiter: bytes) -> Iterator[bytes]:
        """The object's bytes, in pieces to be joined by the delimiter; there is one between their records already."""

    def batches(self) -> Iterator[Block | Sequence[bytes]]:
        """The records, some at a time."""

    def described(self) -> Iterator[Described]:
        """The records one by one, in the same order, with what is known of them."""

    def close(self) -> None:
        """Let go of what holds them; they stay in the record log."""


class Parcel(Content, Protocol):
    """Records that will be one object, and whether it is time for that."""

    full: bool
    retry: Retry

    @property
    def route(self) -> Route:
        """What the records have in common."""

    @property
    def since_ms(self) -> int | None:
        """Since when the buffering interval runs; None when the parcel is empty."""

    @property
    def oldest_ms(self) -> int | None:
        """When the oldest record arrived."""

    @property
    def ranges(self) -> list[Range]:
        """Which records these are."""

    @property
    def records(self) -> int:
        """How many there are."""

    @property
    def object_bytes(self) -> int:
        """The size of the object before compression."""


class Intake(Protocol):
    """Where a delivery's records come from. Used by the delivery's thread alone."""

    def look(self, wake: Callable[[], None]) -> None:
        """Take up what is new about the source; `wake` tells of records. Raises AwsError when it is gone."""

    def configure(self, destination: Destination) -> None:
        """Work for the destination as it is now."""

    def fill(self) -> Sequence[Parcel]:
        """Read what is new; the parcels, those of one route in the order of their records."""

    def take(self, parcel: Parcel) -> None:
        """The parcel is on its way: later ones go on behind it."""

    def recall(self, intents: Sequence[Intent]) -> list[Content]:
        """The records of deliveries that a crash interrupted, which later parcels go on behind."""

    def give_back(self, intent: Intent) -> None:
        """The delivery has not happened and will not: its records are to be delivered anew."""

    def settled(self, intents: Sequence[Intent]) -> None:
        """These are delivered for good."""

    def floor(self, under_way: Sequence[Intent]) -> Range | None:
        """Of a processed log: up to where all is delivered once all that was taken is settled, but for `under_way`."""

    def batches(self) -> Sequence[Batch]:
        """What came of the source's records, of all that was read of a processed log since deliveries were settled."""

    def is_past(self) -> bool:
        """Whether more of a processed log has been read than was noted, and nothing of it is held: it was dropped."""

    def behind(self) -> int:
        """How many records of the log are still to be delivered."""

    def close(self) -> None:
        """Let go of everything but the record log."""
