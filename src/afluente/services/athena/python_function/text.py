"""Texts: sounds, checks, splitting, regular expressions that RE2 does not have, names of types."""

import functools
import ipaddress
import re
import unicodedata
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import quote_plus

from afluente.core.bounded_regex import BoundedRegex, InvalidRegexError, SlowRegexError

T = TypeVar("T")
INVALID = "INVALID_FUNCTION_ARGUMENT"

SOUNDS = {letter: digit for digit, letters in {
    "1": "BFPV", "2": "CGJKQSXZ", "3": "DT", "4": "L", "5": "MN", "6": "R"}.items() for letter in letters}  # fmt: skip


def soundex(text: str) -> str:
    """American Soundex: a letter and three digits. H and W do not part letters of the same sound."""
    letters = [letter for letter in text.upper() if "A" <= letter <= "Z"]
    if not letters:
        return ""
    code, last = letters[0], SOUNDS.get(letters[0], "")
    for letter in letters[1:]:
        sound = SOUNDS.get(letter, "")
        if sound and sound != last:
            code += sound
        if letter not in "HW":
            last = sound
    return (code + "000")[:4]


def luhn(text: str) -> bool:
    """Whether the digits satisfy Luhn's check (ISO/IEC 7812)."""
    if not text.isdecimal():
        raise ValueError(f"{INVALID}: Input contains non-digit character")
    digits = [int(digit) for digit in reversed(text)]
    return (sum(digits[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])) % 10 == 0


def normalize(text: str, form: str) -> str:
    """A Unicode normal form: NFC, NFD, NFKC, NFKD."""
    return unicodedata.normalize(form, text)  # type: ignore[arg-type]  # other forms raise ValueError


def char2hexint(text: str) -> str:
    """The UTF-16 code units in hexadecimal."""
    return text.encode("utf-16-be").hex().upper()


def url_encode(text: str) -> str:
    """As HTML forms are encoded: a space is `+`."""
    return quote_plus(text, safe="*-._").replace("~", "%7E")


def split(text: str, delimiter: str, limit: int) -> list[str]:
    """At most `limit` parts; the last holds the rest."""
    if limit < 1:
        raise ValueError(f"{INVALID}: Limit must be positive")
    return text.split(delimiter, limit - 1)


def strpos(text: str, part: str, instance: int) -> int:
    """The position, from 1, of the n-th occurrence; negative ones count from the end; 0 when there is none."""
    if instance == 0:
        raise ValueError(f"{INVALID}: 'instance' must not be a positive or negative number.")
    position = -1 if instance > 0 else len(text)
    for _ in range(abs(instance)):
        position = text.find(part, position + 1) if instance > 0 else text.rfind(part, 0, position + len(part) - 1)
        if position < 0:
            return 0
    return position + 1


def _pairs(text: str, entry: str, key_value: str) -> list[tuple[str, str]]:
    pairs = []
    for item in text.split(entry):
        key, found, value = item.partition(key_value)
        if not found:
            raise ValueError(
                f"{INVALID}: Key-value delimiter must appear exactly once in each entry. Bad input: {item}"
            )
        pairs.append((key, value))
    return pairs


def split_to_map(text: str, entry: str, key_value: str) -> dict[str, str]:
    """`a=1,b=2` to a map; each key once."""
    pairs = _pairs(text, entry, key_value)
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for index, (key, _) in enumerate(pairs) if key in dict(pairs[:index]))
        raise ValueError(f"{INVALID}: Duplicate keys ({twice}) are not allowed.")
    return found


def split_to_multimap(text: str, entry: str, key_value: str) -> dict[str, list[str]]:
    """`a=1,a=2` to a map of all values of each key."""
    found: dict[str, list[str]] = {}
    for key, value in _pairs(text, entry, key_value):
        found.setdefault(key, []).append(value)
    return found


def _with(pattern: str, match: Callable[[BoundedRegex], T]) -> T:
    try:
        return match(_compiled(pattern))
    except (InvalidRegexError, SlowRegexError) as error:
        raise ValueError(f"{INVALID}: {error}") from None


_compiled = functools.lru_cache(64)(BoundedRegex)


def regexp_position(text: str, pattern: str, start: int) -> int:
    """The position, from 1, of the first match at `start` or after; -1 when there is none."""
    match = _with(pattern, lambda compiled: compiled.search(text, start - 1))
    return match.start() + 1 if match else -1


def regexp_all(text: str, pattern: str, group: int) -> list[str]:
    """The group of every match."""
    return _with(pattern, lambda compiled: [match.group(group) for match in compiled.matches(text)])


def regexp_replace(text: str, pattern: str, replacement: str) -> str:
    """Every match replaced; `$1` is a group."""
    return _with(pattern, lambda compiled: compiled.replaced(text, re.sub(r"\$(\d)", r"\\\1", replacement)))


LISTAGG_BYTES = 1_048_576


def listagg(values: list[str], separator: str, filler: str, with_count: bool) -> str:
    """The values joined; what goes beyond 1 MiB is cut off, with a note, and how many values are missing."""
    joined = separator.join(values)
    if len(joined.encode()) <= LISTAGG_BYTES:
        return joined
    kept, size = 0, 0
    for value in values:
        size += len(value.encode()) + (len(separator.encode()) if kept else 0)
        if size > LISTAGG_BYTES:
            break
        kept += 1
    count = f"({len(values) - kept})" if with_count else ""
    return separator.join([*values[:kept], filler + count])


