"""A fixture for pytest: an empty Afluente for each test, in the test's own process, whose time moves when told to.

`pytest_plugins = ["afluente.pytest_plugin"]` in the topmost `conftest.py` makes it known; see docs/ci.md. pytest is no
dependency of the product: only who uses this file has it.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

LOOK_S = 0.02
REGION = "us-east-1"
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "no_proxy": "127.0.0.1",
}
"""What code under test needs beside endpoint and keys, and nothing of the developer's own accounts."""

AT_ONCE = (
    "kinesis_create_delay_ms", "kinesis_update_delay_ms", "kinesis_delete_delay_ms", "firehose_create_delay_ms",
    "crawler_stopping_delay_ms",
)  # fmt: skip
"""Settings that are 0 here: while time stands still, nothing would ever become ACTIVE."""

T = TypeVar("T")


@dataclass(frozen=True)
class Afluente:
    """A running Afluente. endpoint: its URL. data: its data folder, where objects lie under `s3/<bucket>/<key>`."""

    endpoint: str
    data: Path
    _clock: Any
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """The boto3 client of a service."""
        import boto3  # noqa: PLC0415 - slow to import

        if service not in self._clients:
            self._clients[service] = boto3.client(service, endpoint_url=self.endpoint)
        return self._clients[service]

    def advance(self, seconds: float) -> None:
        """Move time on: buffers come due, schedules fire, retention and time to live end."""
        self._clock.advance(seconds)

    def until(self, ready: Callable[[], T], patience_s: float = 30) -> T:
        """Wait, in real time, for `ready` to answer something true; that. Raises TimeoutError.

        Time moves in an instant, but what it sets off, such as a delivery or a job's run, takes a moment.
        """
        deadline = time.monotonic() + patience_s
        while not (answer := ready()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"waited {patience_s:g} s in vain")
            time.sleep(LOOK_S)
        return answer


@pytest.fixture
def afluente_settings() -> dict[str, Any]:
    """Override this one to change settings, such as {"kinesis_fault_rate": 0.1}; see docs/settings.md."""
    return {}


@pytest.fixture
def afluente(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, afluente_settings: dict[str, Any]) -> Iterator[Afluente]:
    """An empty Afluente on a free port. The environment leads the code under test to it, as the account's root."""
    import boto3  # noqa: PLC0415 - slow to import, and most tests of a project may not ask for it

    from afluente.app import App  # noqa: PLC0415
    from afluente.core.clock import ManualClock  # noqa: PLC0415
    from afluente.core.setting import Settings  # noqa: PLC0415

    clock = ManualClock(time.time_ns() // 1_000_000)
    chosen = {**dict.fromkeys(AT_ONCE, 0), **afluente_settings}
    app = App(Settings(data=tmp_path / "afluente", port=0, **chosen), clock)
    try:
        app.start()
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            monkeypatch.delenv(name)
        key_id, secret = app.root_key
        keys = {"AWS_ACCESS_KEY_ID": key_id, "AWS_SECRET_ACCESS_KEY": secret}
        for name, value in {**ENVIRONMENT, **keys, "AWS_ENDPOINT_URL": app.endpoint}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
        yield Afluente(app.endpoint, tmp_path / "afluente", clock)
    finally:
        app.stop()
