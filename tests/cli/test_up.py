"""`afluente up --once`, as a user starts it: the whole pipeline, twice on the same folder."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

COMMAND = [sys.executable, "-m", "afluente.cli.main"]


def once(data: Path) -> str:
    # a proxy that nobody answers at, as every client but ours would ask for loopback too
    proxies = {"HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}
    done = subprocess.run(
        [*COMMAND, "up", "--once", "--port", "0", "--data", str(data), "--turbines", "3"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, **proxies},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_up_once_carries_every_reading_from_the_sensors_to_the_lake_and_goes_on_where_it_left_off(
    tmp_path: Path,
) -> None:
    for passes in (1, 2):
        printed = once(tmp_path / "data")
        assert "720 readings acknowledged" in printed
        assert "hydraulicpressure" in printed
        objects = tmp_path / "data" / "s3"
        raw = sum(
            path.read_text().count('"idtemp"')
            for path in objects.glob("windfarm-raw-*/readings/**/*")
            if path.is_file()
        )
        lake = duckdb.sql(f"SELECT count(*) FROM '{objects}/windfarm-lake-*/lake/*/*/*.parquet'").fetchall()
        assert (raw, lake) == (passes * 720, [(passes * 720,)])


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["up", "--turbines", "none"], 2, "--turbines"),
        (["serve", "--port", "99999"], 2, "--port"),
        (["serve", "--host", "0.0.0.0"], 1, "loopback"),
        (["fly"], 2, "fly"),
    ],
)
def test_bad_option_is_one_clear_sentence(arguments: list[str], status: int, says: str, tmp_path: Path) -> None:
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == status
    assert says in done.stderr
    assert "Traceback" not in done.stderr
