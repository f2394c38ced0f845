"""The operations of Athena, joined from its parts: queries, work groups, saved queries and the catalog's metadata."""

from collections.abc import Mapping
from typing import ClassVar

from afluente.core.provider import Provider
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

    def __init__(self, engine: AthenaEngine) -> None:
        self._engine = engine
