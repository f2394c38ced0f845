"""The operations of the Data Catalog, joined from those on databases, tables and partitions."""

from collections.abc import Mapping
from typing import ClassVar

from afluente.services.glue.catalog.column_statistic_operations import ColumnStatisticOperations
from afluente.services.glue.catalog.database_operations import DatabaseOperations
from afluente.services.glue.catalog.partition_operations import PartitionOperations
from afluente.services.glue.catalog.search_operations import SearchOperations
from afluente.services.glue.catalog.table_operations import TableOperations
from afluente.services.glue.catalog.user_function import UserFunctionOperations

PARTS = (
    DatabaseOperations,
    TableOperations,
    PartitionOperations,
    ColumnStatisticOperations,
    UserFunctionOperations,
    SearchOperations,
)


class CatalogOperations(
    DatabaseOperations,
    TableOperations,
    PartitionOperations,
    ColumnStatisticOperations,
    UserFunctionOperations,
    SearchOperations,
):
    """The catalog on `self._catalog`, a CatalogEngine."""

    operations: ClassVar[tuple[str, ...]] = tuple(name for part in PARTS for name in part.operations)
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {
        operation: members for part in PARTS for operation, members in part.unsupported.items()
    }
