"""Delivery streams at a glance, for the live view."""

from dataclasses import dataclass

from afluente.services.firehose.ledger import Progress
from afluente.services.firehose.pipeline import Pipeline
from afluente.services.firehose.stream import DeliveryStream


@dataclass(frozen=True, slots=True)
class Statistics:
    """One delivery stream: what it has delivered to its destination, and what is still to be."""

    account: str
    region: str
    name: str
    status: str
    records: int
    bytes: int
    objects: int
    last_key: str
    lag_records: int
    lag_ms: int
    last_error: str | None


def glance(stream: DeliveryStream, primary: Progress, pipeline: Pipeline | None) -> Statistics:
    """A delivery stream now; `pipeline` is None while nothing works for it."""
    total = primary.total()
    lag = pipeline.lag() if pipeline else None
    return Statistics(
        *stream.key, stream.status, total.records, total.bytes, total.objects, total.last_key,
        lag.records if lag else 0, lag.age_ms if lag else 0, pipeline.last_error if pipeline else None,
    )  # fmt: skip
