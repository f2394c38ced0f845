"""Partition values that stand in the files' paths as the catalog has them: no join need say then whose they are."""

import re
from collections.abc import Iterable, Sequence

_KEY = re.compile(r"[a-z_][a-z0-9_]*")
_VALUE = re.compile(r"[A-Za-z0-9_.-]+")

Values = Sequence[str | None]


def tell(keys: Sequence[str], files: Iterable[tuple[str, Values]]) -> bool:
    """Whether each (path, partition values) has a folder `key=value` for every key, in order, and no other such one.

    Only of names and values that are written alike everywhere: no escapes, no case to fold.
    """
    if not all(map(_KEY.fullmatch, keys)):
        return False
    told: dict[tuple[str, Values], bool] = {}
    for path, values in files:
        folder, _, name = path.rpartition("/")
        if (folder, values) not in told:
            told[folder, values] = _tells(keys, folder, values)
        if not told[folder, values] or "=" in name:
            return False
    return True


def _tells(keys: Sequence[str], folder: str, values: Values) -> bool:
    if not all(value is not None and _VALUE.fullmatch(value) for value in values):
        return False
    expected = [f"{key}={value}" for key, value in zip(keys, values, strict=True)]
    return [part for part in folder.split("/") if "=" in part] == expected
