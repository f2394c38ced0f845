"""Event buses and rules: where they are stored. A rule has its targets with it."""

from collections.abc import Iterator
from typing import Any

from afluente.store.database import Database
from afluente.store.document import Documents

DEFAULT = "default"
BusKey = tuple[str, str, str]
"""Account, region, name of the bus."""
RuleKey = tuple[str, str, str, str]
"""The same, and the rule's name."""

Rule = dict[str, Any]
"""Members in AWS's spelling; `Targets` by id, `Tags`, and `due_ms`, when its schedule comes due."""


def bus_arn(key: BusKey) -> str:
    """The ARN of a bus."""
    account, region, name = key
    return f"arn:aws:events:{region}:{account}:event-bus/{name}"


def rule_arn(key: RuleKey) -> str:
    """A rule of the default bus is not called by it."""
    account, region, bus, name = key
    return f"arn:aws:events:{region}:{account}:rule/{name if bus == DEFAULT else f'{bus}/{name}'}"


class Rules:
    """The stored buses and rules. Writes join the thread's open transaction."""

    def __init__(self, database: Database) -> None:
        self._buses = Documents(database, "events_bus")
        self._rules = Documents(database, "events_rule")

    def bus(self, key: BusKey) -> dict[str, Any] | None:
        """The default one is always there."""
        found = self._buses.get(key)
        return {"Name": DEFAULT, "Tags": {}} if found is None and key[2] == DEFAULT else found

    def buses(self, account: str, region: str) -> Iterator[dict[str, Any]]:
        """By name."""
        found = {key[2]: bus for key, bus in self._buses.scan((account, region))}
        found.setdefault(DEFAULT, {"Name": DEFAULT, "Tags": {}})
        for name in sorted(found):
            yield found[name]

    def put_bus(self, key: BusKey, bus: dict[str, Any]) -> None:
        self._buses.put(key, bus)

    def delete_bus(self, key: BusKey) -> None:
        self._buses.delete(key)

    def get(self, key: RuleKey) -> Rule | None:
        return self._rules.get(key)

    def put(self, key: RuleKey, rule: Rule) -> None:
        self._rules.put(key, rule)

    def delete(self, key: RuleKey) -> None:
        self._rules.delete(key)

    def of_bus(self, key: BusKey) -> Iterator[tuple[RuleKey, Rule]]:
        """By name."""
        yield from self._rules.scan(key)  # type: ignore[misc]  # as they were put

    def all(self) -> Iterator[tuple[RuleKey, Rule]]:
        """Of everybody."""
        yield from self._rules.scan()  # type: ignore[misc]  # as they were put
