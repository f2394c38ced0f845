"""The operations on databases."""

from collections.abc import Mapping
from typing import Any, ClassVar

from afluente.core.call import Call
from afluente.core.provider import Request, Response
from afluente.services.glue import page_token
from afluente.services.glue.catalog.engine import CatalogEngine
from afluente.services.glue.catalog.owner import check_catalog

PAGE = 100


class DatabaseOperations:
    """CreateDatabase to DeleteDatabase."""

    operations: ClassVar[tuple[str, ...]] = (
        "CreateDatabase",
        "DeleteDatabase",
        "GetDatabase",
        "GetDatabases",
        "UpdateDatabase",
    )
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "CreateDatabase": ("DatabaseInput.TargetDatabase", "DatabaseInput.FederatedDatabase"),
        "UpdateDatabase": ("DatabaseInput.TargetDatabase", "DatabaseInput.FederatedDatabase"),
        "GetDatabases": ("ResourceShareType",),
    }

    _catalog: CatalogEngine

    def create_database(self, call: Call, request: Request) -> Response:
        check_catalog(call, request)
        self._catalog.create_database(call.account, call.region, request["DatabaseInput"], request.get("Tags", {}))
        return {}

    def get_database(self, call: Call, request: Request) -> Response:
        check_catalog(call, request)
        return {"Database": self._catalog.databases.get(call.account, call.region, request["Name"]).describe()}

    def get_databases(self, call: Call, request: Request) -> Response:
        check_catalog(call, request)
        limit = request.get("MaxResults", PAGE)
        after = page_token.decode(request.get("NextToken"), call.arrived_at_ms)
        rows = self._catalog.databases.page(call.account, call.region, after, limit + 1)
        shown = [_attributes(row.describe(), request.get("AttributesToGet")) for row in rows[:limit]]
        response: Response = {"DatabaseList": shown}
        if len(rows) > limit:
            response["NextToken"] = page_token.encode(rows[limit - 1].name, call.arrived_at_ms)
        return response

    def update_database(self, call: Call, request: Request) -> Response:
        check_catalog(call, request)
        self._catalog.databases.update(call.account, call.region, request["Name"], request["DatabaseInput"])
        return {}

    def delete_database(self, call: Call, request: Request) -> Response:
        check_catalog(call, request)
        self._catalog.delete_database(call.account, call.region, request["Name"])
        return {}


def _attributes(database: dict[str, Any], names: list[str] | None) -> dict[str, Any]:
    return database if names is None else {"Name": database["Name"], "CatalogId": database["CatalogId"]}
