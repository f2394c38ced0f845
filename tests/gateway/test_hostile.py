"""Whatever comes in, no service answers with a fault of its own: an AWS error, or what was asked for."""

import json
import logging
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.gateway.conftest import Wire, authorization, http
from tests.wire.messages import TEXT, values
from tests.wire.test_round_trip import sent_by_botocore

from afluente.app import PROVIDERS, App
from afluente.core.clock import ManualClock
from afluente.core.setting import Settings
from afluente.services.athena.machine import DEPTH
from afluente.wire.model import Operation, Shape, load

SERVICES = sorted(provider.service for provider in PROVIDERS)
NOT_IMPLEMENTED = 501

fuzz = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    sys.setrecursionlimit(DEPTH)  # as Athena does when it is first asked; Hypothesis wants it to stay what it was
    folder: Path = tmp_path_factory.mktemp("hostile")
    app = App(Settings(data=folder / "data", port=0), ManualClock())
    app.start()
    wire = Wire(int(app.endpoint.rpartition(":")[2]))
    yield wire
    wire.close()
    app.stop()


@cache
def supported(service: str) -> list[Operation]:
    provider = next(provider for provider in PROVIDERS if provider.service == service)
    found = [load(service).operation(name) for name in provider.operations]
    return [operation for operation in found if operation and operation.input]


@cache
def messages(shape: Shape) -> st.SearchStrategy[Any]:
    return values(shape) | values(shape, valid=True) | values(shape, valid=True)


def check(wire: Wire, method: str, path: str, headers: dict[str, str], body: bytes, service: str) -> None:
    fields = {"Authorization": authorization(service), **headers}
    fields.pop("Content-Length", None)
    answer = wire.send(http(method, path, fields, body)).answer(to_head=method == "HEAD")
    if answer.headers.get("connection") == "close":  # after what was no HTTP, such as a head that is too large
        wire.close()
        wire.open()
    assert answer.status < 500 or answer.status == NOT_IMPLEMENTED, answer.body


@pytest.mark.parametrize("service", SERVICES)
@fuzz
@given(data=st.data())
def test_messages_of_the_right_types_and_any_values(
    wire: Wire, caplog: pytest.LogCaptureFixture, service: str, data: st.DataObject
) -> None:
    operation = data.draw(st.sampled_from(supported(service)), "operation")
    assert operation.input is not None
    request = data.draw(messages(operation.input))
    request.pop("Expires", None)
    sent = sent_by_botocore(service, operation, request)
    headers = {
        name.title(): value.decode() if isinstance(value, bytes) else value for name, value in sent.headers.items()
    }
    body = sent.body if isinstance(sent.body, bytes) else sent.body.read()
    path = f"{sent.path}?{sent.query}" if sent.query else sent.path
    if sent.method == "POST" and load(service).protocol == "query":
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    with caplog.at_level(logging.ERROR):
        check(wire, sent.method, path, headers, body, service)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("service", [name for name in SERVICES if load(name).protocol == "json"])
@fuzz
@given(data=st.data())
def test_messages_of_any_types(wire: Wire, service: str, data: st.DataObject) -> None:
    operation = data.draw(st.sampled_from(supported(service)), "operation")
    assert operation.input is not None
    members = st.dictionaries(st.sampled_from([*operation.input.members, "Nothing"]), JSON, max_size=4)
    body = data.draw(members.map(lambda m: json.dumps(m).encode()) | st.binary(max_size=50))
    headers = {
        "X-Amz-Target": f"{load(service).target_prefix}.{operation.name}",
        "Content-Type": data.draw(st.sampled_from(["application/x-amz-json-1.1", "application/x-amz-cbor-1.1"])),
    }
    check(wire, "POST", "/", headers, body, service)


PARTS = ("/", "..", "a", "%2e", "%00", "%FF", "%C3%A7", "?", "&", "=", "acl", "uploads", "uploadId=", "partNumber=1",
         "list-type=2", "max-keys=", "-1", "delete")  # fmt: skip


@fuzz
@given(
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH"]),
    path=st.lists(st.sampled_from(PARTS), max_size=8),
    body=st.binary(max_size=30) | st.sampled_from([b"<a/>", b"<Delete/>", b"<CompleteMultipartUpload/>"]),
    sha=st.sampled_from(["", "UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "0" * 64]),
)
def test_s3_requests_of_any_form(wire: Wire, method: str, path: list[str], body: bytes, sha: str) -> None:
    check(wire, method, "/" + "".join(path), {"X-Amz-Content-SHA256": sha}, body, "s3")
