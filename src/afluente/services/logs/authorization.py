"""What each operation of CloudWatch Logs takes. AWS's refusals name a group as `log-group:G:log-stream:`."""

from collections.abc import Iterable, Mapping
from typing import Any

from afluente.core.call import Call
from afluente.core.permission import Permission, each, local

Request = Mapping[str, Any]


def group(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The group by name or identifier; no group at all for lists of groups."""
    return (_group(call, request),)


def stream(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The stream of a group."""
    return (_group(call, request) + request.get("logStreamName", ""),)


def resource(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """A group by its ARN."""
    return (request["resourceArn"],)


def _group(call: Call, request: Request) -> str:
    name = request.get("logGroupName") or request.get("logGroupIdentifier") or ""
    if name.startswith("arn:"):
        return f"{name.removesuffix(':*')}:log-stream:"
    return local("logs", call, f"log-group:{name}:log-stream:")


PERMISSIONS: dict[str, tuple[Permission, ...]] = {
    **each(
        group, "logs", "CreateLogGroup", "DeleteLogGroup", "DeleteRetentionPolicy", "DescribeLogGroups",
        "DescribeLogStreams", "FilterLogEvents", "ListTagsLogGroup", "PutRetentionPolicy", "TagLogGroup",
        "UntagLogGroup",
    ),
    **each(stream, "logs", "CreateLogStream", "DeleteLogStream", "GetLogEvents", "PutLogEvents"),
    **each(resource, "logs", "ListTagsForResource", "TagResource", "UntagResource"),
}  # fmt: skip
