"""Queues as CloudWatch shows them."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.conftest import Clients
from tests.services.sqs.conftest import Queues, Waiter


class Watch:
    """What CloudWatch has of a queue."""

    def __init__(self, client: Clients, queues: Queues) -> None:
        self.cloudwatch: Any = client("cloudwatch")
        self.clock = queues.clock

    def sums(self, *names: str, queue: str = "q") -> list[float | None]:
        return [None if (found := self.point(name, queue)) is None else found["Sum"] for name in names]

    def point(self, name: str, queue: str = "q") -> dict[str, Any] | None:
        """Statistics of the last five minutes."""
        now = datetime.fromtimestamp(self.clock.now_ms() / 1000, UTC)
        found = self.cloudwatch.get_metric_statistics(
            Namespace="AWS/SQS", MetricName=name, Dimensions=[{"Name": "QueueName", "Value": queue}], Period=3600,
            StartTime=now - timedelta(hours=2), EndTime=now + timedelta(minutes=1), Statistics=["Sum", "Maximum"],
        )["Datapoints"]  # fmt: skip
        return {"Sum": sum(p["Sum"] for p in found), "Maximum": max(p["Maximum"] for p in found)} if found else None

    def level(self, name: str, queue: str = "q") -> float | None:
        point = self.point(name, queue)
        return None if point is None else point["Maximum"]


def eventually(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def watch(client: Clients, queues: Queues) -> Watch:
    return Watch(client, queues)


def test_messages_are_counted(queues: Queues, watch: Watch) -> None:
    url = queues.create()
    queues.sqs.send_message_batch(
        QueueUrl=url, Entries=[{"Id": str(i), "MessageBody": "x" * (i + 1)} for i in range(4)]
    )
    queues.send(url, "sent alone")
    messages = queues.receive(url)
    assert queues.receive(url) == []
    for message in messages[:2]:
        queues.delete(url, message)
    queues.delete(url, messages[0])  # again
    with pytest.raises(ClientError):
        queues.sqs.delete_message(QueueUrl=url, ReceiptHandle="none")
    entries = [{"Id": "a", "ReceiptHandle": messages[2]["ReceiptHandle"]}, {"Id": "b", "ReceiptHandle": "none"}]
    queues.sqs.delete_message_batch(QueueUrl=url, Entries=entries)
    assert watch.sums("NumberOfMessagesSent", "SentMessageSize") == [5, 1 + 2 + 3 + 4 + 10]
    assert watch.sums("NumberOfMessagesReceived", "NumberOfEmptyReceives") == [5, 1]
    assert watch.sums("NumberOfMessagesDeleted", "NumberOfDeduplicatedSentMessages") == [4, None]


def test_a_long_poll_that_ends_empty_is_one_empty_receive(queues: Queues, watch: Watch) -> None:
    url = queues.create()
    waiter = Waiter(queues, url, 20)
    while waiter.is_alive():
        queues.clock.advance(20)
        waiter.join(0.05)
    assert waiter.received == []
    assert watch.sums("NumberOfMessagesReceived", "NumberOfEmptyReceives") == [0, 1]


def test_what_a_fifo_queue_left_out_is_counted(queues: Queues, watch: Watch) -> None:
    url = queues.create("q.fifo", ContentBasedDeduplication="true")
    queues.send(url, "same", "same", "other", MessageGroupId="g")
    names = "NumberOfMessagesSent", "NumberOfDeduplicatedSentMessages"
    assert watch.sums(*names, queue="q.fifo") == [2, 1]


def test_levels_are_measured_every_minute(queues: Queues, watch: Watch) -> None:
    url = queues.create()
    queues.send(url, "1", "2", "3")
    queues.send(url, "later", DelaySeconds=600)
    queues.receive(url, 1, VisibilityTimeout=600)
    queues.clock.advance(120)
    eventually(lambda: watch.level("ApproximateAgeOfOldestMessage") == 120)
    names = [f"ApproximateNumberOfMessages{which}" for which in ("Visible", "NotVisible", "Delayed")]
    assert [watch.level(name) for name in names] == [2, 1, 1]


def test_a_dead_letter_is_seen_where_it_is(queues: Queues, watch: Watch) -> None:
    dead = queues.create("dead")
    url = queues.create(RedrivePolicy=queues.redrive(dead, 1))
    queues.send(url, "poison")
    queues.receive(url)
    queues.clock.advance(60)
    assert queues.receive(url) == []
    queues.clock.advance(60)
    eventually(lambda: watch.level("ApproximateNumberOfMessagesVisible", "dead") == 1)
    assert watch.sums("NumberOfMessagesSent", queue="dead") == [None]  # it was moved, as on AWS


def test_an_empty_queue_that_nobody_uses_is_not_measured(queues: Queues, watch: Watch) -> None:
    queues.create("unused")
    used = queues.create("used")
    assert queues.receive(used) == []
    queues.clock.advance(60)
    eventually(lambda: watch.level("ApproximateNumberOfMessagesVisible", "used") == 0)
    assert watch.level("ApproximateNumberOfMessagesVisible", "unused") is None
    queues.clock.advance(7 * 3600)
    queues.send(queues.create("clock"), "so that there is a level to wait for")
    queues.clock.advance(60)
    eventually(lambda: watch.level("ApproximateNumberOfMessagesVisible", "clock") == 1)
    assert watch.level("ApproximateNumberOfMessagesVisible", "used") is None


def test_a_deleted_queue_keeps_its_points(queues: Queues, watch: Watch) -> None:
    url = queues.create()
    queues.send(url, "x")
    queues.sqs.delete_queue(QueueUrl=url)
    assert watch.sums("NumberOfMessagesSent") == [1]
