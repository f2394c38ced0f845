"""The smallest policies that allow what was done: from recorded uses to documents that can be pasted.

Names that are new every time (an object that was written, the log stream of a run, the id of a stack, what
CloudFormation or awswrangler make up) stand for those that come after them: there the last part becomes an asterisk.
Everything else is named as it was.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from itertools import takewhile
from typing import Any, NamedTuple

from afluente.services.iam.policy_document import size

WRITES = frozenset({"s3:PutObject", "s3:PutObjectTagging", "s3:DeleteObject", "s3:AbortMultipartUpload",
                    "s3:ListMultipartUploadParts"})  # fmt: skip
FEW = 3
"""Up to so many objects of a bucket are named one by one when they are read."""
FOLDERS = 10
"""And up to so many of its folders; more, and the first part of their paths stands for them."""

RENEWED = (
    (re.compile(r"(arn:aws:logs:.*:log-stream:).+"), r"\1*"),
    (re.compile(r"(arn:aws:logs:.*:log-group:[^:]*):log-stream:"), r"\1:*"),
    (re.compile(r"(arn:aws:cloudformation:.*:stack/[^/]+)/.*"), r"\1/*"),
    (re.compile(r"(arn:aws:kinesis:.*/consumer/[^:]+):.*"), r"\1:*"),
)
"""Resources whose last part is another one the next time."""

UNIQUE = "[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
TEMPORARY = re.compile(f"(arn:aws:glue:.*:table/.*[_-])({UNIQUE})")
"""A table whose name ends in a unique id, as those that awswrangler makes for one query."""

MADE_UP = re.compile("(?P<stays>.+[:/][^:/]+-[^:/]+-)(?P<end>[A-Za-z0-9]{12})")
"""A name that CloudFormation made up: stack, logical id and twelve characters."""
WORDS = re.compile("([A-Z]?[a-z]+)+")
"""Twelve characters that are words of a name rather than drawn by lot."""

MANAGED_BYTES = 6144
"""Of a managed policy, without white space. A role's inline policies have 10,240 together, a user's 2,048."""

CHANGING = re.compile(rf"\d{{4}}|{UNIQUE}|[0-9a-f]{{8}}-[0-9a-f]{{4}}|(^|/|=)\d+(/|$)")
"""In a key, what dates, times, unique ids and numbers of partitions look like."""


class Use(NamedTuple):
    """An action that was taken on a resource. `passed_to`: of iam:PassRole, the service that was given the role."""

    action: str
    resource: str
    passed_to: str = ""


def policy_of(uses: Iterable[Use]) -> dict[str, Any]:
    """The policy document that allows these uses and, names aside that are new every time, nothing else."""
    uses = list(uses)
    made_up = _made_up(uses)
    resources: dict[tuple[str, str], set[str]] = defaultdict(set)
    for use in uses:
        resources[use.action, use.passed_to].add(made_up.get(use.resource, use.resource))
    alike: dict[tuple[str, str, tuple[str, ...]], list[str]] = defaultdict(list)
    for (action, passed_to), found in sorted(resources.items()):
        service = action.partition(":")[0]
        alike[service, passed_to, tuple(sorted(_generalised(action, found)))].append(action)
    statements = [_statement(actions, places, passed_to) for (_, passed_to, places), actions in sorted(alike.items())]
    return {"Version": "2012-10-17", "Statement": statements}


def _made_up(uses: Iterable[Use]) -> dict[str, str]:
    """What was made under a name drawn by lot, and how it is called for those that come after it."""
    made = {use.resource for use in uses if use.action.partition(":")[2].startswith("Create")}
    found = {resource: match for resource in made if (match := MADE_UP.fullmatch(resource))}
    return {resource: f"{match['stays']}*" for resource, match in found.items() if not WORDS.fullmatch(match["end"])}


def in_parts(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The policy as managed policies that AWS takes: one, or several that together allow the same."""
    parts: list[list[dict[str, Any]]] = [[]]
    for statement in document["Statement"]:
        for piece in _pieces(statement):
            if parts[-1] and _size([*parts[-1], piece]) > MANAGED_BYTES:
                parts.append([])
            parts[-1].append(piece)
    return [{**document, "Statement": statements} for statements in parts]


def _pieces(statement: dict[str, Any]) -> list[dict[str, Any]]:
    """The statement, or halves of it by its resources, halved until each has a policy's room."""
    resources = statement["Resource"]
    if _size([statement]) <= MANAGED_BYTES or isinstance(resources, str):
        return [statement]
    middle = len(resources) // 2
    halves = (_one_or_all(half) for half in (resources[:middle], resources[middle:]))
    return [piece for half in halves for piece in _pieces({**statement, "Resource": half})]


def _size(statements: list[dict[str, Any]]) -> int:
    return size(json.dumps({"Version": "2012-10-17", "Statement": statements}))


def _statement(actions: list[str], places: tuple[str, ...], passed_to: str) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": _one_or_all(actions), "Resource": _one_or_all(places)}
    if passed_to:
        statement["Condition"] = {"StringEquals": {"iam:PassedToService": passed_to}}
    return statement


def _one_or_all(values: Iterable[str]) -> str | list[str]:
    listed = list(values)
    return listed[0] if len(listed) == 1 else listed


def _generalised(action: str, resources: set[str]) -> set[str]:
    objects: dict[str, list[str]] = defaultdict(list)
    found = set()
    for resource in resources:
        bucket, slash, key = resource.partition("/")
        if bucket.startswith("arn:aws:s3:::") and slash:
            objects[bucket].append(key)
        else:
            found.add(_renewed(resource))
    for bucket, keys in objects.items():
        named = set() if action in WRITES else {key for key in keys if not CHANGING.search(key)}
        if len(named) > FEW:
            named = set()
        found.update(f"{bucket}/{_literal(key)}" for key in named)
        found.update(f"{bucket}/{_literal(folder)}*" for folder in _folders(set(keys) - named))
    return found


def _renewed(resource: str) -> str:
    if match := TEMPORARY.fullmatch(resource):
        return f"{match[1]}*"
    for pattern, replacement in RENEWED:
        if pattern.fullmatch(resource):
            return pattern.sub(replacement, resource)
    return resource


def _folders(keys: set[str]) -> set[str]:
    """Where the keys lie, up to the first part that is another one the next time; each folder in no other one."""
    folders = {_folder(key.split("/")[:-1]) for key in keys}
    if len(folders) > FOLDERS:
        folders = {"".join(folder.partition("/")[:2]) for folder in folders}
    if len(folders) > FOLDERS:
        folders = {""}
    return {one for one in folders if not any(one != other and one.startswith(other) for other in folders)}


def _folder(parts: list[str]) -> str:
    """The parts that stay, and what stays of a name that ends in a unique id."""
    staying = list(takewhile(_stays, parts))
    changing = parts[len(staying)] if len(staying) < len(parts) else ""
    named = re.fullmatch(f"(.+[_-])({UNIQUE})", changing)
    return "".join(f"{part}/" for part in staying) + (named[1] if named else "")


def _stays(part: str) -> bool:
    return CHANGING.search(part) is None


def _literal(key: str) -> str:
    """The key as policies spell it, where some characters stand for others."""
    return re.sub(r"[$*?]", lambda match: f"${{{match[0]}}}", key)
