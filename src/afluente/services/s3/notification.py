"""Which events of a bucket are told to whom: a bucket's configuration, checked and matched.

Sources: PutBucketNotificationConfiguration, Amazon S3 API Reference; "Configuring event notifications using object key
name filtering", Amazon S3 User Guide; texts as recorded from AWS.
"""

import secrets
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any, NamedTuple

from afluente.core.arn import Arn
from afluente.core.error import NotImplemented as Unsupported
from afluente.services.s3.error import InvalidArgument, MalformedXML, invalid_argument

Configuration = dict[str, Any]
"""In AWS's shape: `QueueConfigurations`, `LambdaFunctionConfigurations`, `EventBridgeConfiguration`."""
BUS = "EventBridgeConfiguration"

ARNS = {
    "QueueConfigurations": ("QueueArn", "Queue", "sqs"),
    "LambdaFunctionConfigurations": ("LambdaFunctionArn", "CloudFunction", "lambda"),
}
"""The member that has the destination, how errors call it, and its service."""

KINDS = {
    "ObjectCreated": ("Put", "Post", "Copy", "CompleteMultipartUpload"),
    "ObjectRemoved": ("Delete", "DeleteMarkerCreated"),
    "ObjectRestore": ("Post", "Completed", "Delete"),
    "Replication": (
        "OperationFailedReplication", "OperationNotTracked", "OperationMissedThreshold",
        "OperationReplicatedAfterThreshold",
    ),
    "LifecycleExpiration": ("Delete", "DeleteMarkerCreated"),
    "ObjectTagging": ("Put", "Delete"),
    "ObjectAnnotation": ("Put", "Delete"),
}  # fmt: skip
EVENTS = frozenset(
    {f"s3:{kind}:{detail}" for kind, details in KINDS.items() for detail in ("*", *details)}
    | {"s3:ReducedRedundancyLostObject", "s3:LifecycleTransition", "s3:IntelligentTiering"}
    | {"s3:ObjectAcl:Put", "s3:ObjectRetention:Put"}
)
"""All of AWS's. Some never come, as what they tell of does not happen here."""

UNTOLD = ("s3:ObjectRestore:*", "s3:ObjectRestore:Completed", "s3:ObjectRestore:Delete")
"""What these tell of does happen, but as time goes by: nothing is done then that an event could belong to."""

LONGEST_ID = 255
LONGEST_VALUE = 1024


class Target(NamedTuple):
    """Whom one configuration tells. `kind`: the member it stands in."""

    kind: str
    id: str
    arn: str
    events: tuple[str, ...]
    prefix: str
    suffix: str

    def wants(self, name: str, key: str) -> bool:
        """Whether it is told of the event `name` (`ObjectCreated:Put`) of an object."""
        if not key.startswith(self.prefix) or not key.endswith(self.suffix):
            return False
        full = f"s3:{name}"
        return full in self.events or f"{full.rpartition(':')[0]}:*" in self.events


def targets(configuration: Mapping[str, Any]) -> Iterator[Target]:
    """Whom a checked configuration tells."""
    for kind, (member, _, _) in ARNS.items():
        for each in configuration.get(kind, ()):
            rules = {rule["Name"]: rule["Value"] for rule in each.get("Filter", {}).get("Key", {})["FilterRules"]} if (
                "Filter" in each) else {}  # fmt: skip
            yield Target(
                kind, each["Id"], each[member], tuple(each["Events"]), rules.get("Prefix", ""), rules.get("Suffix", "")
            )


def checked(given: Mapping[str, Any], region: str) -> Configuration:
    """The configuration as it is kept: with ids. Raises InvalidArgument, MalformedXML. `region`: the bucket's."""
    configuration: Configuration = {
        kind: [_checked(each, kind, region) for each in given[kind]] for kind in ARNS if given.get(kind)
    }
    if BUS in given:
        configuration[BUS] = {}
    found = list(targets(configuration))
    if len({target.id for target in found}) < len(found):
        raise InvalidArgument("Same ID used for multiple configurations. IDs must be unique.")
    for one, other in combinations(found, 2):
        _check_apart(one, other)
    return configuration


def _checked(given: Mapping[str, Any], kind: str, region: str) -> dict[str, Any]:
    member, name, service = ARNS[kind]
    _check_arn(given[member], name, service, region)
    if not given["Events"]:
        raise MalformedXML
    for event in given["Events"]:
        if event not in EVENTS:
            raise invalid_argument("The event is not supported for notifications", "Event", event)
        if event in UNTOLD:
            raise Unsupported(f"Afluente does not send the event {event}; s3:ObjectRestore:Post it does.")
    identifier = given.get("Id") or secrets.token_urlsafe(33)
    if len(identifier) > LONGEST_ID:
        raise invalid_argument("The ID exceeds the maximum allowed length of 255 characters.", "Id", identifier)
    kept = {"Id": identifier, member: given[member], "Events": given["Events"]}
    rules = _rules(given.get("Filter", {}).get("Key", {}).get("FilterRules", []))
    return {**kept, "Filter": {"Key": {"FilterRules": rules}}} if rules else kept


def _check_arn(text: str, name: str, service: str, region: str) -> None:
    try:
        arn = Arn.parse(text)
    except ValueError:
        arn = None
    if arn is None or arn.service != service or not arn.resource:
        raise invalid_argument("The ARN could not be parsed", name, text)
    if arn.region != region:
        message = "The notification destination service region is not valid for the bucket location constraint"
        raise invalid_argument(message, name, text)


def _rules(given: list[dict[str, str]]) -> list[dict[str, str]]:
    """Filter rules as AWS gives them back: their names begin with a capital letter."""
    rules: dict[str, str] = {}
    for rule in given:
        name, value = rule.get("Name", ""), rule.get("Value", "")
        if name.lower() not in ("prefix", "suffix"):
            raise invalid_argument("filter rule name must be either prefix or suffix", "FilterRule.Name", name)
        if name.capitalize() in rules:
            message = f"Cannot specify more than one {name.lower()} rule in a filter."
            raise invalid_argument(message, "FilterRule.Name", name.lower())
        if len(value) > LONGEST_VALUE:
            message = f"Size of filter rule value cannot exceed {LONGEST_VALUE} bytes in UTF-8 representation"
            raise invalid_argument(message, "FilterRule.Value", value)
        rules[name.capitalize()] = value
    return [{"Name": name, "Value": value} for name, value in rules.items()]


def _check_apart(one: Target, other: Target) -> None:
    """No event may be told to two destinations."""
    if not any(_overlap(event, another) for event in one.events for another in other.events):
        return
    if not (one.prefix or one.suffix or other.prefix or other.suffix):
        raise InvalidArgument(
            "Configurations overlap. Configurations on the same bucket cannot share a common event type."
        )
    prefixes = one.prefix.startswith(other.prefix) or other.prefix.startswith(one.prefix)
    suffixes = one.suffix.endswith(other.suffix) or other.suffix.endswith(one.suffix)
    if prefixes and suffixes:
        raise InvalidArgument(
            "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are "
            "overlapping for the same event type."
        )


def _overlap(event: str, other: str) -> bool:
    if event.endswith("*") or other.endswith("*"):
        return event.rpartition(":")[0] == other.rpartition(":")[0]
    return event == other
