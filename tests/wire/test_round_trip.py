"""Law: what botocore's client serialises, we parse to the same; what we serialise, botocore's client parses so."""

from functools import cache
from io import BytesIO
from typing import Any
from urllib.parse import quote, urlencode

import botocore.loaders
import botocore.model
import botocore.parsers
import botocore.serialize
import cbor2
import pytest
from botocore.awsrequest import HeadersDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.wire.messages import SERVICES, operations, values

from afluente.wire.binding import CBOR_TYPE, FORM, binding_of
from afluente.wire.message import HttpRequest
from afluente.wire.model import Operation
from afluente.wire.timestamp import to_milliseconds

HEAD = HttpRequest("POST", "/", "", {})
UNWRAPPED = "GetBucketLocation"  # its answer is read by a handler of the client, not by the parser

exhaustive = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@cache
def botocore_model(service: str) -> Any:
    return botocore.model.ServiceModel(botocore.loaders.Loader().load_service_model(service, "service-2"), service)


def sent_by_botocore(
    service: str, operation: Operation, request: dict[str, Any], protocol: str | None = None
) -> HttpRequest:
    model = botocore_model(service)
    serializer = botocore.serialize.create_serializer(protocol or model.metadata["protocol"], include_validation=False)
    sent = serializer.serialize_to_request(request, model.operation_model(operation.name))
    body = sent["body"]
    if isinstance(body, dict):
        body = urlencode(body)
    query = sent["query_string"]
    path, _, literals = sent["url_path"].partition("?")
    if isinstance(query, dict):
        query = urlencode(query, quote_via=quote, doseq=True)
    headers = {name.lower(): value for name, value in sent["headers"].items()}
    headers = {name: value.decode() if isinstance(value, bytes) else value for name, value in headers.items()}
    if isinstance(body, str):
        body = body.encode()
    return HttpRequest(sent["method"], path, "&".join(filter(None, (literals, query))), headers, body)


