"""Which REST operation a request asks for: by method, path and query string, as the model's request URIs say."""

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from afluente.core.error import AwsError
from afluente.wire.message import HttpRequest
from afluente.wire.model import Model, Operation

SELECTING_HEADERS = frozenset({"x-amz-copy-source"})
"""A copy is a put with this header, although the model tells the two apart by nothing but that it is required."""

MALFORMED = re.compile("%(?![0-9A-Fa-f]{2})")
"""Percent signs that encode nothing."""

LEVELS = {"/": 0, "/{Bucket}": 1, "/{Bucket}/{Key+}": 2}


class InvalidURI(AwsError):
    """A path that does not decode."""


class MethodNotAllowed(AwsError):
    """No operation has this method here."""

    status = 405


class Address(NamedTuple):
    """What a path names. Empty: not there."""

    bucket: str
    key: str

    @property
    def level(self) -> int:
        """0: the service, 1: a bucket, 2: an object."""
        return 2 if self.key else int(bool(self.bucket))


class Route(NamedTuple):
    """One operation's conditions beyond method and level."""

    name: str
    literals: tuple[tuple[str, str], ...]
    queries: tuple[str, ...]
    headers: tuple[str, ...]

    def fits(self, parameters: Mapping[str, str], headers: Mapping[str, str]) -> bool:
        """Whether every condition holds."""
        return (
            all(name in parameters and value in {"", parameters[name]} for name, value in self.literals)
            and all(name in parameters for name in self.queries)
            and all(name in headers for name in self.headers)
        )

    @property
    def weight(self) -> tuple[int, int, int]:
        """The more conditions, the better the fit."""
        return len(self.literals), len(self.headers), len(self.queries)


class Router:
    """The routes of a model whose URIs have a bucket and a key."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._routes: dict[tuple[str, int], list[Route]] = {}
        for name in model.operation_names:
            operation = model.operation(name)
            if operation is not None:
                route, level = _route(operation)
                self._routes.setdefault((operation.method, level), []).append(route)
        for routes in self._routes.values():
            routes.sort(key=lambda route: route.weight, reverse=True)
        self._literals = {name for routes in self._routes.values() for route in routes for name, _ in route.literals}

    def operation(self, request: HttpRequest, address: Address, parameters: Mapping[str, str]) -> Operation:
        """The best fitting operation. Raises MethodNotAllowed."""
        for route in self._routes.get((request.method, address.level), []):
            if route.fits(parameters, request.headers):
                asked = self._literals.intersection(parameters)
                found = self._model.operation(route.name)
                if found is not None and asked <= {name for name, _ in route.literals}:
                    return found
                break
        raise MethodNotAllowed(
            "The specified method is not allowed against this resource.",
            Method=request.method,
            ResourceType=("SERVICE", "BUCKET", "OBJECT")[address.level],
        )


def _route(operation: Operation) -> tuple[Route, int]:
    path, _, query = operation.uri.partition("?")
    literals = tuple((name, value) for name, _, value in (part.partition("=") for part in query.split("&")) if name)
    required = [operation.input.members[name] for name in operation.input.required] if operation.input else []
    queries = tuple(m.location_name or "" for m in required if m.location == "querystring")
    headers = tuple(m.location_name or "" for m in required if (m.location_name or "").lower() in SELECTING_HEADERS)
    return Route(operation.name, literals, queries, tuple(name.lower() for name in headers)), LEVELS[path]


def address_of(path: str) -> Address:
    """Bucket and key of a path, decoded byte for byte: neither `..` nor `//` means anything. Raises InvalidURI."""
    bucket, _, key = path.removeprefix("/").partition("/")
    if MALFORMED.search(path):
        raise InvalidURI("Couldn't parse the specified URI.")
    try:
        return Address(*(unquote_to_bytes(part.encode("latin-1")).decode() for part in (bucket, key)))
    except UnicodeError:
        raise InvalidURI("Couldn't parse the specified URI.") from None
