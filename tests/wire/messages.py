"""Random messages of the services' models, as hypothesis strategies: what botocore's client could send or receive."""

import re
from datetime import UTC, datetime, timedelta
from string import ascii_letters, digits
from typing import Any

from hypothesis import strategies as st

from afluente.wire.model import Model, Operation, Shape, load
from afluente.wire.pattern import matcher

SERVICES = ("athena", "cloudformation", "cloudwatch", "firehose", "glue", "iam", "kinesis", "logs", "s3", "sts")
MAX_DEPTH = 5

# What XML 1.0 can hold, less the carriage return, which its parsers turn into a line feed
TEXT = st.text(st.characters(codec="utf-8", min_codepoint=0x20, exclude_characters="\x7f\ufffe\uffff"), max_size=20)
TOKEN = st.text(ascii_letters + digits + "-_.~:/!", min_size=1, max_size=20)
MOMENT = st.integers(0, 4_000_000_000).map(lambda s: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=s))
LARGEST = {"integer": 2**31 - 1, "long": 2**63 - 1}
FLOATS = st.floats(allow_nan=False, allow_infinity=False, width=32)


def values(shape: Shape, depth: int = 0, *, valid: bool = False) -> st.SearchStrategy[Any]:
    """Values of `shape`; containers have at least one element, because not every protocol can say an empty one.

    valid: within the model's constraints, too.
    """
    low, high = _bounds(shape) if valid else (None, None)
    match shape.type:
        case "structure":
            return _structures(shape, depth, valid=valid)
        case "list":
            elements = values(shape.member, depth + 1, valid=valid)
            return st.lists(elements, min_size=max(low or 0, 1), max_size=min(max(low or 0, 3), high or 3))
        case "map":
            inner = values(shape.value, depth + 1, valid=valid)
            least = max(low or 0, 1)
            return st.dictionaries(
                _keys(shape, valid=valid), inner, min_size=least, max_size=min(max(least, 3), high or 3)
            )
        case "string":
            return _valid_strings(shape, low or 0, high) if valid else _strings(shape)
        case "boolean":
            return st.booleans()
        case "blob":
            return st.binary(min_size=low or 0, max_size=max(low or 0, 30))
        case "timestamp":
            return MOMENT
        case "float" | "double":
            return FLOATS if low is None else st.floats(low, high or low + 1000)
        case kind:
            least, most = -LARGEST[kind] - 1, LARGEST[kind]
            return st.integers(least if low is None else low, most if high is None else high)


def _bounds(shape: Shape) -> tuple[int | None, int | None]:
    low = None if shape.min is None else int(shape.min)
    return low, None if shape.max is None else int(shape.max)


def _structures(shape: Shape, depth: int, *, valid: bool) -> st.SearchStrategy[dict[str, Any]]:
    if shape.document:
        return st.dictionaries(TOKEN, TEXT, min_size=1, max_size=3)

    @st.composite
    def structure(draw: st.DrawFn) -> dict[str, Any]:
        names = [n for n, m in shape.members.items() if depth < MAX_DEPTH or m.type not in {"structure", "list", "map"}]
        most = 1 if shape._traits.get("union") else 6
        chosen = draw(st.sets(st.sampled_from(names), min_size=1, max_size=most)) if names else set()
        chosen |= {n for n in (*shape.required, shape.payload) if n and n in (shape.members if valid else names)}
        found = {n: draw(values(m, depth + 1, valid=valid)) for n, m in shape.members.items() if n in chosen}
        if shape.payload in found and found[shape.payload] == "":
            del found[shape.payload]  # an empty body is none
        return found

    return structure()


def _keys(shape: Shape, *, valid: bool) -> st.SearchStrategy[str]:
    if shape.location == "headers":
        return TOKEN.map(str.lower)
    if not valid:
        return _strings(shape.key).filter(bool)
    low, high = _bounds(shape.key)
    return _valid_strings(shape.key, low or 1, high)


def _strings(shape: Shape) -> st.SearchStrategy[str]:
    if shape.enum:
        return st.sampled_from(shape.enum)
    return TOKEN if shape.location in {"header", "querystring", "uri"} else TEXT


MEANINGFUL = (
    "farm",
    "0",
    "a-b",
    "s3://farm/lake/",
    "2026-01-01",
    "SELECT 1",
    "{}",
    "json",
    "arn:aws:s3:::farm",
    "arn:aws:iam::000000000000:role/farm",
    "arn:aws:kinesis:us-east-1:000000000000:stream/farm",
    "arn:aws:firehose:us-east-1:000000000000:deliverystream/farm",
)
"""Texts that mean something somewhere, so that random messages get past the first check."""


def _valid_strings(shape: Shape, low: int, high: int | None) -> st.SearchStrategy[str]:
    if shape.enum:
        return st.sampled_from(shape.enum)
    if shape.location in {"header", "querystring", "uri"}:
        return st.sampled_from(MEANINGFUL) | TOKEN

    def fits(text: str) -> bool:
        return low <= len(text) <= (high or 10**9) and (shape.pattern is None or matcher(shape.pattern)(text))

    fitting = [name for name in MEANINGFUL if fits(name)]
    texts = _texts(shape.pattern, low, high).map(lambda text: _lengthened(text, low)).filter(fits)
    return st.sampled_from(fitting) | texts if fitting else texts


def _lengthened(text: str, low: int) -> str:
    """Most patterns are of one class of characters, so a text that is too short may be repeated."""
    return text if len(text) >= low else (text * (low + 1))[:low]


def _texts(pattern: str | None, low: int, high: int | None) -> st.SearchStrategy[str]:
    if pattern is not None and "\\u" not in pattern:  # ranges over all of Unicode are slow to draw from
        try:
            return st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True)
        except re.error:
            pass  # a pattern of Unicode classes: plain text mostly fits
    plain = st.text(ascii_letters, min_size=low, max_size=min(low + 20, high or low + 20))
    return plain if pattern or low > 20 else plain | TEXT


def has_stream_of_events(shape: Shape | None) -> bool:
    """Whether the body is a stream of events, which is a protocol of its own."""
    return shape is not None and any("eventstream" in m._traits for m in shape.members.values())


def operations(service: str) -> list[Operation]:
    """The operations of a service's model that plain messages can carry."""
    model: Model = load(service)
    found = [model.operation(name) for name in model.operation_names]
    return [o for o in found if o and not has_stream_of_events(o.input) and not has_stream_of_events(o.output)]
