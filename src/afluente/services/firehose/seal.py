"""From a parcel to the intent of delivering it: under which key, made by which configuration and schema."""

import uuid

from afluente.core.clock import utc
from afluente.services.firehose import prefix
from afluente.services.firehose.configuration import Configuration
from afluente.services.firehose.destination import Destination
from afluente.services.firehose.intake import Parcel
from afluente.services.firehose.ledger import GivenUp, Intent, Table
from afluente.services.firehose.route import CONVERSION_FAILED, PROCESSING_FAILED, Route
from afluente.services.firehose.stream import DeliveryStream


def seal(
    stream: DeliveryStream,
    configuration: Configuration,
    parcel: Parcel,
    now_ms: int,
    *,
    table: Table | None = None,
    given_up: GivenUp | None = None,
) -> Intent:
    """The intent to deliver a parcel as one object, named after the arrival of its oldest record.

    table: whose columns to convert to. given_up: deliver the records as error records, for this reason.
    """
    destination, route = Destination.of(configuration), parcel.route
    assert parcel.oldest_ms is not None  # noqa: S101  # for the type checker
    time = prefix.local(utc(parcel.oldest_ms), destination.zone)
    object_id = str(uuid.uuid4())
    error_type = PROCESSING_FAILED if given_up else route.error_type

    def error_key(kind: str) -> str:
        folder = prefix.evaluate_error(destination.prefix, destination.error_prefix, kind, time)
        return folder + prefix.object_name(stream.name, stream.version, time, object_id, "")

    key = prefix.evaluate(_prefix(destination, route), time, route.keys) + prefix.object_name(
        stream.name, stream.version, time, object_id, destination.extension
    )
    converts = table is not None and not error_type
    return Intent(
        ranges=parcel.ranges,
        key=error_key(error_type) if error_type else key,
        object_id=object_id,
        destination=configuration,
        version=stream.version,
        size_bytes=parcel.object_bytes,
        records=parcel.records,
        oldest_ms=parcel.oldest_ms,
        sealed_at_ms=now_ms,
        given_up=given_up,
        error_key=error_key(CONVERSION_FAILED) if converts else "",
        table=table if converts else None,
        full=parcel.full,
    )


def _prefix(destination: Destination, route: Route) -> str:
    """The prefix that the record's partition keys are for."""
    named = prefix.partition_keys(destination.prefix) if route.keys else []
    return route.prefix if route.keys and set(named) != route.keys.keys() else destination.prefix
