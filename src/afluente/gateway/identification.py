"""Which service a request is for: by its signing scope, else its target, else its form action; what is left is S3's."""

from urllib.parse import parse_qs

from afluente.core.error import AwsError, UnknownOperationException
from afluente.gateway.credential import Credential
from afluente.wire.binding import CBOR_SERVICES, CBOR_TYPE, FORM
from afluente.wire.message import HttpRequest
from afluente.wire.model import load
from afluente.wire.rpc_v2 import HEADER, service_name

RPC_TYPES = frozenset({"application/x-amz-json-1.1", "application/x-amz-json-1.0", "application/json", CBOR_TYPE})

TARGETS = {
    "AmazonAthena": "athena",
    "AWSEvents": "events",
    "AWSGlue": "glue",
    "AmazonSQS": "sqs",
    "Firehose_20150804": "firehose",
    "GraniteServiceVersion20100801": "cloudwatch",
    "Kinesis_20131202": "kinesis",
    "Logs_20140328": "logs",
}
FORM_VERSIONS = {
    "2010-05-08": "iam",
    "2010-05-15": "cloudformation",
    "2010-08-01": "cloudwatch",
    "2011-06-15": "sts",
    "2012-11-05": "sqs",
}
SIGNING_NAMES = {"monitoring": "cloudwatch"}
"""Services that requests are signed for under another name than botocore's."""


class UnknownContentType(AwsError):
    """A target with a body in no known format: 404 and XML, whatever the service."""

    status = 404


def service_of(request: HttpRequest, credential: Credential | None) -> str:
    """botocore's name of the service. Raises UnknownOperationException for a target that nobody has."""
    signed = credential.service if credential else ""
    signed = SIGNING_NAMES.get(signed, signed)
    if HEADER in request.headers:
        return signed or TARGETS.get(service_name(request) or "", "s3")
    target = request.headers.get("x-amz-target")
    if target is None:
        return signed or _by_form(request) or "s3"
    service = signed or TARGETS.get(target.rpartition(".")[0])
    if not _takes(service, request.media_type):
        raise UnknownContentType(code="UnknownOperationException")
    if service is None:
        raise UnknownOperationException
    return service


def _takes(service: str | None, media_type: str) -> bool:
    if service in TARGETS.values():
        own = {f"application/x-amz-json-{load(service).json_version}", "application/json"}
        return media_type in own or (media_type == CBOR_TYPE and service in CBOR_SERVICES)
    return media_type in RPC_TYPES  # of others, such as DynamoDB, which are then named as not served


def is_object_request(request: HttpRequest, credential: Credential | None) -> bool:
    """Whether the body, still to come, may be an object's bytes: decided by the request's head alone."""
    if credential is not None and credential.service:
        return credential.service == "s3"
    return "x-amz-target" not in request.headers and request.media_type != FORM


def _by_form(request: HttpRequest) -> str | None:
    is_form = request.method == "POST" and request.media_type == FORM
    if not is_form and "Action=" not in request.query:
        return None
    text = request.content().decode("utf-8", "replace") if is_form else request.query
    version = parse_qs(text).get("Version", [""])[0]
    return FORM_VERSIONS.get(version)
