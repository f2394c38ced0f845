"""Web pages as callers of buckets: what the buckets' CORS rules let them do.

In open mode, too: who writes a foreign page into a bucket's rules means it, where every other foreign page is refused
(origin.py). It may then do with objects what the rules say, and look at the bucket, but not change the bucket itself.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from afluente.core.error import AwsError
from afluente.gateway.address import BucketHosts
from afluente.wire import cors
from afluente.wire.message import HttpRequest

Rules = Callable[[str], Sequence[Mapping[str, Any]] | None]
"""The rules of a bucket, in AWS's shape, none of them when it has no configuration; None: no such bucket."""

UNFIT = (
    "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / "
    "Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec."
)


class AccessForbidden(AwsError):
    """A page that may not send its request."""

    status = 403


class BadRequest(AwsError):
    """No preflight at all."""


class BucketOrigins:
    """`rules` is S3's to set, when there is one."""

    def __init__(self, hosts: BucketHosts) -> None:
        self._hosts = hosts
        self.rules: Rules = lambda _: None

    def place(self, request: HttpRequest) -> tuple[str, bool]:
        """The bucket that the request names in its host or path, and whether it names an object in it."""
        bucket, _ = self._hosts.bucket(request.headers.get("host", "").partition(":")[0])
        path = request.path.removeprefix("/")
        if not bucket:
            bucket, _, path = path.partition("/")
        return bucket, bool(path)

    def allowances(self, request: HttpRequest) -> dict[str, str] | None:
        """What to add to the answer to a page's request; None when the rules do not let it send that."""
        if "origin" not in request.headers:
            return None
        return self._ask(request, self.rules(self.place(request)[0]) or (), request.method)

    def lets(self, request: HttpRequest) -> bool:
        """Whether a page's request is one that rules can allow, and do."""
        _, is_object = self.place(request)
        is_harmless = is_object or request.method in {"GET", "HEAD"} or (request.method == "POST" and not request.query)
        return is_harmless and self.allowances(request) is not None

    def preflight(self, request: HttpRequest) -> dict[str, str]:
        """The headers of the answer to a browser that asks. Raises BadRequest, AccessForbidden."""
        bucket, is_object = self.place(request)
        rules = self.rules(bucket)
        asked = request.headers.get("access-control-request-method")
        method = asked or "OPTIONS"
        if not rules:
            why = "Bucket not found" if rules is None else "CORS is not enabled for this bucket."
            raise AccessForbidden(f"CORSResponse: {why}", Method=method, ResourceType="BUCKET")
        if asked is None:
            raise BadRequest("Invalid Access-Control-Request-Method: null")
        allowed = self._ask(request, rules, method)
        if allowed is None:
            raise AccessForbidden(UNFIT, Method=method, ResourceType="OBJECT" if is_object else "BUCKET")
        return allowed

    def _ask(self, request: HttpRequest, rules: Sequence[Mapping[str, Any]], method: str) -> dict[str, str] | None:
        headers = request.headers.get("access-control-request-headers", "")
        return cors.allowances(rules, request.headers["origin"], method, headers)
