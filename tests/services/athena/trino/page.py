"""Writes docs/athena-sql.md: how much of each chapter is as on Athena, and what is not. `python -m` this module."""

from pathlib import Path

from tests.services.athena.trino.case import chapters

PAGE = Path(__file__).parents[4] / "docs" / "athena-sql.md"

HEAD = """\
# Athena's SQL, as measured

Generated from the conformance suite (`tests/services/athena/trino/`): one file for each chapter of Trino's
documentation of functions and of SELECT, one line for each expression or query, with what Athena answers: value, type,
or the error's name. The test runs every line, through Athena's own operations.

**{right} of {all} are as on Athena ({share:.1%}).**

| chapter | right | of |
|---|---:|---:|
"""

TAIL = """
## What is not

What Afluente does not have is refused by name; no line below gives another value in silence.

"""


def page() -> str:
    """The page's text."""
    every = chapters()
    cases = [case for found in every.values() for case in found]
    right = sum(not case.left for case in cases)
    rows = "".join(
        f"| {name.replace('_', ' ')} | {sum(not case.left for case in found)} | {len(found)} |\n"
        for name, found in every.items()
    )
    left = "".join(f"* `{case.text}`\n" for case in cases if case.left)
    return HEAD.format(right=right, all=len(cases), share=right / len(cases)) + rows + TAIL + left


if __name__ == "__main__":
    PAGE.write_text(page())
