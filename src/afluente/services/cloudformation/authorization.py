"""What each operation of CloudFormation takes. What a stack does to other services is asked of them as its caller."""

from collections.abc import Iterable, Mapping
from typing import Any

from afluente.core.call import Call
from afluente.core.permission import Permission, each, everything, local, pass_role

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


def role(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The role that the stack's operations are to be done under."""
    return (request["RoleARN"],) if "RoleARN" in request else ()


PASS_ROLE = pass_role("cloudformation.amazonaws.com", role)

PERMISSIONS: dict[str, tuple[Permission, ...]] = {
    **each(
        stack, "cloudformation", "CancelUpdateStack", "DeleteChangeSet", "DescribeChangeSet", "DescribeStackEvents",
        "DescribeStackResource", "DescribeStackResourceDrifts", "DescribeStackResources", "DescribeStacks",
        "DetectStackDrift", "DetectStackResourceDrift", "ExecuteChangeSet", "GetStackPolicy", "GetTemplate",
        "GetTemplateSummary", "ListChangeSets", "ListStackResources", "SetStackPolicy", "SignalResource",
        "UpdateTerminationProtection",
    ),
    **{
        name: (Permission(f"cloudformation:{name}", stack), PASS_ROLE)
        for name in (
            "ContinueUpdateRollback", "CreateChangeSet", "CreateStack", "DeleteStack", "RollbackStack", "UpdateStack",
        )
    },
    **each(
        everything, "cloudformation", "DescribeStackDriftDetectionStatus", "ListExports",
        "ListImports", "ListStacks", "ValidateTemplate",
    ),
}  # fmt: skip
