"""A process that puts objects whose events go to a queue is killed at a random instant, several times."""

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

from afluente.core.clock import ManualClock
from afluente.services.s3.engine import S3Engine
from afluente.services.sqs.engine import SqsEngine
from afluente.store.database import Database

KEY = ("000000000000", "us-east-1", "q")
WORKER = """
import sys
from pathlib import Path
from threading import Thread
from afluente.core.clock import SystemClock
from afluente.services.s3.bucket import Bucket
from afluente.services.s3.engine import S3Engine
from afluente.services.s3.invocation import Invocations
from afluente.services.s3.notifier import Notifier
from afluente.services.sqs.engine import SqsEngine
from afluente.store.database import Database

class Everyone:
    def service_may(self, *_, **__):
        return True

folder, run = Path(sys.argv[1]), sys.argv[2]
database, clock = Database(folder / "meta.db"), SystemClock()
sqs = SqsEngine(database, clock)
sqs.create(("000000000000", "us-east-1", "q"), {}, {})
s3 = S3Engine(database, folder / "s3", clock)
s3.notifier = Notifier(sqs, Everyone(), Invocations(database, None, clock), None, clock)
told = {"Id": "i", "QueueArn": "arn:aws:sqs:us-east-1:000000000000:q", "Events": ["s3:ObjectCreated:*"]}
if not s3.bucket_exists("lake"):
    s3.create_bucket(Bucket(name="lake", account="000000000000", region="us-east-1", created_at_ms=0,
                            notification={"QueueConfigurations": [told]}))
s3.start()
print("ready", flush=True)

def put(name):
    for number in range(10_000):
        key = f"{run}/{name}/{number}"
        s3.put_object("lake", key, key.encode())
        print(f"{key}\\n", end="", flush=True)

threads = [Thread(target=put, args=(name,)) for name in "abc"]
for thread in threads:
    thread.start()
"""


def _run_and_kill(folder: Path, run: int, lines: int) -> set[str]:
    """The keys whose puts were acknowledged."""
    worker = subprocess.Popen([sys.executable, "-c", WORKER, str(folder), str(run)], stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    said = [worker.stdout.readline() for _ in range(lines)]
    os.kill(worker.pid, signal.SIGKILL)
    said += worker.stdout.readlines()
    worker.stdout.close()
    worker.wait()
    return {line.strip() for line in said if line.endswith("\n")} - {"ready", ""}


def test_every_object_has_one_event_and_every_event_its_object(tmp_path: Path) -> None:
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    choice, acknowledged = random.Random(seed), set[str]()
    for run in range(3):
        acknowledged |= _run_and_kill(tmp_path, run, choice.randrange(2, 100))
    database = Database(tmp_path / "meta.db")
    sqs, s3 = SqsEngine(database, ManualClock()), S3Engine(database, tmp_path / "s3", ManualClock())
    rows = database.read().execute("SELECT body FROM sqs_message ORDER BY id").fetchall()
    records = [json.loads(body)["Records"][0]["s3"]["object"] for (body,) in rows]
    keys = [record["key"] for record in records]
    order = [record["sequencer"] for record in records]
    assert sqs.queue(KEY)
    assert acknowledged <= set(keys)
    assert sorted(keys) == [stored.key for stored in s3.iter_objects("lake")]
    assert order == sorted(set(order))
    database.close()
