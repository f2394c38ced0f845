"""An S3 of its own for each test, called without HTTP: requests and answers in the shapes of the API."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from afluente.core.call import Call, Principal
from afluente.core.clock import ManualClock
from afluente.core.provider import FileSlice
from afluente.services.iam.engine import IamEngine
from afluente.services.s3.engine import S3Engine
from afluente.services.s3.operation import allow
from afluente.services.s3.provider import S3Provider
from afluente.store.database import Database

ACCOUNT = "000000000000"


class S3:
    """Operations by their snake_case names, with members as keywords. `engine` and `root` for what lies below."""

    def __init__(self, folder: Path, clock: ManualClock) -> None:
        self.root = folder / "s3"
        self.clock = clock
        self.database = Database(folder / "meta.db")
        self.engine = S3Engine(self.database, self.root, clock)
        self.provider = S3Provider(self.engine, allow, IamEngine(self.database, clock).policy_principals)

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        method = getattr(self.provider, name)
        return lambda **request: self._call(method, request)

    def as_account(self, account: str, region: str = "us-east-1") -> Callable[..., dict[str, Any]]:
        """`as_account("1...")("list_buckets", ...)`."""
        return lambda name, **request: self._call(getattr(self.provider, name), request, account, region)

    def _call(self, method: Any, request: Any, account: str = ACCOUNT, region: str = "us-east-1") -> dict[str, Any]:
        if isinstance(request.get("Body"), bytes):
            request["Body"] = io.BytesIO(request["Body"])
        now_ms = self.clock.now_ms()
        call = Call("s3", "", account, region, Principal.root(account), "id", now_ms, "http://127.0.0.1:4566")
        answer: dict[str, Any] = method(call, request)
        return answer

    def put(self, key: str, data: bytes = b"", bucket: str = "b-1", **request: Any) -> dict[str, Any]:
        return self.put_object(Bucket=bucket, Key=key, Body=data, **request)

    def get(self, key: str, bucket: str = "b-1", **request: Any) -> bytes:
        return self.body(self.get_object(Bucket=bucket, Key=key, **request))

    @staticmethod
    def body(answer: dict[str, Any]) -> bytes:
        """The bytes that the gateway would send."""
        content = answer["Body"]
        if isinstance(content, FileSlice):
            assert content.file is not None
            with content.file as file:
                file.seek(content.offset)
                return file.read(content.length)
        assert isinstance(content, bytes)
        return content

    def listed(self, bucket: str = "b-1", **request: Any) -> list[str]:
        return [item["Key"] for item in self.list_objects_v2(Bucket=bucket, **request).get("Contents", [])]

    def files(self) -> list[str]:
        """Every file below the root, the staged ones too."""
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*") if not path.is_dir())

    def close(self) -> None:
        self.engine.stop()
        self.database.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def s3(tmp_path: Path, clock: ManualClock) -> Iterator[S3]:
    """With a bucket `b-1`."""
    s3 = S3(tmp_path, clock)
    s3.create_bucket(Bucket="b-1")
    yield s3
    s3.close()
