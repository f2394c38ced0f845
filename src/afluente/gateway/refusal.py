"""How each family of services says that it does not know who asks, or does not let them."""

from typing import Any, NamedTuple

from afluente.core.error import AwsError

QUERY_SERVICES = frozenset({"cloudformation", "cloudwatch", "iam", "sqs", "sts"})

MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)
S3_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your key and signing method."
)
INVALID_TOKEN = "The security token included in the request is invalid."  # noqa: S105  # AWS's text, no token
EXPIRED_TOKEN = "The security token included in the request is expired"  # noqa: S105  # the same
UNKNOWN_KEY = "The AWS Access Key Id you provided does not exist in our records."


class _Codes(NamedTuple):
    """The codes of one family, each with its HTTP status."""

    mismatch: tuple[str, int]
    incomplete: tuple[str, int]
    unknown_key: tuple[str, int]
    expired: tuple[str, int]
    denied: tuple[str, int]
    missing: tuple[str, int]


_JSON = _Codes(
    ("InvalidSignatureException", 400),
    ("IncompleteSignatureException", 400),
    ("UnrecognizedClientException", 400),
    ("ExpiredTokenException", 400),
    ("AccessDeniedException", 400),
    ("MissingAuthenticationTokenException", 400),
)
_QUERY = _Codes(
    ("SignatureDoesNotMatch", 403),
    ("IncompleteSignature", 400),
    ("InvalidClientTokenId", 403),
    ("ExpiredToken", 403),
    ("AccessDenied", 403),
    ("MissingAuthenticationToken", 403),
)
_S3 = _Codes(
    ("SignatureDoesNotMatch", 403),
    ("AuthorizationHeaderMalformed", 400),
    ("InvalidAccessKeyId", 403),
    ("ExpiredToken", 400),
    ("AccessDenied", 403),
    ("AccessDenied", 403),
)


def _codes(service: str) -> _Codes:
    if service == "s3":
        return _S3
    return _QUERY if service in QUERY_SERVICES else _JSON


def _error(code: tuple[str, int], message: str, **members: Any) -> AwsError:
    return AwsError(message, code=code[0], status=code[1], **members)


def mismatch(service: str, message: str = MISMATCH, **members: Any) -> AwsError:
    """The signature is another one, or is not good for this."""
    return _error(_codes(service).mismatch, message, **members)


def object_mismatch(access_key_id: str, provided: str, string_to_sign: str, canonical: str) -> AwsError:
    """S3's way of saying so shows what it compared, to find the difference by."""
    return _error(
        _S3.mismatch, S3_MISMATCH, AWSAccessKeyId=access_key_id, StringToSign=string_to_sign,
        SignatureProvided=provided, StringToSignBytes=string_to_sign.encode().hex(" "), CanonicalRequest=canonical,
        CanonicalRequestBytes=canonical.encode().hex(" "),
    )  # fmt: skip


def incomplete(service: str, message: str, **members: Any) -> AwsError:
    """Something of the signature is missing or cannot be read."""
    return _error(_codes(service).incomplete, message, **members)


def unknown_key(service: str, access_key_id: str) -> AwsError:
    """Nobody has this access key, or its session token is another one."""
    if service == "s3":
        return _error(_S3.unknown_key, UNKNOWN_KEY, AWSAccessKeyId=access_key_id)
    return _error(_codes(service).unknown_key, INVALID_TOKEN)


def bad_token(service: str, token: str | None) -> AwsError:
    """The session token does not belong to the access key."""
    if service == "s3":
        message = "The provided token is malformed or otherwise invalid."
        return AwsError(message, code="InvalidToken", status=400, **{"Token-0": token or ""})
    return _error(_codes(service).unknown_key, INVALID_TOKEN)


def expired(service: str, token: str | None) -> AwsError:
    """Temporary credentials whose time is over."""
    if service == "s3":
        return _error(_S3.expired, "The provided token has expired.", **{"Token-0": token or ""})
    return _error(_codes(service).expired, EXPIRED_TOKEN)


def of_key(service: str, code: str, access_key_id: str, token: str | None) -> AwsError:
    """What the service says where IAM says `code` of a key."""
    if code == _JSON.expired[0]:
        return expired(service, token)
    return unknown_key(service, access_key_id) if token is None else bad_token(service, token)


def missing(service: str) -> AwsError:
    """Nobody has signed."""
    message = "Request is missing Authentication Token" if service in QUERY_SERVICES else "Missing Authentication Token"
    return _error(_codes(service).missing, "Access Denied" if service == "s3" else message)


def denied(service: str, action: str, message: str) -> AwsError:
    """The caller is known and may not."""
    if service == "athena" and action.startswith("athena:"):
        message = (
            f"You are not authorized to perform: {action} on the resource. After your AWS administrator or you have "
            "updated your permissions, please try again."
        )
    return _error(_codes(service).denied, message)
