"""What a crawler calls a table: after the folder it lies in, in letters, digits and underscores."""

import hashlib
import re

LONGEST = 128


def table_name(bucket: str, path: str, prefix: str = "") -> str:
    """The name of the table of a folder or file: `sales` of `data/sales/`, the bucket's own for its root."""
    last = path.rstrip("/").rpartition("/")[2] or bucket
    return f"{prefix.lower()}{re.sub('[^a-z0-9_]', '_', last.lower())}"[:LONGEST]


def distinct_name(name: str, location: str) -> str:
    """The name to take when `name` is another table's: with a hash of the location, always the same."""
    suffix = "_" + hashlib.md5(location.encode(), usedforsecurity=False).hexdigest()
    return name[: LONGEST - len(suffix)] + suffix
