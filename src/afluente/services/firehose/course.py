"""What deliveries work with and go by."""

from collections.abc import Callable
from dataclasses import dataclass

from afluente.core.clock import Clock
from afluente.services.firehose.carrier import Carrier
from afluente.services.firehose.configuration import Configuration
from afluente.services.firehose.diagnostic import Diagnostics
from afluente.services.firehose.ledger import Ledger
from afluente.services.firehose.meter import Meter
from afluente.services.firehose.processing.workshop import Tools
from afluente.services.firehose.schema import Schemas
from afluente.services.firehose.stream import DeliveryStream
from afluente.store.record_log import RecordLog


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every delivery stream works with."""

    log: RecordLog
    ledger: Ledger
    schemas: Schemas
    carrier: Carrier
    diagnostics: Diagnostics
    clock: Clock
    tools: Tools


@dataclass(frozen=True, slots=True)
class Course:
    """What a delivery delivers by."""

    current: Callable[[], DeliveryStream | int | None]
    """The delivery stream as it is now; when to ask again while it takes no part; None when it is gone or another."""

    configuration: Callable[[DeliveryStream], Configuration]
    """The destination's, or the backup's."""

    has_turned: Callable[[DeliveryStream], bool]
    """Whether nothing new is to be delivered any more, since another way of processing begins."""

    meter: Meter


@dataclass(frozen=True, slots=True)
class Lag:
    """What is still to be delivered: records, and the age of the oldest that is buffered."""

    records: int
    age_ms: int
