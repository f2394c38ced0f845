"""What Afluente tells of deliveries, and AWS does not: asked over HTTP, signed as a request to Firehose."""

import json
from typing import Any
from urllib.parse import urlencode

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError, HTTPClientError
from botocore.httpsession import URLLib3Session

from afluente.passport.error import PassportError

DELIVERIES_PATH = "/_afluente/deliveries"
POSITIONS_PATH = "/_afluente/positions"


class Endpoint:
    """The local endpoints of what answers at `url`; None stands for AWS, which has none."""

    def __init__(self, url: str | None, session: Any, region: str) -> None:
        self._url = (url or "").rstrip("/")
        self._session = session
        self._region = region
        self._http = URLLib3Session(timeout=300)

    @property
    def is_afluente(self) -> bool:
        """Whether there is somebody to ask."""
        if not self._url:
            return False
        try:
            answer = self._http.send(AWSRequest("GET", f"{self._url}/_afluente/health").prepare())
        except HTTPClientError:
            return False
        return answer.status_code == 200 and b'"running"' in answer.content

    def record(self, delivery_stream: str, sequence_number: str) -> dict[str, Any]:
        """Where the record with that number is."""
        return self._ask(DELIVERIES_PATH, {"delivery-stream": delivery_stream, "sequence-number": sequence_number})

    def object(self, delivery_stream: str, bucket: str, key: str, offset: int) -> list[dict[str, Any]]:
        """Who put that object, and which record is at that byte."""
        given = {"delivery-stream": delivery_stream, "bucket": bucket, "key": key, "offset": str(offset)}
        found: list[dict[str, Any]] = self._ask(DELIVERIES_PATH, given)["found"]
        return found

    def deliveries(self, delivery_stream: str) -> list[dict[str, Any]]:
        """Every delivery that is remembered, in their order."""
        found: list[dict[str, Any]] = []
        after: int | None = 0
        while after is not None:
            page = self._ask(DELIVERIES_PATH, {"delivery-stream": delivery_stream, "after": str(after)})
            found += page["deliveries"]
            after = page["next"]
        return found

    def positions(
        self, delivery_stream: str, since_ms: int | None = None, until_ms: int | None = None
    ) -> dict[str, Any]:
        """How far everything was read."""
        given = {"delivery-stream": delivery_stream}
        given |= {} if since_ms is None else {"since-ms": str(since_ms)}
        given |= {} if until_ms is None else {"until-ms": str(until_ms)}
        return self._ask(POSITIONS_PATH, given)

    def _ask(self, path: str, given: dict[str, str]) -> dict[str, Any]:
        request = AWSRequest("GET", f"{self._url}{path}?{urlencode(given)}")
        try:
            SigV4Auth(self._session.get_credentials().get_frozen_credentials(), "firehose", self._region).add_auth(
                request
            )
            answer = self._http.send(request.prepare())
            told: dict[str, Any] = json.loads(answer.content)
        except (BotoCoreError, ValueError) as error:
            raise PassportError(f"{self._url}{path} gives no answer: {error}") from None
        if answer.status_code != 200:
            raise PassportError(f"{told.get('message', answer.status_code)} ({told.get('code', path)})")
        return told
