"""What is measured of a delivery stream, under the names and in the units of AWS/Firehose.

https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html
"""

from afluente.core.metric import Measure, Metrics, Recorder

NAMESPACE = "AWS/Firehose"

INCOMING = (
    Measure("IncomingBytes", "Bytes", "Bytes put."),
    Measure("IncomingRecords", "Count", "Records put."),
    Measure("IncomingPutRequests", "Count", "Requests that put records."),
)
PUT_RECORD = (
    *INCOMING,
    Measure("PutRecord.Bytes", "Bytes", "Bytes put with PutRecord."),
    Measure("PutRecord.Latency", "Milliseconds", "Time that PutRecord took.", "summary"),
    Measure("PutRecord.Requests", "Count", "PutRecord requests."),
)
PUT_RECORD_BATCH = (
    *INCOMING,
    Measure("PutRecordBatch.Bytes", "Bytes", "Bytes put with PutRecordBatch."),
    Measure("PutRecordBatch.Latency", "Milliseconds", "Time that PutRecordBatch took.", "summary"),
    Measure("PutRecordBatch.Requests", "Count", "PutRecordBatch requests."),
    Measure("PutRecordBatch.Records", "Count", "Records put with PutRecordBatch."),
)
THROTTLED = (Measure("ThrottledRecords", "Count", "Records refused: the limits were exceeded."),)
READ = (
    Measure("DataReadFromKinesisStream.Bytes", "Bytes", "Bytes read from the Kinesis stream."),
    Measure("DataReadFromKinesisStream.Records", "Count", "Records read from the Kinesis stream."),
    Measure("KinesisMillisBehindLatest", "Milliseconds", "How far reading is behind the newest.", "gauge"),
)
DELIVERY = (
    Measure("DeliveryToS3.Bytes", "Bytes", "Bytes delivered to S3, before compression."),
    Measure("DeliveryToS3.Records", "Count", "Records delivered to S3."),
    Measure("DeliveryToS3.ObjectCount", "Count", "Objects delivered to S3."),
    Measure("DeliveryToS3.Success", "Count", "Whether an object could be put: 1 or 0.", "summary"),
    Measure("DeliveryToS3.DataFreshness", "Seconds", "Age of the oldest record not yet delivered to S3.", "gauge"),
)
BACKUP = (
    Measure("BackupToS3.Bytes", "Count", "Bytes delivered to S3 as backup, before compression."),
    Measure("BackupToS3.Records", "Count", "Records delivered to S3 as backup."),
    Measure("BackupToS3.Success", "Count", "Whether a backup object could be put: 1 or 0.", "summary"),
    Measure("BackupToS3.DataFreshness", "Seconds", "Age of the oldest record not yet in the backup.", "gauge"),
)
PROCESSING = (
    Measure("ExecuteProcessing.Duration", "Milliseconds", "Time that a Lambda invocation took.", "summary"),
    Measure("ExecuteProcessing.Success", "Count", "Whether a Lambda invocation succeeded: 1 or 0.", "summary"),
    Measure("SucceedProcessing.Bytes", "Bytes", "Bytes that came out of processing."),
    Measure("SucceedProcessing.Records", "Count", "Records that came out of processing."),
)
CONVERSION = (
    Measure("SucceedConversion.Bytes", "Bytes", "Bytes of records whose format was converted."),
    Measure("SucceedConversion.Records", "Count", "Records whose format was converted."),
    Measure("FailedConversion.Bytes", "Bytes", "Bytes of records whose format could not be converted."),
    Measure("FailedConversion.Records", "Count", "Records whose format could not be converted."),
)
PARTITIONS = (
    Measure("PartitionCount", "Count", "Partitions that are being filled.", "gauge"),
    Measure("PartitionCountExceeded", "Count", "Whether there are more partitions than may be: 1 or 0.", "gauge"),
    Measure("ActivePartitionsLimit", "Count", "Partitions that may be filled at once.", "gauge"),
)
JQ = (Measure("JQProcessing.Duration", "Milliseconds", "Time that jq expressions took.", "summary"),)
ROWS = (PUT_RECORD, PUT_RECORD_BATCH, THROTTLED, READ, DELIVERY, BACKUP, PROCESSING, CONVERSION, PARTITIONS, JQ)


