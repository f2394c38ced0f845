"""JSON whose records lie within documents, as the format option `jsonPath` says: each record as a line of its own."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from afluente.services.glue.classifier.json_path import JsonPath
from afluente.services.glue.job.runtime.format.conversion import opened
from afluente.services.glue.job.runtime.storage import Item

WHOLE = {"$", "$[*]", "$.[*]"}
"""Paths to the documents themselves, and to the elements of arrays: JSON is read so without being told."""


def convert(items: Sequence[Item], folder: Path, options: Mapping[str, Any]) -> dict[Item, Path | None]:
    """A file of lines for each object. ValueError for no path or no JSON, TypeError for what leads to no objects."""
    path = JsonPath.parse(options["jsonPath"].replace("$.[", "$["))
    return {item: _converted(item, folder / str(number), path) for number, item in enumerate(items)}


def _converted(item: Item, made: Path, path: JsonPath) -> Path | None:
    with opened(item) as file:
        text = file.read().decode("utf-8-sig")
    with made.open("wb") as lines:
        for record in _records(path.find(_documents(text, item.url)), item.url):
            lines.write(msgspec.json.encode(record) + b"\n")
    return made if made.stat().st_size else None


def _documents(text: str, url: str) -> Iterator[Any]:
    decoder, at = json.JSONDecoder(), 0
    try:
        while at < len(text):
            if text[at].isspace():
                at += 1
                continue
            document, at = decoder.raw_decode(text, at)
            yield document
    except json.JSONDecodeError as error:
        raise ValueError(f"{url} is no JSON: {error}") from None


def _records(found: Iterator[Any], url: str) -> Iterator[dict[str, Any]]:
    for value in found:
        if isinstance(value, dict):
            yield value
            continue
        if not isinstance(value, list):
            raise TypeError(f"the format option jsonPath leads to {value!r} in {url}, which is no object")
        yield from _records(iter(value), url)
