"""User-defined functions of databases: kept for the engines that load them; nothing here runs them."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from afluente.core.call import Call
from afluente.core.clock import utc
from afluente.core.provider import Request, Response
from afluente.services.glue import page_token
from afluente.services.glue.catalog.engine import CatalogEngine
from afluente.services.glue.catalog.json_value import plain, restored
from afluente.services.glue.catalog.name_pattern import matcher
from afluente.services.glue.catalog.owner import check_catalog
from afluente.services.glue.error import AlreadyExistsException, EntityNotFoundException, InvalidInputException

PAGE = 100
Key = tuple[str, str, str, str]


class UserFunctionOperations:
    """CreateUserDefinedFunction to DeleteUserDefinedFunction."""

    operations: ClassVar[tuple[str, ...]] = (
        "CreateUserDefinedFunction", "DeleteUserDefinedFunction", "GetUserDefinedFunction", "GetUserDefinedFunctions",
        "UpdateUserDefinedFunction",
    )  # fmt: skip
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    _catalog: CatalogEngine

    def create_user_defined_function(self, call: Call, request: Request) -> Response:
        given = request["FunctionInput"]
        if "FunctionName" not in given:
            raise InvalidInputException("Function name cannot be null.")
        key = self._key(call, request, given["FunctionName"])
        if self._catalog.functions.get(key) is not None:
            raise AlreadyExistsException("Function already exists.")
        self._catalog.functions.put(key, {"input": plain(given), "created_at_ms": call.arrived_at_ms})
        return {}

    def get_user_defined_function(self, call: Call, request: Request) -> Response:
        key = self._key(call, request, request["FunctionName"])
        return {"UserDefinedFunction": _described(key, self._function(key))}

    def get_user_defined_functions(self, call: Call, request: Request) -> Response:
        check_catalog(call, request)
        prefix = (call.account, call.region, *([request["DatabaseName"].lower()] if "DatabaseName" in request else []))
        matches: Callable[[str], bool] = matcher(request["Pattern"])
        limit, after = request.get("MaxResults", PAGE), page_token.decode(request.get("NextToken"), call.arrived_at_ms)
        found = [
            _described(key, body)
            for key, body in self._catalog.functions.scan(prefix)
            if matches(key[3]) and "/".join(key[2:]) > after
        ]
        response: Response = {"UserDefinedFunctions": found[:limit]}
        if len(found) > limit:
            last = found[limit - 1]
            token = f"{last['DatabaseName']}/{last['FunctionName']}"
            response["NextToken"] = page_token.encode(token, call.arrived_at_ms)
        return response

    def update_user_defined_function(self, call: Call, request: Request) -> Response:
        key = self._key(call, request, request["FunctionName"])
        kept = self._function(key)
        self._catalog.functions.put(key, {**kept, "input": plain(request["FunctionInput"])})
        return {}

    def delete_user_defined_function(self, call: Call, request: Request) -> Response:
        if not self._catalog.functions.delete(self._key(call, request, request["FunctionName"])):
            raise EntityNotFoundException("Function not found.")
        return {}

    def _key(self, call: Call, request: Request, name: str) -> Key:
        check_catalog(call, request)
        database = self._catalog.databases.get(call.account, call.region, request["DatabaseName"])
        return call.account, call.region, database.name, name.lower()

    def _function(self, key: Key) -> dict[str, Any]:
        found = self._catalog.functions.get(key)
        if found is None:
            raise EntityNotFoundException("Function not found.")
        return found


def _described(key: tuple[str, ...], body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **restored(body["input"]),
        "FunctionName": key[3],
        "DatabaseName": key[2],
        "CatalogId": key[0],
        "CreateTime": utc(body["created_at_ms"]),
    }
