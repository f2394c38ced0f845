"""The operations on partitions and partition indexes."""

from collections.abc import Mapping
from typing import Any, ClassVar

from afluente.core.call import Call
from afluente.core.error import AwsError
from afluente.core.provider import Request, Response
from afluente.services.glue import page_token
from afluente.services.glue.catalog import expression
from afluente.services.glue.catalog.engine import CatalogEngine
from afluente.services.glue.catalog.owner import check_catalog
from afluente.services.glue.catalog.partition import Segment
from afluente.services.glue.catalog.table import TableRow
from afluente.services.glue.error import EntityNotFoundException, InvalidInputException

PAGE = 1000


class PartitionOperations:
    """CreatePartition to DeletePartitionIndex."""

    operations: ClassVar[tuple[str, ...]] = (
        "BatchCreatePartition", "BatchDeletePartition", "BatchGetPartition", "BatchUpdatePartition", "CreatePartition",
        "CreatePartitionIndex", "DeletePartition", "DeletePartitionIndex", "GetPartition", "GetPartitionIndexes",
        "GetPartitions", "UpdatePartition",
    )  # fmt: skip
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "GetPartition": ("AuditContext",),
        "GetPartitions": ("AuditContext", "QueryAsOfTime", "TransactionId"),
        "BatchGetPartition": ("AuditContext", "QuerySessionContext"),
    }

    _catalog: CatalogEngine

    def create_partition(self, call: Call, request: Request) -> Response:
        self._catalog.partitions.create(self._partitioned(call, request), request["PartitionInput"])
        return {}

    def batch_create_partition(self, call: Call, request: Request) -> Response:
        failed = self._catalog.create_partitions(self._partitioned(call, request), request["PartitionInputList"])
        return {"Errors": [_error(values, error) for values, error in failed]}

    def get_partition(self, call: Call, request: Request) -> Response:
        table = self._partitioned(call, request)
        row = self._catalog.partitions.find(table, request["PartitionValues"])
        if row is None:
            raise EntityNotFoundException("Cannot find partition.")
        return {"Partition": row.describe(table)}

    def batch_get_partition(self, call: Call, request: Request) -> Response:
        table = self._partitioned(call, request)
        rows = [self._catalog.partitions.find(table, entry["Values"]) for entry in request["PartitionsToGet"]]
        return {"Partitions": [row.describe(table) for row in rows if row], "UnprocessedKeys": []}

    def get_partitions(self, call: Call, request: Request) -> Response:
        table = self._partitioned(call, request)
        wanted = request.get("Expression", "").strip()
        limit = request.get("MaxResults", PAGE)
        rows = self._catalog.partitions.select(
            table,
            expression.parse(wanted, table.partition_keys()) if wanted else None,
            segment=_segment(request),
            after=page_token.decode(request.get("NextToken"), call.arrived_at_ms),
            limit=limit + 1,
        )
        partitions = [row.describe(table) for row in rows[:limit]]
        response: Response = {"Partitions": partitions}
        if request.get("ExcludeColumnSchema"):
            response["Partitions"] = [_without_columns(partition) for partition in partitions]
        if len(rows) > limit:
            response["NextToken"] = page_token.encode(rows[limit - 1].key, call.arrived_at_ms)
        return response

    def update_partition(self, call: Call, request: Request) -> Response:
        self._catalog.partitions.update(
            self._partitioned(call, request), request["PartitionValueList"], request["PartitionInput"]
        )
        return {}

    def batch_update_partition(self, call: Call, request: Request) -> Response:
        failed = self._catalog.update_partitions(self._partitioned(call, request), request["Entries"])
        return {"Errors": [_error(values, error, "PartitionValueList") for values, error in failed]}

    def delete_partition(self, call: Call, request: Request) -> Response:
        self._catalog.partitions.delete(self._partitioned(call, request), request["PartitionValues"])
        return {}

    def batch_delete_partition(self, call: Call, request: Request) -> Response:
        values = [entry["Values"] for entry in request["PartitionsToDelete"]]
        failed = self._catalog.delete_partitions(self._partitioned(call, request), values)
        return {"Errors": [_error(values, error) for values, error in failed]}

    def create_partition_index(self, call: Call, request: Request) -> Response:
        self._catalog.indexes.create(self._partitioned(call, request), request["PartitionIndex"])
        return {}

    def get_partition_indexes(self, call: Call, request: Request) -> Response:
        # a table has three at most: there is never a second page
        return {"PartitionIndexDescriptorList": self._catalog.indexes.all(self._partitioned(call, request))}

    def delete_partition_index(self, call: Call, request: Request) -> Response:
        self._catalog.indexes.delete(self._partitioned(call, request), request["IndexName"])
        return {}

    def _partitioned(self, call: Call, request: Request) -> TableRow:
        check_catalog(call, request)
        return self._catalog.tables.get(call.account, call.region, request["DatabaseName"], request["TableName"])


def _segment(request: Request) -> Segment | None:
    if "Segment" not in request:
        return None
    segment = Segment(request["Segment"]["SegmentNumber"], request["Segment"]["TotalSegments"])
    if segment.number >= segment.total:
        raise InvalidInputException("SegmentNumber must be less than TotalSegments.")
    return segment


def _without_columns(partition: dict[str, Any]) -> dict[str, Any]:
    storage = {name: value for name, value in partition.get("StorageDescriptor", {}).items() if name != "Columns"}
    return partition | ({"StorageDescriptor": storage} if storage else {})


def _error(values: list[str], error: AwsError, member: str = "PartitionValues") -> dict[str, Any]:
    return {member: values, "ErrorDetail": {"ErrorCode": error.code, "ErrorMessage": error.message}}
