"""Who signed a request, verified: the key exists, the signature is of this request and no other, and it is of now."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, Protocol

from afluente.core.call import Principal
from afluente.core.clock import Clock, utc
from afluente.core.error import AwsError
from afluente.gateway import refusal
from afluente.gateway.address import BucketHosts
from afluente.gateway.authorization import is_local
from afluente.gateway.credential import Credential, credential_of, of_form
from afluente.gateway.identification import SIGNING_NAMES
from afluente.gateway.presigned import AuthorizationQueryParametersError, check_expiry
from afluente.wire import signature_v2
from afluente.wire.message import HttpRequest
from afluente.wire.signature import (
    ALGORITHM,
    UNSIGNED,
    ChunkSignatures,
    Malformed,
    Signed,
    canonical_request,
    of_form_field,
    of_header,
    of_query,
    sign,
    signing_key,
    string_to_sign,
)

SKEW_S = 300
OBJECT_SKEW_S = 900
"""How far a request's time may be from ours: five minutes, for S3 fifteen."""

CHUNKED = ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")
UNSIGNED_CHUNKED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
DIGITS = re.compile(r"\d{1,12}")
NEED_NOT_BE_SIGNED = {"x-amz-user-agent"}
TIME = "%Y%m%dT%H%M%SZ"


class Key(Protocol):
    """An access key as it is needed to verify a signature. `token` and `expires_at_ms` are of temporary ones."""

    @property
    def secret(self) -> str: ...
    @property
    def principal(self) -> Principal: ...
    @property
    def token(self) -> str | None: ...
    @property
    def expires_at_ms(self) -> int | None: ...


class Keys(Protocol):
    """Where access keys are found. Asked on every request, so it must answer from memory."""

    def key(self, access_key_id: str) -> Key | None:
        """The active key of that id, temporary ones that have expired included."""

    def used(self, key: Any, service: str, region: str) -> None:
        """A request was signed with the key."""


