"""Views as Athena keeps them in the catalog: `/* Presto View: <base64 of a JSON document> */`."""

import base64
from collections.abc import Sequence
from typing import Any

import msgspec

from afluente.services.athena.error import QueryFailure
from afluente.services.athena.sql.trino_type import TrinoType

PREFIX, SUFFIX = "/* Presto View: ", " */"


class ViewColumn(msgspec.Struct):
    """A column of a view: its name and its Trino type."""

    name: str
    type: str


class View(msgspec.Struct, rename="camel"):
    """What the document holds."""

    original_sql: str
    catalog: str
    schema: str | None
    columns: list[ViewColumn]


def decode(table: dict[str, Any]) -> View:
    """The view that Glue's table structure holds. Raises QueryFailure when it is not one of Athena's."""
    text = str(table.get("ViewOriginalText") or "")
    try:
        return msgspec.json.decode(base64.b64decode(text.removeprefix(PREFIX).removesuffix(SUFFIX)), type=View)
    except (ValueError, msgspec.DecodeError):
        raise QueryFailure("INVALID_VIEW", f"View '{table['Name']}' is not a Presto view") from None


def table_input(name: str, sql: str, schema: str, columns: Sequence[tuple[str, TrinoType]]) -> dict[str, Any]:
    """Glue's TableInput of a view."""
    view = View(sql, "awsdatacatalog", schema, [ViewColumn(column, str(kind)) for column, kind in columns])
    return {
        "Name": name,
        "TableType": "VIRTUAL_VIEW",
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
        "ViewOriginalText": PREFIX + base64.b64encode(msgspec.json.encode(view)).decode() + SUFFIX,
        "ViewExpandedText": "/* Presto View */",
        "StorageDescriptor": {
            "Columns": [{"Name": column, "Type": _hive(kind)} for column, kind in columns],
            "SerdeInfo": {},
        },
        "PartitionKeys": [],
    }


def _hive(kind: TrinoType) -> str:
    try:
        return kind.hive()
    except ValueError:
        return "string"  # a view may have types that no Hive table has; the document has the true ones
