"""EventBridge's state and rules, for the provider and for other services: buses, rules, and what events do.

An event that comes in is matched, and what its targets are to be given is stored, in one transaction: the sender's,
where another service tells of what it does. From there on it is delivery.py's.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from afluente.core.clock import Clock, utc
from afluente.core.error import ValidationException
from afluente.core.loop import Loop
from afluente.services.events import schedule, target, transform
from afluente.services.events.delivery import Deliveries
from afluente.services.events.error import (
    LimitExceededException,
    ResourceAlreadyExistsException,
    ResourceNotFoundException,
)
from afluente.services.events.pattern import compiled
from afluente.services.events.rule import DEFAULT, BusKey, Rule, RuleKey, Rules, rule_arn
from afluente.store.database import Database

MOST_TARGETS = 5
MOST_RULES = 300
MOST_TAGS = 50
KEPT = ("EventPattern", "ScheduleExpression", "Description", "RoleArn")


class EventsEngine:
    """The event buses of every account."""

    def __init__(self, database: Database, deliveries: Deliveries, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._deliveries = deliveries
        self.rules = Rules(database)
        self._loop = Loop("events-schedule", self._fire_due, clock)

    def start(self) -> None:
        """Take up what was not delivered, and watch the schedules. One that came due meanwhile fires once."""
        self._deliveries.start()
        self._loop.start()

    def stop(self) -> None:
        self._loop.stop()
        self._deliveries.stop()

    # Events

    def emit(  # noqa: PLR0917  # what an event is made of
        self, account: str, region: str, source: str, detail_type: str, detail: Mapping[str, Any],
        resources: Sequence[str] = (), *, time_ms: int | None = None, bus: str = DEFAULT,
    ) -> str:  # fmt: skip
        """Take an event in, joining an open transaction. Its id."""
        now_ms = self._clock.now_ms()
        event = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": detail_type,
            "source": source,
            "account": account,
            "time": utc(now_ms if time_ms is None else time_ms).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": region,
            "resources": list(resources),
            "detail": detail,
        }
        matching = [(key, rule) for key, rule in self.rules.of_bus((account, region, bus)) if _is_about(rule, event)]
        if matching:
            with self._database.write():
                for key, rule in matching:
                    self._give(key, rule, event)
        return str(event["id"])

    def _give(self, key: RuleKey, rule: Rule, event: Mapping[str, Any]) -> None:
        named = {"Arn": rule_arn(key), "Name": key[3]}
        for each in rule["Targets"].values():
            self._deliveries.add(key, each, event, transform.given_to(each, event, named))

    def _fire_due(self) -> int | None:
        """Fire the schedules that are due; when the next one is."""
        now_ms = self._clock.now_ms()
        upcoming = []
        for key, rule in list(self.rules.all()):
            due_ms = rule.get("due_ms")
            if due_ms is not None and due_ms <= now_ms:
                due_ms = self._fire(key, now_ms)
            if due_ms is not None:
                upcoming.append(due_ms)
        return min(upcoming, default=None)

    def _fire(self, key: RuleKey, now_ms: int) -> int | None:
        """Tell the targets, and set the next time, in one transaction: each time fires once."""
        account, region, _, _ = key
        with self._database.write():
            rule = self.rules.get(key)
            due_ms = rule.get("due_ms") if rule else None
            if rule is None or due_ms is None or due_ms > now_ms:
                return due_ms
            event = {
                "version": "0", "id": str(uuid.uuid4()), "detail-type": "Scheduled Event", "source": "aws.events",
                "account": account, "time": utc(due_ms).strftime("%Y-%m-%dT%H:%M:%SZ"), "region": region,
                "resources": [rule_arn(key)], "detail": {},
            }  # fmt: skip
            self._give(key, rule, event)
            later_ms = schedule.next_ms(rule["ScheduleExpression"], due_ms)
            if later_ms is not None and later_ms <= now_ms:
                later_ms = schedule.next_ms(rule["ScheduleExpression"], now_ms)
            self.rules.put(key, {**rule, "due_ms": later_ms})
            return later_ms

    # Buses

    def bus(self, key: BusKey) -> dict[str, Any]:
        """Raises ResourceNotFoundException."""
        found = self.rules.bus(key)
        if found is None:
            raise ResourceNotFoundException(f"Event bus {key[2]} does not exist.")
        return found

    def create_bus(self, key: BusKey, description: str | None, tags: Mapping[str, str]) -> None:
        """Raises ResourceAlreadyExistsException, ValidationException."""
        if "/" in key[2]:
            raise ValidationException("Event bus name must not contain '/'.")
        with self._database.write():
            if self.rules.bus(key) is not None:
                raise ResourceAlreadyExistsException(f"Event bus {key[2]} already exists.")
            now_ms = self._clock.now_ms()
            made = {"Name": key[2], "Tags": dict(tags), "created_at_ms": now_ms, "modified_at_ms": now_ms}
            self.rules.put_bus(key, made | ({"Description": description} if description else {}))

    def delete_bus(self, key: BusKey) -> None:
        """No error when there is none. Raises ValidationException for the default one, and one that has rules."""
        if key[2] == DEFAULT:
            raise ValidationException("Cannot delete event bus default.")
        with self._database.write():
            if next(self.rules.of_bus(key), None) is not None:
                raise ValidationException("Cannot delete an event bus that still has rules.")
            self.rules.delete_bus(key)

    # Rules

    def rule(self, key: RuleKey) -> Rule:
        """Raises ResourceNotFoundException."""
        self.bus(key[:3])
        found = self.rules.get(key)
        if found is None:
            raise ResourceNotFoundException(f"Rule {key[3]} does not exist on EventBus {key[2]}.")
        return found

    def put_rule(self, key: RuleKey, given: Mapping[str, Any], tags: Mapping[str, str]) -> None:
        """Make the rule, or change it: what is not given is gone, but for targets and tags."""
        if "EventPattern" not in given and "ScheduleExpression" not in given:
            raise ValidationException("Parameter(s) EventPattern or ScheduleExpression must be specified.")
        if "EventPattern" in given:
            compiled(given["EventPattern"])
        if "ScheduleExpression" in given and key[2] != DEFAULT:
            raise ValidationException("ScheduleExpression is supported only on the default event bus.")
        with self._database.write():
            self.bus(key[:3])
            before = self.rules.get(key)
            if before is None and sum(1 for _ in self.rules.of_bus(key[:3])) >= MOST_RULES:
                raise LimitExceededException("The requested resource exceeds the maximum number allowed.")
            rule = {name: given[name] for name in KEPT if name in given}
            kept = before or {"Targets": {}, "Tags": dict(tags)}
            rule |= {"Name": key[3], "State": given.get("State", "ENABLED")}
            self._store(key, rule | {"Targets": kept["Targets"], "Tags": kept["Tags"]})
        self._loop.wake()

    def set_state(self, key: RuleKey, state: str) -> None:
        """ENABLED or DISABLED. Raises ResourceNotFoundException."""
        with self._database.write():
            self._store(key, {**self.rule(key), "State": state})
        self._loop.wake()

    def _store(self, key: RuleKey, rule: Rule) -> None:
        """A schedule that is on counts from now."""
        stored = {name: value for name, value in rule.items() if name != "due_ms"}
        if "ScheduleExpression" in rule:
            due_ms = schedule.next_ms(rule["ScheduleExpression"], self._clock.now_ms())
            stored |= {"due_ms": due_ms} if rule["State"] == "ENABLED" else {}
        self.rules.put(key, stored)

    def delete_rule(self, key: RuleKey) -> None:
        """No error when there is none. Raises ValidationException when it has targets."""
        with self._database.write():
            self.bus(key[:3])
            rule = self.rules.get(key)
            if rule is not None and rule["Targets"]:
                raise ValidationException("Rule can't be deleted since it has targets.")
            self.rules.delete(key)

    def put_targets(self, key: RuleKey, targets: Sequence[Mapping[str, Any]]) -> None:
        """Add, or replace by their ids. Raises what EventBridge says of targets that cannot be."""
        for each in targets:
            target.check(each)
        with self._database.write():
            rule = self.rule(key)
            merged = {**rule["Targets"], **{each["Id"]: dict(each) for each in targets}}
            if len(merged) > MOST_TARGETS:
                raise LimitExceededException("The requested resource exceeds the maximum number allowed.")
            self.rules.put(key, {**rule, "Targets": merged})

    def remove_targets(self, key: RuleKey, ids: Sequence[str]) -> list[str]:
        """The ids that no target had."""
        with self._database.write():
            rule = self.rule(key)
            left = {name: each for name, each in rule["Targets"].items() if name not in ids}
            self.rules.put(key, {**rule, "Targets": left})
            return [name for name in ids if name not in rule["Targets"]]

    # Tags, of buses and rules by their ARNs

    def tags(self, key: BusKey | RuleKey) -> dict[str, str]:
        """Raises ResourceNotFoundException."""
        found: dict[str, str] = (self.rule(key) if len(key) == 4 else self.bus(key))["Tags"]
        return found

    def set_tags(self, key: BusKey | RuleKey, tags: Mapping[str, str]) -> None:
        """Replace all of them."""
        if len(tags) > MOST_TAGS:
            raise LimitExceededException("The requested resource exceeds the maximum number allowed.")
        with self._database.write():
            if len(key) == 4:
                self.rules.put(key, {**self.rule(key), "Tags": dict(tags)})
            else:
                self.rules.put_bus(key, {**self.bus(key), "Tags": dict(tags)})

    def targeting(self, key: BusKey, arn: str) -> Iterator[str]:
        """The names of the bus's rules that have this target."""
        self.bus(key)
        for (*_, name), rule in self.rules.of_bus(key):
            if any(each["Arn"] == arn for each in rule["Targets"].values()):
                yield name


def _is_about(rule: Rule, event: Mapping[str, Any]) -> bool:
    return rule["State"] != "DISABLED" and "EventPattern" in rule and compiled(rule["EventPattern"])(event)
