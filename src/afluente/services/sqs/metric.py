"""What is measured of a queue, under the names of AWS/SQS.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
"""

import threading

from afluente.core.metric import Measure, Metrics, Recorder
from afluente.services.sqs.queue import Queue
from afluente.services.sqs.store import Counts

NAMESPACE = "AWS/SQS"
ACTIVE_MS = 6 * 3_600_000
"""How long the levels of an empty queue that nobody uses go on."""

SENT = (
    Measure("NumberOfMessagesSent", "Count", "Messages sent."),
    Measure("SentMessageSize", "Bytes", "Bytes of a message sent.", "summary"),
)
DEDUPLICATED = (Measure("NumberOfDeduplicatedSentMessages", "Count", "Messages sent to a FIFO queue once more."),)
RECEIVED = (
    Measure("NumberOfMessagesReceived", "Count", "Messages received."),
    Measure("NumberOfEmptyReceives", "Count", "ReceiveMessage requests that gave none."),
)
DELETED = (Measure("NumberOfMessagesDeleted", "Count", "Messages deleted by those who received them."),)
LEVELS = (
    Measure("ApproximateNumberOfMessagesVisible", "Count", "Messages to be received.", "gauge"),
    Measure("ApproximateNumberOfMessagesNotVisible", "Count", "Messages that somebody works on.", "gauge"),
    Measure("ApproximateNumberOfMessagesDelayed", "Count", "Messages that are delayed.", "gauge"),
    Measure("ApproximateAgeOfOldestMessage", "Seconds", "Age of the oldest message.", "gauge"),
)
ROWS = (SENT, DEDUPLICATED, RECEIVED, DELETED, LEVELS)


class _Recorders:
    """One queue's."""

    def __init__(self, queue: Queue, metrics: Metrics) -> None:
        self.used_ms = metrics.clock.now_ms()
        self.all: list[Recorder] = [
            metrics.recorder(queue.account, queue.region, NAMESPACE, {"QueueName": queue.name}, measures)
            for measures in ROWS
        ]
        self.sent, self.deduplicated, self.received, self.deleted, self.levels = self.all


class QueueMetrics:
    """Takes what happens to the queues. Any thread may use it."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._clock = metrics.clock
        self._lock = threading.Lock()
        self._queues: dict[int, _Recorders] = {}

    def sent(self, queue: Queue, size: int) -> None:
        """A message of so many bytes is in the queue."""
        used = self._used(queue)
        used.sent.record(used.used_ms, 1, size)

    def deduplicated(self, queue: Queue) -> None:
        """One was sent that is there already."""
        used = self._used(queue)
        used.deduplicated.record(used.used_ms, 1)

    def received(self, queue: Queue, messages: int) -> None:
        """A request was answered with so many messages."""
        used = self._used(queue)
        used.received.record(used.used_ms, messages, 0 if messages else 1)

    def deleted(self, queue: Queue, messages: int = 1) -> None:
        """So many receipt handles were taken."""
        used = self._used(queue)
        used.deleted.record(used.used_ms, messages)

    def is_active(self, queue: Queue) -> bool:
        """Has it been used in the last six hours, since the process started?"""
        used = self._queues.get(queue.id)
        return used is not None and used.used_ms > self._clock.now_ms() - ACTIVE_MS

    def level(self, queue: Queue, counts: Counts, oldest_ms: int | None) -> None:
        """What is in the queue, of which the oldest was sent at `oldest_ms`."""
        now_ms = self._clock.now_ms()
        age_s = 0 if oldest_ms is None else max(0, now_ms - oldest_ms) // 1000
        self._recorders(queue).levels.record(now_ms, *counts, age_s)

    def forget(self, queue: Queue) -> None:
        """The queue is gone."""
        with self._lock:
            gone = self._queues.pop(queue.id, None)
        if gone is not None:
            self._metrics.forget(gone.all)

    def _used(self, queue: Queue) -> _Recorders:
        recorders = self._recorders(queue)
        recorders.used_ms = self._clock.now_ms()
        return recorders

    def _recorders(self, queue: Queue) -> _Recorders:
        found = self._queues.get(queue.id)
        if found is None:
            with self._lock:
                found = self._queues.get(queue.id) or _Recorders(queue, self._metrics)
                self._queues[queue.id] = found
        return found
