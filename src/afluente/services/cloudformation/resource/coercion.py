"""A template's values in the types that an API's model asks for: templates may write any scalar as text.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

from collections.abc import Mapping
from typing import Any

from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.template.expression import text
from afluente.wire.model import Shape, load

EXPECTED = {
    "boolean": "Boolean",
    "double": "Number",
    "float": "Number",
    "integer": "Integer",
    "list": "JSONArray",
    "long": "Integer",
    "map": "JSONObject",
    "string": "String",
    "structure": "JSONObject",
}
FOUND = {bool: "Boolean", dict: "JSONObject", float: "Number", int: "Integer", list: "JSONArray", str: "String"}


def coerce(service: str, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """The request with every value in its model's type. Raises ValidationError, naming the place."""
    found = load(service).operation(operation)
    if found is None or found.input is None:
        return dict(request)
    return {name: _value(value, found.input.members[name], f"#/{name}") for name, value in request.items()}


def _value(value: Any, shape: Shape, path: str) -> Any:
    try:
        return _CONVERTERS.get(shape.type, _as_it_is)(value, shape, path)
    except (TypeError, ValueError):
        found = FOUND.get(type(value), "Null")
        raise ValidationError(f"{path}: expected type: {EXPECTED[shape.type]}, found: {found}") from None


def _structure(value: Any, shape: Shape, path: str) -> Any:
    if not isinstance(value, Mapping):
        raise TypeError
    for name in value:
        if name not in shape.members:
            raise ValidationError(f"Encountered unsupported property {name}")
    return {name: _value(item, shape.members[name], f"{path}/{name}") for name, item in value.items()}


def _list(value: Any, shape: Shape, path: str) -> Any:
    if not isinstance(value, list):
        raise TypeError
    return [_value(item, shape.member, f"{path}/{index}") for index, item in enumerate(value)]


def _map(value: Any, shape: Shape, path: str) -> Any:
    if not isinstance(value, Mapping):
        raise TypeError
    return {str(key): _value(item, shape.value, f"{path}/{key}") for key, item in value.items()}


def _string(value: Any, shape: Shape, path: str) -> Any:
    del shape, path
    if isinstance(value, dict | list | None):
        raise TypeError
    return text(value)


def _integer(value: Any, shape: Shape, path: str) -> Any:
    del shape, path
    if isinstance(value, bool | dict | list | None) or int(value) != float(value):
        raise TypeError
    return int(value)


def _number(value: Any, shape: Shape, path: str) -> Any:
    del shape, path
    if isinstance(value, bool | dict | list | None):
        raise TypeError
    return float(value)


def _boolean(value: Any, shape: Shape, path: str) -> Any:
    del shape, path
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}[value.lower()] if isinstance(value, str) else _refuse()


def _refuse() -> Any:
    raise TypeError


def _as_it_is(value: Any, shape: Shape, path: str) -> Any:
    del shape, path
    return value


_CONVERTERS = {
    "boolean": _boolean,
    "double": _number,
    "float": _number,
    "integer": _integer,
    "list": _list,
    "long": _integer,
    "map": _map,
    "string": _string,
    "structure": _structure,
}
