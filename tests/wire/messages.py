"""Random messages of the services' models, as hypothesis strategies: what botocore's client could send or receive."""

from datetime import UTC, datetime, timedelta
from string import ascii_letters, digits
from typing import Any

from hypothesis import strategies as st

from afluente.wire.model import Model, Operation, Shape, load

SERVICES = ("athena", "cloudformation", "firehose", "glue", "iam", "kinesis", "logs", "s3", "sts")
MAX_DEPTH = 5

# What XML 1.0 can hold, less the carriage return, which its parsers turn into a line feed
TEXT = st.text(st.characters(codec="utf-8", min_codepoint=0x20, exclude_characters="\x7f\ufffe\uffff"), max_size=20)
TOKEN = st.text(ascii_letters + digits + "-_.~:/!", min_size=1, max_size=20)
MOMENT = st.integers(0, 4_000_000_000).map(lambda s: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=s))
INTEGERS = {"integer": st.integers(-(2**31), 2**31 - 1), "long": st.integers(-(2**63), 2**63 - 1)}
FLOATS = st.floats(allow_nan=False, allow_infinity=False, width=32)


def values(shape: Shape, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values of `shape`; containers have at least one element, because not every protocol can say an empty one."""
    match shape.type:
        case "structure":
            return _structures(shape, depth)
        case "list":
            return st.lists(values(shape.member, depth + 1), min_size=1, max_size=3)
        case "map":
            return st.dictionaries(_keys(shape), values(shape.value, depth + 1), min_size=1, max_size=3)
        case "string":
            return _strings(shape)
        case "boolean":
            return st.booleans()
        case "blob":
            return st.binary(max_size=30)
        case "timestamp":
            return MOMENT
        case "float" | "double":
            return FLOATS
        case kind:
            return INTEGERS[kind]


def _structures(shape: Shape, depth: int) -> st.SearchStrategy[dict[str, Any]]:
    if shape.document:
        return st.dictionaries(TOKEN, TEXT, min_size=1, max_size=3)

    @st.composite
    def structure(draw: st.DrawFn) -> dict[str, Any]:
        names = [n for n, m in shape.members.items() if depth < MAX_DEPTH or m.type not in {"structure", "list", "map"}]
        chosen = draw(st.sets(st.sampled_from(names), min_size=1, max_size=6)) if names else set()
        chosen |= {name for name in (*shape.required, shape.payload) if name in names}
        found = {name: draw(values(shape.members[name], depth + 1)) for name in names if name in chosen}
        if shape.payload in found and found[shape.payload] == "":
            del found[shape.payload]  # an empty body is none
        return found

    return structure()


def _keys(shape: Shape) -> st.SearchStrategy[str]:
    return TOKEN.map(str.lower) if shape.location == "headers" else _strings(shape.key).filter(bool)


def _strings(shape: Shape) -> st.SearchStrategy[str]:
    if shape.enum:
        return st.sampled_from(shape.enum)
    return TOKEN if shape.location in {"header", "querystring", "uri"} else TEXT


def has_stream_of_events(shape: Shape | None) -> bool:
    """Whether the body is a stream of events, which is a protocol of its own."""
    return shape is not None and any("eventstream" in m._traits for m in shape.members.values())


def operations(service: str) -> list[Operation]:
    """The operations of a service's model that plain messages can carry."""
    model: Model = load(service)
    found = [model.operation(name) for name in model.operation_names]
    return [o for o in found if o and not has_stream_of_events(o.input) and not has_stream_of_events(o.output)]
