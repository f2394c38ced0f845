"""One page of a listing: names in order, those with a delimiter behind the prefix rolled up into common prefixes.

A common prefix is stepped over with one seek, however many names it holds.
"""

import base64
import binascii
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from urllib.parse import quote

from afluente.services.s3.error import InvalidArgument
from afluente.services.s3.key_range import after_prefix

Item = TypeVar("Item")

Seek = Callable[[str, str | None], Iterator[tuple[str, Item]]]
"""`seek(start, end)`: (name, item) of those at or after `start` and before `end`, in order."""


@dataclass(slots=True)
class Page(Generic[Item]):
    """What one answer lists. `last` is the name or common prefix that the next page begins after."""

    items: list[Item] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    truncated: bool = False
    last: str = ""

    def __len__(self) -> int:
        return len(self.items) + len(self.prefixes)


def page(seek: Seek[Item], *, prefix: str, delimiter: str, start: str | None, limit: int) -> Page[Item]:
    """At most `limit` names and common prefixes from `start` on (see `start_after`)."""
    found: Page[Item] = Page()
    end = after_prefix(prefix) if prefix else None

    def take(start: str) -> str | None:
        """Take names up to the first common prefix. Where to go on; None when there is no more."""
        for name, item in seek(start, end):
            if len(found) == limit:
                found.truncated = True
                return None
            group = common_prefix(name, prefix, delimiter)
            found.last = group or name
            if group:
                found.prefixes.append(group)
                return after_prefix(group)
            found.items.append(item)
        return None

    while start is not None and limit:
        start = take(start)
    return found


def start_after(prefix: str, delimiter: str, after: str) -> str | None:
    """The first name that may be listed: behind the common prefix of `after`, which was listed with it."""
    if after < prefix or not after:
        return prefix
    group = common_prefix(after, prefix, delimiter)
    return after_prefix(group) if group else after + "\0"


def common_prefix(name: str, prefix: str, delimiter: str) -> str:
    """`name` up to the first delimiter behind `prefix`; empty when there is none."""
    if not delimiter or not name.startswith(prefix):
        return ""
    end = name.find(delimiter, len(prefix))
    return "" if end < 0 else name[: end + len(delimiter)]


def token(last: str) -> str:
    """An opaque continuation token."""
    return base64.urlsafe_b64encode(b"\1" + last.encode()).decode()


def read_token(text: str) -> str:
    """The name in a continuation token. Raises InvalidArgument."""
    try:
        raw = base64.b64decode(text, altchars=b"-_", validate=True)
        if raw[:1] == b"\1":
            return raw[1:].decode()
    except (binascii.Error, ValueError):
        pass
    raise InvalidArgument("The continuation token provided is incorrect", ArgumentName="continuation-token")


def check_encoding(encoding: str | None) -> Callable[[str], str]:
    """What to do to names in the answer: nothing, or percent-encoding. Raises InvalidArgument."""
    if encoding is None:
        return str
    if encoding != "url":
        raise InvalidArgument(
            "Invalid Encoding Method specified in Request", ArgumentName="encoding-type", ArgumentValue=encoding
        )
    return lambda name: quote(name, safe="/*")


def limit_of(value: int | None, name: str, most: int = 1000) -> int:
    """The size of a page: what the caller asks for, silently capped. Raises InvalidArgument."""
    if value is None:
        return most
    if value < 0:
        raise InvalidArgument(
            f"Argument {name} must be an integer between 0 and 2147483647", ArgumentName=name, ArgumentValue=str(value)
        )
    return min(value, most)
