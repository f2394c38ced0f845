"""Which service a request is for: by its signing scope, else its target, else its form action; what is left is S3's."""

from urllib.parse import parse_qs

from afluente.core.error import AwsError, UnknownOperationException
from afluente.gateway.credential import Credential
from afluente.wire.message import HttpRequest

FORM = "application/x-www-form-urlencoded"
RPC_TYPES = frozenset({"application/x-amz-json-1.0", "application/x-amz-json-1.1", "application/json",
                       "application/x-amz-cbor-1.1"})  # fmt: skip

TARGETS = {
    "AmazonAthena": "athena",
    "AWSGlue": "glue",
    "Firehose_20150804": "firehose",
    "Kinesis_20131202": "kinesis",
    "Logs_20140328": "logs",
}
FORM_VERSIONS = {"2010-05-08": "iam", "2010-05-15": "cloudformation", "2011-06-15": "sts"}


class UnknownContentType(AwsError):
    """A target with a body in no known format: 404 and XML, whatever the service."""

    status = 404


def service_of(request: HttpRequest, credential: Credential | None) -> str:
    """botocore's name of the service. Raises UnknownOperationException for a target that nobody has."""
    target = request.headers.get("x-amz-target")
    if target is not None and request.media_type not in RPC_TYPES:
        raise UnknownContentType(code="UnknownOperationException")
    if credential is not None and credential.service:
        return credential.service
    if target is not None:
        prefix = target.rpartition(".")[0]
        if prefix not in TARGETS:
            raise UnknownOperationException
        return TARGETS[prefix]
    return _by_form(request) or "s3"


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
