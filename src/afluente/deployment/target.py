"""Where a deployment goes to: an account and a region of AWS, or an Afluente."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from afluente.deployment.endpoint import is_aws, is_endpoint, is_loopback
from afluente.deployment.error import NO_REGION, DeploymentError, told_kindly

Client = Any
"""A boto3 client."""

ANY_KEYS = {"aws_access_key_id": "deployer", "aws_secret_access_key": "any"}
LOCAL_REGION = "us-east-1"


@dataclass(frozen=True)
class Target:
    """An account and region that have answered. endpoint: None on AWS. caller: the ARN behind the credentials."""

    session: Any
    endpoint: str | None
    account: str
    region: str
    caller: str
    _made: dict[str, Client] = field(default_factory=dict)

    def client(self, service: str) -> Client:
        """The boto3 client of a service, made when first asked for."""
        if service not in self._made:
            self._made[service] = self.session.client(service, endpoint_url=self.endpoint)
        return self._made[service]

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine, where nothing costs anything."""
        return self.endpoint is not None and is_loopback(self.endpoint)

    @property
    def poll_s(self) -> float:
        """How long to wait before asking again how far something is."""
        return 0.2 if self.is_local else 4.0

    def __str__(self) -> str:
        where = f"this machine, {self.endpoint}" if self.is_local else (self.endpoint or "AWS")
        return f"{where}, account {self.account}, region {self.region}, as {self.caller}"


def connect(profile: str | None, region: str | None, endpoint: str | None, environment: Mapping[str, str]) -> Target:
    """The target that options and environment name, asked who it is. Raises DeploymentError.

    AWS_ENDPOINT_URL counts where no endpoint is given. An endpoint on this machine takes any credentials, unless it
    enforces them; so where there are none, some are made up.
    """
    import boto3  # noqa: PLC0415 - slow to import

    endpoint = endpoint or environment.get("AWS_ENDPOINT_URL") or None
    if endpoint and not is_endpoint(endpoint):
        raise DeploymentError(f"{endpoint} is not the address of an Afluente, such as http://127.0.0.1:4566")
    with told_kindly():
        session = boto3.Session(profile_name=profile, region_name=region or environment.get("AWS_REGION"))
        if endpoint and is_loopback(endpoint):
            os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")  # else it is asked for credentials, for seconds
            keys = {} if session.get_credentials() else ANY_KEYS
            region = session.region_name or LOCAL_REGION
            session = boto3.Session(profile_name=profile, region_name=region, **keys)
        if session.region_name is None:  # STS alone would answer without one
            raise DeploymentError(NO_REGION)
        sts = session.client("sts", endpoint_url=endpoint)
        caller = sts.get_caller_identity()
    # the user's AWS configuration may name an endpoint too (`endpoint_url`)
    endpoint = endpoint or (None if is_aws(sts.meta.endpoint_url) else sts.meta.endpoint_url)
    return Target(session, endpoint, caller["Account"], session.region_name, caller["Arn"])
