"""SearchTables: by text, by filters, sorted."""

import operator
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar

from afluente.core.call import Call
from afluente.core.provider import Request, Response
from afluente.services.glue import page_token
from afluente.services.glue.catalog.engine import CatalogEngine
from afluente.services.glue.catalog.owner import check_catalog
from afluente.services.glue.error import InvalidInputException

PAGE = 100
COMPARATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "EQUALS": operator.eq,
    "GREATER_THAN": operator.gt,
    "LESS_THAN": operator.lt,
    "GREATER_THAN_EQUALS": operator.ge,
    "LESS_THAN_EQUALS": operator.le,
}
MEMBERS = ("Name", "DatabaseName", "Description", "Owner", "TableType", "CreateTime", "UpdateTime", "CatalogId")


class SearchOperations:
    """SearchTables."""

    operations: ClassVar[tuple[str, ...]] = ("SearchTables",)
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "SearchTables": ("ResourceShareType", "IncludeStatusDetails")
    }

    _catalog: CatalogEngine

    def search_tables(self, call: Call, request: Request) -> Response:
        check_catalog(call, request)
        text, filters = request.get("SearchText", ""), request.get("Filters", [])
        found = [
            table.describe()
            for database in self._catalog.databases.page(call.account, call.region, "", 1 << 30)
            for table in self._catalog.tables.iterate(call.account, call.region, database.name)
        ]
        found = [table for table in found if _has_text(table, text) and all(_passes(table, one) for one in filters)]
        for criterion in reversed(request.get("SortCriteria", [])):
            name = _member(criterion.get("FieldName", ""))
            found.sort(key=partial(_shown, name), reverse=criterion.get("Sort") == "DESC")
        limit, start = request.get("MaxResults", PAGE), _start(request, call)
        response: Response = {"TableList": found[start : start + limit]}
        if len(found) > start + limit:
            response["NextToken"] = page_token.encode(str(start + limit), call.arrived_at_ms)
        return response


def _shown(name: str, table: Mapping[str, Any]) -> str:
    return str(table.get(name, ""))


def _start(request: Request, call: Call) -> int:
    after = page_token.decode(request.get("NextToken"), call.arrived_at_ms)
    return int(after) if after.isdecimal() else 0


def _has_text(table: Mapping[str, Any], text: str) -> bool:
    """In quotes the whole text, else every word of it, anywhere in names, descriptions, columns and parameters."""
    if not text:
        return True
    columns = [*table.get("StorageDescriptor", {}).get("Columns", []), *table.get("PartitionKeys", [])]
    places = [table["Name"], table["DatabaseName"], table.get("Description", "")]
    places += [f"{column['Name']} {column.get('Comment', '')}" for column in columns]
    places += [f"{key} {value}" for key, value in table.get("Parameters", {}).items()]
    whole = "\n".join(places).lower()
    quoted = len(text) > 1 and text[0] == text[-1] == '"'
    return all(word in whole for word in ([text[1:-1].lower()] if quoted else text.lower().split()))


def _passes(table: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    if "Key" not in given:
        raise InvalidInputException("The key of a filter must not be null")
    key, wanted = given["Key"], given.get("Value", "")
    compare = COMPARATORS[given.get("Comparator", "EQUALS")]
    name = next((member for member in MEMBERS if member.lower() == key.lower()), None)
    value = table.get(name) if name else table.get("Parameters", {}).get(key)
    if value is None:
        return False
    if name in {"CreateTime", "UpdateTime"}:
        return compare(value.isoformat(), wanted)
    return compare(str(value).lower(), str(wanted).lower())


def _member(name: str) -> str:
    for member in MEMBERS:
        if member.lower() == name.lower():
            return member
    raise InvalidInputException(f"Unsupported sort field: {name}")
