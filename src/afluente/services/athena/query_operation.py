"""Query executions: started, watched, stopped, and their results."""

from collections.abc import Mapping
from typing import Any, ClassVar

from afluente.core.call import Call
from afluente.core.provider import Request, Response
from afluente.services.athena.engine import AthenaEngine
from afluente.services.athena.error import InvalidRequestException
from afluente.services.athena.listing import MOST, place_of, token_of
from afluente.services.athena.result_page import page
from afluente.services.athena.work_group import KMS

RESULTS = (
    *(f"ResultConfiguration.EncryptionConfiguration.{member}" for member in KMS),
    "ResultConfiguration.AclConfiguration",
)


class QueryOperations:
    """Operations on `self._engine`."""

    operations: ClassVar[tuple[str, ...]] = (
        "BatchGetQueryExecution",
        "GetQueryExecution",
        "GetQueryResults",
        "GetQueryRuntimeStatistics",
        "ListQueryExecutions",
        "StartQueryExecution",
        "StopQueryExecution",
    )
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "StartQueryExecution": (*RESULTS, "ResultConfiguration.ExpectedBucketOwner", "EngineConfiguration"),
        "GetQueryResults": ("QueryResultType=DATA_MANIFEST",),
    }

    _engine: AthenaEngine

    def start_query_execution(self, call: Call, request: Request) -> Response:
        return {"QueryExecutionId": self._engine.start_query(call, request)}

    def stop_query_execution(self, call: Call, request: Request) -> Response:
        self._engine.stop_query(call.account, call.region, request["QueryExecutionId"])
        return {}

    def get_query_execution(self, call: Call, request: Request) -> Response:
        execution = self._engine.executions.get(call.account, call.region, request["QueryExecutionId"])
        return {"QueryExecution": execution.describe()}

    def batch_get_query_execution(self, call: Call, request: Request) -> Response:
        found: list[dict[str, Any]] = []
        missing = []
        for id in request["QueryExecutionIds"]:
            execution = self._engine.executions.find(call.account, call.region, id)
            if execution is None:
                reason = {"ErrorCode": "INVALID_INPUT", "ErrorMessage": f"QueryExecution {id} was not found"}
                missing.append({"QueryExecutionId": id, **reason})
            else:
                found.append(execution.describe())
        return {"QueryExecutions": found, "UnprocessedQueryExecutionIds": missing}

    def list_query_executions(self, call: Call, request: Request) -> Response:
        group = self._engine.work_groups.get(call.account, call.region, request.get("WorkGroup") or "primary").name
        limit = request.get("MaxResults") or MOST
        before = place_of(request.get("NextToken"))
        rows = list(self._engine.executions.ids(call.account, call.region, group, before, limit + 1))
        answer: Response = {"QueryExecutionIds": [id for _, id in rows[:limit]]}
        if len(rows) > limit:
            answer["NextToken"] = token_of(rows[limit - 1][0])
        return answer

    def get_query_results(self, call: Call, request: Request) -> Response:
        execution = self._engine.executions.get(call.account, call.region, request["QueryExecutionId"])
        self._engine.check_result(call, execution)
        return page(execution, self._engine.results, request.get("NextToken"), request.get("MaxResults"))

    def get_query_runtime_statistics(self, call: Call, request: Request) -> Response:
        execution = self._engine.executions.get(call.account, call.region, request["QueryExecutionId"])
        if not execution.final:
            message = f"Query has not yet finished. Current state: {execution.state}"
            raise InvalidRequestException(message, "INVALID_QUERY_EXECUTION_STATE")
        statistics = execution.describe()["Statistics"]
        timeline = {key: value for key, value in statistics.items() if key.endswith("InMillis")}
        rows = {"InputBytes": execution.scanned_bytes}
        if execution.rows is not None:
            rows["OutputRows"] = execution.rows
        return {"QueryRuntimeStatistics": {"Timeline": timeline, "Rows": rows}}
