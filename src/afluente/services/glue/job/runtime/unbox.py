"""Texts that hold JSON, as the structs and arrays that they spell."""

import json
from typing import Any

from afluente.core.hive_type import HiveType
from afluente.services.glue.job.runtime import connection as sql
from afluente.services.glue.job.runtime import path as paths
from afluente.services.glue.job.runtime import shape
from afluente.services.glue.job.runtime.connection import Schema, text

KNOWN_AS = {"UBIGINT": "BIGINT", "HUGEINT": "DOUBLE", "NULL": "VARCHAR"}
"""The types that JSON is found to have, as those that Glue gives it."""


def unbox(query: str, schema: Schema, name: str) -> tuple[str, str | None]:
    """(query, condition): the column `name` parsed, and what holds for rows that cannot be; None if all can.

    Raises ValueError when there is no such column of texts.
    """
    found = paths.find(paths.parse_column(name, schema), schema)
    if found is None or found[1] != HiveType("string"):
        raise ValueError(f"unbox: {name!r} is not a column of strings")
    column = paths.sql(found[0])
    bad = f"{column} IS NOT NULL AND NOT json_valid({column})"
    good = f"CASE WHEN json_valid({column}) THEN {column} END"
    measured = f"SELECT json_group_structure(CAST({good} AS JSON)), count_if({bad}) FROM ({query})"
    structure, failed = sql.rows(measured)[0]
    wanted = json.dumps(_types(json.loads(structure or '"VARCHAR"')))
    grown = shape.tree(schema, deep=[found[0]])
    grown.put(found[0], f"json_transform({good}, {text(wanted)})")
    return grown.select(f"SELECT * FROM ({query}) WHERE NOT ({bad})"), bad if failed else None


def _types(structure: Any) -> Any:
    if isinstance(structure, dict):
        return {name: _types(each) for name, each in structure.items()} or "JSON"
    if isinstance(structure, list):
        return [_types(each) for each in structure] or ["VARCHAR"]
    return KNOWN_AS.get(structure, structure)
