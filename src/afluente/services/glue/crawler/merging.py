"""Adding what is new to a table or partition that is there: MergeNewColumns changes and removes nothing.

https://docs.aws.amazon.com/glue/latest/dg/crawler-schema-changes-prevent.html
"""

from typing import Any

from afluente.core.hive_type import parse as parse_hive_type
from afluente.services.glue.crawler.column_type import extended

Body = dict[str, Any]
"""A TableInput or a PartitionInput."""

FUNDAMENTAL = ("classification", "compressionType", "delimiter")
"""The parameters that must be as they were for new columns to be merged."""


def fundamental_change(known: Body, found: Body) -> str:
    """What of the table's nature has changed, in words; empty when nothing has."""
    were, are = known.get("Parameters", {}), found.get("Parameters", {})
    changes = [
        f"{name} was {were[name]} and is {are.get(name, 'none')}"
        for name in FUNDAMENTAL
        if name in were and were[name] != are.get(name)
    ]
    return ", ".join(changes)


def merged(known: Body, found: Body) -> Body:
    """`known` with the columns, nested fields and parameters of `found` that it has not."""
    storage, fresh = known.get("StorageDescriptor", {}), found["StorageDescriptor"]
    types = {column["Name"].lower(): column["Type"] for column in fresh["Columns"]}
    kept = [_extended(column, types.get(column["Name"].lower())) for column in storage.get("Columns", [])]
    names = {column["Name"].lower() for column in kept}
    columns = kept + [column for column in fresh["Columns"] if column["Name"].lower() not in names]
    serde = storage.get("SerdeInfo", {})
    own = serde.get("Parameters", {})
    theirs = fresh["SerdeInfo"].get("Parameters", {})
    parameters = own | {name: _joined(name, own[name], value) for name, value in theirs.items() if name in own}
    return known | {
        "StorageDescriptor": storage | {"Columns": columns, "SerdeInfo": serde | {"Parameters": parameters}},
        "Parameters": known.get("Parameters", {}) | found.get("Parameters", {}),
    }


def _joined(name: str, known: str, found: str) -> str:
    """The value of a SerDe parameter: found by the crawl, and of a JSON record's keys all that were ever found."""
    return ",".join(sorted({*known.split(","), *found.split(",")})) if name == "paths" else found


def _extended(column: Body, found: str | None) -> Body:
    if found is None or "Type" not in column or column["Type"] == found:
        return column
    try:
        return column | {"Type": str(extended(parse_hive_type(column["Type"]), parse_hive_type(found)))}
    except ValueError:  # a type that the table's owner wrote, and nobody reads
        return column
