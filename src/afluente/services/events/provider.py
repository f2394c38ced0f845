"""The operations of EventBridge."""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from afluente.core.arn import Arn
from afluente.core.call import Call
from afluente.core.clock import utc
from afluente.core.error import ValidationException
from afluente.core.provider import Provider, Request, Response
from afluente.services.events.authorization import PERMISSIONS, bus_name
from afluente.services.events.engine import EventsEngine
from afluente.services.events.error import ResourceNotFoundException
from afluente.services.events.pattern import compiled
from afluente.services.events.rule import DEFAULT, BusKey, Rule, RuleKey, bus_arn, rule_arn

PAGE = 100
MOST_BYTES = 262_144
REQUIRED = ("version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail")
"""What TestEventPattern's event must have."""

_OTHER_TARGETS = (
    "AppSyncParameters", "BatchParameters", "EcsParameters", "HttpParameters", "RedshiftDataParameters",
    "RunCommandParameters", "SageMakerPipelineParameters",
)  # fmt: skip

Item = TypeVar("Item")


class EventsProvider(Provider):
    """EventBridge on `engine`."""

    service = "events"
    operations = (
        "CreateEventBus", "DeleteEventBus", "DeleteRule", "DescribeEventBus", "DescribeRule", "DisableRule",
        "EnableRule", "ListEventBuses", "ListRuleNamesByTarget", "ListRules", "ListTagsForResource",
        "ListTargetsByRule", "PutEvents", "PutRule", "PutTargets", "RemoveTargets", "TagResource", "TestEventPattern",
        "UntagResource",
    )  # fmt: skip
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "CreateEventBus": ("DeadLetterConfig", "EventSourceName", "KmsKeyIdentifier", "LogConfig"),
        "PutEvents": ("EndpointId", "Entries.*.TraceHeader"),
        "PutRule": ("State=ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS",),
        "PutTargets": tuple(f"Targets.*.{name}" for name in _OTHER_TARGETS),
    }
    permissions = PERMISSIONS

    def __init__(self, engine: EventsEngine) -> None:
        self._engine = engine

    def tags_of(self, resource: Arn) -> Mapping[str, str]:
        return self._engine.tags(_of_arn(str(resource)))

    # Events

    def put_events(self, call: Call, request: Request) -> Response:
        entries = request["Entries"]
        if sum(map(_size, entries)) > MOST_BYTES:
            raise ValidationException("Total size of the entries in the request is over the limit.")
        results = [self._put(call, entry) for entry in entries]
        return {"FailedEntryCount": sum("ErrorCode" in result for result in results), "Entries": results}

    def _put(self, call: Call, entry: Mapping[str, Any]) -> dict[str, str]:
        fault = _fault(entry)
        if fault:
            return {"ErrorCode": fault[0], "ErrorMessage": fault[1]}
        time = entry.get("Time")
        account, region, bus = _bus_key(call, entry.get("EventBusName"))
        identifier = self._engine.emit(
            account, region, entry["Source"], entry["DetailType"], json.loads(entry["Detail"]),
            entry.get("Resources", ()), time_ms=int(time.timestamp() * 1000) if time else None, bus=bus,
        )  # fmt: skip
        return {"EventId": identifier}

    def test_event_pattern(self, call: Call, request: Request) -> Response:
        del call
        matches = compiled(request["EventPattern"])
        try:
            event = json.loads(request["Event"])
        except (ValueError, RecursionError):
            event = None
        if not isinstance(event, dict):
            raise ValidationException("Parameter Event is not valid.")
        for name in REQUIRED:
            if name not in event:
                raise ValidationException(f"Parameter Event is not valid. Reason: {name} is a required argument.")
        return {"Result": matches(event)}

    # Rules

    def put_rule(self, call: Call, request: Request) -> Response:
        key = _rule_key(call, request, "Name")
        self._engine.put_rule(key, request, _tags(request))
        return {"RuleArn": rule_arn(key)}

    def has_rule(self, key: RuleKey) -> bool:
        """Whether there is one."""
        return self._engine.rules.get(key) is not None

    def describe_rule(self, call: Call, request: Request) -> Response:
        key = _rule_key(call, request, "Name")
        return {**_shown(key, self._engine.rule(key)), "CreatedBy": key[0]}

    def list_rules(self, call: Call, request: Request) -> Response:
        bus, prefix = _bus_key(call, request.get("EventBusName")), request.get("NamePrefix", "")
        self._engine.bus(bus)
        found = [
            (key[3], _shown(key, rule)) for key, rule in self._engine.rules.of_bus(bus) if key[3].startswith(prefix)
        ]
        return _page(found, request, "Rules")

    def enable_rule(self, call: Call, request: Request) -> Response:
        self._engine.set_state(_rule_key(call, request, "Name"), "ENABLED")
        return {}

    def disable_rule(self, call: Call, request: Request) -> Response:
        self._engine.set_state(_rule_key(call, request, "Name"), "DISABLED")
        return {}

    def delete_rule(self, call: Call, request: Request) -> Response:
        self._engine.delete_rule(_rule_key(call, request, "Name"))
        return {}

    # Targets

    def put_targets(self, call: Call, request: Request) -> Response:
        self._engine.put_targets(_rule_key(call, request, "Rule"), request["Targets"])
        return {"FailedEntryCount": 0, "FailedEntries": []}

    def remove_targets(self, call: Call, request: Request) -> Response:
        key = _rule_key(call, request, "Rule")
        missing = self._engine.remove_targets(key, request["Ids"])
        failed = [
            {
                "TargetId": name,
                "ErrorCode": "ResourceNotFoundException",
                "ErrorMessage": f"Rule {key[3]} does not have target {name}.",
            }
            for name in missing
        ]
        return {"FailedEntryCount": len(failed), "FailedEntries": failed}

    def list_targets_by_rule(self, call: Call, request: Request) -> Response:
        targets = self._engine.rule(_rule_key(call, request, "Rule"))["Targets"]
        return _page(sorted(targets.items()), request, "Targets")

    def list_rule_names_by_target(self, call: Call, request: Request) -> Response:
        bus = _bus_key(call, request.get("EventBusName"))
        names = self._engine.targeting(bus, request["TargetArn"])
        return _page([(name, name) for name in names], request, "RuleNames")

    # Buses

    def create_event_bus(self, call: Call, request: Request) -> Response:
        key = _bus_key(call, request["Name"])
        self._engine.create_bus(key, request.get("Description"), _tags(request))
        return {"EventBusArn": bus_arn(key)} | _member(request, "Description")

    def delete_event_bus(self, call: Call, request: Request) -> Response:
        self._engine.delete_bus(_bus_key(call, request["Name"]))
        return {}

    def describe_event_bus(self, call: Call, request: Request) -> Response:
        key = _bus_key(call, request.get("Name"))
        return _shown_bus(key, self._engine.bus(key))

    def list_event_buses(self, call: Call, request: Request) -> Response:
        prefix, account, region = request.get("NamePrefix", ""), call.account, call.region
        found = [
            (bus["Name"], _shown_bus((account, region, bus["Name"]), bus))
            for bus in self._engine.rules.buses(account, region)
            if bus["Name"].startswith(prefix)
        ]
        return _page(found, request, "EventBuses")

    # Tags

    def tag_resource(self, call: Call, request: Request) -> Response:
        del call
        key = _of_arn(request["ResourceARN"])
        self._engine.set_tags(key, {**self._engine.tags(key), **_tags(request)})
        return {}

    def untag_resource(self, call: Call, request: Request) -> Response:
        del call
        key = _of_arn(request["ResourceARN"])
        gone = set(request["TagKeys"])
        self._engine.set_tags(key, {name: value for name, value in self._engine.tags(key).items() if name not in gone})
        return {}

    def list_tags_for_resource(self, call: Call, request: Request) -> Response:
        del call
        tags = self._engine.tags(_of_arn(request["ResourceARN"]))
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def _fault(entry: Mapping[str, Any]) -> tuple[str, str] | None:
    """Why an entry is no event: code and text."""
    for name in ("Source", "DetailType", "Detail"):
        if not entry.get(name):
            return "InvalidArgument", f"Parameter {name} is not valid. Reason: {name} is a required argument."
    if entry["Source"].startswith("aws."):
        return "NotAuthorizedForSource", "Not authorized for the source."
    try:
        detail = json.loads(entry["Detail"])
    except (ValueError, RecursionError):
        detail = None
    return None if isinstance(detail, dict) else ("MalformedDetail", "Detail is malformed.")


