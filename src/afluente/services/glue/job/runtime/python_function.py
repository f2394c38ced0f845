"""What SQL cannot say of Spark's functions, in Python: called row by row, so only for what has no other way."""

import functools
import re
import zlib
from collections.abc import Callable
from typing import Any

SOUNDS = {letter: digit for digit, letters in {
    "1": "BFPV", "2": "CGJKQSXZ", "3": "DT", "4": "L", "5": "MN", "6": "R"}.items() for letter in letters}  # fmt: skip
UNSIGNED = 1 << 64


def conv(text: str, source: int, target: int) -> str | None:
    """A number of one base (2 to 36) in another, as unsigned 64 bits; a negative target base gives a signed one."""
    if not 2 <= source <= 36 or not 2 <= abs(target) <= 36:
        return None
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    negative = text.startswith("-")
    found = re.match(f"[{digits[:source]}]*", text.removeprefix("-").lower())
    value = int(found[0], source) if found and found[0] else 0
    value = min(value, UNSIGNED - 1)
    value = -value if negative else value
    value = value if target < 0 else value % UNSIGNED
    return f"{'-' if value < 0 else ''}{_written(abs(value), abs(target), digits).upper()}"


def _written(value: int, base: int, digits: str) -> str:
    text = ""
    while value:
        value, rest = divmod(value, base)
        text = digits[rest] + text
    return text or "0"


def crc32(data: bytes) -> int:
    """The checksum of zip."""
    return zlib.crc32(data)


def sha2(data: bytes, bits: int) -> str | None:
    """SHA-2 of 224, 256 (also 0), 384 or 512 bits, in hexadecimal."""
    import hashlib  # noqa: PLC0415  # seldom needed, as all below

    if bits not in {0, 224, 256, 384, 512}:
        return None
    return hashlib.new(f"sha{bits or 256}", data).hexdigest()


def soundex(text: str) -> str:
    """American Soundex; a text that does not begin with a letter stays as it is."""
    if not text or not ("A" <= text[0].upper() <= "Z"):
        return text
    code, last = text[0].upper(), SOUNDS.get(text[0].upper(), "")
    for letter in text[1:].upper():
        sound = SOUNDS.get(letter, "")
        if sound and sound != last:
            code += sound
        if letter not in "HW":
            last = sound
    return (code + "000")[:4]


def luhn(text: str) -> bool:
    """Whether the digits satisfy Luhn's check (ISO/IEC 7812)."""
    if not text.isascii() or not text.isdigit():
        return False
    digits = [int(digit) for digit in reversed(text)]
    return (sum(digits[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])) % 10 == 0


def mask(text: str | None, upper: str | None, lower: str | None, digit: str | None, other: str | None) -> str | None:
    """Each character replaced by its kind's; None leaves a kind as it is."""
    if text is None:
        return None
    kinds = ((str.isupper, upper), (str.islower, lower), (str.isdigit, digit), (lambda _: True, other))
    return "".join(
        next((replacement for is_kind, replacement in kinds if is_kind(letter)), None) or letter for letter in text
    )


def parse_url(url: str | None, part: str | None, key: str | None) -> str | None:
    """A part of a URL, as java.net.URI names them; one value of the query when `key` is given."""
    from urllib.parse import parse_qs, urlsplit  # noqa: PLC0415

    if url is None or part is None:
        return None
    found = urlsplit(url)
    if part == "QUERY" and key is not None:
        return next(iter(parse_qs(found.query, keep_blank_values=True).get(key, [])), None)
    host, user = found.hostname, found.netloc.rpartition("@")[0] or None
    parts = {
        "HOST": host, "PATH": found.path, "QUERY": found.query or None, "REF": found.fragment or None,
        "PROTOCOL": found.scheme or None, "AUTHORITY": found.netloc or None, "USERINFO": user,
        "FILE": found.path + (f"?{found.query}" if found.query else ""),
    }  # fmt: skip
    return parts.get(part)


def format_string(pattern: str | None, *values: Any) -> str | None:
    """Java's format, in so far as C's is the same."""
    if pattern is None:
        return None
    return re.sub(r"%(-?\d*)b", r"%\1s", pattern) % tuple("null" if value is None else value for value in values)


def split_most(text: str, pattern: str, most: int) -> list[str]:
    """Parts between matches of a regular expression, no more than `most` of them if that is above zero."""
    from afluente.core.bounded_regex import BoundedRegex  # noqa: PLC0415  # seldom needed

    parts: list[str] = []
    at = 0
    for match in BoundedRegex(pattern).matches(text):
        if 0 < most <= len(parts) + 1:
            break
        if match.end() == 0:
            continue
        parts.append(text[at : match.start()])
        at = match.end()
    return [*parts, text[at:]]


@functools.cache
def type_name(text: str) -> str:
    """Spark's name of a type that DuckDB calls `text`."""
    from duckdb.sqltypes import DuckDBPyType  # noqa: PLC0415  # what registers it has loaded it

    from afluente.services.glue.job.runtime.connection import hive_type  # noqa: PLC0415  # it registers this

    return "void" if text == '"NULL"' else str(hive_type(DuckDBPyType(text)))


def url_encode(text: str) -> str:
    """As HTML forms are encoded: a space is `+`."""
    from urllib.parse import quote_plus  # noqa: PLC0415

    return quote_plus(text, safe="*-._").replace("~", "%7E")


def url_decode(text: str) -> str:
    """The way back."""
    from urllib.parse import unquote_plus  # noqa: PLC0415

    return unquote_plus(text)


Given = tuple[Callable[..., Any], list[str] | None, str, bool]
FUNCTIONS: dict[str, Given] = {
    "spark_conv": (conv, ["VARCHAR", "INTEGER", "INTEGER"], "VARCHAR", False),
    "spark_crc32": (crc32, ["BLOB"], "BIGINT", False),
    "spark_sha2": (sha2, ["BLOB", "INTEGER"], "VARCHAR", False),
    "spark_soundex": (soundex, ["VARCHAR"], "VARCHAR", False),
    "spark_luhn": (luhn, ["VARCHAR"], "BOOLEAN", False),
    "spark_mask": (mask, ["VARCHAR"] * 5, "VARCHAR", True),
    "spark_parse_url": (parse_url, ["VARCHAR"] * 3, "VARCHAR", True),
    "spark_format_string": (format_string, None, "VARCHAR", True),
    "spark_split_most": (split_most, ["VARCHAR", "VARCHAR", "INTEGER"], "VARCHAR[]", False),
    "spark_type_name": (type_name, ["VARCHAR"], "VARCHAR", False),
    "spark_url_encode": (url_encode, ["VARCHAR"], "VARCHAR", False),
    "spark_url_decode": (url_decode, ["VARCHAR"], "VARCHAR", False),
}
"""By name: the function, the types of its arguments (None: any number of any), its result's, whether it gets nulls."""


def register(connection: Any, name: str) -> None:
    """Make a function known to a connection."""
    function, arguments, result, nulls = FUNCTIONS[name]
    connection.create_function(name, function, arguments, result, null_handling="special" if nulls else "default")
