"""Logs that a grok expression takes apart: each line that matches as a JSON object. How many do not is told."""

import io
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from afluente.core.grok.expression import Grok
from afluente.services.glue.classifier.definition import GROK_TYPES
from afluente.services.glue.job.runtime.format.conversion import opened
from afluente.services.glue.job.runtime.storage import Item

MADE: Mapping[str, Callable[[str], Any]] = {
    "tinyint": int, "smallint": int, "int": int, "bigint": int, "float": float, "double": float,
    "boolean": lambda value: value.lower() == "true",
}  # fmt: skip


def convert(items: Sequence[Item], folder: Path, options: Mapping[str, Any]) -> dict[Item, Path | None]:
    """A file of JSON for each object that has a line that matches. Raises NotImplementedError, GrokError."""
    if int(options.get("LineCount", 1)) != 1:
        raise NotImplementedError("the format grokLog: LineCount other than 1 is not supported")
    log = _Log(options)
    made: dict[Item, Path | None] = {}
    for number, item in enumerate(items):
        path = folder / f"{number}.json"
        matched, others = log.write(item, path)
        made[item] = path if matched else None
        if others:
            print(f"{item.url}: {others} lines do not match the grok expression", file=sys.stderr)
    return made


class _Log:
    """The expression that `options` name, and the types of its fields."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        if not options.get("logFormat"):
            raise ValueError("the format grokLog needs the option logFormat")
        self._grok = Grok(options["logFormat"], options.get("customPatterns", ""))
        self._kinds = {field.name: GROK_TYPES.get(field.kind.lower(), "string") for field in self._grok.fields}
        self._missing = options.get("MISSING", "-")

    def write(self, item: Item, path: Path) -> tuple[int, int]:
        """(lines that match, lines that do not), those that do written to `path`."""
        matched = others = 0
        with opened(item) as file, path.open("w") as out:
            for line in io.TextIOWrapper(file, "utf-8", errors="replace"):
                found = self._grok.captures(line.rstrip("\r\n"))
                if found is not None:
                    row = {name: self._value(kind, found.get(name)) for name, kind in self._kinds.items()}
                    out.write(json.dumps(row) + "\n")
                    matched += 1
                elif line.strip():
                    others += 1
        return matched, others

    def _value(self, kind: str, value: str | None) -> Any:
        if value is None or value == self._missing:
            return None
        try:
            return MADE.get(kind, str)(value)
        except ValueError:
            return None
