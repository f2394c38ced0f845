"""What a lake leaves beside its stack, and `destroy` takes away too: running work, logs, the sensors' user.

Glue writes the logs of crawls and runs into groups that all crawlers and jobs of the account share, and that never
expire, so only the lake's own streams in them are deleted.
"""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from afluente.deployment.error import code_of
from afluente.deployment.target import Client, Target
from windfarm.deployment import Lake, sensor_user

CRAWLER_LOGS = "/aws-glue/crawlers"
JOB_LOGS = ("/aws-glue/jobs/output", "/aws-glue/jobs/error", "/aws-glue/jobs/logs-v2")
RUN_PREFIX = "jr_"
RUN_ID_LENGTH = len(RUN_PREFIX) + 64
"""What streams of a run begin with: its id, without the number of the attempt."""

UNFINISHED = {"STARTING", "RUNNING", "WAITING"}
MISSING = {"ResourceNotFoundException", "EntityNotFoundException", "NoSuchEntity"}


def stop(target: Target, lake: Lake) -> None:
    """Stop a running crawl and running jobs, which would go on writing into the buckets."""
    glue = target.client("glue")
    running = [run["Id"] for run in job_runs(glue, lake.job) if run["JobRunState"] in UNFINISHED]
    if running:
        glue.batch_stop_job_run(JobName=lake.job, JobRunIds=running)
    try:
        if glue.get_crawler(Name=lake.crawler)["Crawler"]["State"] == "RUNNING":
            glue.stop_crawler(Name=lake.crawler)
    except ClientError as error:
        if code_of(error) not in {*MISSING, "CrawlerNotRunningException", "CrawlerStoppingException"}:
            raise


def log_streams(target: Target, lake: Lake) -> list[tuple[str, str]]:
    """(group, stream) of the logs of the lake's crawls and runs. To be asked before the job is gone."""
    logs = target.client("logs")
    runs = {run["Id"][:RUN_ID_LENGTH] for run in job_runs(target.client("glue"), lake.job)}
    found = [(CRAWLER_LOGS, name) for name in _streams(logs, CRAWLER_LOGS, lake.crawler) if name == lake.crawler]
    if not runs:
        return found
    # one listing of all runs' streams is far fewer requests than one for each run
    of_runs = ((group, name) for group in JOB_LOGS for name in _streams(logs, group, RUN_PREFIX))
    return found + [(group, name) for group, name in of_runs if name[:RUN_ID_LENGTH] in runs]


def delete_log_streams(logs: Client, streams: list[tuple[str, str]]) -> None:
    """Delete them; one that is gone is no matter."""
    for group, name in streams:
        try:
            logs.delete_log_stream(logGroupName=group, logStreamName=name)
        except ClientError as error:
            if code_of(error) not in MISSING:
                raise


def delete_sensor_user(iam: Client, lake: Lake) -> bool:
    """Delete the user that `afluente up` made for the sensor apps, with its keys; False when there is none."""
    name = sensor_user(lake)
    try:
        keys = iam.list_access_keys(UserName=name)["AccessKeyMetadata"]
    except ClientError as error:
        if code_of(error) in MISSING:
            return False
        raise
    for key in keys:
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    for policy in iam.list_user_policies(UserName=name)["PolicyNames"]:
        iam.delete_user_policy(UserName=name, PolicyName=policy)
    iam.delete_user(UserName=name)
    return True


def job_runs(glue: Client, job: str) -> list[dict[str, Any]]:
    """The job's runs, the newest first; none of a job that is not there."""
    try:
        return [run for page in glue.get_paginator("get_job_runs").paginate(JobName=job) for run in page["JobRuns"]]
    except ClientError as error:
        if code_of(error) in MISSING:
            return []
        raise


def _streams(logs: Client, group: str, prefix: str) -> Iterator[str]:
    pages = logs.get_paginator("describe_log_streams").paginate(logGroupName=group, logStreamNamePrefix=prefix)
    try:
        for page in pages:
            yield from (stream["logStreamName"] for stream in page["logStreams"])
    except ClientError as error:
        if code_of(error) not in MISSING:
            raise
