"""What each operation of Athena takes: an action of its own name, on a work group or a data catalog.

What a query reads and writes is asked of Glue and S3 as its caller, when it runs.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from afluente.core.call import Call
from afluente.core.permission import Permission, each, everything, local

Request = Mapping[str, Any]


def work_group(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """By name; CreateWorkGroup calls it Name; without one, the primary one."""
    name = request.get("WorkGroup") or request.get("WorkGroupName") or "primary"
    return (local("athena", call, f"workgroup/{name}"),)


def new_work_group(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The work group that is to be."""
    return (local("athena", call, f"workgroup/{request['Name']}"),)


def of_id(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The work groups of queries that are named by their ids."""
    names = provider.work_groups_of(call, request)
    return sorted({local("athena", call, f"workgroup/{name}") for name in names})


def catalog(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The data catalog."""
    name = request.get("CatalogName") or request.get("Name") or "AwsDataCatalog"
    return (local("athena", call, f"datacatalog/{name}"),)


def resource(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """By ARN."""
    return (request["ResourceARN"],)


PERMISSIONS: dict[str, tuple[Permission, ...]] = {
    **each(
        work_group, "athena", "BatchGetPreparedStatement", "CreateNamedQuery", "CreatePreparedStatement",
        "DeletePreparedStatement", "DeleteWorkGroup", "GetPreparedStatement", "GetWorkGroup", "ListNamedQueries",
        "ListPreparedStatements", "ListQueryExecutions", "StartQueryExecution", "UpdatePreparedStatement",
        "UpdateWorkGroup",
    ),
    **each(new_work_group, "athena", "CreateWorkGroup"),
    **each(
        of_id, "athena", "BatchGetNamedQuery", "BatchGetQueryExecution", "DeleteNamedQuery", "GetNamedQuery",
        "GetQueryExecution", "GetQueryResults", "GetQueryRuntimeStatistics", "StopQueryExecution", "UpdateNamedQuery",
    ),
    **each(
        catalog, "athena", "GetDataCatalog", "GetDatabase", "GetTableMetadata", "ListDatabases", "ListTableMetadata"
    ),
    **each(resource, "athena", "ListTagsForResource", "TagResource", "UntagResource"),
    **each(everything, "athena", "ListDataCatalogs", "ListEngineVersions", "ListWorkGroups"),
}  # fmt: skip
