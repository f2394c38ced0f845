"""Faults on purpose, so that producers and consumers can be tested: throttles and failures drawn from a seed.

Each operation draws from a sequence of its own, which the seed alone decides: the n-th PutRecords of two runs with the
same seed fails in the same way, whatever else is called. Only requests over the network are hurt, never Firehose or
another service in the process. Nothing of a record that fails is stored.
"""

import random
import threading

from afluente.services.kinesis.error import ProvisionedThroughputExceededException

OPERATIONS = ("GetRecords", "GetShardIterator", "PutRecord", "PutRecords")

THROTTLED, FAILED = "ProvisionedThroughputExceededException", "InternalFailure"
FAILED_SHARE = 0.25
"""Of the records that fail, how many do so with InternalFailure."""

HINT = "(This fault was injected: AFLUENTE_KINESIS_FAULT_RATE is set.)"


class Faults:
    """Lets a share `rate` of the requests fail, and of the records in the PutRecords that do not.

    Raises ValueError for a rate that is no share.
    """

    def __init__(self, rate: float, seed: int) -> None:
        if not 0 <= rate <= 1:
            raise ValueError(f"AFLUENTE_KINESIS_FAULT_RATE is {rate}; it takes a share from 0 to 1")
        self._rate = rate
        self._draws = {name: random.Random(f"{seed} {name}") for name in OPERATIONS}
        self._lock = threading.Lock()

    @property
    def enabled(self) -> bool:
        """Does anything ever fail?"""
        return self._rate > 0

    def admit(self, operation: str) -> None:
        """Raises ProvisionedThroughputExceededException for a request that is to fail as a whole."""
        draw = self._draws.get(operation)
        if draw is None or not self.enabled:
            return
        with self._lock:
            fails = draw.random() < self._rate
        if fails:
            raise ProvisionedThroughputExceededException(f"Rate exceeded. {HINT}")

    def of_records(self, count: int) -> dict[int, str]:
        """The error codes of the records of a PutRecords that are to fail, by their index."""
        if not self.enabled:
            return {}
        draw = self._draws["PutRecords"]
        with self._lock:
            draws = [(draw.random(), draw.random()) for _ in range(count)]
        return {
            index: FAILED if which < FAILED_SHARE else THROTTLED
            for index, (fate, which) in enumerate(draws)
            if fate < self._rate
        }
