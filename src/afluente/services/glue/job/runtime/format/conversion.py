"""Objects of a format that DuckDB does not read, converted; and texts whose compression it does not know, unpacked.

Formats and options: https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-format.html
"""

import bz2
import dataclasses
import gzip
import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from afluente.services.glue.job.runtime.run import current
from afluente.services.glue.job.runtime.source import Input, Part
from afluente.services.glue.job.runtime.storage import Item

CONVERTED = {"avro": "parquet", "orc": "parquet", "xml": "json", "grokLog": "json"}
"""The formats that are converted, and to which."""

PACKED = (".bz2", ".zst")
OPTIONS = {
    "avro": {"version", "compressionType"},
    "orc": {"compressionType"},
    "xml": {
        "rowTag", "encoding", "excludeAttribute", "treatEmptyValuesAsNulls", "attributePrefix", "valueTag",
        "ignoreSurroundingSpaces", "compressionType",
    },
    "grokLog": {"logFormat", "customPatterns", "MISSING", "LineCount", "StrictMode", "compressionType"},
}  # fmt: skip


def readable(source: Input) -> Input:
    """The same input, in files that DuckDB reads. Raises NotImplementedError for options that are not known."""
    if source.format not in CONVERTED:
        return _picked(_unpacked(source))
    unknown = sorted(set(source.options) - OPTIONS[source.format])
    if unknown:
        raise NotImplementedError(f"the options {', '.join(unknown)} of the format {source.format} are not supported")
    items = [item for part in source.parts for item in part.items]
    module = importlib.import_module(f"afluente.services.glue.job.runtime.format.{source.format.lower()}")
    made = module.convert(items, _folder(), source.options)
    return dataclasses.replace(source, parts=_replaced(source, made), format=CONVERTED[source.format], options={})


def opened(item: Item) -> IO[bytes]:
    """An object's bytes, unpacked if they are packed."""
    with Path(item.path).open("rb") as file:
        head = file.read(4)
    if head[:2] == b"\x1f\x8b":
        return gzip.open(item.path)  # type: ignore[return-value]  # it reads as one
    if head[:3] == b"BZh":
        return bz2.open(item.path)
    if head == b"\x28\xb5\x2f\xfd":
        import pyarrow  # noqa: PLC0415  # slow to import, seldom needed

        packed: Any = pyarrow.CompressedInputStream(item.path, "zstd")
        return packed  # type: ignore[no-any-return]
    return Path(item.path).open("rb")


def _unpacked(source: Input) -> Input:
    named = source.options.get("compressionType") in {"bzip2", "zstd"}
    items = [item for part in source.parts for item in part.items if named or item.key.endswith(PACKED)]
    if not items or source.format not in {"json", "csv"}:
        return source
    folder = _folder()
    made: list[Path | None] = []
    for number, item in enumerate(items):
        made.append(folder / str(number))
        with opened(item) as packed, (folder / str(number)).open("wb") as plain:
            while chunk := packed.read(1 << 20):
                plain.write(chunk)
    options = {name: value for name, value in source.options.items() if name != "compressionType" or not named}
    return dataclasses.replace(source, parts=_replaced(source, dict(zip(items, made, strict=True))), options=options)


def _picked(source: Input) -> Input:
    """JSON with its records as lines, where they lie within documents."""
    from afluente.services.glue.job.runtime.format import json_at_path  # noqa: PLC0415  # they need each other

    if source.format != "json" or source.options.get("jsonPath", "$") in json_at_path.WHOLE:
        return source
    items = [item for part in source.parts for item in part.items]
    made = json_at_path.convert(items, _folder(), source.options)
    options = {name: value for name, value in source.options.items() if name not in {"jsonPath", "compressionType"}}
    return dataclasses.replace(source, parts=_replaced(source, made), options=options)


def _folder() -> Path:
    folder = Path(current().order.work) / f"converted_{current().number()}"
    folder.mkdir()
    return folder


def _replaced(source: Input, made: Mapping[Item, Path | None]) -> Sequence[Part]:
    """The parts with the files that were made in the place of the objects; None where an object holds no row."""
    parts = []
    for part in source.parts:
        items = [_local(item, made[item]) if item in made else item for item in part.items]
        parts.append(Part([item for item in items if item is not None], part.values))
    return parts


def _local(item: Item, path: Path | None) -> Item | None:
    if path is None:
        return None
    return dataclasses.replace(item, key=path.name, path=str(path), size=path.stat().st_size)
