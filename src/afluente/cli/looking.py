"""What the passport and the ledger look at: an account of AWS, or an Afluente, and its delivery streams."""

import argparse
import os

from afluente.cli.error import CommandError
from afluente.core.setting import Settings
from afluente.deployment.target import Target, connect
from afluente.passport import delivery_stream
from afluente.passport.endpoint import Endpoint
from afluente.passport.journey import Lake
from afluente.passport.query import Athena


def target_of(given: argparse.Namespace, settings: Settings) -> Target:
    """Where to look. Raises DeploymentError."""
    local = os.environ.get("AWS_ENDPOINT_URL") or f"http://{settings.host}:{settings.port}"
    if given.aws:
        return connect(given.profile, given.region, None, {**os.environ, "AWS_ENDPOINT_URL": ""})
    return connect(given.profile, given.region or os.environ.get("AWS_REGION") or settings.region, local, os.environ)


def lake_of(given: argparse.Namespace, target: Target) -> Lake:
    """What is there. Raises CommandError when there is no such delivery stream; what boto3 raises."""
    endpoint = Endpoint(target.endpoint, target.session, target.region)
    athena = Athena(target.client("athena"), given.work_group, target.poll_s)
    streams = list(delivery_stream.every(target.client("firehose")))
    if given.delivery_stream:
        streams = [stream for stream in streams if stream.name == given.delivery_stream]
        if not streams:
            raise CommandError(f"there is no delivery stream {given.delivery_stream} with a destination in S3")
    return Lake(target.client, athena, endpoint, getattr(given, "into", None), streams, endpoint.is_afluente)
