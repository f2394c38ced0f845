"""EvaluateDataQuality: the rules that Glue Studio puts into every script, and a few more, checked for real."""

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from afluente.services.glue.job.runtime import connection as sql
from afluente.services.glue.job.runtime.connection import identifier, text
from afluente.services.glue.job.runtime.dynamic_frame import DynamicFrame, DynamicFrameCollection

COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le, "=": operator.eq, "==": operator.eq,
    "!=": operator.ne,
}  # fmt: skip
NUMERIC = re.compile(r"(ColumnCount|RowCount)\s*(>=|<=|!=|==?|>|<)\s*(\d+)")
COLUMN = re.compile(r'(ColumnExists|IsComplete|IsUnique)\s+"([^"]+)"')


class EvaluateDataQuality:
    """The transform of `awsgluedq`."""

    @classmethod
    def apply(cls, frame: DynamicFrame, ruleset: str, publishing_options: Any = None, **_: Any) -> DynamicFrame:
        """A frame with the outcome of each rule."""
        return _outcomes(frame, ruleset)

    def process_rows(
        self, frame: DynamicFrame, ruleset: str, publishing_options: Any = None, additional_options: Any = None
    ) -> DynamicFrameCollection:
        """The rows as they were, and a frame with the outcome of each rule."""
        return DynamicFrameCollection({"originalData": frame, "ruleOutcomes": _outcomes(frame, ruleset)})


def _outcomes(frame: DynamicFrame, ruleset: str) -> DynamicFrame:
    """Evaluate every rule; the outcomes also go to the run's log."""
    rows = []
    for rule in _rules(ruleset):
        outcome = "Passed" if _holds(rule, frame) else "Failed"
        print(f"data quality: {rule}: {outcome}")
        rows.append(f"({text(rule)}, {text(outcome)})")
    values = ", ".join(rows)
    return DynamicFrame(f'SELECT * FROM (VALUES {values}) AS r("Rule", "Outcome")', frame.glue_ctx, "ruleOutcomes")


def _rules(ruleset: str) -> list[str]:
    match = re.search(r"Rules\s*=\s*\[(.*)\]", ruleset, re.DOTALL)
    if match is None:
        raise ValueError("the ruleset has no Rules = [...]")
    return [rule.strip() for rule in match[1].split(",") if rule.strip()]


def _holds(rule: str, frame: DynamicFrame) -> bool:
    if match := NUMERIC.fullmatch(rule):
        value = len(frame.columns) if match[1] == "ColumnCount" else frame.count()
        return COMPARISONS[match[2]](value, int(match[3]))
    if match := COLUMN.fullmatch(rule):
        return _column_holds(match[1], match[2], frame)
    raise NotImplementedError(f"the data quality rule {rule!r} is not supported")


def _column_holds(rule: str, column: str, frame: DynamicFrame) -> bool:
    if not any(name.lower() == column.lower() for name, _ in frame.columns):
        return False
    if rule == "ColumnExists":
        return True
    name = identifier(column)
    counted = f"count({name})" if rule == "IsComplete" else f"count(DISTINCT {name})"
    number, rows = sql.rows(f"SELECT {counted}, count(*) FROM ({frame.query})")[0]
    return bool(number == rows)
