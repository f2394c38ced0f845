"""Queue URLs: `http://host/account/name`. The region is the one that the request is signed for."""

import re
from collections.abc import Mapping
from typing import Any

from afluente.core.call import Call
from afluente.services.sqs.error import InvalidAddress
from afluente.services.sqs.queue import Key

_URL = re.compile(r"https?://[^/\s]+/(\d{12})/([A-Za-z0-9_.-]{1,86})/?")


def url_of(call: Call, key: Key) -> str:
    """The URL by which the caller reaches a queue."""
    account, _, name = key
    return f"{call.endpoint}/{account}/{name}"


def key_of(call: Call, request: Mapping[str, Any]) -> Key:
    """The queue that a request's QueueUrl names. Raises InvalidAddress."""
    found = _URL.fullmatch(request["QueueUrl"])
    if not found:
        raise InvalidAddress(f"The address {request['QueueUrl']} is not valid for this endpoint.", status=404)
    return found[1], call.region, found[2]
