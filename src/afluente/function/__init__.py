"""Lambda functions without a Lambda service: which function an ARN stands for is configured in a file.

Firehose transforms records by them, S3 tells them of events.
"""
