"""Scalars as S3 reads them, in headers, query strings and documents: whole numbers are Java's."""

import re
from typing import Any

from afluente.wire.form import SCALARS

INTEGER = re.compile(r"[+-]?[0-9]+")
MOST = {"integer": (1 << 31) - 1, "long": (1 << 63) - 1}


def scalar(kind: str, text: str) -> Any:
    """The value of a text, by the type of its shape. Raises ValueError, also for `1_000` and for what is too large."""
    value = SCALARS[kind](text)
    if kind in MOST and not (INTEGER.fullmatch(text) and -MOST[kind] - 1 <= value <= MOST[kind]):
        raise ValueError(text)
    return value
