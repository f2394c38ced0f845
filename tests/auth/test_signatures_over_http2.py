"""HTTP/2 where signatures count: clients sign the host under either of its names."""

import json
from collections.abc import Iterator

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.auth.conftest import ROOT, Place
from tests.gateway.http2_client import Fields, Http2Client


class SignsAuthority(SigV4Auth):  # type: ignore[misc]  # botocore has no types
    """Signs as the SDK for JavaScript does over HTTP/2."""

    def headers_to_sign(self, request: AWSRequest) -> object:
        headers = super().headers_to_sign(request)
        host = headers["host"]
        del headers["host"]
        headers[":authority"] = host
        return headers


@pytest.fixture
def client(place: Place) -> Iterator[Http2Client]:
    client = Http2Client(int(place.app.endpoint.rpartition(":")[2]))
    yield client
    client.close()


def signed(endpoint: str, signer: type[SigV4Auth], body: bytes, secret: str = ROOT[1]) -> Fields:
    headers = {"X-Amz-Target": "Kinesis_20131202.ListStreams", "Content-Type": "application/x-amz-json-1.1"}
    request = AWSRequest("POST", f"{endpoint}/", headers=headers, data=body)
    signer(Credentials(ROOT[0], secret), "kinesis", "us-east-1").add_auth(request)
    fields = {":method": "POST", ":path": "/", ":scheme": "http", ":authority": endpoint.partition("//")[2]}
    return [*fields.items(), *((name.lower(), value) for name, value in request.headers.items())]


@pytest.mark.parametrize("signer", [SigV4Auth, SignsAuthority])
def test_host_is_signed_under_either_name(place: Place, client: Http2Client, signer: type[SigV4Auth]) -> None:
    response = client.answer(signed(place.app.endpoint, signer, b"{}"), b"{}")
    assert (response.status, response.json["StreamNames"]) == (200, [])


@pytest.mark.parametrize("signer", [SigV4Auth, SignsAuthority])
def test_wrong_signatures_and_other_hosts_are_refused(
    place: Place, client: Http2Client, signer: type[SigV4Auth]
) -> None:
    endpoint = place.app.endpoint
    wrong = signed(endpoint, signer, b"{}", secret="w" * 40)
    moved = [(name, "other.host" if name == ":authority" else value) for name, value in signed(endpoint, signer, b"{}")]
    for fields in (wrong, moved):
        response = client.answer(fields, b"{}")
        assert response.status == 400
        assert json.loads(response.body)["__type"] == "InvalidSignatureException"
