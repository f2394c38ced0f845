"""What each operation of EventBridge takes: an action of its own name, on the rule or the event bus.

Source: "Actions, resources, and condition keys for Amazon EventBridge", Service Authorization Reference.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from afluente.core.call import Call
from afluente.core.permission import Permission, each, everything, local, pass_role
from afluente.services.events.rule import DEFAULT, bus_arn, rule_arn

Request = Mapping[str, Any]


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


SERVICE = "events.amazonaws.com"
PERMISSIONS: dict[str, tuple[Permission, ...]] = {
    **each(
        rule, "events", "DeleteRule", "DescribeRule", "DisableRule", "EnableRule", "ListTargetsByRule", "RemoveTargets",
    ),
    **each(rules, "events", "ListRuleNamesByTarget", "ListRules"),
    **each(bus, "events", "CreateEventBus", "DeleteEventBus", "DescribeEventBus"),
    **each(buses, "events", "ListEventBuses"),
    **each(entries, "events", "PutEvents"),
    **each(resource, "events", "ListTagsForResource", "TagResource", "UntagResource"),
    **each(everything, "events", "TestEventPattern"),
    "PutRule": (Permission("events:PutRule", rule), pass_role(SERVICE, own_role)),
    "PutTargets": (Permission("events:PutTargets", rule), pass_role(SERVICE, target_roles)),
}  # fmt: skip
