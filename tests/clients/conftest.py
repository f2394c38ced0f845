"""Clients that live in an environment of their own, because they hold another botocore: they run as processes."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ENVIRONMENT = Path(__file__).parents[2] / ".venv" / "clients" / "bin"
PATIENCE_S = 280

Command = Callable[..., str]


@pytest.fixture
def clients_bin() -> Path:
    """The folder of the clients' programs. Skips where they are not installed, but never in CI."""
    if not (ENVIRONMENT / "python").exists():
        if os.environ.get("CI"):
            pytest.fail(f"{ENVIRONMENT} is missing: `make clients` makes it")
        pytest.skip("`make clients` installs the clients that need an environment of their own")
    return ENVIRONMENT


@pytest.fixture
def command(clients_bin: Path, environment: dict[str, str], tmp_path: Path) -> Command:
    """Runs a program of that environment; what it printed. The program must end well."""
    given = {name: value for name, value in environment.items() if name != "PYTHONPATH"}

    def run(program: str, *words: str) -> str:
        done = subprocess.run(
            [clients_bin / program, *words], env=given, capture_output=True, text=True, cwd=tmp_path, check=False,
            timeout=PATIENCE_S,
        )  # fmt: skip
        assert done.returncode == 0, f"{program} {' '.join(words)}:\n{done.stdout[-4000:]}\n{done.stderr[-2000:]}"
        return done.stdout

    return run
