"""HTTP requests as an attacker sends them: signed by botocore, or by nobody, and then changed at will."""

import http.client
import re
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.auth.conftest import ROOT


class Answer(NamedTuple):
    """What came back."""

    status: int
    body: bytes

    @property
    def code(self) -> str:
        """AWS's code of an error, however the service spells it; empty for an answer without."""
        found = re.search(rb'<Code>(\w+)</Code>|"__type":"([\w.#]+)"|\x66__type.([\w.#]+)', self.body)
        return "" if found is None else next(part for part in found.groups() if part).decode().split("#")[-1]


@dataclass
class Raw:
    """One request."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def send(self, endpoint: str) -> Answer:
        """Send it as it stands; the path is not touched."""
        parts = urlsplit(endpoint)
        line = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=20)
        line.putrequest(self.method, self.path, skip_host="Host" in self.headers, skip_accept_encoding=True)
        for name, value in {"Content-Length": str(len(self.body)), **self.headers}.items():
            line.putheader(name, value)
        line.endheaders(self.body)
        answer = line.getresponse()
        try:
            return Answer(answer.status, answer.read())
        finally:
            line.close()


def signed(
    endpoint: str, service: str, raw: Raw, key: tuple[str, ...] = ROOT, auth: type[SigV4Auth] | None = None
) -> Raw:
    """The same request with a signature of it, as botocore makes them."""
    kind = auth or (S3SigV4Auth if service == "s3" else SigV4Auth)
    request = AWSRequest(raw.method, endpoint + raw.path, headers=raw.headers, data=raw.body)
    kind(Credentials(*key), service, "us-east-1").add_auth(request)
    return Raw(raw.method, raw.path, dict(request.headers.items()), raw.body)
