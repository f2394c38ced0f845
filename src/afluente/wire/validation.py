"""Requests against the constraints of their model: required members, lengths, ranges, patterns, enumerations.

The messages are AWS's: up to ten faults, each with the value, the path in lower camel case and the constraint.
Sources: captures of Kinesis, STS, CloudFormation and Athena answers; kinesalite's validations for nested values.
"""

import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from afluente.core.error import AwsError
from afluente.wire.family import Family, family
from afluente.wire.iam_rule import check_names
from afluente.wire.model import Model, Operation, Shape
from afluente.wire.pattern import matcher

MAX_FAULTS = 10


class ConstraintError(AwsError):
    """Named on the wire by its `code`, which differs by service."""


def validate(model: Model, operation: Operation, request: Mapping[str, Any]) -> None:
    """Raise the service's error for the constraints that `request` breaks, if any."""
    if operation.input is None:
        return
    if model.service == "iam":
        check_names(request)
    manners = family(model.service)
    faults = list(_first(_Checker(model, manners).structure(operation.input, request, ""), MAX_FAULTS))
    if faults:
        plural = "" if len(faults) == 1 else "s"
        message = f"{len(faults)} validation error{plural} detected: " + "; ".join(faults)
        members: dict[str, Any] = dict(manners.constraint_members)
        raise ConstraintError(message, code=manners.constraint_code, **members)


def _first(faults: Iterator[str], count: int) -> Iterator[str]:
    for fault, _ in zip(faults, range(count), strict=False):
        yield fault


class _Checker:
    """Walks a request and yields its faults in order."""

    def __init__(self, model: Model, manners: Family) -> None:
        self._package = f"com.amazonaws.{model.service}.v{model.api_version.replace('-', '')}"
        self._shows_values = manners.shows_values

    def structure(self, shape: Shape, value: Mapping[str, Any], path: str) -> Iterator[str]:
        for name, member in shape.members.items():
            where = f"{path}.{_lower_first(name)}" if path else _lower_first(name)
            if name in value:
                yield from self._value(member, value[name], where)
            elif name in shape.required:
                yield f"Value null at '{where}' failed to satisfy constraint: Member must not be null"

    def _value(self, shape: Shape, value: Any, path: str) -> Iterator[str]:
        for constraint in broken(shape, value):
            yield self._fault(shape, value, path, constraint)
        match shape.type:
            case "structure" if not shape.document:
                yield from self.structure(shape, value, path)
            case "list":
                yield from self._list(shape, value, path)
            case "map":
                yield from self._map(shape, value, path)

    def _list(self, shape: Shape, value: list[Any], path: str) -> Iterator[str]:
        member = shape.member
        if member.type not in {"structure", "list", "map"}:
            if any(True for item in value for _ in broken(member, item)):
                yield self._fault(shape, value, path, _summary("Member", member))
            return
        for position, item in enumerate(value, start=1):
            yield from self._value(member, item, f"{path}.{position}.member")

    def _map(self, shape: Shape, value: dict[str, Any], path: str) -> Iterator[str]:
        if any(True for key in value for _ in broken(shape.key, key)):
            yield self._fault(shape, value, path, _summary("Map keys", shape.key))
        member = shape.value
        if member.type not in {"structure", "list", "map"}:
            if any(True for item in value.values() for _ in broken(member, item)):
                yield self._fault(shape, value, path, _summary("Map value", member))
            return
        for key, item in value.items():
            yield from self._value(member, item, f"{path}.{key}.member")

    def _fault(self, shape: Shape, value: Any, path: str, constraint: str) -> str:
        quoted = f" '{self._text(shape, value)}'" if self._shows_values and not shape.sensitive else ""
        if not quoted and constraint.startswith(ENUM):
            constraint = ENUM  # as IAM says it: the set is left out together with the value
        return f"Value{quoted} at '{path}' failed to satisfy constraint: {constraint}"

    def _text(self, shape: Shape, value: Any) -> str:
        """`value` as Java prints it."""
        match shape.type:
            case "structure":
                return f"{self._package}.{shape.name}@{zlib.crc32(repr(value).encode()):x}"
            case "list":
                return "[" + ", ".join(self._text(shape.member, item) for item in value) + "]"
            case "map":
                return "{" + ", ".join(f"{key}={self._text(shape.value, item)}" for key, item in value.items()) + "}"
            case "blob":
                return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
            case "boolean":
                return str(value).lower()
            case _:
                return str(value)


ENUM = "Member must satisfy enum value set"


def broken(shape: Shape, value: Any) -> Iterator[str]:
    """The constraints of `shape` itself, not of what it contains, that `value` breaks."""
    if shape.enum and value not in shape.enum:
        yield _enumeration(shape)
    if shape.min is None and shape.max is None and shape.pattern is None:
        return
    size, measure = (value, "value") if shape.type in NUMBERS else (_length(value), "length")
    too_long = shape.max is not None and size is not None and size > shape.max
    if shape.pattern is not None and shape.type == "string" and not too_long and not matcher(shape.pattern)(value):
        yield f"Member must satisfy regular expression pattern: {shape.pattern}"
    if shape.min is not None and size is not None and size < shape.min:
        yield f"Member must have {measure} greater than or equal to {_number(shape.min)}"
    if too_long and shape.max is not None:
        yield f"Member must have {measure} less than or equal to {_number(shape.max)}"


def _enumeration(shape: Shape) -> str:
    return f"{ENUM}: [{', '.join(sorted(shape.enum))}]"  # sorted: as a capture of Kinesis's CreateStream has it


NUMBERS = frozenset({"integer", "long", "float", "double"})


def _length(value: Any) -> int | None:
    return len(value) if hasattr(value, "__len__") else None


def _summary(subject: str, shape: Shape) -> str:
    """All constraints of a container's elements, which AWS reports as one."""
    unit = "value" if shape.type in NUMBERS else "length"
    parts = []
    if shape.max is not None:
        parts.append(f"Member must have {unit} less than or equal to {_number(shape.max)}")
    if shape.min is not None:
        parts.append(f"Member must have {unit} greater than or equal to {_number(shape.min)}")
    if shape.pattern is not None:
        parts.append(f"Member must satisfy regular expression pattern: {shape.pattern}")
    if shape.enum:
        parts.append(_enumeration(shape))
    return f"{subject} must satisfy constraint: [{', '.join(parts)}]"


def _number(bound: float) -> str:
    return str(int(bound)) if float(bound).is_integer() else str(bound)


def _lower_first(name: str) -> str:
    return name[:1].lower() + name[1:]
