"""A process that puts, replaces, deletes and completes uploads is killed at a random instant, several times."""

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
engine.create_bucket(Bucket(name="b-1", account="000000000000", region="us-east-1", created_at_ms=0))
engine.start()
choice = random.Random(seed)
print("ready", flush=True)
for number in range(10_000):
    key = choice.choice(["a", "a/b", "x/y/z", "x/y/w", "d//", "e"])
    if choice.random() < 0.3:
        print(f"- {key}", flush=True)
        engine.delete_object("b-1", key)
    else:
        data = f"{seed} {number}".encode() * choice.choice([1, 1000, 30_000])
        print(f"+ {key}", flush=True)
        print(f"= {key} {engine.put_object('b-1', key, data).etag}", flush=True)
        continue
    print(f"= {key} -", flush=True)
"""


def _run_and_kill(folder: Path, seed: int) -> tuple[dict[str, str], str]:
    """What was acknowledged last of each key, and the key of the change under way."""
    command = [sys.executable, "-c", WORKER, str(folder), str(seed)]
    worker = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    lines = [worker.stdout.readline() for _ in range(1 + random.Random(seed).randrange(1, 150))]
    os.kill(worker.pid, signal.SIGKILL)
    lines += worker.stdout.readlines()
    worker.stdout.close()
    worker.wait()
    known: dict[str, str] = {}
    under_way = ""
    for line in lines:
        match line.split():
            case ["=", key, etag]:
                known[key], under_way = etag, ""
            case ["+" | "-", key]:
                under_way = key
    return known, under_way


def test_after_each_kill_every_object_is_whole_and_acknowledged_ones_are_there(tmp_path: Path, s3: Any) -> None:
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    folder = tmp_path / "killed"
    folder.mkdir()
    expected: dict[str, str] = {}
    for run in range(4):
        known, under_way = _run_and_kill(folder, seed + run)
        expected |= known
        again = type(s3)(folder, ManualClock())
        found = {stored.key: stored for stored in again.engine.iter_objects("b-1")}
        for key, stored in found.items():
            assert hashlib.md5(stored.path.read_bytes()).hexdigest() == stored.etag, key
            assert hashlib.md5(again.get(key)).hexdigest() == stored.etag, key
        assert len(again.files()) == len(found)
        for key, etag in expected.items():
            if key != under_way:
                assert (found[key].etag if key in found else "-") == etag, key
        expected = {key: found[key].etag if key in found else "-" for key in expected}
        again.close()
