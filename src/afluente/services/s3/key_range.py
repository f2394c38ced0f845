"""Ranges of keys in the order of their UTF-8 bytes, which is that of their code points."""

LAST = "\U0010ffff"


def after_prefix(prefix: str) -> str | None:
    """The smallest text that comes after all that begin with `prefix`; None when there is none."""
    stem = prefix.rstrip(LAST)
    if not stem:
        return None
    point = ord(stem[-1]) + 1
    if 0xD800 <= point <= 0xDFFF:  # surrogates are no characters
        point = 0xE000
    return stem[:-1] + chr(point)
