"""The paths of JSON classifiers: `$`, `.name`, `['name']`, `[2]`, `.*` and `[*]`, and nothing else of JSONPath.

https://docs.aws.amazon.com/glue/latest/dg/custom-classifier.html#custom-classifier-json
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

STEP = re.compile(
    r"""\.(?P<name>[^.\[\]*'"\s]+) | \[\s*(?:'(?P<quoted>[^']+)'|"(?P<double>[^"]+)")\s*\]
    | \[\s*(?P<index>\d+)\s*\] | (?P<all>\.\*|\[\s*\*\s*\])""",
    re.VERBOSE,
)
ALL = object()
"""The step that takes every element of an array, and every value of an object."""


@dataclass(frozen=True, slots=True)
class JsonPath:
    """Steps from a document to its records: a name, an index, or ALL."""

    steps: tuple[object, ...]

    @staticmethod
    def parse(text: str) -> "JsonPath":
        """Raises ValueError."""
        at, steps = 1, []
        while text.startswith("$") and at < len(text) and (match := STEP.match(text, at)) is not None:
            name = match["name"] or match["quoted"] or match["double"]
            steps.append(name or (ALL if match["all"] else int(match["index"])))
            at = match.end()
        if not text.startswith("$") or at < len(text):
            raise ValueError(
                f"{text!r} is no JSON path: it begins with $ and goes on with .name, ['name'], [0] or [*]."
            )
        return JsonPath(tuple(steps))

    def find(self, documents: Iterable[Any]) -> Iterator[Any]:
        """What the path leads to in each of `documents`; nothing where it leads nowhere."""
        found: Iterator[Any] = iter(documents)
        for step in self.steps:
            found = _taken(found, step)
        yield from found


def _taken(values: Iterator[Any], step: object) -> Iterator[Any]:
    for value in values:
        if step is ALL:
            if isinstance(value, dict):
                yield from value.values()
            elif isinstance(value, list):
                yield from value
        elif _has(value, step):
            yield value[step]


def _has(value: Any, step: object) -> bool:
    if isinstance(value, dict):
        return step in value
    return isinstance(value, list) and isinstance(step, int) and step < len(value)
