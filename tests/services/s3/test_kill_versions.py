"""A process that puts, deletes and restores versions is killed at a random instant, several times."""

import hashlib
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from afluente.core.clock import ManualClock

WORKER = """
import random, sys
from pathlib import Path
from afluente.core.clock import SystemClock
from afluente.services.s3.bucket import Bucket
from afluente.services.s3.engine import S3Engine
from afluente.store.database import Database

folder, seed = Path(sys.argv[1]), int(sys.argv[2])
engine = S3Engine(Database(folder / "meta.db"), folder / "s3", SystemClock())
if engine.buckets.find("b-1") is None:
    bucket = Bucket(name="b-1", account="000000000000", region="us-east-1", created_at_ms=0)
    engine.create_bucket(bucket)
    engine.put_object("b-1", "a", b"before versioning")
    bucket.versioning = "Enabled"
    engine.buckets.put(bucket)
engine.start()
choice = random.Random(seed)
print("ready", flush=True)
for number in range(10_000):
    key = choice.choice(["a", "a/b", "x/y/z"])
    kind = choice.random()
    versions = list(engine.history.scan("b-1", key, key + chr(0), -1))
    if kind < 0.2:
        marker = engine.delete("b-1", key)
        print(f"= {key} {marker.version} -", flush=True)
    elif kind < 0.5 and versions:
        version = versions[0 if kind < 0.4 else -1].version
        print(f"- {key} {version}", flush=True)
        engine.delete("b-1", key, version=version)
        print(f"= {key} {version} gone", flush=True)
    else:
        data = f"{seed} {number}".encode() * choice.choice([1, 1000, 30_000])
        row = engine.put("b-1", key, data, {"ContentType": "text/plain"})
        print(f"= {key} {row.version} {row.etag}", flush=True)
"""

GONE = "gone"


def _run_and_kill(folder: Path, seed: int) -> tuple[dict[str, str], str]:
    """What was acknowledged of each version, and the version that was being deleted."""
    command = [sys.executable, "-c", WORKER, str(folder), str(seed)]
    worker = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    lines = [worker.stdout.readline() for _ in range(1 + random.Random(seed).randrange(1, 120))]
    os.kill(worker.pid, signal.SIGKILL)
    lines += worker.stdout.readlines()
    worker.stdout.close()
    worker.wait()
    known: dict[str, str] = {}
    under_way = ""
    for line in lines:
        match line.split():
            case ["=", key, version, what]:
                known[f"{key} {version}"], under_way = what, ""
            case ["-", key, version]:
                under_way = f"{key} {version}"
    return known, under_way


def test_after_each_kill_every_version_is_whole_and_acknowledged_ones_are_there(tmp_path: Path, s3: Any) -> None:
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    folder = tmp_path / "killed"
    folder.mkdir()
    expected: dict[str, str] = {}
    for run in range(4):
        known, under_way = _run_and_kill(folder, seed + run)
        expected |= known
        again = type(s3)(folder, ManualClock())
        rows = list(again.engine.history.scan("b-1", "", None, 100_000))
        found = {f"{row.key} {row.version}": "-" if row.is_marker else row.etag for row in rows}
        for row in rows:
            if not row.is_marker:
                body = again.get(row.key, VersionId=row.version)
                assert hashlib.md5(body).hexdigest() == row.etag, row.key
        assert len(again.files()) == sum(etag != "-" for etag in found.values())
        for name, what in expected.items():
            if name != under_way:
                assert found.get(name, GONE) == what, name
        if under_way:
            expected[under_way] = found.get(under_way, GONE)
        again.close()
