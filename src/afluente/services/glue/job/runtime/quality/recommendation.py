"""Rules proposed for a frame: such that hold for it today, with some room, by what its columns are like.

The kinds of rules are those that AWS's recommendations have; how much room they leave is ours.
https://docs.aws.amazon.com/glue/latest/dg/data-quality-gs-studio.html
"""

import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from afluente.core.hive_type import HiveType
from afluente.services.glue.job.runtime import connection as sql
from afluente.services.glue.job.runtime.quality.condition import NUMBERS
from afluente.services.glue.job.runtime.run import current

MOST_VALUES = 10
"""A column of no more different texts is one of categories."""
LEAST_COMPLETE, LEAST_UNIQUE = 0.5, 0.95
TEXTS = {"string", "varchar", "char"}


def recommend(frame: Any) -> None:
    """Tell the server the ruleset that is proposed for a DynamicFrame. Raises ValueError when it has no rows."""
    current().channel.ask("recommended_ruleset", ruleset=ruleset(frame.query))


def ruleset(query: str) -> str:
    """The DQDL of the rules for the rows of a query. Raises ValueError when there are none."""
    columns = sql.schema(query)
    aggregates = [each for name, kind in columns for each in _aggregates(sql.identifier(name), kind)]
    total, *found = sql.rows(f"SELECT {', '.join(['count(*)', *aggregates])} FROM ({query})")[0]
    if not total:
        raise ValueError("Rules are recommended by a table's rows, and there are none.")
    rules = [f"RowCount between {total // 2} and {total * 2 + 1}"]
    values = iter(found)
    for name, kind in columns:
        profile = {key: next(values) for key in _keys(kind)}
        rules += _rules(name.replace('"', '\\"'), profile, total)
        rules += _categories(query, name, profile, total)
    return "Rules = [\n" + ",\n".join(f"    {rule}" for rule in rules) + "\n]"


def _keys(kind: HiveType) -> list[str]:
    keys = ["known"]
    if not kind.fields and kind.name != "choice":
        keys.append("distinct")
    if kind.name in TEXTS:
        return [*keys, "shortest", "longest"]
    return [*keys, "least", "most", "deviation"] if kind.name in NUMBERS else keys


def _aggregates(column: str, kind: HiveType) -> list[str]:
    numbers = f"CAST({column} AS DOUBLE)"
    known = {
        "known": f"count({column})", "distinct": f"count(DISTINCT {column})",
        "shortest": f"min(length({column}))", "longest": f"max(length({column}))",
        "least": f"min({numbers})", "most": f"max({numbers})", "deviation": f"stddev_pop({numbers})",
    }  # fmt: skip
    return [known[key] for key in _keys(kind)]


def _rules(name: str, profile: Mapping[str, Any], total: int) -> Iterator[str]:
    share = profile["known"] / total
    if share == 1:
        yield f'IsComplete "{name}"'
    elif share >= LEAST_COMPLETE:
        yield f'Completeness "{name}" >= {_down(share, 2)}'
    if not profile["known"]:
        return
    distinct = profile.get("distinct", 0)
    if share == 1 and distinct == total and total > 1:
        yield f'IsUnique "{name}"'
    most = _threshold(share)
    if profile.get("longest") is not None:
        low, high = profile["shortest"], profile["longest"]
        bounds = f"between {low - 1} and {high + 1}" if low else f"<= {high}"
        yield f'ColumnLength "{name}" {bounds}{most}'
    if profile.get("most") is not None:
        yield from (f"{rule}{most if rule.startswith('ColumnValues') else ''}" for rule in _of_numbers(name, profile))


def _threshold(share: float) -> str:
    """Nulls meet no condition: as many may be as there are."""
    return "" if share == 1 else f" with threshold >= {_down(share, 2)}"


def _of_numbers(name: str, profile: Mapping[str, Any]) -> Iterator[str]:
    deviation = profile["deviation"]
    if deviation and math.isfinite(deviation):
        low, high = (_written(float(f"{deviation * factor:.4g}")) for factor in (0.95, 1.05))
        yield f'StandardDeviation "{name}" between {low} and {high}'
    if math.isfinite(profile["least"]) and math.isfinite(profile["most"]):
        yield f'ColumnValues "{name}" >= {_written(profile["least"])}'
        yield f'ColumnValues "{name}" <= {_written(profile["most"])}'


def _categories(query: str, name: str, profile: Mapping[str, Any], total: int) -> Iterator[str]:
    """The values of a text that repeat: all of them, where they are few."""
    distinct = profile.get("distinct", 0)
    if "longest" not in profile or not 0 < distinct <= MOST_VALUES or distinct * 2 > total:
        return
    column = sql.identifier(name)
    found = sql.rows(
        f"SELECT {column} FROM ({query}) WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1"
    )  # fmt: skip
    listed = ", ".join('"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"' for (value,) in found)
    quoted = name.replace('"', '\\"')
    yield f'ColumnValues "{quoted}" in [{listed}]{_threshold(profile["known"] / total)}'


def _down(share: float, digits: int) -> float:
    scale = float(10**digits)
    return math.floor(share * scale) / scale


def _written(number: float) -> str:
    """A number in DQDL, which has no exponents."""
    text = format(Decimal(repr(number)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
