"""EXPLAIN (TYPE IO): which tables a statement reads, by which partitions, and which it writes; as Trino's JSON.

The constraint of a table is what is asked of its partition columns by constants. Estimates are not made: `NaN`.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from sqlglot import exp

from afluente.services.athena.catalog import NAME, Table
from afluente.services.athena.sql.scope import Scan

ESTIMATES = ("outputRowCount", "outputSizeInBytes", "cpuCost", "maxMemory", "networkCost")
ESTIMATE = dict.fromkeys(ESTIMATES, "NaN")

BOUNDS: dict[type[exp.Expr], tuple[str, str]] = {
    exp.EQ: ("EXACTLY", "EXACTLY"), exp.GT: ("ABOVE", ""), exp.GTE: ("EXACTLY", ""), exp.LT: ("", "BELOW"),
    exp.LTE: ("", "EXACTLY"),
}  # fmt: skip
"""How a comparison bounds a column from below and from above."""


def io_plan(scans: Sequence[Scan], target: tuple[str, str] | None) -> list[str]:
    """The plan's lines. `target`: database and name of the table that is written, if one is."""
    found: dict[str, Any] = {"inputTableColumnInfos": [_input(scan) for scan in scans]}
    if target is not None:
        found["outputTable"] = _table(*target)
    found["estimate"] = ESTIMATE
    return msgspec.json.format(msgspec.json.encode(found), indent=2).decode().split("\n")


def _input(scan: Scan) -> dict[str, Any]:
    table = scan.table
    return {
        "table": _table(table.database, table.name),
        "constraint": {"none": False, "columnConstraints": list(_constraints(scan.predicates, table))},
        "estimate": ESTIMATE,
    }


def _table(database: str, name: str) -> dict[str, Any]:
    return {"catalog": NAME, "schemaTable": {"schema": database, "table": name}}


def _constraints(predicates: Sequence[exp.Expr], table: Table) -> Iterator[dict[str, Any]]:
    kinds = {key.name: str(key.type) for key in table.partition_keys}
    for predicate in predicates:
        column, ranges = _ranges(predicate.unnest())
        if column in kinds:
            domain = {"nullsAllowed": False, "ranges": ranges}
            yield {"columnName": column, "type": kinds[column], "domain": domain}


def _ranges(node: exp.Expr) -> tuple[str, list[dict[str, Any]]]:
    """The column and the ranges of a condition on one column by constants; no column for any other."""
    if isinstance(node, exp.Binary) and type(node) in BOUNDS and isinstance(node.left, exp.Column):
        value = _constant(node.right)
        low, high = BOUNDS[type(node)]
        return (node.left.name.lower(), [_range(value, low, value, high)]) if value is not None else ("", [])
    if isinstance(node, exp.In) and isinstance(node.this, exp.Column) and node.expressions:
        values = [_constant(item) for item in node.expressions]
        ranges = [_range(value, "EXACTLY", value, "EXACTLY") for value in values]
        return ("", []) if None in values else (node.this.name.lower(), ranges)
    if isinstance(node, exp.Between) and isinstance(node.this, exp.Column):
        least, most = _constant(node.args["low"]), _constant(node.args["high"])
        return (
            ("", []) if None in {least, most} else (node.this.name.lower(), [_range(least, "EXACTLY", most, "EXACTLY")])
        )
    return "", []


def _range(low: str | None, low_bound: str, high: str | None, high_bound: str) -> dict[str, Any]:
    return {
        "low": {"value": low, "bound": low_bound} if low_bound else {"bound": "ABOVE"},
        "high": {"value": high, "bound": high_bound} if high_bound else {"bound": "BELOW"},
    }


def _constant(node: exp.Expr) -> str | None:
    value = node.this if isinstance(node, exp.Cast) else node
    return str(value.name) if isinstance(value, exp.Literal) else None
