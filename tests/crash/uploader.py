"""Puts, deletes and completes uploads of objects through crashes, and knows what each key may hold."""

import hashlib
import random
from collections.abc import Iterator
from typing import Any

PART_BYTES = 5 << 20
ABSENT = b""


class Uploader:
    """Puts objects of random sizes under new keys and over old ones, in one request or in parts, and deletes some.

    `possible`: of each key, the digests of what it may hold now; one, after an acknowledged change.
    """

    def __init__(self, s3: Any, bucket: str, seed: int) -> None:
        self.possible: dict[str, set[bytes]] = {}
        self.acknowledged = 0
        self._s3 = s3
        self._bucket = bucket
        self._random = random.Random(seed)

    def step(self) -> None:
        """One change."""
        key = self._random.choice(
            [f"folder/{self._random.randrange(30)}", "folder", f"{self._random.randrange(5)}/a/b"]
        )
        kind = self._random.choices(["put", "delete", "parts"], [80, 17, 3])[0]
        if kind == "delete":
            self._expect(key, ABSENT)
            self._s3.delete_object(Bucket=self._bucket, Key=key)
            self._settle(key, ABSENT)
        elif kind == "put":
            body = self._random.randbytes(self._random.choice([10, 5_000, 300_000, 1_500_000]))
            self._expect(key, _digest(body))
            self._s3.put_object(Bucket=self._bucket, Key=key, Body=body)
            self._settle(key, _digest(body))
        else:
            self._put_parts(key)

    def _put_parts(self, key: str) -> None:
        upload = self._s3.create_multipart_upload(Bucket=self._bucket, Key=key)["UploadId"]
        bodies = [self._random.randbytes(PART_BYTES), self._random.randbytes(1000)]
        parts = []
        for number, body in enumerate(bodies, start=1):
            answer = self._s3.upload_part(Bucket=self._bucket, Key=key, UploadId=upload, PartNumber=number, Body=body)
            parts.append({"PartNumber": number, "ETag": answer["ETag"]})
        digest = _digest(b"".join(bodies))
        self._expect(key, digest)
        self._s3.complete_multipart_upload(
            Bucket=self._bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": parts}
        )
        self._settle(key, digest)

    def _expect(self, key: str, digest: bytes) -> None:
        self.possible.setdefault(key, {ABSENT}).add(digest)

    def _settle(self, key: str, digest: bytes) -> None:
        self.possible[key] = {digest}
        self.acknowledged += 1

    def check(self, objects: Iterator[dict[str, Any]]) -> None:
        """Every key holds what it may hold; `objects` are those listed."""
        listed = {item["Key"] for item in objects}
        assert self.acknowledged, "no load"
        assert listed <= self.possible.keys()
        for key, possible in self.possible.items():
            found = ABSENT
            if key in listed:
                found = _digest(self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read())
            assert found in possible, f"{key} holds what was not put, or not what was acknowledged"


def _digest(body: bytes) -> bytes:
    return hashlib.md5(body, usedforsecurity=False).digest()
