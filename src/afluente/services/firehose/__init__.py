"""Amazon Data Firehose: records from direct puts or a Kinesis stream, delivered to S3 as objects, each exactly once."""
