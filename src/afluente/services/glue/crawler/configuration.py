"""A crawler's Configuration: JSON text with a version, which says how to group and how to write."""

import json
from dataclasses import dataclass
from typing import Any

from afluente.services.glue.error import InvalidInputException

KNOWN: dict[str, Any] = {
    "Version": None,
    "CreatePartitionIndex": None,
    "Grouping": {"TableGroupingPolicy": None, "TableLevelConfiguration": None},
    "CrawlerOutput": {
        "Tables": {"AddOrUpdateBehavior": None, "TableThreshold": None},
        "Partitions": {"AddOrUpdateBehavior": None},
    },
}


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a Configuration says, AWS's defaults where it says nothing."""

    combine: bool = False
    table_level: int | None = None
    merge_new_columns: bool = False
    inherit_from_table: bool = False
    create_index: bool = True
    most_tables: int | None = None

    @staticmethod
    def parse(text: str) -> "Configuration":
        """Raises InvalidInputException."""
        if not text:
            return Configuration()
        document = _document(text)
        _check_members(document, KNOWN, "")
        grouping, output = document.get("Grouping", {}), document.get("CrawlerOutput", {})
        tables, partitions = output.get("Tables", {}), output.get("Partitions", {})
        return Configuration(
            combine=_chosen(grouping, "TableGroupingPolicy", "CombineCompatibleSchemas"),
            table_level=_count(grouping, "TableLevelConfiguration"),
            merge_new_columns=_chosen(tables, "AddOrUpdateBehavior", "MergeNewColumns"),
            inherit_from_table=_chosen(partitions, "AddOrUpdateBehavior", "InheritFromTable"),
            create_index=document.get("CreatePartitionIndex", True) is not False,
            most_tables=_count(tables, "TableThreshold"),
        )


def _document(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInputException("Configuration is not valid JSON.") from None
    if not isinstance(document, dict):
        raise InvalidInputException("Configuration is not a JSON object.")
    version = document.get("Version")
    if isinstance(version, bool) or not isinstance(version, int | float):
        raise InvalidInputException("Configuration has no numeric Version.")
    return document


def _check_members(document: dict[str, Any], known: dict[str, Any], path: str) -> None:
    unknown = [name for name in document if name not in known]
    if unknown:
        raise InvalidInputException(f"{path or 'Configuration'} contains unsupported keys: {', '.join(unknown)}.")
    for name, value in document.items():
        if known[name] is not None:
            below = f"{path}.{name}" if path else name
            if not isinstance(value, dict):
                raise InvalidInputException(f"{below} is not a JSON object.")
            _check_members(value, known[name], below)


def _chosen(members: dict[str, Any], name: str, choice: str) -> bool:
    if name in members and members[name] != choice:
        raise InvalidInputException(f"{name} {members[name]!r} is not valid; it may be {choice}.")
    return name in members


def _count(members: dict[str, Any], name: str) -> int | None:
    value = members.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise InvalidInputException(f"{name} is not a positive integer.")
    return value
