"""Documents made to exhaust whoever reads them: refused with an AWS error, quickly, and the server goes on."""

import base64
import hashlib
import json
import resource
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from tests.safety.raw import Answer, Raw

from afluente.app import PROVIDERS, App
from afluente.core.clock import ManualClock
from afluente.core.setting import Settings
from afluente.wire.model import load

LAUGHS = b'<!ENTITY a0 "ha">' + b"".join(
    b'<!ENTITY a%d "%s">' % (level, b"&a%d;" % (level - 1) * 10) for level in range(1, 10)
)
BOMBS = {
    "billion laughs": b"<!DOCTYPE a [" + LAUGHS + b"]><a>&a9;</a>",
    "quadratic": b'<!DOCTYPE a [<!ENTITY x "' + b"x" * 50_000 + b'">]><a>' + b"&x;" * 50_000 + b"</a>",
    "a file": b'<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]><a>&f;</a>',
    "an address": b'<!DOCTYPE a [<!ENTITY f SYSTEM "http://127.0.0.1:1/x">]><a>&f;</a>',
    "a parameter entity": b'<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><a/>',
    "a document type elsewhere": b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    "UTF-16": '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY f "x">]><a>&f;</a>'.encode("utf-16"),
}
S3 = next(provider for provider in PROVIDERS if provider.service == "s3")


def xml_bodies() -> Iterator[tuple[str, str]]:
    """Method and path of every supported operation of S3 whose body is a document."""
    for name in S3.operations:
        operation = load("s3").operation(name)
        if operation is None or operation.input is None or operation.streams_in:
            continue
        body = operation.input.body
        if body is not None and body.type == "structure":
            upload = "?uploadId=x" if "UploadId" in operation.input.required else ""
            yield operation.method, operation.uri.replace("{Bucket}", "lake").replace("{Key+}", "k") + upload


MOST_GROWTH_KIB = 100 << 10


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data: Path = tmp_path_factory.mktemp("documents") / "data"
    app = App(Settings(data=data, port=0, kinesis_create_delay_ms=0), ManualClock())
    app.start()
    assert Raw("PUT", "/lake").send(app.endpoint).status == 200
    assert Raw("PUT", "/lake/k", {}, b"1").send(app.endpoint).status == 200
    yield app.endpoint
    app.stop()


@pytest.mark.parametrize("bomb", sorted(BOMBS))
@pytest.mark.parametrize(("method", "path"), sorted(xml_bodies()))
def test_xml_with_a_document_type(endpoint: str, method: str, path: str, bomb: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    body = BOMBS[bomb]
    md5 = base64.b64encode(hashlib.md5(body).digest()).decode()
    answer = Raw(method, path, {"Content-MD5": md5}, body).send(endpoint)
    assert (answer.status, answer.code) == (400, "MalformedXML")
    assert b"root:" not in answer.body
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_GROWTH_KIB


def unsigned(service: str) -> str:
    """The header of a request for a service, which nobody has signed."""
    scope = f"x/20300101/us-east-1/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"


JSON_SERVICES = sorted(provider.service for provider in PROVIDERS if load(provider.service).protocol == "json")


@pytest.mark.parametrize("service", JSON_SERVICES)
@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'{"Tags":['])
def test_json_nested_without_end(endpoint: str, service: str, opening: bytes) -> None:
    provider = next(provider for provider in PROVIDERS if provider.service == service)
    model = load(service)
    headers = {
        "Content-Type": f"application/x-amz-json-{model.json_version}",
        "X-Amz-Target": f"{model.target_prefix}.{provider.operations[0]}",
        "Authorization": unsigned(service),
    }
    for body in (opening * 200_000, b'{"x":' + opening * 50_000 + b"1"):
        answer = Raw("POST", "/", headers, body).send(endpoint)
        assert (answer.status, answer.code) == (400, "SerializationException")


def cbor_arrays(depth: int) -> bytes:
    return b"\x81" * depth + b"\x00"


