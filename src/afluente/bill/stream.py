"""What Kinesis and Firehose bill for the readings. Pages: see rounding.py."""

from collections.abc import Iterator

from afluente.bill.line import Line
from afluente.bill.price import PriceList
from afluente.bill.rounding import GB, KB, firehose_bytes, on_demand_bytes, put_payload_units

KMS_CALLS_PER_SHARD_HOUR = 24
"""Assumed of an encrypted stream: a data key is asked for, and opened by the reader, every five minutes."""


def provisioned(shard_hours: float, records: int, record_bytes: int, prices: PriceList) -> Iterator[Line]:
    """A stream of shards."""
    yield Line("Kinesis", "shards", shard_hours, "shard hours", prices.shard_hour)
    units = records * put_payload_units(record_bytes)
    yield Line(
        "Kinesis", "records in", units / 1e6, "M PUT payload units", prices.put_units_million,
        f"{records:,} records; each begun 25 KB of a record is a unit",
    )  # fmt: skip


def on_demand(hours: float, records: int, record_bytes: int, prices: PriceList) -> Iterator[Line]:
    """A stream on demand that one delivery stream reads."""
    yield Line("Kinesis", "stream on demand", hours, "stream hours", prices.on_demand_stream_hour)
    billed_gb = records * on_demand_bytes(record_bytes) / GB
    note = f"{records:,} records of {record_bytes} bytes; each is billed up to the next KB"
    yield Line("Kinesis", "data in", billed_gb, "GB", prices.on_demand_in_gb, note)
    yield Line("Kinesis", "data out, to Firehose", billed_gb, "GB", prices.on_demand_out_gb)


def encryption(shard_hours: float, prices: PriceList) -> Iterator[Line]:
    """The requests that a stream encrypted under the account's key aws/kinesis makes of KMS; the key itself is free."""
    requests = shard_hours * KMS_CALLS_PER_SHARD_HOUR
    yield Line("KMS", "data keys of the stream", requests / 1e4, "10k requests", prices.kms_requests_ten_thousand)


def delivery(records: int, record_bytes: int, prices: PriceList, converted: bool = False) -> Iterator[Line]:
    """A delivery stream that reads from Kinesis; `converted` adds the conversion to Parquet."""
    billed_gb = records * firehose_bytes(record_bytes) / GB
    size_kb = firehose_bytes(record_bytes) // KB
    note = f"each record is billed as {size_kb} KB; really it is {records * record_bytes / GB:,.2f} GB"
    yield Line("Firehose", "delivery", billed_gb, "GB", prices.firehose_gb, note)
    if converted:
        yield Line("Firehose", "conversion to Parquet", billed_gb, "GB", prices.firehose_conversion_gb)