def plain(value: Any) -> Any:
    """Values as they can be compared: streams read, Expires as the text that S3 keeps."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.read() if isinstance(value, BytesIO) else value


@pytest.mark.parametrize("service", SERVICES)
@exhaustive
@given(data=st.data())
def test_parse_what_the_client_sends(service: str, data: st.DataObject) -> None:
    operation = data.draw(st.sampled_from([o for o in operations(service) if o.input]))
    assert operation.input is not None
    request = data.draw(values(operation.input))
    if service == "s3":
        request.pop("Expires", None)  # the client makes a timestamp of what the model and S3 have as text
        operation = _without_checksums(operation, request)
    sent = sent_by_botocore(service, operation, request)
    binding = binding_of(service, sent)
    assert plain(binding.parse(operation, sent)) == request
    assert binding.operation(sent).name == operation.name


def _without_checksums(operation: Operation, request: dict[str, Any]) -> Operation:
    """Another layer of the client adds them, so here they would be wrong or missing."""
    for name in list(request):
        if name == "ContentMD5" or (name.startswith("Checksum") and name not in {"ChecksumMode", "ChecksumType"}):
            del request[name]
    operation.checksum_required = False
    return operation


@pytest.mark.parametrize("service", SERVICES)
@exhaustive
@given(data=st.data())
def test_answer_is_what_the_client_parses(service: str, data: st.DataObject) -> None:
    operation = data.draw(st.sampled_from([o for o in operations(service) if o.output and o.name != UNWRAPPED]))
    assert operation.output is not None
    response = data.draw(values(operation.output))
    response.pop("Expires", None)
    answer = binding_of(service, HEAD).answer(operation, response, "id")
    body = answer.body
    if operation.output.body and operation.output.body.type == "blob":
        assert body == response.pop(operation.output.payload, b"")
        body = b""  # the client would hand the stream out unread
    model = botocore_model(service)
    parser = botocore.parsers.create_parser(model.metadata["protocol"])
    parsed = parser.parse(
        {"status_code": answer.status, "headers": HeadersDict(answer.headers), "body": body},
        model.operation_model(operation.name).output_shape,
    )
    parsed.pop("ResponseMetadata")
    if parsed.get(operation.output.payload) == "":
        parsed.pop(operation.output.payload)  # no body reads as an empty one
    if "Metadata" not in response and not parsed.get("Metadata"):
        parsed.pop("Metadata", None)  # the parser always makes one
    if operation.method == "HEAD":
        response = {name: value for name, value in response.items() if operation.output.members[name].location}
    assert parsed == response


@exhaustive
@given(data=st.data())
def test_parse_cbor_as_kinesis_clients_send_it(data: st.DataObject) -> None:
    operation = data.draw(st.sampled_from([o for o in operations("kinesis") if o.input]))
    assert operation.input is not None
    request = data.draw(values(operation.input))
    tree = _in_milliseconds(request, tagged=data.draw(st.booleans()))
    body = cbor2.dumps(tree, indefinite_containers=data.draw(st.booleans()))
    sent = HttpRequest("POST", "/", "", {"content-type": CBOR_TYPE}, body)
    assert binding_of("kinesis", sent).parse(operation, sent) == request


def _in_milliseconds(value: Any, *, tagged: bool = False) -> Any:
    if isinstance(value, dict):
        return {name: _in_milliseconds(item, tagged=tagged) for name, item in value.items()}
    if isinstance(value, list):
        return [_in_milliseconds(item, tagged=tagged) for item in value]
    if not hasattr(value, "tzinfo"):
        return value
    return cbor2.CBORTag(1, to_milliseconds(value)) if tagged else to_milliseconds(value)


@exhaustive
@given(data=st.data())
def test_answer_in_cbor_has_blobs_as_bytes_and_timestamps_as_tagged_milliseconds(data: st.DataObject) -> None:
    operation = data.draw(st.sampled_from([o for o in operations("kinesis") if o.output]))
    assert operation.output is not None
    response = data.draw(values(operation.output))
    answer = binding_of("kinesis", HttpRequest("POST", "/", "", {"content-type": CBOR_TYPE})).answer(
        operation, response, "id"
    )
    assert isinstance(answer.body, bytes)
    milliseconds = {1: lambda value, _: value}
    assert cbor2.loads(answer.body, semantic_decoders=milliseconds) == _in_milliseconds(response)
    assert answer.body == cbor2.dumps(_in_milliseconds(response, tagged=True), indefinite_containers=True)


@pytest.mark.parametrize("protocol", ["json", "query"])
@exhaustive
@given(data=st.data())
def test_parse_what_clients_of_another_protocol_of_the_model_send(protocol: str, data: st.DataObject) -> None:
    operation = data.draw(st.sampled_from([o for o in operations("cloudwatch") if o.input]))
    assert operation.input is not None
    request = data.draw(values(operation.input))
    sent = sent_by_botocore("cloudwatch", operation, request, protocol)
    binding = binding_of("cloudwatch", sent)
    assert binding.protocol == protocol
    assert binding.parse(operation, sent) == request
    assert binding.operation(sent).name == operation.name


@pytest.mark.parametrize("protocol", ["json", "query"])
@exhaustive
@given(data=st.data())
def test_answer_is_what_clients_of_another_protocol_of_the_model_parse(protocol: str, data: st.DataObject) -> None:
    operation = data.draw(st.sampled_from([o for o in operations("cloudwatch") if o.output and o.output.members]))
    assert operation.output is not None
    response = data.draw(values(operation.output))
    head = HttpRequest("POST", "/", "", {"json": {"x-amz-target": "any"}, "query": {"content-type": FORM}}[protocol])
    answer = binding_of("cloudwatch", head).answer(operation, response, "id")
    parsed = botocore.parsers.create_parser(protocol).parse(
        {"status_code": answer.status, "headers": HeadersDict(answer.headers), "body": answer.body},
        botocore_model("cloudwatch").operation_model(operation.name).output_shape,
    )
    parsed.pop("ResponseMetadata")
    assert parsed == response
