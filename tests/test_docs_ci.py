"""docs/ci.md works as it is written: its tests pass, its shell starts and stops a server, its workflow is one."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

PAGE = Path(__file__).parents[1] / "docs" / "ci.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)


def test_the_tests_pass(tmp_path: Path) -> None:
    for block in blocks("python"):
        (tmp_path / block.split("\n", 1)[0].removeprefix("# ")).write_text(block)
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:randomly", "-W", "error", "--rootdir", "."],
        cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert "3 passed" in ended.stdout, ended.stdout + ended.stderr


@pytest.fixture
def shell(tmp_path: Path) -> Path:
    """A folder whose `bin` has `afluente`."""
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "afluente"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m afluente.cli.main "$@"\n')
    command.chmod(0o755)
    return tmp_path


def test_the_process_starts_and_stops(shell: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    start, stop, move = (block.replace("4566", str(port)) for block in blocks("sh"))
    environment = {**os.environ, "PATH": f"{shell / 'bin'}:{os.environ['PATH']}"}
    script = f"set -e\n{start}\n{move}\n{stop}\nwait $!\n"
    ended = subprocess.run(
        ["bash", "-c", script], cwd=shell, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 0, ended.stderr + (shell / "afluente.log").read_text()
    assert '"status":"running"' in ended.stdout
    assert '"ahead_s":900.0' in ended.stdout


def test_the_workflow_is_one() -> None:
    (text,) = blocks("yaml")
    steps = yaml.safe_load(text)["jobs"]["pipeline"]["steps"]
    assert [step for step in steps if not {"run", "uses"} & step.keys()] == []
    for step in steps:
        if "run" in step:
            subprocess.run(["bash", "-n", "-c", step["run"]], check=True)
