"""A running Afluente that the commands find by AWS_ENDPOINT_URL, and what they print."""

from collections.abc import Callable

import pytest

from afluente.app import App
from afluente.cli import main
from afluente.core.clock import Clock, SystemClock

Command = Callable[..., str]


@pytest.fixture
def clock() -> Clock:
    """The commands wait in real time."""
    return SystemClock()


@pytest.fixture
def command(app: App, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs `afluente ...` against it; what it printed, on both outputs. `status` is the exit status it must have."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", app.endpoint)
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.setattr("afluente.deployment.target.Target.poll_s", 0.02)

    def run(*words: str, status: int = 0) -> str:
        capsys.readouterr()
        ended = main.main(words)
        said = capsys.readouterr()
        assert ended == status, said.out + said.err
        return said.out + said.err

    return run
