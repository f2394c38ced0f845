"""What S3 checks of a request before it looks at its state, in S3's own codes: it knows no ValidationException."""

from collections.abc import Iterator, Mapping
from typing import Any

from afluente.core.error import AwsError
from afluente.wire.model import Operation, Shape
from afluente.wire.xml_reader import MalformedXML


class InvalidArgument(AwsError):
    """A header or query parameter with a value that S3 does not take."""


class InvalidRequest(AwsError):
    """A header or query parameter is missing."""


ENUM_FAULTS: dict[str, tuple[str, str]] = {
    # Codes and texts: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html and captures
    "StorageClass": ("InvalidStorageClass", "The storage class you specified is not valid"),
    "EncodingType": ("InvalidArgument", "Invalid Encoding Method specified in Request"),
    "ServerSideEncryption": ("InvalidArgument", "The encryption method specified is not supported"),
    "MetadataDirective": ("InvalidArgument", "Unknown metadata directive."),
    "TaggingDirective": ("InvalidArgument", "Unknown tagging directive."),
    "ObjectLockMode": ("InvalidArgument", "Unknown wormMode directive."),
    "ObjectLockLegalHoldStatus": ("InvalidArgument", "Legal Hold must be either of 'ON' or 'OFF'"),
    "ChecksumAlgorithm": ("InvalidRequest", "Checksum algorithm provided is unsupported. Please try again with any of "
                          "the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]"),
}  # fmt: skip

FREE = frozenset({"BucketLocationConstraint", "Event", "FilterRuleName"})
"""Enumerations that S3 looks at by itself: which regions may be asked for where, and what notifications are of."""

ANY_CASE = frozenset({"ChecksumMode"})
"""Enumerations whose case S3 does not mind: Arrow's S3 file system, on AWS's C++ SDK, sends `enabled`."""


MORE = {"BucketCannedACL": frozenset({"aws-exec-read", "log-delivery-write"})}
"""Values that the model forgets: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl"""


def validate(operation: Operation, request: Mapping[str, Any]) -> None:
    """Raise S3's error for what is missing or not one of its values."""
    if operation.input is None:
        return
    for name in operation.input.required:
        if name not in request:
            raise _missing(operation.input, name)
    for shape, value, bound in _leaves(operation.input, request, bound=True):
        if (
            shape.enum
            and shape.name not in FREE
            and (value.upper() if shape.name in ANY_CASE else value) not in shape.enum
            and value not in MORE.get(shape.name, ())
        ):
            raise _not_one_of(shape, value) if bound else MalformedXML
    for name, member in operation.input.members.items():
        if name in request and member.type == "structure" and member.location is None:
            _require(member, request[name])


def _missing(shape: Shape, name: str) -> AwsError:
    member = shape.members[name]
    match member.location:
        case "header":
            return InvalidRequest(f"Missing required header for this request: {member.location_name}")
        case "querystring":
            return InvalidArgument(f"Missing required query parameter: {member.location_name}")
        case _:
            return MalformedXML()


def _not_one_of(shape: Shape, value: str) -> AwsError:
    code, message = ENUM_FAULTS.get(shape.name, ("InvalidArgument", f"{value} is not a valid {shape.name}"))
    return AwsError(message, code=code, ArgumentName=shape.location_name or shape.name, ArgumentValue=value)


def _leaves(shape: Shape, value: Any, *, bound: bool) -> Iterator[tuple[Shape, Any, bool]]:
    """Every scalar with its shape, and whether it came in a header or the query string."""
    match shape.type:
        case "structure":
            for name, item in value.items():
                member = shape.members[name]
                yield from _leaves(member, item, bound=bound and member.location is not None)
        case "list":
            for item in value:
                yield from _leaves(shape.member, item, bound=bound)
        case "string":
            yield shape, value, bound


def _require(shape: Shape, value: Mapping[str, Any]) -> None:
    """Required members inside the body."""
    if any(name not in value for name in shape.required):
        raise MalformedXML
    for name, item in value.items():
        member = shape.members[name]
        for inner, part in [(member, item)] if member.type != "list" else [(member.member, i) for i in item]:
            if inner.type == "structure":
                _require(inner, part)
