"""What each operation of Glue takes. An action on a table has to be allowed on its database and the catalog as well.

https://docs.aws.amazon.com/glue/latest/dg/glue-specifying-resource-arns.html
"""

from collections.abc import Iterable, Mapping
from typing import Any

from afluente.core.call import Call
from afluente.core.permission import Permission, Resources, each, everything, local, pass_role

Request = Mapping[str, Any]
SERVICE = "glue.amazonaws.com"


def catalog(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The catalog as a whole."""
    return (_catalog(call, request, "catalog"),)


def database(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The database, and the catalog."""
    name = request.get("DatabaseName") or request.get("Name") or request.get("DatabaseInput", {}).get("Name", "")
    return (*catalog(provider, call, request), _catalog(call, request, f"database/{name.lower()}"))


def emptied_database(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The database with all that is in it."""
    name = request["Name"].lower()
    inside = (_catalog(call, request, f"{kind}/{name}/*") for kind in ("table", "userDefinedFunction"))
    return (*database(provider, call, request), *inside)


def tables(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The tables that are named, or all of the database."""
    given = request.get("TableInput", {})
    name = request.get("TableName") or request.get("Name") or (given.get("Name") if given else None)
    names = [name] if name else request.get("TablesToDelete", ["*"])
    schema = request.get("DatabaseName", "*").lower()
    return (
        _catalog(call, request, "catalog"),
        _catalog(call, request, f"database/{schema}"),
        *(_catalog(call, request, f"table/{schema}/{one.lower()}") for one in names),
    )


def functions(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The user-defined function, its database and the catalog."""
    schema = request.get("DatabaseName", "*").lower()
    name = request.get("FunctionName") or request.get("FunctionInput", {}).get("FunctionName", "*")
    resources = ("catalog", f"database/{schema}", f"userDefinedFunction/{schema}/{name.lower()}")
    return [_catalog(call, request, resource) for resource in resources]


def connections(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The connections that are named, or all, and the catalog."""
    one = request.get("ConnectionName") or request.get("Name") or request.get("ConnectionInput", {}).get("Name")
    names = request.get("ConnectionNameList") or [one or "*"]
    return [_catalog(call, request, resource) for resource in ("catalog", *(f"connection/{name}" for name in names))]


def named(kind: str, *members: str) -> Resources:
    """Resources of `kind` that a request names by one of `members`, a text or a list."""

    def resources(provider: Any, call: Call, request: Request) -> Iterable[str]:
        found = next((request[member] for member in members if request.get(member)), "*")
        return [local("glue", call, f"{kind}/{name}") for name in ([found] if isinstance(found, str) else found)]

    return resources


def tagged(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """By ARN."""
    return (request["ResourceArn"],)


def role(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The role that a crawler or job is given, by name or ARN."""
    given = request.get("Role") or request.get("JobUpdate", {}).get("Role")
    return (provider.role_arn(call, given),) if given else ()


def _catalog(call: Call, request: Request, resource: str) -> str:
    return f"arn:aws:glue:{call.region}:{request.get('CatalogId') or call.account}:{resource}"


PASS_ROLE = pass_role(SERVICE, role)
CRAWLER = named("crawler", "Name", "CrawlerName", "CrawlerNames", "CrawlerNameList")
JOB = named("job", "Name", "JobName", "JobNames")
WORKFLOW = named("workflow", "Name", "Names")
RULESET = named("dataQualityRuleset", "Name", "RulesetNames")
SESSION = named("session", "Id")
SESSION_OF_STATEMENT = named("session", "SessionId")
TRIGGER = named("trigger", "Name", "TriggerNames")

PERMISSIONS: dict[str, tuple[Permission, ...]] = {
    **each(catalog, "glue", "GetDatabases"),
    **each(database, "glue", "CreateDatabase", "GetDatabase", "UpdateDatabase"),
    **each(emptied_database, "glue", "DeleteDatabase"),
    **each(
        tables, "glue", "BatchCreatePartition", "BatchDeletePartition", "BatchDeleteTable", "BatchDeleteTableVersion",
        "BatchGetPartition", "BatchUpdatePartition", "CreatePartition", "CreatePartitionIndex", "CreateTable",
        "DeleteColumnStatisticsForPartition", "DeleteColumnStatisticsForTable", "DeletePartition",
        "DeletePartitionIndex", "DeleteTable", "DeleteTableVersion", "GetColumnStatisticsForPartition",
        "GetColumnStatisticsForTable", "GetPartition", "GetPartitionIndexes", "GetPartitions", "GetTable",
        "GetTableVersion", "GetTableVersions", "GetTables", "SearchTables", "UpdateColumnStatisticsForPartition",
        "UpdateColumnStatisticsForTable", "UpdatePartition", "UpdateTable", "GetColumnStatisticsTaskRuns",
        "StopColumnStatisticsTaskRun",
    ),
    "StartColumnStatisticsTaskRun": (Permission("glue:StartColumnStatisticsTaskRun", tables), PASS_ROLE),
    **each(everything, "glue", "GetColumnStatisticsTaskRun", "ListColumnStatisticsTaskRuns"),
    **each(
        functions, "glue", "CreateUserDefinedFunction", "DeleteUserDefinedFunction", "GetUserDefinedFunction",
        "GetUserDefinedFunctions", "UpdateUserDefinedFunction",
    ),
    **each(
        connections, "glue", "BatchDeleteConnection", "CreateConnection", "DeleteConnection", "GetConnection",
        "GetConnections", "UpdateConnection",
    ),
    **each(
        CRAWLER, "glue", "BatchGetCrawlers", "DeleteCrawler", "GetCrawler", "ListCrawls", "StartCrawler",
        "StartCrawlerSchedule", "StopCrawler", "StopCrawlerSchedule", "UpdateCrawlerSchedule",
    ),
    **{name: (Permission(f"glue:{name}", CRAWLER), PASS_ROLE) for name in ("CreateCrawler", "UpdateCrawler")},
    **each(
        JOB, "glue", "BatchGetJobs", "BatchStopJobRun", "DeleteJob", "GetJob", "GetJobRun", "GetJobRuns",
        "StartJobRun",
    ),
    **each(everything, "glue", "GetJobBookmark", "ResetJobBookmark"),  # no job's ARN allows them, as observed
    **{name: (Permission(f"glue:{name}", JOB), PASS_ROLE) for name in ("CreateJob", "UpdateJob")},
    **each(
        WORKFLOW, "glue", "BatchGetWorkflows", "CreateWorkflow", "DeleteWorkflow", "GetWorkflow", "GetWorkflowRun",
        "GetWorkflowRunProperties", "GetWorkflowRuns", "PutWorkflowRunProperties",
        "ResumeWorkflowRun", "StartWorkflowRun", "StopWorkflowRun", "UpdateWorkflow",
    ),
    **each(
        RULESET, "glue", "BatchGetDataQualityResult", "CreateDataQualityRuleset", "DeleteDataQualityRuleset",
        "GetDataQualityResult", "GetDataQualityRuleset", "ListDataQualityResults", "ListDataQualityRulesets",
        "UpdateDataQualityRuleset", "GetDataQualityRulesetEvaluationRun",
        "ListDataQualityRulesetEvaluationRuns", "CancelDataQualityRulesetEvaluationRun",
        "GetDataQualityRuleRecommendationRun", "ListDataQualityRuleRecommendationRuns",
        "CancelDataQualityRuleRecommendationRun",
    ),
    **{
        name: (Permission(f"glue:{name}", RULESET), PASS_ROLE)
        for name in ("StartDataQualityRulesetEvaluationRun", "StartDataQualityRuleRecommendationRun")
    },
    "CreateSession": (Permission("glue:CreateSession", SESSION), PASS_ROLE),
    **each(SESSION, "glue", "DeleteSession", "GetSession", "ListSessions", "StopSession"),
    **each(SESSION_OF_STATEMENT, "glue", "CancelStatement", "GetStatement", "ListStatements", "RunStatement"),
    **each(
        TRIGGER, "glue", "BatchGetTriggers", "CreateTrigger", "DeleteTrigger", "GetTrigger", "StartTrigger",
        "StopTrigger", "UpdateTrigger",
    ),
    **each(
        everything, "glue", "CreateClassifier", "DeleteClassifier", "GetClassifier", "GetClassifiers",
        "GetCrawlerMetrics", "GetCrawlers", "GetJobs", "GetTriggers", "ListCrawlers", "ListJobs", "ListTriggers",
        "ListWorkflows", "UpdateClassifier",
    ),
    **each(tagged, "glue", "GetTags", "TagResource", "UntagResource"),
}  # fmt: skip
