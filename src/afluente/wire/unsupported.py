"""Members of supported operations that Afluente does not have: a request that carries one is refused by name."""

from collections.abc import Iterable, Mapping
from typing import Any

from afluente.core import error


def refuse(service: str, operation: str, request: Mapping[str, Any], paths: Iterable[str]) -> None:
    """Raise NotImplemented when `request` has something under one of `paths`.

    A path is dotted; `*` steps into a list or a map; a last step `Name=VALUE` means that value only (`true`
    of a Boolean). An empty list asks for nothing.
    """
    for path in paths:
        if _present(request, path.split(".")):
            member, _, value = path.partition("=")
            what = f"{member} with the value {value}" if value else member
            raise error.NotImplemented(
                f"Afluente does not support {what} of {service}:{operation}. "
                "What it supports is listed in docs/supported.md."
            )


def _present(value: Any, steps: list[str]) -> bool:
    if not steps:
        return value is not None and value != []
    step, rest = steps[0], steps[1:]
    if step == "*":
        items = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
        return any(_present(item, rest) for item in items)
    name, equals, wanted = step.partition("=")
    if not isinstance(value, Mapping) or name not in value:
        return False
    return _text(value[name]) == wanted if equals else _present(value[name], rest)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
