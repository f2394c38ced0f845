"""Signature Version 4 as botocore makes it, for whatever a request may hold."""

import hashlib
from string import ascii_letters, digits
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from afluente.wire.signature import (
    UNSIGNED,
    ChunkSignatures,
    Malformed,
    Scope,
    Signed,
    canonical_request,
    of_header,
    of_query,
    sign,
    signing_key,
    string_to_sign,
)

KEY = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "to/ken+=")
NAMES = st.text(ascii_letters + digits + "-", min_size=1, max_size=10)
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=15)
PARAMETERS = st.dictionaries(TEXT.filter(bool), TEXT, max_size=4)


def check(signed: Signed, prepared: Any, service: str, payload_hash: str) -> None:
    parts = urlsplit(prepared.url)
    headers = {name.lower(): value for name, value in prepared.headers.items()}
    headers.setdefault("host", parts.netloc)
    canonical = canonical_request(
        prepared.method, parts.path, parts.query, headers, signed.signed_headers, payload_hash, service=service
    )
    key = signing_key(KEY.secret_key, signed.scope)
    assert sign(key, string_to_sign(canonical, signed.time, signed.scope)) == signed.signature


def request(method: str, path: str, parameters: dict[str, str], headers: dict[str, str], body: bytes) -> AWSRequest:
    from botocore.utils import percent_encode

    # as botocore's serialiser leaves it: the path encoded once
    url = "http://127.0.0.1:4566/" + percent_encode(path, safe="/~")
    return AWSRequest(method=method, url=url, params=parameters, headers=headers, data=body)


HEADERS = st.dictionaries(NAMES.map(lambda name: f"X-Amz-Meta-{name}"), VALUES.map(str.strip), max_size=3)


@given(TEXT, PARAMETERS, HEADERS, st.binary(max_size=20))
def test_a_signed_object_request(path: str, parameters: dict[str, str], headers: dict[str, str], body: bytes) -> None:
    made = request("PUT", path, parameters, headers, body)
    S3SigV4Auth(KEY, "s3", "eu-west-1").add_auth(made)
    prepared = made.prepare()
    signed = of_header(prepared.headers["Authorization"], prepared.headers["X-Amz-Date"])
    assert signed.scope == Scope(signed.time[:8], "eu-west-1", "s3")
    check(signed, prepared, "s3", prepared.headers["X-Amz-Content-SHA256"])


@given(TEXT, PARAMETERS, st.binary(max_size=20))
def test_a_signed_request_of_another_service(path: str, parameters: dict[str, str], body: bytes) -> None:
    made = request("POST", path.replace("/", "").replace(".", ""), parameters, {"X-Amz-Target": "Kinesis.X"}, body)
    SigV4Auth(KEY, "kinesis", "us-east-1").add_auth(made)
    prepared = made.prepare()
    signed = of_header(prepared.headers["Authorization"], prepared.headers["X-Amz-Date"])
    check(signed, prepared, "kinesis", hashlib.sha256(body).hexdigest())


@given(TEXT, PARAMETERS)
def test_a_presigned_url(path: str, parameters: dict[str, str]) -> None:
    made = request("GET", path, parameters, {}, b"")
    S3SigV4QueryAuth(KEY, "s3", "us-east-1").add_auth(made)
    prepared = made.prepare()
    from urllib.parse import parse_qsl

    signed = of_query(dict(parse_qsl(urlsplit(prepared.url).query)))
    check(signed, prepared, "s3", UNSIGNED)


def test_a_presigned_call_of_sts() -> None:
    made = request("GET", "", {"Action": "GetCallerIdentity", "Version": "2011-06-15"}, {}, b"")
    SigV4QueryAuth(KEY, "sts", "us-east-1").add_auth(made)
    prepared = made.prepare()
    from urllib.parse import parse_qsl

    signed = of_query(dict(parse_qsl(urlsplit(prepared.url).query)))
    check(signed, prepared, "sts", hashlib.sha256(b"").hexdigest())


def test_the_documented_example_of_signed_chunks() -> None:
    # https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
    scope = Scope("20130524", "us-east-1", "s3")
    seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
    signed = Signed("AKIAIOSFODNN7EXAMPLE", scope, (), seed, "20130524T000000Z")
    chunks = ChunkSignatures(signing_key("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", scope), signed)
    chunks.feed(b"a" * 65536)
    assert chunks.ends_with("ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648")
    chunks.feed(b"a" * 1024)
    assert chunks.ends_with("0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497")
    assert chunks.ends_with("b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9")


@pytest.mark.parametrize("part", ["Credential", "SignedHeaders", "Signature"])
def test_a_header_without_a_part(part: str) -> None:
    fields = {"Credential": "A/20261125/us-east-1/s3/aws4_request", "SignedHeaders": "host", "Signature": "00"}
    text = ", ".join(f"{name}={value}" for name, value in fields.items() if name != part)
    with pytest.raises(Malformed, match=part):
        of_header(f"AWS4-HMAC-SHA256 {text}", "20261125T000000Z")
