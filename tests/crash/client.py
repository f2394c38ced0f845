"""Clients that go on through crashes: they send, note what was acknowledged, and send again what was not."""

import hashlib
import json
import random
import threading
from collections.abc import Callable, Sequence
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

PAUSE_S = 0.02
SERVICE_UNAVAILABLE = 503


def aws(service: str, endpoint: str) -> Any:
    """A client without retries of its own, so that every attempt is counted."""
    session: Any = boto3.Session()
    return session.client(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
        config=Config(retries={"max_attempts": 0}, connect_timeout=2, read_timeout=10),
    )


class Worker(threading.Thread):
    """Calls `work` over and over until stopped. A request without an answer is part of the test, an error is not."""

    def __init__(self, name: str, work: Callable[[], None], stopping: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        self.failure: Exception | None = None
        self._work = work
        self._stopping = stopping

    def run(self) -> None:
        while not self._stopping.wait(PAUSE_S):
            try:
                self._work()
            except BotoCoreError:  # the server is gone, or went while it answered
                continue
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] != SERVICE_UNAVAILABLE:  # it is just starting
                    self.failure = error
                    return
            except Exception as error:
                self.failure = error
                return


class Producer:
    """Sends readings in batches. What was not acknowledged goes again as a new attempt, with a mark of its own."""

    def __init__(self, name: str, send: Callable[[Sequence[bytes]], Sequence[bool]], seed: int) -> None:
        self.acknowledged: set[bytes] = set()
        self.sent: set[bytes] = set()
        self.retried = 0
        self._name = name
        self._send = send
        self._random = random.Random(seed)
        self._number = 0
        self._again: list[tuple[int, int]] = []

    def step(self) -> None:
        """One batch."""
        fresh = range(self._number, self._number + (self._random.randint(1, 60) if len(self._again) < 100 else 0))
        self._number = fresh.stop
        batch = [*self._again, *((number, 0) for number in fresh)]
        data = [self._record(number, attempt) for number, attempt in batch]
        self.sent.update(data)
        self._again = [(number, attempt + 1) for number, attempt in batch]
        taken = self._send(data)
        self.acknowledged.update(item for item, ok in zip(data, taken, strict=True) if ok)
        self._again = [(number, attempt + 1) for (number, attempt), ok in zip(batch, taken, strict=True) if not ok]
        self.retried += len(self._again)

    def _record(self, number: int, attempt: int) -> bytes:
        reading = {"producer": self._name, "number": number, "attempt": attempt, "filling": "x" * (number * 37 % 400)}
        return json.dumps(reading).encode() + b"\n"


class Uploader:
    """Puts objects of random sizes under new keys, and now and then over an old one."""

    def __init__(self, s3: Any, bucket: str, seed: int) -> None:
        self.possible: dict[str, list[bytes]] = {}
        self.acknowledged: dict[str, bytes] = {}
        self._s3 = s3
        self._bucket = bucket
        self._random = random.Random(seed)

    def step(self) -> None:
        """One object."""
        key = f"folder/{self._random.randrange(40)}"
        body = self._random.randbytes(self._random.choice([10, 5_000, 300_000]))
        self.possible.setdefault(key, []).append(hashlib.md5(body, usedforsecurity=False).digest())
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=body)
        self.acknowledged[key] = self.possible[key][-1]
        self.possible[key] = self.possible[key][-1:]


class Cataloger:
    """Makes tables, one after the other."""

    def __init__(self, glue: Any, database: str) -> None:
        self.acknowledged: list[str] = []
        self._glue = glue
        self._database = database
        self._number = 0

    def step(self) -> None:
        """One table of many columns."""
        self._number += 1
        name = f"table_{self._number}"
        columns = [{"Name": f"column_{index}", "Type": "string"} for index in range(20)]
        self._glue.create_table(
            DatabaseName=self._database, TableInput={"Name": name, "StorageDescriptor": {"Columns": columns}}
        )
        self.acknowledged.append(name)