@pytest.mark.parametrize(
    "body",
    [
        cbor_arrays(200_000),
        b"\xa1\x61a" * 100_000 + b"\x00",
        b"\xa1\x61a" + cbor_arrays(90_000),
        b"\x9f" * 200_000,  # of indefinite length
        b"\xc1" * 200_000 + b"\x00",  # tags of tags
        b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff",  # a map of 2**64 - 1 pairs
        b"\x5b\x00\x00\x00\x7f\xff\xff\xff\xff",  # 2**39 bytes, it says
        b"\x9b\x00\x00\x00\x7f\xff\xff\xff\xff",
    ],
)
@pytest.mark.parametrize("operation", ["PutRecord", "PutRecords", "ListStreams"])
def test_cbor_nested_without_end_or_longer_than_it_is(endpoint: str, operation: str, body: bytes) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    headers = {
        "Content-Type": "application/x-amz-cbor-1.1", "X-Amz-Target": f"Kinesis_20131202.{operation}",
        "Authorization": unsigned("kinesis"),
    }  # fmt: skip
    assert Raw("POST", "/", headers, body).send(endpoint).status == 400
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_GROWTH_KIB


def query(endpoint: str, service: str, version: str, **form: str) -> Answer:
    body = urlencode({"Version": version, **form}).encode()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Authorization": unsigned(service),
    }
    return Raw("POST", "/", headers, body).send(endpoint)


def iam(endpoint: str, **form: str) -> Answer:
    return query(endpoint, "iam", "2010-05-08", **form)


YAML_LAUGHS = "a0: &a0 ha\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 10)
)


@pytest.mark.parametrize(
    "template",
    [
        YAML_LAUGHS + "Resources: *a9\n",
        "Resources: &r\n  Loop: *r\n",
        "a: " * 10_000,
        "[" * 20_000,
        '{"Resources":' * 3_000,
        "Resources: !!python/object/apply:os.system ['touch /tmp/owned']\n",
        "Resources:\n  R:\n    Type: AWS::S3::Bucket\n    Properties:\n      BucketName: !Sub " + "${A}" * 5_000 + "\n",
    ],
)
def test_a_template_that_would_grow_without_end(endpoint: str, template: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answer = query(
        endpoint, "cloudformation", "2010-05-15", Action="ValidateTemplate", TemplateBody=template
    )  # fmt: skip
    assert (answer.status, answer.code) == (400, "ValidationError")
    assert len(answer.body) < 10_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_GROWTH_KIB


@pytest.mark.parametrize("opening", ["[", '{"a":', '{"Statement":['])
def test_a_policy_nested_without_end(endpoint: str, opening: str) -> None:
    for times in (150, 5_000, 20_000):
        answer = iam(endpoint, Action="CreatePolicy", PolicyName="p", PolicyDocument=opening * times)
        assert answer.code in {"MalformedPolicyDocument", "ValidationError"}
        answer = iam(endpoint, Action="CreateRole", RoleName="r", AssumeRolePolicyDocument=opening * times)
        assert answer.code in {"MalformedPolicyDocument", "ValidationError", "LimitExceeded"}
        body = (opening * times).encode()
        md5 = {"Content-MD5": base64.b64encode(hashlib.md5(body).digest()).decode()}
        assert Raw("PUT", "/lake?policy", md5, body).send(endpoint).code == "MalformedPolicy"


@pytest.mark.parametrize("wildcards", ["a*" * 1500, "*?" * 1000, "*a" * 1400])
def test_a_policy_whose_wildcards_would_be_tried_in_every_way(endpoint: str, wildcards: str) -> None:
    """Where patterns are matched by going back, this takes longer than the universe has been there."""
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{wildcards}b"}],
    }
    answer = iam(endpoint, Action="SimulateCustomPolicy", **{
        "PolicyInputList.member.1": json.dumps(document), "ActionNames.member.1": "s3:GetObject",
        "ResourceArns.member.1": "arn:aws:s3:::" + "a" * 1800,
    })  # fmt: skip
    assert answer.status == 200
    assert b"<EvalDecision>implicitDeny</EvalDecision>" in answer.body


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Big: " + b"x" * (1 << 20) + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-Many: x\r\n" * 100_000 + b"\r\n",
        b"GET /" + b"x" * (1 << 20) + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-Endless: x\r\n" * 200_000,
    ],
)
def test_a_head_without_end_is_cut_short(endpoint: str, head: bytes) -> None:
    parts = urlsplit(endpoint)
    with socket.create_connection((parts.hostname, parts.port or 0), timeout=20) as line:
        try:
            line.sendall(head)
            said = line.recv(100)
        except (BrokenPipeError, ConnectionResetError):
            said = b""  # it did not even listen to the end
        assert not said or said.startswith((b"HTTP/1.1 431", b"HTTP/1.1 414", b"HTTP/1.1 400")), said
    assert Raw("GET", "/_afluente/health").send(endpoint).status == 200