def _size(entry: Mapping[str, Any]) -> int:
    """Bytes that count: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html"""
    texts = [entry.get(name, "") for name in ("Source", "DetailType", "Detail")] + list(entry.get("Resources", ()))
    return sum(len(text.encode("utf-8", "replace")) for text in texts) + (14 if "Time" in entry else 0)


def _bus_key(call: Call, given: str | None) -> BusKey:
    return call.account, call.region, bus_name(given)


def _rule_key(call: Call, request: Mapping[str, Any], member: str) -> RuleKey:
    return *_bus_key(call, request.get("EventBusName")), request[member]


def _of_arn(text: str) -> BusKey | RuleKey:
    """The bus or rule of an ARN. Raises ResourceNotFoundException, ValidationException."""
    try:
        arn = Arn.parse(text)
    except ValueError:
        raise ValidationException("Parameter ResourceARN is not valid.") from None
    kind, _, rest = arn.resource.partition("/")
    if arn.service == "events" and kind == "event-bus":
        return arn.account, arn.region, rest
    bus, _, name = rest.rpartition("/")
    if arn.service == "events" and kind == "rule":
        return arn.account, arn.region, bus or DEFAULT, name
    raise ResourceNotFoundException(f"The resource {text} does not exist.")


def _tags(request: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in request.get("Tags", ())}


def _member(body: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: body[name] for name in names if name in body}


def _shown(key: RuleKey, rule: Rule) -> dict[str, Any]:
    told = _member(rule, "Name", "EventPattern", "ScheduleExpression", "State", "Description", "RoleArn")
    return {**told, "Arn": rule_arn(key), "EventBusName": key[2]}


def _shown_bus(key: BusKey, bus: Mapping[str, Any]) -> dict[str, Any]:
    times = {
        name: utc(bus[member])
        for name, member in (("CreationTime", "created_at_ms"), ("LastModifiedTime", "modified_at_ms"))
        if member in bus
    }
    return {"Name": key[2], "Arn": bus_arn(key), **_member(bus, "Description"), **times}


def _page(found: Iterable[tuple[str, Item]], request: Mapping[str, Any], member: str) -> Response:
    """A page of what is in the order of its names, behind the token's."""
    limit, after = request.get("Limit", PAGE), _after(request)
    rest: Sequence[tuple[str, Item]] = [each for each in found if after is None or each[0] > after]
    page: Response = {member: [item for _, item in rest[:limit]]}
    if len(rest) > limit:
        page["NextToken"] = base64.urlsafe_b64encode(rest[limit - 1][0].encode()).decode()
    return page


def _after(request: Mapping[str, Any]) -> str | None:
    if "NextToken" not in request:
        return None
    try:
        return base64.b64decode(request["NextToken"], altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise ValidationException("Parameter NextToken is not valid.") from None