class DeliveryMetrics:
    """Takes what happens to one delivery stream. Sizes are bytes before compression, ages milliseconds."""

    def __init__(self, account: str, region: str, name: str, metrics: Metrics) -> None:
        self._clock = metrics.clock
        self._metrics = metrics
        dimensions = {"DeliveryStreamName": name}
        self._recorders: dict[tuple[Measure, ...], Recorder] = {
            measures: metrics.recorder(account, region, NAMESPACE, dimensions, measures) for measures in ROWS
        }

    def close(self) -> None:
        """The delivery stream is gone."""
        self._metrics.forget(self._recorders.values())

    def put_record(self, size_bytes: int, since_ms: int) -> None:
        """A PutRecord that came at `since_ms` has been answered."""
        self._record(PUT_RECORD, size_bytes, 1, 1, size_bytes, self._clock.now_ms() - since_ms, 1)

    def put_record_batch(self, records: int, size_bytes: int, since_ms: int) -> None:
        """A PutRecordBatch that came at `since_ms` has been answered."""
        took_ms = self._clock.now_ms() - since_ms
        self._record(PUT_RECORD_BATCH, size_bytes, records, 1, size_bytes, took_ms, 1, records)

    def throttled(self, records: int) -> None:
        """So many records were refused."""
        self._record(THROTTLED, records)

    def read(self, records: int, size_bytes: int, behind_ms: int) -> None:
        """So much was read from the Kinesis stream, whose newest record is `behind_ms` ahead."""
        self._record(READ, size_bytes, records, behind_ms)

    def delivered(self, records: int, size_bytes: int, oldest_ms: int | None) -> None:
        """An object is in S3; its oldest record arrived at `oldest_ms`, if that is known."""
        self._record(DELIVERY, size_bytes, records, 1, 1, None if oldest_ms is None else self._age_s(oldest_ms))

    def undelivered(self, oldest_ms: int) -> None:
        """The oldest record that waits for its delivery arrived at `oldest_ms`."""
        self._record(DELIVERY, None, None, None, None, self._age_s(oldest_ms))

    def delivery_failed(self) -> None:
        """An object could not be put."""
        self._record(DELIVERY, None, None, None, 0, None)

    def backed_up(self, records: int, size_bytes: int, oldest_ms: int) -> None:
        """A backup object is in S3."""
        self._record(BACKUP, size_bytes, records, 1, self._age_s(oldest_ms))

    def backup_failed(self) -> None:
        """A backup object could not be put."""
        self._record(BACKUP, None, None, 0, None)

    def invoked(self, since_ms: int, *, succeeded: bool) -> None:
        """A Lambda invocation that began at `since_ms` has ended."""
        self._record(PROCESSING, self._clock.now_ms() - since_ms, int(succeeded), None, None)

    def processed(self, records: int, size_bytes: int) -> None:
        """So much came out of processing."""
        self._record(PROCESSING, None, None, size_bytes, records)

    def converted(self, records: int, size_bytes: int, failed_records: int, failed_bytes: int) -> None:
        """So much was converted to another format, and so much could not be."""
        self._record(CONVERSION, size_bytes, records, failed_bytes, failed_records)

    def partitions(self, active: int, limit: int, *, exceeded: bool) -> None:
        """So many partitions are being filled."""
        self._record(PARTITIONS, active, int(exceeded), limit)

    def queried(self, since_ms: int) -> None:
        """The jq expressions that ran since then are done."""
        self._record(JQ, self._clock.now_ms() - since_ms)

    def _record(self, measures: tuple[Measure, ...], *row: float | None) -> None:
        self._recorders[measures].record(self._clock.now_ms(), *row)

    def _age_s(self, arrived_at_ms: int) -> float:
        return max(0, self._clock.now_ms() - arrived_at_ms) / 1000
