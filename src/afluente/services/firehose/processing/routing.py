"""The way of each processed record: by its partition keys, or to the error objects."""

from collections.abc import Callable

from afluente.services.firehose import prefix
from afluente.services.firehose.configuration import Configuration, partitions
from afluente.services.firehose.expression import SAMPLE_TIME
from afluente.services.firehose.processing.active_partition import ActivePartitions
from afluente.services.firehose.processing.failure import error_record
from afluente.services.firehose.processing.frame import Detail, Processed
from afluente.services.firehose.processing.metadata import CODE, MISSING
from afluente.services.firehose.processing.unit import Failure, Outcome, Unit
from afluente.services.firehose.route import PARTITION_LIMIT_EXCEEDED, PLAIN, PROCESSING_FAILED, Route

LIMIT_CODE = "DynamicPartitioning.ActivePartitionsLimitExceeded"

Describe = Callable[[Unit], Detail | None]
"""What must be remembered of a record for an error object that it may still get into."""


class Router:
    """Routes records by the prefix of a destination. The decisions are recorded, so they need not be repeatable."""

    def __init__(self, configuration: Configuration, active: ActivePartitions, describe: Describe) -> None:
        self._prefix = configuration.get("Prefix", "")
        self._names = prefix.partition_keys(self._prefix) if partitions(configuration) else []
        self._active = active
        self._describe = describe
        self._texts: dict[tuple[str, ...], str | None] = {}
        self._error_texts: dict[str, str] = {}
        self.exceeded = False
        self.is_partitioned = bool(self._names)

    def routed(self, outcome: Outcome, now_ms: int) -> list[Processed]:
        """The outcome's records, with their ways; failures as the error records that they become now."""
        begun: set[str] = set()
        self.exceeded = False
        ways = [self._way(unit, begun) for unit in outcome.units]
        failures = [*outcome.failures, *(way for way in ways if isinstance(way, Failure))]
        return [
            *(
                Processed(way, unit.data, unit.arrived_at_ms, self._describe(unit))
                for way, unit in zip(ways, outcome.units, strict=True)
                if isinstance(way, str)
            ),
            *(self._failed(failure, now_ms) for failure in failures),
        ]

    def _failed(self, failure: Failure, now_ms: int) -> Processed:
        kind = failure.error_type
        text = self._error_texts.setdefault(kind, Route(error_type=kind).text)
        return Processed(text, error_record(failure, now_ms), failure.unit.arrived_at_ms)

    def _way(self, unit: Unit, begun: set[str]) -> str | Failure:
        if not self._names:
            return PLAIN_TEXT
        values = tuple(unit.keys.get(name, "") for name in self._names)
        if "" in values:
            return Failure(unit, PROCESSING_FAILED, CODE, MISSING)
        text = self._text(values)
        if text is None:
            return Failure(unit, PROCESSING_FAILED, CODE, TOO_LONG)
        if text not in self._active and text not in begun:
            if len(self._active) + len(begun) >= self._active.limit:
                self.exceeded = True
                message = f"The number of active partitions is limited to {self._active.limit}."
                return Failure(unit, PARTITION_LIMIT_EXCEEDED, LIMIT_CODE, message)
            begun.add(text)
        return text

    def _text(self, values: tuple[str, ...]) -> str | None:
        """The text of the route of these partition keys; None when their prefix is too long."""
        if values not in self._texts:
            keys = dict(zip(self._names, values, strict=True))
            fits = len(prefix.evaluate(self._prefix, SAMPLE_TIME, keys)) <= prefix.EVALUATED_LIMIT
            if len(self._texts) >= MOST_TEXTS:
                self._texts.clear()
            self._texts[values] = Route(prefix=self._prefix, keys=keys).text if fits else None
        return self._texts[values]


PLAIN_TEXT = PLAIN.text
MOST_TEXTS = 10_000
TOO_LONG = f"Length of evaluated prefix cannot be greater than {prefix.EVALUATED_LIMIT}"
