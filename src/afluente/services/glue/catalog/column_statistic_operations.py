"""The operations on column statistics, of tables and of partitions."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from afluente.core.call import Call
from afluente.core.error import AwsError
from afluente.core.provider import Request, Response
from afluente.services.glue.catalog.engine import CatalogEngine
from afluente.services.glue.catalog.owner import check_catalog
from afluente.services.glue.catalog.table import TableRow
from afluente.services.glue.error import EntityNotFoundException


class ColumnStatisticOperations:
    """UpdateColumnStatisticsForTable to DeleteColumnStatisticsForPartition."""

    operations: ClassVar[tuple[str, ...]] = (
        "DeleteColumnStatisticsForPartition", "DeleteColumnStatisticsForTable", "GetColumnStatisticsForPartition",
        "GetColumnStatisticsForTable", "UpdateColumnStatisticsForPartition", "UpdateColumnStatisticsForTable",
    )  # fmt: skip
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    _catalog: CatalogEngine

    def update_column_statistics_for_table(self, call: Call, request: Request) -> Response:
        return self._update(self._of_table(call, request), (), request)

    def update_column_statistics_for_partition(self, call: Call, request: Request) -> Response:
        return self._update(*self._of_partition(call, request), request)

    def get_column_statistics_for_table(self, call: Call, request: Request) -> Response:
        return self._get(self._of_table(call, request), (), request["ColumnNames"])

    def get_column_statistics_for_partition(self, call: Call, request: Request) -> Response:
        return self._get(*self._of_partition(call, request), request["ColumnNames"])

    def delete_column_statistics_for_table(self, call: Call, request: Request) -> Response:
        self._catalog.statistics.delete(self._of_table(call, request), (), request["ColumnName"])
        return {}

    def delete_column_statistics_for_partition(self, call: Call, request: Request) -> Response:
        self._catalog.statistics.delete(*self._of_partition(call, request), request["ColumnName"])
        return {}

    def _of_table(self, call: Call, request: Request) -> TableRow:
        check_catalog(call, request)
        return self._catalog.tables.get(call.account, call.region, request["DatabaseName"], request["TableName"])

    def _of_partition(self, call: Call, request: Request) -> tuple[TableRow, Sequence[str]]:
        table = self._of_table(call, request)
        values: Sequence[str] = request["PartitionValues"]
        if self._catalog.partitions.find(table, values) is None:
            raise EntityNotFoundException("Cannot find partition.")
        return table, values

    def _update(self, table: TableRow, values: Sequence[str], request: Request) -> Response:
        store = self._catalog.statistics
        errors = _errors(request["ColumnStatisticsList"], lambda one: store.update(table, values, one))
        return {"Errors": [{"ColumnStatistics": one, "Error": error} for one, error in errors]}

    def _get(self, table: TableRow, values: Sequence[str], names: Sequence[str]) -> Response:
        found: list[dict[str, Any]] = []
        errors = _errors(names, lambda name: found.append(self._catalog.statistics.get(table, values, name)))
        return {
            "ColumnStatisticsList": found,
            "Errors": [{"ColumnName": name, "Error": error} for name, error in errors],
        }


def _errors(items: Sequence[Any], do: Callable[[Any], None]) -> list[tuple[Any, dict[str, str]]]:
    """Do it for each; those that failed, with AWS's ErrorDetail."""
    failed = []
    for item in items:
        try:
            do(item)
        except AwsError as error:
            failed.append((item, {"ErrorCode": error.code, "ErrorMessage": error.message}))
    return failed
