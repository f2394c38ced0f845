"""`afluente replay`: what it says went wrong is what the ledger finds."""

import os
import re
import subprocess
import sys
from pathlib import Path


def test_replayed_days_balance_and_the_ledger_finds_the_faults_that_were_told(tmp_path: Path) -> None:
    def replay(*words: str) -> "subprocess.CompletedProcess[str]":
        given = [
            "--data",
            str(tmp_path / "data"),
            "--days",
            "1",
            "--turbines",
            "3",
            "--every",
            "30",
            "--language",
            "en",
        ]
        command = [sys.executable, "-m", "afluente.cli.main", "replay", *given, *words]
        environment = {**os.environ, "COLUMNS": "160"}
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=environment)

    done = replay("--outages", "1", "--retries", "0.3", "--broken", "0.01", "--seed", "3")
    said = done.stdout
    assert done.returncode == 0, said + done.stderr
    told = re.search(r"([\d,]+) readings, of which ([\d,]+) came late, ([\d,]+) twice and ([\d,]+) broken", said)
    assert told is not None
    readings, late, again, broken = (int(number.replace(",", "")) for number in told.groups())
    assert min(late, again, broken) > 0
    for label, number in {
        "put into the stream": readings, "records delivered": readings, "rows in the lake": 3 * 3 * 48 - broken,
        "not read by the job yet": 0, "difference": 0,
    }.items():  # fmt: skip
        assert re.search(rf"{label} +{number:,}\b", said), (label, number, said)
    done = replay()
    assert (done.returncode, "has records already" in done.stderr) == (1, True)
