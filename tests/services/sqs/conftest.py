import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from afluente.core.clock import ManualClock


class Queues:
    """Queues of a running Afluente, through boto3."""

    def __init__(self, sqs: Any, clock: ManualClock) -> None:
        self.sqs = sqs
        self.clock = clock

    def create(self, name: str = "q", **attributes: str) -> str:
        if name.endswith(".fifo"):
            attributes = {"FifoQueue": "true", **attributes}
        return str(self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])

    def send(self, url: str, *bodies: str, **members: Any) -> list[dict[str, Any]]:
        return [self.sqs.send_message(QueueUrl=url, MessageBody=body, **members) for body in bodies]

    def receive(self, url: str, limit: int = 10, **members: Any) -> list[dict[str, Any]]:
        return list(self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=limit, **members).get("Messages", []))

    def bodies(self, url: str, limit: int = 10, **members: Any) -> list[str]:
        return [message["Body"] for message in self.receive(url, limit, **members)]

    def delete(self, url: str, message: dict[str, Any]) -> None:
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def attributes(self, url: str, *names: str) -> dict[str, str]:
        return dict(self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names or ["All"]).get("Attributes", {}))

    def arn(self, url: str) -> str:
        return self.attributes(url, "QueueArn")["QueueArn"]

    def counts(self, url: str) -> tuple[int, int, int]:
        """How many are visible, in flight, delayed."""
        shown = self.attributes(url)
        visible, in_flight, delayed = (
            int(shown[f"ApproximateNumberOfMessages{which}"]) for which in ("", "NotVisible", "Delayed")
        )
        return visible, in_flight, delayed

    def redrive(self, dead_letters: str, most: int) -> str:
        return json.dumps({"deadLetterTargetArn": self.arn(dead_letters), "maxReceiveCount": most})


class Waiter(threading.Thread):
    """A consumer that waits for messages."""

    def __init__(self, queues: Queues, url: str, seconds: int | None) -> None:
        super().__init__()
        self.received: list[str] | None = None
        self._queues, self._url = queues, url
        self._members = {} if seconds is None else {"WaitTimeSeconds": seconds}
        self.start()

    def run(self) -> None:
        self.received = self._queues.bodies(self._url, **self._members)


@pytest.fixture
def queues(client: Callable[..., Any], clock: ManualClock) -> Queues:
    return Queues(client("sqs"), clock)
