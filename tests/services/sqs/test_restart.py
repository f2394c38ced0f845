from collections.abc import Iterator
from contextlib import contextmanager

from tests.conftest import clients
from tests.services.sqs.conftest import Queues, Waiter

from afluente.app import App
from afluente.core.clock import ManualClock
from afluente.core.setting import Settings


@contextmanager
def running(settings: Settings, clock: ManualClock) -> Iterator[App]:
    app = App(settings, clock)
    app.start()
    try:
        yield app
    finally:
        app.stop()


def test_messages_survive_a_restart(settings: Settings, clock: ManualClock) -> None:
    with running(settings, clock) as app:
        queues = Queues(clients(app.endpoint)("sqs"), clock)
        url = queues.create()
        queues.send(url, "a", "b")
        taken = queues.receive(url, 1)
    with running(settings, clock) as app:
        queues = Queues(clients(app.endpoint)("sqs"), clock)
        url = queues.sqs.get_queue_url(QueueName="q")["QueueUrl"]
        assert queues.counts(url) == (1, 1, 0)
        queues.delete(url, taken[0])
        assert queues.bodies(url) == ["b"]


def test_stopping_ends_long_polls(settings: Settings, clock: ManualClock) -> None:
    with running(settings, clock) as app:
        queues = Queues(clients(app.endpoint)("sqs"), clock)
        waiter = Waiter(queues, queues.create(), 20)
        while not app._sqs.polls._waiting:
            waiter.join(0.01)
    waiter.join(20)
    assert waiter.received == []
