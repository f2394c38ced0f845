"""What a crawler is told to do: its members in AWS's words, checked and completed with AWS's defaults."""

import re
from collections.abc import Mapping
from typing import Any

from afluente.core.error import NotImplemented as Unsupported
from afluente.core.schedule import Schedule
from afluente.services.glue.crawler import exclusion
from afluente.services.glue.crawler.configuration import Configuration
from afluente.services.glue.error import InvalidInputException

Members = dict[str, Any]

S3_PATH = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9])(?:/(?P<prefix>.*))?", re.DOTALL)
TARGETS = (
    "S3Targets", "JdbcTargets", "MongoDBTargets", "DynamoDBTargets", "CatalogTargets", "DeltaTargets",
    "IcebergTargets", "HudiTargets",
)  # fmt: skip
DEFAULTS: Mapping[str, Any] = {
    "Classifiers": [],
    "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
    "SchemaChangePolicy": {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DEPRECATE_IN_DATABASE"},
    "LineageConfiguration": {"CrawlerLineageSettings": "DISABLE"},
    "LakeFormationConfiguration": {"UseLakeFormationCredentials": False, "AccountId": ""},
}
MEMBERS = (
    "Role", "DatabaseName", "Description", "Targets", "Classifiers", "TablePrefix", "SchemaChangePolicy",
    "RecrawlPolicy", "LineageConfiguration", "LakeFormationConfiguration", "Configuration",
)  # fmt: skip
"""What a crawler remembers of CreateCrawler and UpdateCrawler; schedule and tags are kept apart."""

NEW_FOLDERS = "CRAWL_NEW_FOLDERS_ONLY"
EVENTS = "CRAWL_EVENT_MODE"
QUEUE_ARN = re.compile(r"arn:aws:sqs:[a-z0-9-]+:\d{12}:[A-Za-z0-9._-]+")
ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::(?P<account>\d{12}):role/(?P<role>.+)")


def create(request: Mapping[str, Any]) -> Members:
    """The members of a new crawler. Raises InvalidInputException, NotImplemented."""
    return update({**DEFAULTS, "Name": request["Name"]}, request)


def update(known: Mapping[str, Any], request: Mapping[str, Any]) -> Members:
    """The members of a crawler, of which `request` replaces those it names. Raises as create does."""
    members = {**known, **{name: request[name] for name in MEMBERS if name in request}}
    for name in ("SchemaChangePolicy", "RecrawlPolicy", "LineageConfiguration", "LakeFormationConfiguration"):
        members[name] = {**DEFAULTS[name], **members[name]}
    members["Role"] = role_name(members["Role"])
    members["Targets"] = {
        kind: [_completed(kind, target) for target in members["Targets"].get(kind, [])] for kind in TARGETS
    }
    _check(members)
    return members


def role_name(role: str) -> str:
    """The role as GetCrawler shows it: its name, with its path if it has one."""
    match = ROLE_ARN.fullmatch(role)
    return match["role"] if match else role.strip("/")


def role_arns(role: str, account: str) -> tuple[str, ...]:
    """The ARNs that `role` may mean: a bare name also stands for a role in `service-role/`, the console's place."""
    if ROLE_ARN.fullmatch(role):
        return (role,)
    paths = (role,) if "/" in role else (role, f"service-role/{role}")
    return tuple(f"arn:aws:iam::{account}:role/{path}" for path in paths)


def split_path(path: str) -> tuple[str, str]:
    """(bucket, prefix) of a target's Path. Raises InvalidInputException."""
    match = S3_PATH.fullmatch(path)
    if match is None:
        raise InvalidInputException(f"The S3 target path {path} is not valid: it must be s3://bucket or below.")
    return match["bucket"], match["prefix"] or ""


def check_schedule(expression: str) -> Schedule:
    """Raises InvalidInputException."""
    try:
        return Schedule.parse(expression)
    except ValueError as error:
        raise InvalidInputException(f"Invalid schedule cron expression: {expression}: {error}") from None


def _completed(kind: str, target: Mapping[str, Any]) -> dict[str, Any]:
    return {"Exclusions": [], **target} if kind == "S3Targets" else dict(target)


def _check(members: Members) -> None:
    _check_supported(members)
    in_s3, in_catalog = members["Targets"]["S3Targets"], members["Targets"]["CatalogTargets"]
    if not in_s3 and not in_catalog:
        raise InvalidInputException("Crawler must have at least one target.")
    if in_s3 and in_catalog:
        raise InvalidInputException("Catalog targets cannot be combined with other targets.")
    if in_s3 and not members.get("DatabaseName"):
        raise InvalidInputException("Database name cannot be empty for a crawler with S3 targets.")
    if in_catalog and members["SchemaChangePolicy"]["DeleteBehavior"] != "LOG":
        raise InvalidInputException("The SchemaChangePolicy for Catalog target can have only LOG DeleteBehavior value.")
    for target in in_s3:
        _check_target(target)
    _check_recrawl(members)
    Configuration.parse(members.get("Configuration", ""))


def _check_supported(members: Members) -> None:
    for kind in TARGETS:
        if members["Targets"][kind] and kind not in {"S3Targets", "CatalogTargets"}:
            raise Unsupported(f"Targets.{kind} is not supported; S3Targets and CatalogTargets are")
    if members["LineageConfiguration"]["CrawlerLineageSettings"] != "DISABLE":
        raise Unsupported("LineageConfiguration.CrawlerLineageSettings ENABLE is not supported")
    if members["LakeFormationConfiguration"]["UseLakeFormationCredentials"]:
        raise Unsupported("LakeFormationConfiguration.UseLakeFormationCredentials is not supported")


def _check_target(target: Mapping[str, Any]) -> None:
    split_path(target.get("Path", ""))
    size = target.get("SampleSize")
    if size is not None and not 1 <= size <= 249:
        raise InvalidInputException("SampleSize must be between 1 and 249.")
    try:
        exclusion.matcher(target["Exclusions"])
    except ValueError as error:
        raise InvalidInputException(str(error)) from None


def _check_recrawl(members: Members) -> None:
    behaviour = members["RecrawlPolicy"]["RecrawlBehavior"]
    if behaviour == EVENTS:
        _check_events(members)
    if behaviour == NEW_FOLDERS and members["Targets"]["CatalogTargets"]:
        raise InvalidInputException('RecrawlBehavior "Crawl new folders only" can only apply to Amazon S3 target.')
    policy = members["SchemaChangePolicy"]
    if behaviour == NEW_FOLDERS and set(policy.values()) != {"LOG"}:
        raise InvalidInputException(
            'The SchemaChangePolicy for "Crawl new folders only" Amazon S3 target can have only LOG DeleteBehavior '
            "value and LOG UpdateBehavior value."
        )


def _check_events(members: Members) -> None:
    """What AWS's guide asks of a crawler that goes by S3's events."""
    targets = [*members["Targets"]["S3Targets"], *members["Targets"]["CatalogTargets"]]
    if len(targets) != 1:
        raise InvalidInputException("The crawler must have a single target for Amazon S3 event mode.")
    (target,) = targets
    if "EventQueueArn" not in target:
        raise InvalidInputException("EventQueueArn is required in the target for Amazon S3 event mode.")
    for name in ("EventQueueArn", "DlqEventQueueArn"):
        if name in target and not QUEUE_ARN.fullmatch(target[name]):
            raise InvalidInputException(f"{name} is not the ARN of an Amazon SQS queue: {target[name]}")
    if "SampleSize" in target:
        raise InvalidInputException("SampleSize is not supported for Amazon S3 event mode.")
