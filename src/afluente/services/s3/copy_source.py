"""The source of a copy, as the x-amz-copy-source header names it."""

import re
from typing import NamedTuple
from urllib.parse import unquote

from afluente.services.s3.error import invalid_argument

_RANGE = re.compile(r"bytes=([0-9]{1,19})-([0-9]{1,19})")


class CopySource(NamedTuple):
    """An object elsewhere."""

    bucket: str
    key: str
    version: str | None


def parse(text: str) -> CopySource:
    """`bucket/key`, percent-encoded, with `?versionId=` behind it. Raises InvalidArgument."""
    path, mark, query = text.partition("?versionId=")
    bucket, _, key = unquote(path.removeprefix("/")).partition("/")
    if not bucket or not key:
        raise invalid_argument("Invalid copy source object key", "x-amz-copy-source", text)
    return CopySource(bucket, key, unquote(query) if mark else None)


def parse_range(text: str | None, size: int) -> tuple[int, int]:
    """(offset, length) of a copied part within a source of `size` bytes. Raises InvalidArgument."""
    if text is None:
        return 0, size
    match = _RANGE.fullmatch(text)
    if match is None:
        raise invalid_argument(
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "
            "zero-based offsets of the first and last bytes to copy",
            "x-amz-copy-source-range",
            text,
        )
    first, last = int(match[1]), int(match[2])
    if not first <= last < size:
        raise invalid_argument(
            f"Range specified is not valid for source object of size: {size}", "x-amz-copy-source-range", text
        )
    return first, last - first + 1
