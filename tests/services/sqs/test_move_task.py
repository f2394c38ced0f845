from typing import Any

import pytest
from tests.services.sqs.conftest import Queues
from tests.services.sqs.test_queue import refusal


class Dead:
    """A queue whose messages have all become dead letters of another."""

    def __init__(self, queues: Queues) -> None:
        self.queues, self.sqs = queues, queues.sqs
        self.dead = queues.create("dead")
        self.arn = queues.arn(self.dead)
        self.url = queues.create(RedrivePolicy=queues.redrive(self.dead, 1), VisibilityTimeout="0")

    def bury(self, *bodies: str) -> None:
        self.queues.send(self.url, *bodies)
        for _ in range(2):
            self.queues.receive(self.url)
        assert self.queues.counts(self.dead) == (len(bodies), 0, 0)

    def start(self, **members: Any) -> str:
        return str(self.sqs.start_message_move_task(SourceArn=self.arn, **members)["TaskHandle"])

    def task(self) -> dict[str, Any]:
        return dict(self.sqs.list_message_move_tasks(SourceArn=self.arn)["Results"][0])

    def ended(self) -> dict[str, Any]:
        while (task := self.task())["Status"] == "RUNNING":
            self.queues.clock.advance(1)
        return task


@pytest.fixture
def dead(queues: Queues) -> Dead:
    return Dead(queues)


def test_dead_letters_go_back(dead: Dead) -> None:
    dead.bury("a", "b")
    dead.start()
    task = dead.ended()
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"], task["ApproximateNumberOfMessagesToMove"]) == (
        "COMPLETED", 2, 2,
    )  # fmt: skip
    assert "TaskHandle" not in task
    (first, second) = dead.queues.receive(dead.url, AttributeNames=["All"])
    assert [first["Body"], second["Body"]] == ["a", "b"]
    assert first["Attributes"]["ApproximateReceiveCount"] == "1"  # they are new messages
    assert "DeadLetterQueueSourceArn" not in first["Attributes"]


def test_they_can_go_elsewhere(dead: Dead) -> None:
    dead.bury("a")
    other = dead.queues.create("other")
    dead.start(DestinationArn=dead.queues.arn(other))
    dead.ended()
    assert dead.queues.bodies(other) == ["a"]


def test_a_rate_is_kept_and_a_task_can_be_ended(dead: Dead) -> None:
    dead.bury("a", "b", "c")
    handle = dead.start(MaxNumberOfMessagesPerSecond=1)
    assert "already a task running" in refusal(dead.sqs.start_message_move_task, SourceArn=dead.arn)[1]
    while dead.task()["ApproximateNumberOfMessagesMoved"] == 0:
        pass
    assert dead.task()["ApproximateNumberOfMessagesMoved"] == 1
    assert dead.sqs.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"] == 1
    dead.queues.clock.advance(10)
    assert dead.task()["Status"] == "CANCELLED"
    assert dead.queues.counts(dead.dead) == (2, 0, 0)
    assert refusal(dead.sqs.cancel_message_move_task, TaskHandle=handle)[0] == (
        "AWS.SimpleQueueService.UnsupportedOperation"
    )


def test_what_was_never_elsewhere_cannot_go_back(dead: Dead) -> None:
    dead.queues.send(dead.dead, "sent here")
    dead.start()
    task = dead.ended()
    assert (task["Status"], task["FailureReason"]) == ("FAILED", "CouldNotDetermineMessageSource")


def test_tasks_that_cannot_be(dead: Dead) -> None:
    start = dead.sqs.start_message_move_task
    assert refusal(start, SourceArn=dead.arn + "-not")[0] == "ResourceNotFoundException"
    assert refusal(start, SourceArn=dead.arn, DestinationArn=dead.arn + "-not")[0] == "ResourceNotFoundException"
    assert refusal(start, SourceArn=dead.queues.arn(dead.url)) == (
        "InvalidParameterValue",
        f"Value {dead.queues.arn(dead.url)} for parameter SourceArn is invalid. Reason: Source queue must be "
        "configured as a Dead Letter Queue.",
    )
    assert refusal(start, SourceArn=dead.arn, MaxNumberOfMessagesPerSecond=501)[0] == "InvalidParameterValue"
    assert refusal(dead.sqs.cancel_message_move_task, TaskHandle="nonsense") == (
        "ResourceNotFoundException", "Task does not exist.",
    )  # fmt: skip
    assert "Results" not in dead.sqs.list_message_move_tasks(SourceArn=dead.arn)
