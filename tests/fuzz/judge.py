"""What is wrong with an answer: a fault of the server, or a form that no SDK could read."""

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from functools import cache
from typing import Any

import botocore.parsers
import botocore.validate
import cbor2
from tests.fuzz.encoding import CBOR_TYPE, model_of
from tests.fuzz.transport import Answer

VALIDATOR = botocore.validate.ParamValidator()
REFUSALS = frozenset({501})
"""NotImplemented: AWS has it, Afluente does not, and says so."""


def complaint(service: str, operation: str, method: str, answer: Answer) -> str | None:
    """What is wrong with the answer to a request whose HTTP was in order; None: nothing."""
    if answer.status == 0:
        return "closed without an answer"
    if answer.status >= 500 and answer.status not in REFUSALS:
        return f"{answer.status} {answer.body[:300]!r}"
    if method == "HEAD" or not answer.body:
        return None
    try:
        tree(answer)
    except ValueError as error:
        if is_forgiven(service, error):
            return None
        return f"the body of {answer.status} cannot be read: {error}"
    return None


def is_forgiven(service: str, error: Exception) -> bool:
    """S3 writes control characters of a key as they are, against XML 1.0, unless asked to encode them."""
    return service == "s3" and "invalid character number" in str(error)


def parsed(service: str, operation: str, answer: Answer, *, cbor: bool) -> Any:
    """A success as boto3 would hand it out. Raises what botocore raises when it cannot."""
    model = model_of(service).operation_model(operation)
    if cbor:
        return _cbor(answer.body) if answer.body else {}
    if model.has_event_stream_output:
        return {}  # an answer that goes on: its frames are read by tests of their own
    body = b"" if model.has_streaming_output else answer.body
    response = {"status_code": answer.status, "headers": answer.headers, "body": body}
    return _parser(model_of(service).resolved_protocol).parse(response, model.output_shape)


@cache
def _parser(protocol: str) -> Any:
    return botocore.parsers.create_parser(protocol)


def misshapen(service: str, operation: str, found: Any) -> str | None:
    """What a success lacks, or has in the wrong type, by botocore's model. Bounds are the model's for requests only."""
    model = model_of(service).operation_model(operation)
    if model.output_shape is None or model.has_streaming_output or model.has_event_stream_output:
        return None
    members = {name: value for name, value in found.items() if name != "ResponseMetadata"}
    lines = VALIDATOR.validate(members, model.output_shape).generate_report().splitlines()
    return next((line for line in lines if not line.startswith(("Invalid length", "Invalid value"))), None)


def code(answer: Answer) -> str:
    """The error's code, as far as it can be told."""
    if answer.status < 300:
        return "ok"
    try:
        found = tree(answer)
    except ValueError:
        found = None
    if isinstance(found, Mapping):
        return str(found.get("__type", "?"))
    element = None if found is None else next((part for part in found.iter() if part.tag.endswith("Code")), None)
    return str(element.text) if element is not None else str(answer.status)


def tree(answer: Answer) -> Any:
    """The body as its content type has it. Raises ValueError."""
    kind = answer.headers.get("content-type", "")
    if not answer.body:
        return None
    if kind.startswith(CBOR_TYPE):
        return _cbor(answer.body)
    if "json" in kind:
        return json.loads(answer.body)
    if "xml" in kind:
        try:
            return ElementTree.fromstring(answer.body)
        except ElementTree.ParseError as error:
            raise ValueError(str(error)) from None
    return None


def _cbor(content: bytes) -> Any:
    """Timestamps stay numbers: Kinesis's are milliseconds under the tag of seconds. Raises ValueError."""
    try:
        return cbor2.loads(content, semantic_decoders={1: lambda value, _: value})
    except cbor2.CBORDecodeError as error:
        raise ValueError(str(error)) from None


def message(answer: Answer) -> str:
    """What the error says."""
    try:
        found = tree(answer)
    except ValueError as error:
        return str(error)
    if isinstance(found, Mapping):
        return str(found.get("message") or found.get("Message"))
    return next((str(part.text) for part in found.iter() if part.tag.endswith("Message")), "") if found else ""
