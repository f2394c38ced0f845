"""Named queries and prepared statements."""

from collections.abc import Mapping
from typing import Any, ClassVar

from afluente.core.call import Call
from afluente.core.provider import Request, Response
from afluente.services.athena.engine import AthenaEngine
from afluente.services.athena.listing import sliced
from afluente.services.athena.saved_query import GroupKey


class SavedQueryOperations:
    """Operations on `self._engine`."""

    operations: ClassVar[tuple[str, ...]] = (
        "BatchGetNamedQuery",
        "BatchGetPreparedStatement",
        "CreateNamedQuery",
        "CreatePreparedStatement",
        "DeleteNamedQuery",
        "DeletePreparedStatement",
        "GetNamedQuery",
        "GetPreparedStatement",
        "ListNamedQueries",
        "ListPreparedStatements",
        "UpdateNamedQuery",
        "UpdatePreparedStatement",
    )
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    _engine: AthenaEngine

    def create_named_query(self, call: Call, request: Request) -> Response:
        group = self._group(call, request)
        kept: dict[str, Any] = {
            key: request[key] for key in ("Name", "Description", "Database", "QueryString") if key in request
        }
        token = request.get("ClientRequestToken") or call.request_id
        queries = self._engine.named_queries
        return {"NamedQueryId": queries.create(call.account, call.region, {**kept, "WorkGroup": group}, token)}

    def get_named_query(self, call: Call, request: Request) -> Response:
        return {"NamedQuery": self._engine.named_queries.get(call.account, call.region, request["NamedQueryId"])}

    def batch_get_named_query(self, call: Call, request: Request) -> Response:
        found: list[dict[str, Any]] = []
        missing = []
        for id in request["NamedQueryIds"]:
            query = self._engine.named_queries.find(call.account, call.region, id)
            if query is None:
                reason = {"ErrorCode": "INVALID_INPUT", "ErrorMessage": f"NamedQuery {id} was not found"}
                missing.append({"NamedQueryId": id, **reason})
            else:
                found.append(query)
        return {"NamedQueries": found, "UnprocessedNamedQueryIds": missing}

    def list_named_queries(self, call: Call, request: Request) -> Response:
        ids = self._engine.named_queries.ids(call.account, call.region, self._group(call, request))
        return sliced("NamedQueryIds", ids, request)

    def update_named_query(self, call: Call, request: Request) -> Response:
        changes: dict[str, Any] = {
            key: request[key] for key in ("Name", "QueryString", "Description") if key in request
        }
        self._engine.named_queries.update(call.account, call.region, request["NamedQueryId"], changes)
        return {}

    def delete_named_query(self, call: Call, request: Request) -> Response:
        self._engine.named_queries.delete(call.account, call.region, request["NamedQueryId"])
        return {}

    def create_prepared_statement(self, call: Call, request: Request) -> Response:
        self._engine.prepared.create(
            *self._prepared(call, request), request["QueryStatement"], request.get("Description") or ""
        )
        return {}

    def update_prepared_statement(self, call: Call, request: Request) -> Response:
        self._engine.prepared.update(
            *self._prepared(call, request), request["QueryStatement"], request.get("Description") or ""
        )
        return {}

    def get_prepared_statement(self, call: Call, request: Request) -> Response:
        return {"PreparedStatement": self._engine.prepared.get(*self._prepared(call, request))}

    def delete_prepared_statement(self, call: Call, request: Request) -> Response:
        self._engine.prepared.delete(*self._prepared(call, request))
        return {}

    def list_prepared_statements(self, call: Call, request: Request) -> Response:
        found = list(self._engine.prepared.list(self._key(call, request)))
        return sliced("PreparedStatements", found, request)

    def batch_get_prepared_statement(self, call: Call, request: Request) -> Response:
        group = self._key(call, request)
        found, missing = [], []
        for name in request["PreparedStatementNames"]:
            statement = self._engine.prepared.find(group, name)
            if statement is None:
                message = f"No Prepared Statement with statement name {name} exists in WorkGroup {group[-1]}"
                missing.append({"StatementName": name, "ErrorCode": "STATEMENT_NOT_FOUND", "ErrorMessage": message})
            else:
                found.append(statement)
        return {"PreparedStatements": found, "UnprocessedPreparedStatementNames": missing}

    def _group(self, call: Call, request: Request) -> str:
        return self._engine.work_groups.get(call.account, call.region, request.get("WorkGroup") or "primary").name

    def _key(self, call: Call, request: Request) -> GroupKey:
        return call.account, call.region, self._group(call, request)

    def _prepared(self, call: Call, request: Request) -> tuple[GroupKey, str]:
        return self._key(call, request), request["StatementName"]
