"""The conformance suite's cases: one expression or query a line, and what Athena answers.

    expression => value :: type        the value as Athena's result spells it; NULL
    expression => ! NAME               the error's name
    query => [row], [row]              in select.txt, a whole query and its rows
    ? ...                              what Afluente does not do as Athena does (yet); the suite says when it does

A file is a chapter of Trino's documentation ("Functions and operators"), or of its SELECT statement.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent

ROWS = {
    "aggregate": "(VALUES (1, 'a', true), (2, 'a', false), (3, 'b', true), (NULL, 'b', NULL)) AS t(x, y, b)",
    "window": "(VALUES (1, 'a'), (2, 'a'), (3, 'b')) AS t(x, y)",
}


@dataclass(frozen=True, slots=True)
class Case:
    """One line of a chapter."""

    chapter: str
    text: str
    answer: str
    left: bool
    """Whether Afluente is known to answer something else."""

    @property
    def sql(self) -> str:
        """The query that asks it."""
        if self.chapter == "select":
            return self.text
        if self.chapter == "aggregate":
            return f"SELECT {self.text} FROM {ROWS['aggregate']}"
        if self.chapter == "window":
            inner = f"SELECT x, {self.text} AS v FROM {ROWS['window']} WINDOW w AS (ORDER BY x)"
            return f"SELECT array_agg(v ORDER BY x) FROM ({inner})"
        return f"SELECT {self.text}"


def chapters() -> dict[str, list[Case]]:
    """Every chapter's cases, by its file's name."""
    return {path.stem: list(_cases(path)) for path in sorted(FOLDER.glob("*.txt"))}


def _cases(path: Path) -> Iterator[Case]:
    for line in path.read_text().splitlines():
        if line and not line.startswith("# "):
            text, _, answer = line.removeprefix("? ").rpartition(" => ")
            yield Case(path.stem, text, answer, line.startswith("? "))
