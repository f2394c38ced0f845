"""Change sets, as they are stored."""

from typing import Any

import msgspec

from afluente.services.cloudformation.stack import Stack
from afluente.services.cloudformation.stack_store import TemplateText
from afluente.store.database import Database
from afluente.store.document import Documents

NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."

EXECUTING = {"CREATE_IN_PROGRESS", "IMPORT_IN_PROGRESS", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"}


class ChangeSet(msgspec.Struct, kw_only=True):
    """A change set of a stack. `stack` is what the stack becomes when it is executed; it holds no template."""

    id: str
    name: str
    stack_id: str
    stack_name: str
    type: str
    created_at_ms: int
    description: str | None = None
    template: str
    original: str | None = None
    stack: Stack
    changes: list[dict[str, Any]] = []
    """What it does to each resource, as DescribeChangeSet shows it."""
    values: dict[str, dict[str, Any]] = {}
    """The properties before and after, by logical id: see `property_value.py`."""
    status: str = "CREATE_COMPLETE"
    reason: str | None = None
    execution_status: str = "AVAILABLE"
    on_stack_failure: str | None = None
    includes_nested: bool = False
    imports: dict[str, dict[str, str]] = {}
    """What it imports: the properties that tell each resource, by logical id."""
    token: str | None = None

    @property
    def texts(self) -> TemplateText:
        """The template, and what it was made from."""
        return TemplateText(self.template, self.original)

    @property
    def key(self) -> tuple[str, str, str]:
        """Account, region and the last part of the id."""
        return self.stack.caller.account, self.stack.caller.region, self.id.rpartition("/")[2]

    def follow(self, stack_status: str) -> None:
        """Note how far its execution is, when the stack has that status."""
        if self.execution_status == "EXECUTE_IN_PROGRESS" and stack_status not in EXECUTING:
            failed = "ROLLBACK" in stack_status or stack_status in {"CREATE_FAILED", "UPDATE_FAILED"}
            self.execution_status = "EXECUTE_FAILED" if failed else "EXECUTE_COMPLETE"


class ChangeSets:
    """All change sets."""

    def __init__(self, database: Database) -> None:
        self._documents = Documents(database, "cloudformation_change_set")

    def put(self, change_set: ChangeSet) -> None:
        """Store it."""
        self._documents.put(change_set.key, msgspec.to_builtins(change_set))

    def by_id(self, account: str, region: str, change_set_id: str) -> ChangeSet | None:
        """The change set of that ARN."""
        body: dict[str, Any] | None = self._documents.get((account, region, change_set_id.rpartition("/")[2]))
        found = None if body is None else msgspec.convert(body, ChangeSet)
        return found if found is not None and found.id == change_set_id else None

    def of(self, stack: Stack) -> list[ChangeSet]:
        """A stack's change sets, newest first."""
        account, region, _ = stack.key
        found = (msgspec.convert(body, ChangeSet) for _, body in self._documents.scan((account, region)))
        mine = [change_set for change_set in found if change_set.stack_id == stack.id]
        return sorted(mine, key=lambda change_set: change_set.created_at_ms, reverse=True)

    def begin(self, stack: Stack, executed: str | None = None) -> None:
        """An operation begins that one of the stack's change sets asked for, or none: the others are out of date."""
        for change_set in self.of(stack):
            change_set.follow(stack.status)
            if change_set.id == executed:
                change_set.execution_status = "EXECUTE_IN_PROGRESS"
            elif change_set.execution_status == "AVAILABLE":
                change_set.execution_status = "OBSOLETE"
            self.put(change_set)

    def delete(self, change_set: ChangeSet) -> None:
        """Forget it."""
        self._documents.delete(change_set.key)
