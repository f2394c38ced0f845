"""A producer that goes on through crashes: it sends, notes what was acknowledged, and sends again what was not."""

import json
import random
from collections.abc import Callable, Sequence


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
