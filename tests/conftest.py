"""What tests share: a running Afluente on a free port, with a clock that moves only when told to, and clients of it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import hypothesis
import pytest
from botocore.config import Config

from afluente.app import App
from afluente.core.clock import ManualClock
from afluente.core.setting import Settings

hypothesis.settings.register_profile("afluente", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("afluente")

Clients = Callable[..., Any]

OURS = ("AFLUENTE_CRASH", "AFLUENTE_FUZZ", "AFLUENTE_SOAK")
"""How much the long tests do, and from which seed: for the tests, not for the server."""


@pytest.fixture(scope="session", autouse=True)
def _no_credentials_of_the_machine() -> None:
    """Neither the machine's AWS configuration nor its metadata service takes part in a test."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "AFLUENTE_"))]:
        if not name.startswith(OURS):
            del os.environ[name]
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        data=tmp_path / "data",
        port=0,
        kinesis_create_delay_ms=0,
        kinesis_update_delay_ms=0,
        kinesis_control_limits=False,
        kinesis_delete_delay_ms=0,
        firehose_create_delay_ms=0,
    )


@pytest.fixture
def app(settings: Settings, clock: ManualClock) -> Iterator[App]:
    app = App(settings, clock)
    app.start()
    yield app
    app.stop()


@pytest.fixture
def environment(app: App) -> dict[str, str]:
    """The environment of a client process: all that it needs to know."""
    return {
        **os.environ,
        "AWS_ENDPOINT_URL": app.endpoint,
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


@pytest.fixture
def client(app: App) -> Clients:
    """Boto3 clients of the running Afluente: `client("kinesis")`."""
    return clients(app.endpoint)


def clients(endpoint: str, root: tuple[str, str] = ("any", "any")) -> Clients:
    made: dict[tuple[Any, ...], Any] = {}

    def client(service: str, region: str = "us-east-1", access_key: str = root[0], **config: Any) -> Any:
        key = (service, region, access_key, *sorted(config.items()))
        if key not in made:
            made[key] = boto3.client(
                service,
                endpoint_url=endpoint,
                region_name=region,
                aws_access_key_id=access_key,
                aws_secret_access_key=root[1],
                config=Config(retries={"max_attempts": 0}, **config),
            )
        return made[key]

    return client
