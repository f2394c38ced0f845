"""Queries that are kept: named queries, by their ids, and prepared statements, by their names in a work group."""

import uuid
from collections.abc import Iterator
from typing import Any

from afluente.core.clock import Clock, utc
from afluente.services.athena.error import InvalidRequestException, ResourceNotFoundException
from afluente.store.database import Database
from afluente.store.document import Documents

GroupKey = tuple[str, str, str]
"""Account, region and name of a work group."""


class NamedQueries:
    """Named queries, in the shape of NamedQuery."""

    def __init__(self, database: Database) -> None:
        self._documents = Documents(database, "athena_named_query")
        self._tokens = Documents(database, "athena_named_query_token")
        self._database = database

    def create(self, account: str, region: str, query: dict[str, Any], token: str) -> str:
        """Keep a query; its id, which is the same for the same token."""
        known = self._tokens.get((account, region, token))
        if known is not None:
            if known["query"] != query:
                raise InvalidRequestException("Idempotent parameters do not match", "IDEMPOTENT_PARAMETER_MISMATCH")
            return str(known["id"])
        id = str(uuid.uuid4())
        with self._database.write():
            self._documents.put((account, region, id), {**query, "NamedQueryId": id})
            self._tokens.put((account, region, token), {"id": id, "query": query})
        return id

    def get(self, account: str, region: str, id: str) -> dict[str, Any]:
        """The query. Raises InvalidRequestException when there is none."""
        found = self.find(account, region, id)
        if found is None:
            raise InvalidRequestException(f"NamedQuery {id} was not found")
        return found

    def find(self, account: str, region: str, id: str) -> dict[str, Any] | None:
        """The query, or None."""
        return self._documents.get((account, region, id))

    def update(self, account: str, region: str, id: str, changes: dict[str, Any]) -> None:
        """Change name, text or description."""
        self._documents.put((account, region, id), {**self.get(account, region, id), **changes})

    def delete(self, account: str, region: str, id: str) -> None:
        """Forget the query. Raises InvalidRequestException when there is none."""
        self.get(account, region, id)
        self._documents.delete((account, region, id))

    def ids(self, account: str, region: str, work_group: str) -> list[str]:
        """The ids of a work group's queries."""
        found = self._documents.scan((account, region))
        return [str(body["NamedQueryId"]) for _, body in found if body["WorkGroup"] == work_group]


class PreparedStatements:
    """Prepared statements of work groups."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._documents = Documents(database, "athena_prepared_statement")
        self._clock = clock

    def create(self, group: GroupKey, name: str, text: str, description: str) -> None:
        """Keep a statement. Raises InvalidRequestException when there is one of that name."""
        if self.find(group, name) is not None:
            raise InvalidRequestException(f"Prepared Statement {name} already exists in WorkGroup {group[-1]} ")
        self.put(group, name, text, description)

    def put(self, group: GroupKey, name: str, text: str, description: str) -> None:
        """Keep a statement, over one of that name."""
        body = {"text": text, "description": description, "modified_at_ms": self._clock.now_ms()}
        self._documents.put((*group, name), body)

    def find(self, group: GroupKey, name: str) -> dict[str, Any] | None:
        """The PreparedStatement structure, or None."""
        body = self._documents.get((*group, name))
        if body is None:
            return None
        return {
            "StatementName": name,
            "QueryStatement": body["text"],
            "WorkGroupName": group[-1],
            "Description": body["description"],
            "LastModifiedTime": utc(body["modified_at_ms"]),
        }

    def get(self, group: GroupKey, name: str) -> dict[str, Any]:
        """The PreparedStatement structure. Raises ResourceNotFoundException when there is none."""
        found = self.find(group, name)
        if found is None:
            message = f"No Prepared Statement with statement name {name} exists in WorkGroup {group[-1]}"
            raise ResourceNotFoundException(message, name)
        return found

    def update(self, group: GroupKey, name: str, text: str, description: str) -> None:
        """Replace a statement's text."""
        if self.find(group, name) is None:
            message = f"Prepared Statement {name} does not exist in WorkGroup {group[-1]} "
            raise ResourceNotFoundException(message, name)
        self.put(group, name, text, description)

    def delete(self, group: GroupKey, name: str) -> None:
        """Forget a statement. Raises ResourceNotFoundException when there is none."""
        self.get(group, name)
        self._documents.delete((*group, name))

    def list(self, group: GroupKey) -> Iterator[dict[str, Any]]:
        """PreparedStatementSummary of each."""
        for key, body in self._documents.scan(group):
            yield {"StatementName": key[-1], "LastModifiedTime": utc(body["modified_at_ms"])}
