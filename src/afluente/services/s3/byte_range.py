"""The Range header: which bytes of an object are asked for."""

import re

from afluente.services.s3.error import InvalidRange

_ONE_RANGE = re.compile(r"bytes=(?:([0-9]{1,19})-([0-9]{0,19})|-([0-9]{1,19}))")


def parse(header: str | None, size: int) -> tuple[int, int] | None:
    """(offset, length) within an object of `size` bytes; None: all of it, as for malformed and multiple ranges.

    Raises InvalidRange.
    """
    match = _ONE_RANGE.fullmatch((header or "").replace(" ", ""))
    if match is None:
        return None
    first, last, suffix = match.groups()
    if suffix is not None:
        start, end = max(0, size - int(suffix)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return None
    if start >= size or start == end:
        raise InvalidRange(
            "The requested range is not satisfiable", ActualObjectSize=str(size), RangeRequested=header or ""
        )
    return start, end - start


def content_range(offset: int, length: int, size: int) -> str:
    """The Content-Range header of such a slice."""
    return f"bytes {offset}-{offset + length - 1}/{size}"
