"""Values of DQDL that look at earlier runs: `avg(last(10)) * 0.9`.

https://docs.aws.amazon.com/glue/latest/dg/dqdl.html#dqdl-dynamic-rules
"""

import operator
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

OPERATORS: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
}  # fmt: skip
AGGREGATES: Mapping[str, Callable[[Sequence[float]], float]] = {
    "avg": statistics.fmean, "median": statistics.median, "max": max, "min": min, "sum": sum,
    "std": statistics.pstdev,
}  # fmt: skip
FUNCTIONS = {*AGGREGATES, "abs", "index", "last"}


@dataclass(frozen=True, slots=True)
class Term:
    """A number, `last`, a function, or an operator, and what it is applied to."""

    name: str
    operands: "tuple[Term, ...]" = ()
    number: float = 0.0

    def looks_back(self) -> bool:
        """Whether the value depends on earlier runs."""
        return self.name == "last" or any(each.looks_back() for each in self.operands)


def value(term: Term, history: Sequence[float]) -> float:
    """The term's value, where `history` is what was measured before, newest first. Raises ValueError."""
    if term.name == "number":
        return term.number
    if term.name == "last":
        found = _last(term, history)
        if term.number > 1:
            raise ValueError(f"last({term.number:.0f}) is a list, which a function such as avg must make a number of")
        return found[0]
    if term.name in OPERATORS:
        left, right = (value(each, history) for each in term.operands)
        if term.name == "/" and not right:
            raise ValueError("a value is divided by 0")
        return OPERATORS[term.name](left, right)
    if term.name == "abs":
        return abs(value(term.operands[0], history))
    values = _list(term.operands[0], history)
    if term.name != "index":
        return float(AGGREGATES[term.name](values))
    place = int(term.operands[1].number)
    if place >= len(values):
        raise ValueError(f"there are only {len(values)} earlier values, none at the index {place}")
    return values[place]


def _list(term: Term, history: Sequence[float]) -> list[float]:
    return _last(term, history) if term.name == "last" else [value(term, history)]


def _last(term: Term, history: Sequence[float]) -> list[float]:
    """As many values as there are, up to the number asked for; 0 where there are none."""
    return list(history[: int(term.number)]) or [0.0]
