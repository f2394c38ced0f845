"""What the catalog needs of other services, for the one thing it writes outside of itself: an Iceberg table's begin."""

from collections.abc import Mapping
from typing import Any, Protocol

from afluente.core.call import Call


class Objects(Protocol):
    """S3: where a new table's metadata goes."""

    def put_object(self, bucket: str, key: str, data: bytes) -> Any: ...


class Check(Protocol):
    """Whether a caller may do something in S3."""

    def __call__(self, call: Call, action: str, resource: str, conditions: Mapping[str, str] | None = None) -> None:
        """Raises AccessDeniedException unless the caller of `call` may do `action` to `resource`."""
