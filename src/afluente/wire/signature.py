"""AWS Signature Version 4: what is signed, and the signature of it. Pure; whose key it is, and when, others know.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html and, for S3's own rules,
https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()

_SPACES = re.compile(r"\s+")
_FIELD = re.compile(r"\s*(Credential|SignedHeaders|Signature)=([^,\s]+)\s*")


class Scope(NamedTuple):
    """What a signature is good for. `date` is `20261125`."""

    date: str
    region: str
    service: str

    def __str__(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


class Signed(NamedTuple):
    """What a request says of its signature. `time` is `20261125T101500Z`."""

    access_key_id: str
    scope: Scope
    signed_headers: tuple[str, ...]
    signature: str
    time: str


class Malformed(ValueError):
    """An Authorization header or a query that lacks a part of a signature; the text names the part."""


def of_header(header: str, time: str) -> Signed:
    """The signature of an Authorization header. Raises Malformed."""
    found = map(_FIELD.fullmatch, header.removeprefix(ALGORITHM).split(","))
    fields: dict[str, str] = {match[1]: match[2] for match in found if match}
    for name in ("Credential", "Signature", "SignedHeaders"):
        if name not in fields:
            raise Malformed(name)
    return _signed(fields["Credential"], fields["SignedHeaders"], fields["Signature"], time)


def of_query(parameters: Mapping[str, str]) -> Signed:
    """The signature of a presigned URL, from its decoded query. Raises Malformed."""
    for name in ("X-Amz-Credential", "X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Date"):
        if not parameters.get(name):
            raise Malformed(name)
    return _signed(
        parameters["X-Amz-Credential"], parameters["X-Amz-SignedHeaders"], parameters["X-Amz-Signature"],
        parameters["X-Amz-Date"],
    )  # fmt: skip


def of_form_field(credential: str, signature: str, time: str) -> Signed:
    """The signature of a form's policy, from the form's fields. Raises Malformed."""
    return _signed(credential, "", signature, time)


def _signed(credential: str, headers: str, signature: str, time: str) -> Signed:
    parts = credential.rsplit("/", 4)
    if len(parts) != 5 or parts[4] != "aws4_request":
        raise Malformed("Credential")
    return Signed(parts[0], Scope(*parts[1:4]), tuple(headers.lower().split(";")), signature, time)


def canonical_request(  # noqa: PLR0917  # the parts of a request, in the order in which they are signed
    method: str, path: str, query: str, headers: Mapping[str, str], signed_headers: Sequence[str], payload_hash: str, *,
    service: str,
) -> str:  # fmt: skip
    """What is signed of a request. `path` and `query` as they came, percent-encoded; header names in lower case.

    Of a presigned URL the signature itself is left out. S3 takes paths as they are, all others encode them twice.
    """
    lines = [f"{name}:{_SPACES.sub(' ', headers.get(name, '').strip())}\n" for name in signed_headers]
    uri = _encoded(unquote_to_bytes(path)) if service == "s3" else quote(path or "/", safe="/-_.~")
    return "\n".join((method, uri, _canonical_query(query), "".join(lines), ";".join(signed_headers), payload_hash))


def string_to_sign(canonical: str, time: str, scope: Scope) -> str:
    """The text that the signature is of."""
    return "\n".join((ALGORITHM, time, str(scope), hashlib.sha256(canonical.encode()).hexdigest()))


@lru_cache(1024)
def signing_key(secret: str, scope: Scope) -> bytes:
    """The key that a secret access key gives for a scope."""
    key = b"AWS4" + secret.encode()
    for part in (*scope, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def sign(key: bytes, text: str) -> str:
    """The signature of `text`."""
    return hmac.digest(key, text.encode(), "sha256").hex()


class ChunkSignatures:
    """The signatures of a body that is signed chunk by chunk: each is of its chunk and of the signature before it.

    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
    """

    def __init__(self, key: bytes, signed: Signed) -> None:
        self._key = key
        self._head = f"{signed.time}\n{signed.scope}\n"
        self._last = signed.signature
        self._hash = hashlib.sha256()

    def feed(self, data: bytes) -> None:
        """More of the chunk."""
        self._hash.update(data)

    def ends_with(self, signature: str) -> bool:
        """Whether the chunk that has been fed has this signature."""
        text = f"{ALGORITHM}-PAYLOAD\n{self._head}{self._last}\n{EMPTY_SHA256}\n{self._hash.hexdigest()}"
        self._hash = hashlib.sha256()
        return self._is(signature, text)

    def trailers_have(self, signature: str, trailers: bytes) -> bool:
        """Whether the trailing headers, `name:value` and a line feed each, have this signature."""
        digest = hashlib.sha256(trailers).hexdigest()
        return self._is(signature, f"{ALGORITHM}-TRAILER\n{self._head}{self._last}\n{digest}")

    def _is(self, signature: str, text: str) -> bool:
        self._last = sign(self._key, text)
        return hmac.compare_digest(self._last.encode(), signature.encode())


def _canonical_query(query: str) -> str:
    pairs = []
    for piece in query.split("&") if query else ():
        name, _, value = piece.partition("=")
        key = _encoded_part(name)
        if key != "X-Amz-Signature":
            pairs.append((key, _encoded_part(value)))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _encoded_part(text: str) -> str:
    return quote(unquote_to_bytes(text.replace("+", " ")), safe="-_.~")


def _encoded(path: bytes) -> str:
    return quote(path or b"/", safe="/-_.~")
