"""Custom classifiers: kept by name, with versions."""

from collections.abc import Mapping
from typing import Any

from afluente.core.clock import Clock
from afluente.services.glue.classifier import definition
from afluente.services.glue.classifier.definition import CSV, Members
from afluente.services.glue.error import AlreadyExistsException, EntityNotFoundException, InvalidInputException
from afluente.store.database import Database
from afluente.store.document import Documents

Key = tuple[str, str, str]
"""(account, region, name)"""


class ClassifierEngine:
    """The classifiers of every account and region. A classifier is its `kind`, `members`, `version` and two times."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._classifiers = Documents(database, "glue_classifier")
        self._clock = clock

    def create(self, account: str, region: str, request: Mapping[str, Any]) -> None:
        """Raises AlreadyExistsException, InvalidInputException."""
        kind = definition.kind_of(request)
        members: Members = request[kind]
        definition.check(kind, members)
        key, now_ms = (account, region, members["Name"]), self._clock.now_ms()
        with self._database.write():
            if self._classifiers.get(key) is not None:
                raise AlreadyExistsException(f"Classifier {members['Name']} already exists. already exists")
            body = {"kind": kind, "members": members, "version": 1, "created_at_ms": now_ms, "updated_at_ms": now_ms}
            self._classifiers.put(key, body)

    def update(self, account: str, region: str, request: Mapping[str, Any]) -> None:
        """Change what is given; of a CSV classifier all is replaced. Raises EntityNotFoundException ..."""
        kind = definition.kind_of(request)
        name = request[kind]["Name"]
        with self._database.write():
            known = self.get(account, region, name)
            if known["kind"] != kind:
                raise InvalidInputException(f"Classifier {name} is a {known['kind']}, not a {kind}.")
            members = request[kind] if kind == CSV else {**known["members"], **request[kind]}
            definition.check(kind, members)
            changed = {"members": members, "version": known["version"] + 1, "updated_at_ms": self._clock.now_ms()}
            self._classifiers.put((account, region, name), {**known, **changed})

    def delete(self, account: str, region: str, name: str) -> None:
        """Raises EntityNotFoundException."""
        with self._database.write():
            self.get(account, region, name)
            self._classifiers.delete((account, region, name))

    def get(self, account: str, region: str, name: str) -> dict[str, Any]:
        """Raises EntityNotFoundException."""
        found = self._classifiers.get((account, region, name))
        if found is None:
            raise EntityNotFoundException(f"Classifier {name} not found. not found.")
        return found

    def page(self, account: str, region: str, after: str, limit: int) -> list[dict[str, Any]]:
        """Up to `limit` classifiers by name, those after `after`."""
        start = (account, region, after) if after else None
        return [body for _, body in self._classifiers.scan((account, region), after=start, limit=limit)]
