"""Which bucket a request names by its host: `bucket.localhost`, `bucket.s3.us-east-1.amazonaws.com` and the like."""

import re
from urllib.parse import quote

from afluente.wire.message import HttpRequest

BASE = r"s3(?:[.-][a-z0-9.-]+)?|localhost(?:\.[a-z0-9.-]+)?|127\.0\.0\.1(?:\.[a-z0-9.-]+)?"
"""Names of the endpoint itself: S3's own, and loopback, also under wildcard domains (`127.0.0.1.nip.io`)."""


class BucketHosts:
    """The hosts that are `bucket.<endpoint>`; `own` is the endpoint's configured name."""

    def __init__(self, own: str) -> None:
        base = rf"(?:{BASE}|{re.escape(own.lower())})"
        self._base = re.compile(base)
        self._bucket = re.compile(rf"(?P<bucket>.+?)\.(?P<base>{base})")

    def bucket(self, host: str) -> tuple[str, str]:
        """(bucket, endpoint's name) of a Host header's value without its port; bucket is empty in path style."""
        host = host.lower()
        found = None if self._base.fullmatch(host) else self._bucket.fullmatch(host)
        return (found["bucket"], found["base"]) if found else ("", host)

    def endpoint(self, host: str) -> str:
        """A Host header's value without a bucket in front."""
        name, colon, port = host.partition(":")
        return self.bucket(name)[1] + colon + port

    def path_style(self, request: HttpRequest) -> HttpRequest:
        """The same request with the bucket in its path."""
        bucket, _ = self.bucket(request.headers.get("host", "").partition(":")[0])
        if bucket:
            request.path = f"/{quote(bucket)}{request.path}"
        return request
