"""What each operation of CloudFormation takes. What a stack does to other services is asked of them as its caller."""

from collections.abc import Iterable, Mapping
from typing import Any

from afluente.core.call import Call
from afluente.core.permission import Permission, Resources, everything, local, pass_role

Request = Mapping[str, Any]


def stack(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The stack by its id, where there is one of that name or id; else any that may come to have the name."""
    name = request.get("StackName")
    if name is None and str(request.get("ChangeSetName", "")).startswith("arn:"):
        name = provider.stack_of_change_set(call, request["ChangeSetName"])
    if name is None:
        return ("*",)
    if name.startswith("arn:"):
        return (name,)
    return (provider.stack_id(call, name) or local("cloudformation", call, f"stack/{name}/*"),)


def nothing_named(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """Every stack, where the request names none."""
    return () if "StackName" in request else ("*",)


def role(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The role that the stack's operations are to be done under."""
    return (request["RoleARN"],) if "RoleARN" in request else ()


def conditions(provider: Any, call: Call, request: Request) -> dict[str, str | tuple[str, ...]]:
    """CloudFormation's own condition keys, as far as the request has them."""
    found: dict[str, str | tuple[str, ...]] = {key: request[name] for name, key in KEYS.items() if name in request}
    if request.get("ResourceTypes"):
        found["cloudformation:resourcetypes"] = tuple(request["ResourceTypes"])
    imported = tuple(item["ResourceType"] for item in request.get("ResourcesToImport", ()))
    return found | ({"cloudformation:importresourcetypes": imported} if imported else {})


KEYS = {
    "ChangeSetName": "cloudformation:changesetname",
    "RoleARN": "cloudformation:rolearn",
    "StackPolicyURL": "cloudformation:stackpolicyurl",
    "TemplateURL": "cloudformation:templateurl",
}
"""Members of requests that are condition keys.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudformation.html
"""


def _each(resources: Resources, *operations: str) -> dict[str, tuple[Permission, ...]]:
    return {name: (Permission(f"cloudformation:{name}", resources, conditions),) for name in operations}


PASS_ROLE = pass_role("cloudformation.amazonaws.com", role)

PERMISSIONS: dict[str, tuple[Permission, ...]] = {
    **_each(
        stack, "CancelUpdateStack", "DeleteChangeSet", "DescribeChangeSet", "DescribeStackEvents",
        "DescribeStackResource", "DescribeStackResourceDrifts", "DescribeStackResources",
        "DetectStackDrift", "DetectStackResourceDrift", "ExecuteChangeSet", "GetStackPolicy", "GetTemplate",
        "GetTemplateSummary", "ListChangeSets", "ListStackResources", "SetStackPolicy", "SignalResource",
        "UpdateTerminationProtection",
    ),
    "DescribeStacks": (
        Permission("cloudformation:DescribeStacks", stack), Permission("cloudformation:ListStacks", nothing_named)
    ),
    **{
        name: (Permission(f"cloudformation:{name}", stack, conditions), PASS_ROLE)
        for name in (
            "ContinueUpdateRollback", "CreateChangeSet", "CreateStack", "DeleteStack", "RollbackStack", "UpdateStack",
        )
    },
    **_each(
        everything, "DescribeStackDriftDetectionStatus", "ListExports",
        "ListImports", "ListStacks", "ValidateTemplate",
    ),
}  # fmt: skip
