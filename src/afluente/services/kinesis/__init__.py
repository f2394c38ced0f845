"""Amazon Kinesis Data Streams: a durable, ordered, partitioned log."""
