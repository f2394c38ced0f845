"""Members as an HTTP request of the service's protocol, as a well-behaved SDK would send it, before any mutation.

JSON and CBOR are written here, from trees that can be mutated; for forms and REST, botocore's serialisers write.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

import botocore.serialize
import botocore.session
import cbor2

REGION = "us-east-1"
CBOR_TYPE = "application/x-amz-cbor-1.1"
FORM_TYPE = "application/x-www-form-urlencoded; charset=utf-8"
SIGNATURE = "SignedHeaders=host;x-amz-date, Signature=" + "0" * 64


@dataclass(slots=True)
class Message:
    """A request about to be written: every part of it may still be changed."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def target(self) -> str:
        """Path and query string."""
        if not self.query:
            return self.path
        joint = "&" if "?" in self.path else "?"
        return self.path + joint + urlencode(self.query, errors="surrogatepass")

    def head(self, *, length: int | None) -> bytes:
        """Request line and headers; `length` None: without Content-Length."""
        lines = [f"{self.method} {self.target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if length is not None:
            lines.append(f"Content-Length: {length}")
        return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogatepass")

    def written(self) -> bytes:
        """The bytes on the wire."""
        return self.head(length=len(self.body)) + self.body


@cache
def model_of(service: str) -> Any:
    """botocore's ServiceModel."""
    return botocore.session.Session().get_service_model(service)


@cache
def _serializer(protocol: str) -> Any:
    return botocore.serialize.create_serializer(protocol, include_validation=False)


def authorization(service: str) -> str:
    """A header that names signer and scope; in open mode nobody verifies it."""
    scope = f"{REGION}/{model_of(service).signing_name}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential=any/20261125/{scope}, {SIGNATURE}"


def tree_of(members: Any, *, cbor: bool) -> Any:
    """Members as JSON or CBOR has them."""
    match members:
        case Mapping():
            return {name: tree_of(value, cbor=cbor) for name, value in members.items()}
        case list():
            return [tree_of(value, cbor=cbor) for value in members]
        case bytes() if not cbor:
            return base64.b64encode(members).decode()
        case datetime():
            return int(members.timestamp() * 1000) if cbor else members.timestamp()
        case _:
            return members


def rpc(service: str, operation: str, tree: Any, *, cbor: bool) -> Message:
    """A JSON or CBOR request whose body is `tree`."""
    model = model_of(service)
    headers = {
        **_headers(service),
        "Content-Type": CBOR_TYPE if cbor else f"application/x-amz-json-{model.metadata['jsonVersion']}",
        "X-Amz-Target": f"{model.metadata['targetPrefix']}.{operation}",
    }
    return Message("POST", "/", {}, headers, _cbor(tree) if cbor else json.dumps(tree).encode())


def _cbor(tree: Any) -> bytes:
    try:
        encoded: bytes = cbor2.dumps(tree)
    except UnicodeEncodeError:  # CBOR cannot spell half a surrogate pair
        encoded = cbor2.dumps(json.loads(json.dumps(tree, default=str).replace("\\ud", "\\u0d")))
    return encoded


def other(service: str, operation: str, members: Mapping[str, Any]) -> Message | None:
    """A form or REST request; None when botocore cannot spell the members."""
    model = model_of(service)
    try:
        made = _serializer(model.resolved_protocol).serialize_to_request(members, model.operation_model(operation))
    except (ValueError, TypeError, AttributeError, KeyError, OverflowError):
        return None
    headers = {**_headers(service), **{name: str(value) for name, value in made["headers"].items()}}
    query = {name: str(value) for name, value in dict(made["query_string"]).items()}
    path = quote(made["url_path"], safe="/%?=&-_.~", errors="surrogatepass")
    body = made["body"]
    if isinstance(body, Mapping):
        headers["Content-Type"] = FORM_TYPE
        body = urlencode(body, errors="surrogatepass").encode()
    elif isinstance(body, str):
        body = body.encode("utf-8", "surrogatepass")
    message = Message(made["method"], path, query, headers, body or b"")
    if model.operation_model(operation).http_checksum.get("requestChecksumRequired"):
        digest = hashlib.md5(message.body, usedforsecurity=False).digest()
        message.headers["Content-MD5"] = base64.b64encode(digest).decode()
    return message


def _headers(service: str) -> dict[str, str]:
    return {"Host": "127.0.0.1", "Authorization": authorization(service), "X-Amz-Date": "20261125T000000Z"}