class Authenticator:
    """Verifies signatures with the keys of `keys`."""

    def __init__(self, keys: Keys, hosts: BucketHosts, clock: Clock) -> None:
        self._keys = keys
        self._hosts = hosts
        self._clock = clock

    def verify(self, request: HttpRequest, service: str, content: bytes | None) -> Principal | None:
        """Who signed `request`; None when nobody did.

        content: its body, where the signature is of the body itself; None for S3, whose head says the body's hash.
        Raises AwsError, in the words of `service`.
        """
        credential = credential_of(request)
        if credential is None:
            return None
        if "authorization" not in request.headers and "X-Amz-Credential=" not in request.query:
            return self._verify_old(request, credential)
        key, signed, payload_hash = self._known(request, service, credential)
        if content is not None:
            payload_hash = hashlib.sha256(content).hexdigest()
        _check(request, service, key, signed, payload_hash)
        self._keys.used(key, signed.scope.service, signed.scope.region)
        return key.principal

    def _verify_old(self, request: HttpRequest, credential: Credential) -> Principal:
        """Who has presigned a URL of S3 in the way of Signature Version 2."""
        key, parameters = self._key("s3", credential), request.parameters()
        expires = parameters.get("Expires", "")
        if not DIGITS.fullmatch(expires) or "Signature" not in parameters:
            raise AwsError(
                "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters",
                code="AccessDenied", status=403,
            )  # fmt: skip
        if int(expires) * 1000 < self._clock.now_ms():
            now = utc(self._clock.now_ms()).strftime("%Y-%m-%dT%H:%M:%SZ")
            end = utc(int(expires) * 1000).strftime("%Y-%m-%dT%H:%M:%SZ")
            raise AwsError("Request has expired", code="AccessDenied", status=403, Expires=end, ServerTime=now)
        bucket, _ = self._hosts.bucket(request.headers.get("host", "").partition(":")[0])
        resource = f"/{bucket}{request.path}" if bucket else request.path
        resource += "/" if resource.count("/") == 1 and resource != "/" else ""
        text = signature_v2.string_to_sign(request.method, resource, parameters, request.headers)
        given = parameters["Signature"]
        if not hmac.compare_digest(signature_v2.sign(key.secret, text).encode(), given.encode()):
            raise refusal.object_mismatch(credential.access_key_id, given, text, "")
        return key.principal

    def verify_form(self, fields: Mapping[str, str]) -> Principal | None:
        """Who signed the policy of a form that uploads to S3; None when nobody did. `fields`: names in lower case."""
        credential = of_form(fields)
        if credential is None or "policy" not in fields:
            return None
        key = self._key("s3", credential)
        if "x-amz-credential" in fields:
            if fields.get("x-amz-algorithm") != ALGORITHM:
                raise AwsError("Policy's X-Amz-Algorithm must be AWS4-HMAC-SHA256", code="InvalidArgument")
            given = fields.get("x-amz-signature", "")
            try:
                signed = of_form_field(fields["x-amz-credential"], given, fields.get("x-amz-date", ""))
            except Malformed as part:
                raise refusal.incomplete("s3", f"The form's field '{part}' is malformed.") from None
            _check_scope("s3", signed)
            right = sign(signing_key(key.secret, signed.scope), fields["policy"])
        else:
            given, right = fields.get("signature", ""), signature_v2.sign(key.secret, fields["policy"])
        if not hmac.compare_digest(right.encode(), given.encode()):
            raise refusal.object_mismatch(credential.access_key_id, given, fields["policy"], "")
        self._keys.used(key, "s3", credential.region)
        return key.principal

    def chunks(self, request: HttpRequest) -> ChunkSignatures | None:
        """What verifies the body's chunks as they arrive; None when they are not signed one by one."""
        credential = credential_of(request)
        if credential is None or request.headers.get("x-amz-content-sha256") not in CHUNKED:
            return None
        key, signed, _ = self._known(request, "s3", credential)
        return ChunkSignatures(signing_key(key.secret, signed.scope), signed)

    def _known(self, request: HttpRequest, service: str, credential: Credential) -> tuple[Key, Signed, str]:
        """The signer's key, and what the request says of its signature and of its body's hash."""
        in_query = "authorization" not in request.headers
        signed = _of_query(request, service) if in_query else _of_header(request, service)
        key = self._key(service, credential)
        _check_scope(service, signed)
        if in_query and "X-Amz-Expires=" in request.query:
            check_expiry(request, self._clock.now_ms())
        else:
            self._check_time(service, signed)
        return key, signed, _payload_hash(request, service, in_query=in_query)

    def _key(self, service: str, credential: Credential) -> Key:
        key = self._keys.key(credential.access_key_id)
        if key is None:
            raise refusal.unknown_key(service, credential.access_key_id)
        if (key.token or "") != (credential.session_token or ""):
            raise refusal.bad_token(service, credential.session_token)
        if key.expires_at_ms is not None and key.expires_at_ms <= self._clock.now_ms():
            raise refusal.expired(service, credential.session_token)
        return key

    def _check_time(self, service: str, signed: Signed) -> None:
        now_ms, allowed_s = self._clock.now_ms(), OBJECT_SKEW_S if service == "s3" else SKEW_S
        late_s = (now_ms - _time_ms(service, signed.time)) / 1000
        if abs(late_s) <= allowed_s:
            return
        if service == "s3":
            raise AwsError(
                "The difference between the request time and the current time is too large.",
                code="RequestTimeTooSkewed", status=403, RequestTime=signed.time,
                ServerTime=utc(now_ms).strftime("%Y-%m-%dT%H:%M:%SZ"), MaxAllowedSkewMilliseconds=allowed_s * 1000,
            )  # fmt: skip
        words, mark = ("Signature expired: {} is now earlier than {}", "-")
        if late_s < 0:
            words, mark = ("Signature not yet current: {} is still later than {}", "+")
        bound = utc(now_ms + (allowed_s if late_s < 0 else -allowed_s) * 1000).strftime(TIME)
        now = utc(now_ms).strftime(TIME)
        raise refusal.mismatch(service, f"{words.format(signed.time, bound)} ({now} {mark} {allowed_s // 60} min.)")


def _of_header(request: HttpRequest, service: str) -> Signed:
    header = request.headers["authorization"]
    if not header.startswith(ALGORITHM):
        raise AwsError(
            "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
            code="InvalidRequest" if service == "s3" else "IncompleteSignature", status=400,
        )  # fmt: skip
    try:
        return of_header(header, _date(request, service))
    except Malformed as part:
        raise refusal.incomplete(service, f"Authorization header requires '{part}' parameter.") from None


