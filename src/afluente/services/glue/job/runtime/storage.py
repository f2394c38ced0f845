"""Objects of S3 as a script names them: locations, listings, output moved in whole. Bytes are read from disk."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from afluente.services.glue.job.runtime import run

SCHEMES = {"s3", "s3a", "s3n"}


@dataclass(frozen=True, slots=True)
class Location:
    """A place in S3: a bucket, and a key or the beginning of keys."""

    bucket: str
    key: str

    @staticmethod
    def parse(url: str) -> "Location":
        """The place that `s3://bucket/key` names. Raises ValueError."""
        scheme, separator, rest = url.partition("://")
        bucket, _, key = rest.partition("/")
        if scheme not in SCHEMES or not separator or not bucket:
            raise ValueError(f"{url!r} is not a location in S3 (s3://bucket/prefix)")
        return Location(bucket, key)

    @property
    def folder(self) -> str:
        """The key as a folder: with a slash at its end, unless it is the bucket itself."""
        return self.key if not self.key or self.key.endswith("/") else self.key + "/"


@dataclass(frozen=True, slots=True)
class Item:
    """An object that is input."""

    bucket: str
    key: str
    size: int
    last_modified_ms: int
    path: str

    @property
    def url(self) -> str:
        """Where it lies in S3."""
        return f"s3://{self.bucket}/{self.key}"


def under(url: str, *, recurse: bool = True, exclusions: str | None = None) -> list[Item]:
    """The objects at `url` and below it that hold data: not empty, no hidden names. `exclusions` is a JSON list."""
    place = Location.parse(url)
    found = [Item(place.bucket, *entry) for entry in _listed(place, read=True)]
    excluded = [_glob(pattern) for pattern in json.loads(exclusions)] if exclusions else []
    return [
        item
        for item in found
        if _is_at_or_below(item.key, place)
        and _holds_data(item, place)
        and (recurse or "/" not in item.key[len(place.folder) :])
        and not any(
            pattern.fullmatch(item.url) or pattern.fullmatch(item.key[len(place.folder) :]) for pattern in excluded
        )
    ]


def exactly(url: str) -> list[Item]:
    """The one object whose key is that of `url`, or none."""
    place = Location.parse(url)
    return [Item(place.bucket, *entry) for entry in _listed(place, read=True) if entry[0] == place.key]


def exists(url: str) -> bool:
    """Is there any object at `url` or below it?"""
    place = Location.parse(url)
    return any(_is_at_or_below(entry[0], place) for entry in _listed(place))


def put(bucket: str, files: Iterable[tuple[str, Path]]) -> None:
    """Move finished (key, file) pairs into a bucket. All of them are written by now, so each object comes whole."""
    run.current().channel.ask("put", bucket=bucket, files=[[key, str(path)] for key, path in files])


def delete_under(url: str, *, older_than_ms: int | None = None, keep: frozenset[str] = frozenset()) -> None:
    """Delete the objects at `url` and below it, those in `keep` and those as new as `older_than_ms` or newer not."""
    place = Location.parse(url)
    keys = [
        key
        for key, _, modified_ms, _ in _listed(place)
        if _is_at_or_below(key, place) and key not in keep and (older_than_ms is None or modified_ms < older_than_ms)
    ]
    run.current().channel.ask("delete", bucket=place.bucket, keys=keys)


def _listed(place: Location, *, read: bool = False) -> list[list[Any]]:
    """What the server says lies under a prefix. `read`: it will be read, which takes another permission."""
    found: list[list[Any]] = run.current().channel.ask("list", bucket=place.bucket, prefix=place.key, read=read)
    return found


def _is_at_or_below(key: str, place: Location) -> bool:
    """A prefix in S3 ends anywhere; a path ends where a name ends."""
    return key == place.key or key.startswith(place.folder)


def _holds_data(item: Item, place: Location) -> bool:
    """Names that begin with `_` or `.` below the location are hidden, as in Hadoop."""
    names = item.key[len(place.folder) :].split("/")
    return item.size > 0 and not any(name.startswith(("_", ".")) for name in names) and "_$folder$" not in item.key


def _glob(pattern: str) -> re.Pattern[str]:
    """Glue's globs: `*` stays within a name, `**` does not, `{a,b}` are alternatives."""
    text = "".join(_glob_part(part) for part in re.findall(r"\*\*|\*|\?|\[[^]]*\]|\{[^}]*\}|\\.|.", pattern))
    return re.compile(text, re.DOTALL)


def _glob_part(part: str) -> str:
    if part == "**":
        return ".*"
    if part == "*":
        return "[^/]*"
    if part == "?":
        return "[^/]"
    if part[0] == "[" and len(part) > 1:
        return part.replace("[!", "[^", 1)
    if part[0] == "{" and len(part) > 1:
        return "(?:" + "|".join(_glob(choice).pattern for choice in part[1:-1].split(",")) + ")"
    return re.escape(part[1:] if part[0] == "\\" and len(part) > 1 else part)
