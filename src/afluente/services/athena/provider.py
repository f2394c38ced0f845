"""The operations of Athena, joined from its parts: queries, work groups, saved queries and the catalog's metadata."""

from collections.abc import Mapping
from typing import ClassVar

from afluente.core.arn import Arn
from afluente.core.call import Call
from afluente.core.provider import Provider, Request
from afluente.services.athena.authorization import PERMISSIONS
from afluente.services.athena.engine import AthenaEngine
from afluente.services.athena.metadata_operation import MetadataOperations
from afluente.services.athena.query_operation import QueryOperations
from afluente.services.athena.saved_query_operation import SavedQueryOperations
from afluente.services.athena.work_group_operation import WorkGroupOperations

PARTS = (QueryOperations, WorkGroupOperations, SavedQueryOperations, MetadataOperations)


class AthenaProvider(QueryOperations, WorkGroupOperations, SavedQueryOperations, MetadataOperations, Provider):
    """Athena on its engine."""

    service = "athena"
    operations: ClassVar[tuple[str, ...]] = tuple(sorted(name for part in PARTS for name in part.operations))
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {
        operation: members for part in PARTS for operation, members in part.unsupported.items()
    }

    permissions = PERMISSIONS
    quick = ("GetQueryExecution",)  # which clients ask for over and over

    def __init__(self, engine: AthenaEngine) -> None:
        self._engine = engine

    def tags_of(self, resource: Arn) -> Mapping[str, str]:
        return {
            tag["Key"]: tag["Value"] for tag in self._engine.tags.get(resource.account, resource.region, resource.name)
        }

    def work_groups_of(self, call: Call, request: Request) -> set[str]:
        """The work groups of the query executions and named queries that a request names; unknown ids have none."""
        account, region = call.account, call.region
        executions = [*request.get("QueryExecutionIds", ()), request.get("QueryExecutionId")]
        queries = [*request.get("NamedQueryIds", ()), request.get("NamedQueryId")]
        found = [self._engine.executions.find(account, region, id) for id in executions if id]
        named = [self._engine.named_queries.find(account, region, id) for id in queries if id]
        return {one.work_group for one in found if one} | {one["WorkGroup"] for one in named if one}