def _of_query(request: HttpRequest, service: str) -> Signed:
    try:
        parameters = request.parameters()
        if parameters.get("X-Amz-Algorithm") != ALGORITHM:
            raise Malformed("X-Amz-Algorithm")
        return of_query(parameters)
    except ValueError as problem:
        if service == "s3":
            raise AuthorizationQueryParametersError(
                "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
                "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
            ) from None
        raise refusal.incomplete(service, f"AWS query-string parameters must include '{problem}'.") from None


def _date(request: HttpRequest, service: str) -> str:
    """The request's time, from X-Amz-Date or else from Date."""
    given = request.headers.get("x-amz-date")
    if given is not None:
        return given
    try:
        return parsedate_to_datetime(request.headers["date"]).astimezone(UTC).strftime(TIME)
    except (KeyError, ValueError):
        if service == "s3":
            message = "AWS authentication requires a valid Date or x-amz-date header"
            raise AwsError(message, code="AccessDenied", status=403) from None
        raise refusal.incomplete(
            service, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        ) from None


@lru_cache(1024)
def _parsed_ms(text: str) -> int:
    return int(datetime.strptime(text, TIME).replace(tzinfo=UTC).timestamp() * 1000)


def _time_ms(service: str, text: str) -> int:
    try:
        return _parsed_ms(text)
    except ValueError:
        raise refusal.incomplete(
            service, f"Date must be in ISO-8601 'basic format'. Got '{text}'. See http://en.wikipedia.org/wiki/ISO_8601"
        ) from None


def _check_scope(service: str, signed: Signed) -> None:
    if SIGNING_NAMES.get(signed.scope.service, signed.scope.service) != service:
        name = next((name for name, known in SIGNING_NAMES.items() if known == service), service)
        raise refusal.mismatch(service, f"Credential should be scoped to correct service: '{name}'. ")
    if signed.scope.date != signed.time[:8]:
        raise refusal.mismatch(
            service,
            f"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{signed.scope.date}' != '{signed.time[:8]}', from '{signed.time}'.",
        )


def _payload_hash(request: HttpRequest, service: str, *, in_query: bool) -> str:
    given = request.headers.get("x-amz-content-sha256")
    if service != "s3":
        return ""  # the body's own, whatever the head says
    if given is None:
        if in_query:
            return request.parameters().get("X-Amz-Content-Sha256", UNSIGNED)
        raise AwsError("Missing required header for this request: x-amz-content-sha256", code="InvalidRequest")
    if len(given) != 64 and given not in {UNSIGNED, UNSIGNED_CHUNKED, *CHUNKED}:
        raise AwsError(
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
            code="InvalidArgument", ArgumentName="x-amz-content-sha256", ArgumentValue=given,
        )  # fmt: skip
    if given in {UNSIGNED, UNSIGNED_CHUNKED} and not in_query and not is_local(request.peer):
        raise AwsError(
            "A body may be left unsigned only over TLS, or from the machine that Afluente runs on. Sign it, or put a "
            "proxy with TLS in front.",
            code="InvalidRequest",
        )
    return given


def _check(request: HttpRequest, service: str, key: Key, signed: Signed, payload_hash: str) -> None:
    """Raise unless the signature is of this very request."""
    _check_headers(request, service, signed)
    canonical = canonical_request(
        request.method, request.path, request.query, request.headers, signed.signed_headers, payload_hash,
        service=service,
    )  # fmt: skip
    text = string_to_sign(canonical, signed.time, signed.scope)
    right = sign(signing_key(key.secret, signed.scope), text)
    if hmac.compare_digest(right.encode(), signed.signature.encode()):
        return
    if service == "s3":
        raise refusal.object_mismatch(signed.access_key_id, signed.signature, text, canonical)
    raise refusal.mismatch(service)


def _check_headers(request: HttpRequest, service: str, signed: Signed) -> None:
    """What may change a request's meaning has to be signed."""
    named = set(signed.signed_headers)
    if not named & {"host", ":authority"}:  # the latter is HTTP/2's word for it
        raise refusal.mismatch(service, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
    loose = [name for name in request.headers if name.startswith("x-amz-") and name not in named | NEED_NOT_BE_SIGNED]
    if loose and service == "s3":
        raise AwsError(
            "There were headers present in the request which were not signed", code="AccessDenied", status=403,
            HeadersNotSigned=", ".join(sorted(loose)),
        )  # fmt: skip
    for name in sorted(loose):
        if name != "x-amz-security-token":
            raise refusal.mismatch(service, f"'{name}' must be a 'SignedHeader' in the AWS Authorization.")
