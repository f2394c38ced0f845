"""The operations on tags: those of streams, and those of resources, which know the same tags."""

from afluente.core.call import Call
from afluente.core.provider import Request, Response
from afluente.services.kinesis.control import Control
from afluente.services.kinesis.resource import resource_key, stream_key
from afluente.services.kinesis.tag import change_tags, check_characters, checked, tag_list


class TagOperations:
    """The tags of streams under `_control`."""

    _control: Control

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
        change_tags(self._control, resource_key(call, request), checked(request["Tags"]), arn=request["ResourceARN"])
        return {}

    def untag_resource(self, call: Call, request: Request) -> Response:
        check_characters(request["TagKeys"])
        change_tags(self._control, resource_key(call, request), {}, frozenset(request["TagKeys"]))
        return {}

    def list_tags_for_resource(self, call: Call, request: Request) -> Response:
        return {"Tags": tag_list(self._control.find(resource_key(call, request)).stream.tags)}
