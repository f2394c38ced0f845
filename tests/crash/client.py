"""Clients that go on through crashes: they send, note what was acknowledged, and send again what was not."""

import threading
from collections.abc import Callable, Container
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

PAUSE_S = 0.02
STARTING = frozenset({503})
FAULTY = frozenset({500, 503})
"""What a server answers while it starts, and while its disk fails."""

SESSION: Any = boto3.Session()  # keeps the models that it has read
MAKING = threading.Lock()


def aws(service: str, endpoint: str) -> Any:
    """A client without retries of its own, so that every attempt is counted."""
    with MAKING:
        return SESSION.client(
            service,
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="any",
            aws_secret_access_key="any",
            config=Config(retries={"max_attempts": 0}, connect_timeout=2, read_timeout=60),
        )


class Worker(threading.Thread):
    """Calls `work` over and over until stopped.

    A request without an answer is part of the test, and so are answers with a tolerated status.
    """

    def __init__(
        self, name: str, work: Callable[[], None], stopping: threading.Event, tolerated: Container[int]
    ) -> None:
        super().__init__(name=name, daemon=True)
        self.failure: Exception | None = None
        self._work = work
        self._stopping = stopping
        self._tolerated = tolerated

    def run(self) -> None:
        while not self._stopping.wait(PAUSE_S):
            try:
                self._work()
            except BotoCoreError:  # the server is gone, or went while it answered
                continue
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] not in self._tolerated:
                    self.failure = error
                    return
            except Exception as error:
                self.failure = error
                return
