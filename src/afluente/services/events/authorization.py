"""What each operation of EventBridge takes: an action of its own name, on the rule or the event bus.

Sources: "Actions, resources, and condition keys for Amazon EventBridge", Service Authorization Reference;
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
"""

import json
from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any

from afluente.core.call import Call
from afluente.core.permission import Permission, each, everything, local, pass_role
from afluente.services.events.rule import DEFAULT, bus_arn, rule_arn

Request = Mapping[str, Any]
Values = dict[str, str | tuple[str, ...]]


def bus_name(given: str | None) -> str:
    """The name of a bus, which may be given by its ARN."""
    return (given or DEFAULT).rpartition(":event-bus/")[2]


def rule(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """By its name, which some operations call Rule."""
    name, bus = request.get("Name") or request.get("Rule", ""), bus_name(request.get("EventBusName"))
    return (rule_arn((call.account, call.region, bus, name)),)


def rules(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """Lists are of all rules."""
    return (local("events", call, "rule/*"),)


def bus(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """By its name or ARN."""
    return (bus_arn((call.account, call.region, bus_name(request.get("Name")))),)


def buses(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """Lists are of all buses."""
    return (local("events", call, "event-bus/*"),)


def entries(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The buses that events are put to."""
    names = {bus_name(entry.get("EventBusName")): None for entry in request["Entries"]}
    return tuple(bus_arn((call.account, call.region, name)) for name in names)


def resource(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """A rule or bus by its ARN."""
    return (request["ResourceARN"],)


def target_roles(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The roles that a request hands over with targets."""
    return tuple({target["RoleArn"]: None for target in request["Targets"] if "RoleArn" in target})


def own_role(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The role that a rule is given."""
    return (request["RoleArn"],) if "RoleArn" in request else ()


def pattern_conditions(provider: Any, call: Call, request: Request) -> Values:
    """What the pattern of a rule demands of events, where it names texts; and whose the rule is, if there is one."""
    texts = {path: tuple(_texts(request.get("EventPattern", ""), path.split("."))) for path in PATTERN_KEYS}
    return {**_keys(texts), **owner(provider, call, request)}


def target_conditions(provider: Any, call: Call, request: Request) -> Values:
    """The targets, and whose the rule is."""
    arns = {"TargetArn": tuple(target["Arn"] for target in request["Targets"])}
    return {**_keys(arns), **owner(provider, call, request)}


def entry_conditions(provider: Any, call: Call, request: Request) -> Values:
    """Where events come from, and their kinds: of one value, or of several, none of which StringEquals then equals."""
    members = {"source": "Source", "detail-type": "DetailType"}
    texts = {key: tuple(entry[name] for entry in request["Entries"] if name in entry) for key, name in members.items()}
    return {**_keys(texts), "events:eventbusinvocation": "false"}


def owner(provider: Any, call: Call, request: Request) -> Values:
    """The account that made the rule; nothing of one that is not there."""
    name, bus = request.get("Name") or request.get("Rule", ""), bus_name(request.get("EventBusName"))
    return {"events:creatoraccount": call.account} if provider.has_rule((call.account, call.region, bus, name)) else {}


def _texts(pattern: str, path: list[str]) -> Iterable[str]:
    try:
        found = reduce(lambda whole, name: whole.get(name, {}), path, json.loads(pattern))
    except (ValueError, AttributeError):  # no pattern, or one that is refused for what it is
        return ()
    return (text for text in found if isinstance(text, str)) if isinstance(found, list) else ()


def _keys(found: Mapping[str, tuple[str, ...]]) -> Values:
    given = {f"events:{key.lower()}": tuple(dict.fromkeys(texts)) for key, texts in found.items() if texts}
    return {key: texts[0] if len(texts) == 1 else texts for key, texts in given.items()}


PATTERN_KEYS = ("source", "detail-type", "detail.userIdentity.principalId", "detail.service", "detail.eventTypeCode")
SERVICE = "events.amazonaws.com"
PERMISSIONS: dict[str, tuple[Permission, ...]] = {
    **{
        name: (Permission(f"events:{name}", rule, owner),)
        for name in (
            "DeleteRule", "DescribeRule", "DisableRule", "EnableRule", "ListTargetsByRule", "RemoveTargets",
        )
    },
    **each(rules, "events", "ListRuleNamesByTarget", "ListRules"),
    **each(bus, "events", "CreateEventBus", "DeleteEventBus", "DescribeEventBus"),
    **each(buses, "events", "ListEventBuses"),
    "PutEvents": (Permission("events:PutEvents", entries, entry_conditions),),
    **each(resource, "events", "ListTagsForResource", "TagResource", "UntagResource"),
    **each(everything, "events", "TestEventPattern"),
    "PutRule": (Permission("events:PutRule", rule, pattern_conditions), pass_role(SERVICE, own_role)),
    "PutTargets": (Permission("events:PutTargets", rule, target_conditions), pass_role(SERVICE, target_roles)),
}  # fmt: skip
