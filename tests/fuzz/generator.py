"""Members for an operation's request, from botocore's own reading of its model: fitting, or at the edges.

Values are as boto3 takes them: bytes for blobs, aware datetimes for timestamps.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any

from tests.fuzz import text
from tests.fuzz.pool import Pool

DEEPEST = 7
NUMBERS = (0, 1, 2, 5, 10, 100, 1000)
EDGES = (-1, 0, 1, 127, 128, 255, 256, 65_535, 65_536, (1 << 31) - 1, 1 << 31, -(1 << 31), (1 << 63) - 1, -(1 << 63))
FRACTIONS = (0.0, -0.0, 0.5, 1e-320, 1.7e308, -1.5, 3.0)
INSTANTS = (0, 1, -1, 86_400, 1_700_000_000, 1_790_000_000, 253_402_300_799, -62_135_596_800, 4_102_444_800)
KNOWABLE: dict[str, type] = {
    "string": str, "blob": bytes, "list": list, "map": dict, "structure": dict, "integer": int, "long": int,
}  # fmt: skip
MOST_CHARACTERS = 70_000
MOST_ITEMS = 600


class Generator:
    """Makes requests. `edge` is the share of values that lie at or beyond what the model allows."""

    def __init__(self, random: Random, pool: Pool, service: str) -> None:
        self._random = random
        self._pool = pool
        self._service = service
        self._operation = ""
        self._edge = 0.0
        self._optional = 0.3

    def members(self, operation: Any, edge: float, recipe: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """A request for `operation`, a botocore OperationModel; as `recipe` has it, with `...` filled in."""
        self._operation = operation.name
        self._edge = edge
        self._pool.begin(self._service)
        if recipe is not None:
            shapes = operation.input_shape.members
            return {
                name: self._value(shapes[name], name, 1) if value is ... else value for name, value in recipe.items()
            }
        self._optional = self._random.choice([0.0, 0.0, 0.0, 0.1, 0.4, 0.9])
        shape = operation.input_shape
        return {} if shape is None else self._structure(shape, 0)

    def _structure(self, shape: Any, depth: int) -> dict[str, Any]:
        """Of a union one member, of any other structure what is required, and some of the rest."""
        members = shape.members
        if getattr(shape, "is_tagged_union", False) and members:
            name = self._random.choice(list(members))
            return {name: self._value(members[name], name, depth + 1)}
        chosen = [name for name in members if self._is_chosen(shape, name, depth)]
        return {name: self._value(members[name], name, depth + 1) for name in chosen}

    def _is_chosen(self, shape: Any, name: str, depth: int) -> bool:
        if name in shape.required_members:
            return not self._is_edge(0.2)
        likely = 0.5 if self._pool.knows(self._service, self._operation, name) else 0.0
        return self._random.random() < max(likely, self._optional / (1 + depth))

    def _value(self, shape: Any, name: str, depth: int) -> Any:
        if shape.type_name in KNOWABLE and not getattr(shape, "enum", None) and not self._is_edge(0.5):
            known = self._known(shape, name)
            if known is not None:
                return known
        match shape.type_name:
            case "structure":
                return {} if depth > DEEPEST else self._structure(shape, depth)
            case "list":
                return self._list(shape, name, depth)
            case "map":
                return self._map(shape, depth)
            case "string" | "character":
                return self._string(shape)
            case "blob":
                return self._blob(shape)
            case "boolean":
                return self._random.random() < 0.5
            case "timestamp":
                return _instant(self._random.choice(INSTANTS))
            case "float" | "double":
                return self._random.choice(FRACTIONS if self._is_edge() else NUMBERS[:4])
            case _:
                return self._integer(shape)

    def _known(self, shape: Any, name: str) -> Any:
        if name.lower() in {"clientrequesttoken", "clienttoken"}:  # one that was used before answers as it did then
            return self._random.randbytes(16).hex()
        if self._random.random() < 0.12:
            return None
        value = self._pool.pick(self._service, self._operation, name)
        if shape.type_name == "list" and isinstance(value, str) and shape.member.type_name == "string":
            return [value]
        return value if isinstance(value, KNOWABLE[shape.type_name]) else None

    def _is_edge(self, share: float = 1.0) -> bool:
        return self._random.random() < self._edge * share

    def _list(self, shape: Any, name: str, depth: int) -> list[Any]:
        low, high = _bounds(shape, 0, 3)
        size = self._random.randint(low, min(high, low + 3))
        if self._is_edge():
            size = self._random.choice([0, max(0, low - 1), high + 1, 100])
        if depth > DEEPEST:
            size = low
        one = self._value(shape.member, name, depth + 1) if size > 8 else None
        return [one if one is not None else self._value(shape.member, name, depth + 1) for _ in range(_few(size))]

    def _map(self, shape: Any, depth: int) -> dict[str, Any]:
        low, high = _bounds(shape, 0, 3)
        size = self._random.randint(low, min(high, low + 3))
        if self._is_edge():
            size = self._random.choice([0, high + 1, 60])
        return {self._string(shape.key): self._value(shape.value, "", depth + 1) for _ in range(_few(size))}

    def _string(self, shape: Any) -> str:
        enum = shape.enum
        if enum and not self._is_edge():
            return str(self._random.choice(enum))
        if self._is_edge(0.5):
            return text.odd(self._random)
        low, high = _bounds(shape, 1, 24)
        pattern = shape.metadata.get("pattern")
        made = text.fitting(pattern, self._random) if pattern else None
        if made is None or not low <= len(made) <= high:
            made = made if made and self._is_edge() else text.plain(self._random, low, min(high, low + 20))
        if self._is_edge(0.3):
            wanted = self._random.choice([low - 1, high, high + 1])
            made = (made or "a") * (min(max(wanted, 0), MOST_CHARACTERS) // max(1, len(made)) + 1)
            made = made[: max(wanted, 0)]
        return made

    def _blob(self, shape: Any) -> bytes:
        if self._is_edge():
            return self._random.randbytes(self._random.choice([0, 1, 1000, 1_000_001 if self._is_edge(0.1) else 9999]))
        if self._random.random() < 0.5:
            return b'{"id": %d, "type": "temperature", "value": 21.5}' % self._random.randrange(1000)
        return self._random.randbytes(self._random.randint(1, 300))

    def _integer(self, shape: Any) -> int:
        low, high = _bounds(shape, 0, 1000)
        if self._is_edge():
            return self._random.choice([*EDGES, low - 1, low, high, high + 1])
        return self._random.choice([low, self._random.randint(low, max(low, min(high, low + 100)))])


def _bounds(shape: Any, low: int, high: int) -> tuple[int, int]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    least = low if least is None else int(least)
    return least, max(least + high if most is None else int(most), least)


def _few(size: int) -> int:
    return max(0, min(size, MOST_ITEMS))


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
