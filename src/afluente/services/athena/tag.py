"""Tags of work groups."""

from typing import Any

from afluente.services.athena.error import InvalidRequestException
from afluente.store.database import Database
from afluente.store.document import Documents

MOST = 50


class Tags:
    """The tags of each work group, in order of their keys."""

    def __init__(self, database: Database) -> None:
        self._documents = Documents(database, "athena_tag")

    def get(self, account: str, region: str, group: str) -> list[dict[str, Any]]:
        """The tags of a work group, as Tag structures."""
        found = self._documents.get((account, region, group)) or {}
        return [{"Key": key, "Value": value} for key, value in sorted(found.items())]

    def add(self, account: str, region: str, group: str, tags: list[dict[str, Any]]) -> None:
        """Set tags, over those of the same keys."""
        if any(not tag.get("Key") for tag in tags):
            raise InvalidRequestException("A tag needs a Key")
        found = self._documents.get((account, region, group)) or {}
        merged = {**found, **{tag["Key"]: tag.get("Value", "") for tag in tags}}
        if len(merged) > MOST:
            raise InvalidRequestException(f"A resource may have at most {MOST} tags")
        self._documents.put((account, region, group), merged)

    def remove(self, account: str, region: str, group: str, keys: list[str]) -> None:
        """Take tags away."""
        found = self._documents.get((account, region, group)) or {}
        self._documents.put((account, region, group), {key: value for key, value in found.items() if key not in keys})

    def clear(self, account: str, region: str, group: str) -> None:
        """Forget a work group's tags."""
        self._documents.delete((account, region, group))
