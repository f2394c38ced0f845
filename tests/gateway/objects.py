"""A provider of S3 with room for one object."""

from pathlib import Path
from typing import Any, ClassVar

from afluente.core.call import Call
from afluente.core.provider import FileSlice, Provider


class Buckets(Provider):
    """Keeps one object."""

    service = "s3"
    operations: ClassVar[tuple[str, ...]] = ("PutObject", "GetObject", "HeadObject")

    def __init__(self, folder: Path) -> None:
        self._path = folder / "object"

    def put_object(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        self._path.write_bytes(request["Body"].read())
        return {"ETag": '"tag"'}

    def get_object(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        size = self._path.stat().st_size
        return {"Body": FileSlice(self._path, 0, size), "ContentLength": size, "Metadata": {"wind": "strong"}}

    def head_object(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        return {"ContentLength": self._path.stat().st_size}
