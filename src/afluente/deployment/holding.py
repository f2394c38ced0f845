"""How much a bucket holds, without listing all of a large one.

AWS bills a listing for each thousand objects, and a farm's raw bucket gets 43,800 a month. Past a bound, CloudWatch's
daily figures of the bucket say it, which cost nothing.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from afluente.deployment import bucket
from afluente.deployment.bucket import Contents
from afluente.deployment.target import Target

MOST_LISTED = 20_000
DAY = timedelta(days=1)
LATEST = 3 * DAY
"""A day's figures come within the next two."""


def holding(target: Target, name: str, prefix: str, now: datetime) -> Contents:
    """What the bucket holds below `prefix`: counted, or of a large one on AWS as CloudWatch has it."""
    s3 = target.client("s3")
    if target.is_local:
        return bucket.contents(s3, name, prefix)
    counted = bucket.contents(s3, name, prefix, MOST_LISTED)
    if counted.source != "least":
        return counted
    newest = bucket.contents(s3, name, bucket.newest_folder(s3, name, prefix), MOST_LISTED)
    seen = replace(counted, newest_key=newest.newest_key, newest_at=newest.newest_at)
    objects = _figure(target, name, "NumberOfObjects", "AllStorageTypes", now)
    size = _figure(target, name, "BucketSizeBytes", "StandardStorage", now)
    if objects is None or size is None or objects < MOST_LISTED:
        return seen
    return replace(seen, objects=objects, size_bytes=size, source="CloudWatch")


def _figure(target: Target, name: str, metric: str, storage: str, now: datetime) -> int | None:
    """The newest of a bucket's daily figures.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html
    """
    found = target.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/S3", MetricName=metric, StartTime=now - LATEST, EndTime=now, Statistics=["Average"],
        Dimensions=[{"Name": "BucketName", "Value": name}, {"Name": "StorageType", "Value": storage}],
        Period=int(DAY.total_seconds()),
    )["Datapoints"]  # fmt: skip
    return int(max(found, key=lambda point: point["Timestamp"])["Average"]) if found else None
