"""The operations of CloudWatch Logs."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from afluente.core.arn import Arn
from afluente.core.call import Call
from afluente.core.error import NotImplemented as Unsupported
from afluente.core.error import ValidationException
from afluente.core.provider import Provider, Request, Response
from afluente.services.logs import event
from afluente.services.logs.authorization import PERMISSIONS
from afluente.services.logs.engine import Group, LogsEngine, Rejected, Stream
from afluente.services.logs.error import InvalidParameterException, ResourceNotFoundException
from afluente.services.logs.filter_pattern import FilterPattern
from afluente.services.logs.token import Place, name_token, parse_direction, parse_name
from afluente.store.database import Database

END_OF_TIME_MS = 2**62
SEQUENCE_TOKEN = "49039859598019"  # noqa: S105  # no secret
"""AWS still answers with a token and has ignored the one it is given since 2023."""


class LogsProvider(Provider):
    """CloudWatch Logs on `engine`; events are read from `database`."""

    service = "logs"
    operations = (
        "CreateLogGroup", "CreateLogStream", "DeleteLogGroup", "DeleteLogStream", "DeleteRetentionPolicy",
        "DescribeLogGroups", "DescribeLogStreams", "FilterLogEvents", "GetLogEvents", "ListTagsForResource",
        "ListTagsLogGroup", "PutLogEvents", "PutRetentionPolicy", "TagLogGroup", "TagResource", "UntagLogGroup",
        "UntagResource",
    )  # fmt: skip
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "CreateLogGroup": ("kmsKeyId",),
        "DescribeLogGroups": ("accountIdentifiers", "includeLinkedAccounts", "logGroupIdentifiers"),
        "PutLogEvents": ("entity",),
        "FilterLogEvents": ("startFromHead",),
    }

    permissions = PERMISSIONS

    def __init__(self, engine: LogsEngine, database: Database) -> None:
        self._engine = engine
        self._database = database

    def tags_of(self, resource: Arn) -> Mapping[str, str]:
        name = resource.resource.split(":")[1]
        return self._engine.group(resource.account, resource.region, name).tags

    def create_log_group(self, call: Call, request: Request) -> Response:
        if request.get("logGroupClass", "STANDARD") != "STANDARD":
            raise Unsupported("CreateLogGroup: a logGroupClass other than STANDARD is not supported")
        if request.get("deletionProtectionEnabled"):
            raise Unsupported("CreateLogGroup: deletionProtectionEnabled is not supported")
        self._engine.create_group(call.account, call.region, request["logGroupName"], request.get("tags", {}))
        return {}

    def delete_log_group(self, call: Call, request: Request) -> Response:
        self._engine.delete_group(self._group(call, request))
        return {}

    def describe_log_groups(self, call: Call, request: Request) -> Response:
        prefix, holding = request.get("logGroupNamePrefix", ""), request.get("logGroupNamePattern", "")
        if prefix and holding:
            raise InvalidParameterException(
                "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."
            )
        if request.get("logGroupClass", "STANDARD") != "STANDARD":
            return {"logGroups": []}
        limit = request.get("limit", 50)
        after = parse_name(request["nextToken"]) if "nextToken" in request else ""
        groups = self._engine.groups(
            call.account, call.region, prefix=prefix, holding=holding, after=after, limit=limit + 1
        )
        response: Response = {"logGroups": [_describe_group(group) for group in groups[:limit]]}
        if len(groups) > limit:
            response["nextToken"] = name_token(groups[limit - 1].name)
        return response

    def create_log_stream(self, call: Call, request: Request) -> Response:
        self._engine.create_stream(self._group(call, request), request["logStreamName"])
        return {}

    def delete_log_stream(self, call: Call, request: Request) -> Response:
        self._engine.delete_stream(self._stream(self._group(call, request), request))
        return {}

    def describe_log_streams(self, call: Call, request: Request) -> Response:
        group = self._group(call, request)
        by_time = request.get("orderBy") == "LastEventTime"
        if by_time and "logStreamNamePrefix" in request:
            raise InvalidParameterException("Cannot order by LastEventTime with a logStreamNamePrefix.")
        streams = self._engine.streams(group, request.get("logStreamNamePrefix", ""))
        if by_time:
            streams.sort(key=lambda stream: stream.last_event_ms or 0)
        if request.get("descending"):
            streams.reverse()
        start = _index_after(streams, parse_name(request["nextToken"])) if "nextToken" in request else 0
        shown = streams[start : start + request.get("limit", 50)]
        response: Response = {"logStreams": [_describe_stream(group, stream) for stream in shown]}
        if start + len(shown) < len(streams):
            response["nextToken"] = name_token(shown[-1].name)
        return response

    def put_log_events(self, call: Call, request: Request) -> Response:
        group = self._group(call, request)
        stream = self._stream(group, request)
        events = [(item["timestamp"], item["message"]) for item in request["logEvents"]]
        rejected = _describe_rejected(self._engine.put_events(group, stream, events))
        return {"nextSequenceToken": SEQUENCE_TOKEN} | ({"rejectedLogEventsInfo": rejected} if rejected else {})

    def get_log_events(self, call: Call, request: Request) -> Response:
        stream = self._stream(self._group(call, request), request)
        forward, place = request.get("startFromHead", False), None
        if "nextToken" in request:
            forward, place = parse_direction(request["nextToken"])
        events = event.page(
            self._database, stream.id, start_ms=request.get("startTime", 0),
            end_ms=request.get("endTime", END_OF_TIME_MS), place=place, forward=forward,
            limit=request.get("limit", 10_000),
        )  # fmt: skip
        here = place or Place(0, 0)
        first, last = (events[0].place, events[-1].place) if events else (here, here)
        return {
            "events": [_describe_event(item) for item in events],
            "nextForwardToken": f"f/{last.digits()}",
            "nextBackwardToken": f"b/{first.digits()}",
        }

    def filter_log_events(self, call: Call, request: Request) -> Response:
        group = self._group(call, request)
        found = event.search(
            self._database, group.id, self._searched(group, request),
            FilterPattern.parse(request.get("filterPattern", "")).matches,
            start_ms=request.get("startTime", 0), end_ms=request.get("endTime", END_OF_TIME_MS),
            after=Place.parse(request["nextToken"]) if "nextToken" in request else None,
            limit=request.get("limit", 10_000),
        )  # fmt: skip
        events = [
            {"logStreamName": item.stream, **_describe_event(item), "eventId": item.place.digits()}
            for item in found.events
        ]
        response: Response = {"events": events, "searchedLogStreams": []}
        return response | ({"nextToken": found.after.digits()} if found.after else {})

    def put_retention_policy(self, call: Call, request: Request) -> Response:
        self._engine.set_retention(self._group(call, request), request["retentionInDays"])
        return {}

    def delete_retention_policy(self, call: Call, request: Request) -> Response:
        self._engine.set_retention(self._group(call, request), None)
        return {}

    def tag_log_group(self, call: Call, request: Request) -> Response:
        return self._retag(self._group(call, request), add=request["tags"])

    def untag_log_group(self, call: Call, request: Request) -> Response:
        return self._retag(self._group(call, request), remove=request["tags"])

    def list_tags_log_group(self, call: Call, request: Request) -> Response:
        return {"tags": self._group(call, request).tags}

    def tag_resource(self, call: Call, request: Request) -> Response:
        return self._retag(self._resource(call, request), add=request["tags"])

    def untag_resource(self, call: Call, request: Request) -> Response:
        return self._retag(self._resource(call, request), remove=request["tagKeys"])

    def list_tags_for_resource(self, call: Call, request: Request) -> Response:
        return {"tags": self._resource(call, request).tags}

    def _retag(self, group: Group, *, add: Mapping[str, str] | None = None, remove: Sequence[str] = ()) -> Response:
        kept = {key: value for key, value in group.tags.items() if key not in remove}
        self._engine.set_tags(group, kept | dict(add or {}))
        return {}

    def _group(self, call: Call, request: Request) -> Group:
        name, identifier = request.get("logGroupName"), request.get("logGroupIdentifier")
        if name is not None and identifier is not None:
            raise ValidationException("LogGroup name and LogGroup ARN are mutually exclusive parameters.")
        if name is None and identifier is None:
            raise InvalidParameterException("At least one of logGroupName or logGroupIdentifier must be specified.")
        return self._engine.group(call.account, call.region, name or _name_of(str(identifier)))

    def _resource(self, call: Call, request: Request) -> Group:
        return self._engine.group(call.account, call.region, _name_of(request["resourceArn"]))

    def _stream(self, group: Group, request: Request) -> Stream:
        return self._engine.stream(group, request["logStreamName"])

    def _searched(self, group: Group, request: Request) -> dict[int, str]:
        if "logStreamNames" in request and "logStreamNamePrefix" in request:
            raise InvalidParameterException(
                "The request cannot contain both logStreamNames and logStreamNamePrefix parameters."
            )
        streams = self._engine.streams(group, request.get("logStreamNamePrefix", ""))
        names = request.get("logStreamNames", [stream.name for stream in streams])
        if not {stream.name for stream in streams}.issuperset(names):
            raise ResourceNotFoundException("The specified log stream does not exist.")
        return {stream.id: stream.name for stream in streams if stream.name in names}


def _name_of(identifier: str) -> str:
    _, found, name = identifier.partition(":log-group:")
    return name.removesuffix(":*") if found else identifier


def _index_after(streams: list[Stream], name: str) -> int:
    return next((index + 1 for index, stream in enumerate(streams) if stream.name == name), len(streams))


def _describe_group(group: Group) -> dict[str, Any]:
    described = {
        "logGroupName": group.name,
        "creationTime": group.created_at_ms,
        "metricFilterCount": 0,
        "arn": f"{group.arn}:*",
        "storedBytes": group.stored_bytes,
        "logGroupClass": "STANDARD",
        "logGroupArn": group.arn,
        "deletionProtectionEnabled": False,
    }
    return described | ({"retentionInDays": group.retention_days} if group.retention_days else {})


def _describe_stream(group: Group, stream: Stream) -> dict[str, Any]:
    described: dict[str, Any] = {
        "logStreamName": stream.name,
        "creationTime": stream.created_at_ms,
        "arn": f"{group.arn}:log-stream:{stream.name}",
        "storedBytes": 0,  # AWS has shown 0 here since 2019
    }
    if stream.last_event_ms is not None:
        described["firstEventTimestamp"] = stream.first_event_ms
        described["lastEventTimestamp"] = stream.last_event_ms
        described["lastIngestionTime"] = stream.last_ingested_ms
        described["uploadSequenceToken"] = SEQUENCE_TOKEN
    return described


def _describe_event(item: event.Event) -> dict[str, Any]:
    return {"timestamp": item.place.time_ms, "message": item.message, "ingestionTime": item.ingested_at_ms}


def _describe_rejected(rejected: Rejected) -> dict[str, int]:
    named = {
        "tooOldLogEventEndIndex": rejected.too_old_end,
        "expiredLogEventEndIndex": rejected.expired_end,
        "tooNewLogEventStartIndex": rejected.too_new_start,
    }
    return {name: index for name, index in named.items() if index is not None}
