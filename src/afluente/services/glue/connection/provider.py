"""The operations on connections."""

from collections.abc import Mapping
from typing import Any, ClassVar

from afluente.core.call import Call
from afluente.core.clock import utc
from afluente.core.provider import Request, Response
from afluente.services.glue import page_token
from afluente.services.glue.catalog.engine import CatalogEngine
from afluente.services.glue.catalog.owner import check_catalog
from afluente.services.glue.error import EntityNotFoundException

PAGE = 100
SECRETS = frozenset({"PASSWORD", "ENCRYPTED_PASSWORD"})
Key = tuple[str, str, str]


class ConnectionOperations:
    """CreateConnection to BatchDeleteConnection."""

    operations: ClassVar[tuple[str, ...]] = (
        "BatchDeleteConnection", "CreateConnection", "DeleteConnection", "GetConnection", "GetConnections",
        "UpdateConnection",
    )  # fmt: skip
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "CreateConnection": (
            "ConnectionInput.AuthenticationConfiguration",
            "ConnectionInput.ValidateCredentials",
        ),
        "UpdateConnection": ("ConnectionInput.AuthenticationConfiguration", "ConnectionInput.ValidateCredentials"),
        "GetConnection": ("ApplyOverrideForComputeEnvironment",),
    }

    _catalog: CatalogEngine

    def create_connection(self, call: Call, request: Request) -> Response:
        given = request["ConnectionInput"]
        key = _key(call, request, given["Name"])
        self._catalog.create_connection(key, given, request.get("Tags", {}), call.arrived_at_ms)
        return {"CreateConnectionStatus": "READY"}

    def get_connection(self, call: Call, request: Request) -> Response:
        body = self._connection(_key(call, request, request["Name"]))
        return {"Connection": _described(body, hide=request.get("HidePassword", False))}

    def get_connections(self, call: Call, request: Request) -> Response:
        check_catalog(call, request)
        after = page_token.decode(request.get("NextToken"), call.arrived_at_ms)
        limit = request.get("MaxResults", PAGE)
        found = [
            (key[2], body)
            for key, body in self._catalog.connections.scan((call.account, call.region))
            if key[2] > after and _matches(body["input"], request.get("Filter", {}))
        ]
        shown = [_described(body, hide=request.get("HidePassword", False)) for _, body in found[:limit]]
        response: Response = {"ConnectionList": shown}
        if len(found) > limit:
            response["NextToken"] = page_token.encode(found[limit - 1][0], call.arrived_at_ms)
        return response

    def update_connection(self, call: Call, request: Request) -> Response:
        key = _key(call, request, request["Name"])
        kept = self._connection(key)
        given = {**request["ConnectionInput"], "Name": request["Name"]}
        self._catalog.connections.put(key, {**kept, "input": given, "updated_at_ms": call.arrived_at_ms})
        return {}

    def delete_connection(self, call: Call, request: Request) -> Response:
        if not self._catalog.delete_connection(_key(call, request, request["ConnectionName"])):
            raise EntityNotFoundException(f"Connection not found: {request['ConnectionName']}")
        return {}

    def batch_delete_connection(self, call: Call, request: Request) -> Response:
        gone, errors = [], {}
        for name in request["ConnectionNameList"]:
            if self._catalog.delete_connection(_key(call, request, name)):
                gone.append(name)
            else:
                message = f"Connection not found: {name}"
                errors[name] = {"ErrorCode": "EntityNotFoundException", "ErrorMessage": message}
        return {"Succeeded": gone, "Errors": errors}

    def _connection(self, key: Key) -> dict[str, Any]:
        found = self._catalog.connections.get(key)
        if found is None:
            raise EntityNotFoundException(f"Connection not found: {key[2]}")
        return found


def _key(call: Call, request: Request, name: str) -> Key:
    check_catalog(call, request)
    return call.account, call.region, name


def _matches(given: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    criteria = wanted.get("MatchCriteria", [])
    return wanted.get("ConnectionType") in {None, given.get("ConnectionType")} and set(criteria) <= set(
        given.get("MatchCriteria", [])
    )


def _described(body: Mapping[str, Any], *, hide: bool) -> dict[str, Any]:
    given = dict(body["input"])
    if hide:
        properties = given.get("ConnectionProperties", {})
        given["ConnectionProperties"] = {name: value for name, value in properties.items() if name not in SECRETS}
    return {
        **given,
        "CreationTime": utc(body["created_at_ms"]),
        "LastUpdatedTime": utc(body["updated_at_ms"]),
        "Status": "READY",
    }
