"""The operations on tags: those of streams, and those of resources, which know the same tags."""

from collections.abc import Mapping

from afluente.core.call import Call
from afluente.core.provider import Request, Response
from afluente.services.kinesis.control import Control
from afluente.services.kinesis.registration import Registration
from afluente.services.kinesis.resource import ConsumerName, resource_key, stream_key
from afluente.services.kinesis.tag import change_consumer_tags, change_tags, check_characters, checked, tag_list


class TagOperations:
    """The tags of streams under `_control`, and of their consumers."""

    _control: Control
    _registration: Registration

    def add_tags_to_stream(self, call: Call, request: Request) -> Response:
        change_tags(self._control, stream_key(call, request), checked(request["Tags"]))
        return {}

    def list_tags_for_stream(self, call: Call, request: Request) -> Response:
        tags = tag_list(self._control.find(stream_key(call, request)).stream.tags)
        after, limit = request.get("ExclusiveStartTagKey", ""), request.get("Limit", 50)
        rest = [tag for tag in tags if tag["Key"] > after]
        return {"Tags": rest[:limit], "HasMoreTags": len(rest) > limit}

    def remove_tags_from_stream(self, call: Call, request: Request) -> Response:
        check_characters(request["TagKeys"])
        change_tags(self._control, stream_key(call, request), {}, frozenset(request["TagKeys"]))
        return {}

    def tag_resource(self, call: Call, request: Request) -> Response:
        self._change(call, request, checked(request["Tags"]))
        return {}

    def untag_resource(self, call: Call, request: Request) -> Response:
        check_characters(request["TagKeys"])
        self._change(call, request, {}, frozenset(request["TagKeys"]))
        return {}

    def list_tags_for_resource(self, call: Call, request: Request) -> Response:
        key = resource_key(call, request)
        if isinstance(key, ConsumerName):
            return {"Tags": tag_list(self._registration.find(*key)[1].tags)}
        return {"Tags": tag_list(self._control.find(key).stream.tags)}

    def _change(
        self, call: Call, request: Request, added: Mapping[str, str], removed: frozenset[str] = frozenset()
    ) -> None:
        key = resource_key(call, request)
        if isinstance(key, ConsumerName):
            change_consumer_tags(self._control, self._registration, key, added, removed)
        else:
            change_tags(self._control, key, added, removed, arn=request["ResourceARN"])
