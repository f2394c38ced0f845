"""The delivery streams that may have carried a record: their sources, destinations and hints."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

EXPRESSION = re.compile(r"!\{.*")


@dataclass(frozen=True, slots=True)
class DeliveryStream:
    """One of them. stream: that it reads; empty for direct puts. Prefixes are without their expressions."""

    name: str
    stream: str
    created_at: datetime
    bucket: str
    prefix: str
    error_prefix: str
    size_mb: int
    interval_s: int
    is_converting: bool
    function: str

    def may_put(self, bucket: str, key: str) -> bool:
        """Whether an object can be of it."""
        if bucket != self.bucket:
            return False
        return key.startswith(self.prefix) or (bool(self.error_prefix) and key.startswith(self.error_prefix))


def every(firehose: Any) -> Iterator[DeliveryStream]:
    """Those with a destination in S3."""
    given: dict[str, Any] = {}
    while True:
        page = firehose.list_delivery_streams(Limit=100, **given)
        for name in page["DeliveryStreamNames"]:
            told = firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
            if told["Destinations"] and "ExtendedS3DestinationDescription" in told["Destinations"][0]:
                yield _read(told, told["Destinations"][0]["ExtendedS3DestinationDescription"])
        if not page["HasMoreDeliveryStreams"]:
            return
        given = {"ExclusiveStartDeliveryStreamName": page["DeliveryStreamNames"][-1]}


def _read(told: Mapping[str, Any], destination: Mapping[str, Any]) -> DeliveryStream:
    source = told.get("Source", {}).get("KinesisStreamSourceDescription", {}).get("KinesisStreamARN", "")
    hints = destination["BufferingHints"]
    return DeliveryStream(
        name=told["DeliveryStreamName"],
        stream=source.rpartition("/")[2],
        created_at=told["CreateTimestamp"],
        bucket=destination["BucketARN"].rpartition(":")[2],
        prefix=EXPRESSION.sub("", destination.get("Prefix", "")),
        error_prefix=EXPRESSION.sub("", destination.get("ErrorOutputPrefix", "")),
        size_mb=hints["SizeInMBs"],
        interval_s=hints["IntervalInSeconds"],
        is_converting=destination.get("DataFormatConversionConfiguration", {}).get("Enabled", False),
        function=next(_functions(destination), ""),
    )


def _functions(destination: Mapping[str, Any]) -> Iterator[str]:
    for processor in destination.get("ProcessingConfiguration", {}).get("Processors", ()):
        for parameter in processor.get("Parameters", ()):
            if processor["Type"] == "Lambda" and parameter["ParameterName"] == "LambdaArn":
                yield parameter["ParameterValue"].partition(":function:")[2].partition(":")[0]