def regexp_groups(text: str, pattern: str) -> list[list[str | None]]:
    """The groups of every match."""
    return _with(pattern, lambda compiled: [list(match.groups()) for match in compiled.matches(text)])


def regexp_between(text: str, pattern: str) -> list[str]:
    """What is before each match, and behind the last."""

    def between(compiled: BoundedRegex) -> list[str]:
        spans = [match.span() for match in compiled.matches(text)]
        starts, ends = [0, *(end for _, end in spans)], [*(start for start, _ in spans), len(text)]
        return [text[start:end] for start, end in zip(starts, ends, strict=True)]

    return _with(pattern, between)


def in_network(network: str, address: str) -> bool:
    """Is the address in the network (`10.0.0.0/8`)?"""
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        raise ValueError(f"{INVALID}: Invalid CIDR") from None


def ip_address(text: str) -> str:
    """An address in its shortest spelling."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError(f"INVALID_CAST_ARGUMENT: Cannot cast value to IPADDRESS: {text}") from None


NAMES = {
    "HUGEINT": "bigint", "UBIGINT": "bigint", "FLOAT": "real", "BLOB": "varbinary",
    "INTERVAL": "interval day to second",
    '"NULL"': "unknown", "NULL": "unknown", "TIMESTAMP": "timestamp(3)", "TIMESTAMP WITH TIME ZONE":
    "timestamp(3) with time zone", "TIME": "time(3)", "TIME WITH TIME ZONE": "time(3) with time zone",
}  # fmt: skip


def type_name(text: str) -> str:
    """Trino's name of a type that DuckDB calls `text`."""
    if text.endswith("[]"):
        return f"array({type_name(text[:-2])})"
    for name, ours in (("MAP(", "map"), ("STRUCT(", "row"), ("TUPLE(", "row")):
        if text.startswith(name):
            inner = _split_types(text[len(name) : -1])
            if name == "STRUCT(":
                return f"row({', '.join(_field_name(part) for part in inner)})"
            return f"{ours}({', '.join(map(type_name, inner))})"
    return NAMES.get(text, text.lower().replace(", ", ","))


def _field_name(text: str) -> str:
    name, kind = (text[1:].split('" ', 1)) if text.startswith('"') else text.split(" ", 1)
    return f"{name} {type_name(kind)}"


def _split_types(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for index, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and not depth:
            parts.append(text[start:index])
            start = index + 2
    return [*parts, text[start:]]


def hive_hash(text: str, start: int) -> int:
    """Hive's hash of a text's bytes, as 32 bits without a sign: Java's of a string, over signed bytes."""
    found = start
    for byte in text.encode():
        found = (31 * found + byte - (byte >> 7 << 8)) & 0xFFFF_FFFF
    return found


FUNCTIONS = (
    ("athena_soundex", soundex, ("VARCHAR",), "VARCHAR"),
    ("athena_luhn", luhn, ("VARCHAR",), "BOOLEAN"),
    ("athena_normalize", normalize, ("VARCHAR", "VARCHAR"), "VARCHAR"),
    ("athena_char2hexint", char2hexint, ("VARCHAR",), "VARCHAR"),
    ("athena_url_encode", url_encode, ("VARCHAR",), "VARCHAR"),
    ("athena_split", split, ("VARCHAR", "VARCHAR", "BIGINT"), "VARCHAR[]"),
    ("athena_strpos", strpos, ("VARCHAR", "VARCHAR", "BIGINT"), "BIGINT"),
    ("athena_split_to_map", split_to_map, ("VARCHAR", "VARCHAR", "VARCHAR"), "MAP(VARCHAR, VARCHAR)"),
    ("athena_split_to_multimap", split_to_multimap, ("VARCHAR", "VARCHAR", "VARCHAR"), "MAP(VARCHAR, VARCHAR[])"),
    ("athena_regexp_position", regexp_position, ("VARCHAR", "VARCHAR", "BIGINT"), "INTEGER"),
    ("athena_regexp_all", regexp_all, ("VARCHAR", "VARCHAR", "BIGINT"), "VARCHAR[]"),
    ("athena_regexp_replace", regexp_replace, ("VARCHAR", "VARCHAR", "VARCHAR"), "VARCHAR"),
    ("athena_listagg", listagg, ("VARCHAR[]", "VARCHAR", "VARCHAR", "BOOLEAN"), "VARCHAR"),
    ("athena_regexp_groups", regexp_groups, ("VARCHAR", "VARCHAR"), "VARCHAR[][]"),
    ("athena_regexp_between", regexp_between, ("VARCHAR", "VARCHAR"), "VARCHAR[]"),
    ("athena_in_network", in_network, ("VARCHAR", "VARCHAR"), "BOOLEAN"),
    ("athena_ip_address", ip_address, ("VARCHAR",), "VARCHAR"),
    ("athena_type_name", type_name, ("VARCHAR",), "VARCHAR"),
    ("athena_hive_hash", hive_hash, ("VARCHAR", "INTEGER"), "BIGINT"),
)
