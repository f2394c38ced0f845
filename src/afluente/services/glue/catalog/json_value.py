"""Values of the API as JSON holds them, however deep times and bytes lie in them."""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from afluente.core.clock import utc


def plain(value: Any) -> Any:
    """What JSON can hold: times and bytes as marked objects."""
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return {"$ms": round(value.timestamp() * 1000)}
    return {"$bytes": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def restored(value: Any) -> Any:
    """What `plain` was given."""
    if isinstance(value, list):
        return [restored(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "$ms" in value:
        return utc(value["$ms"])
    if "$bytes" in value:
        return base64.b64decode(value["$bytes"])
    return {name: restored(item) for name, item in value.items()}
