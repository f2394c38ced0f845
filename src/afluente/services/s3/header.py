"""What is stored with an object and comes back with it: content headers and user metadata."""

from collections.abc import Mapping
from email.utils import format_datetime
from typing import Any

from afluente.core.error import NotImplemented as Unsupported
from afluente.services.s3.error import InvalidRedirectLocation, MetadataTooLarge

DEFAULT_CONTENT_TYPE = "binary/octet-stream"
METADATA_BYTES = 2048
TEXTS = ("CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType", "Expires")

Header = dict[str, Any]


def from_request(request: Mapping[str, Any]) -> Header:
    """The header to store: `TEXTS`, verbatim, and `Metadata`. Raises MetadataTooLarge, InvalidRedirectLocation."""
    header = {name: request[name] for name in TEXTS if request.get(name)}
    header.setdefault("ContentType", DEFAULT_CONTENT_TYPE)
    if "ContentEncoding" in header:
        header["ContentEncoding"] = _without_framing(header["ContentEncoding"])
        if not header["ContentEncoding"]:
            del header["ContentEncoding"]
    header |= redirect(request)
    if request.get("Metadata"):
        header["Metadata"] = _metadata(request["Metadata"])
    return header


def redirect(request: Mapping[str, Any]) -> Header:
    """What the request says of a redirect, which is never copied with an object. Raises InvalidRedirectLocation."""
    target = request.get("WebsiteRedirectLocation")
    if target is not None and not target.startswith(("/", "http://", "https://")):
        raise InvalidRedirectLocation(
            "The website redirect location must have a prefix of 'http://' or 'https://' or '/'."
        )
    return {} if target is None else {"WebsiteRedirectLocation": target}


def copied(header: Header, request: Mapping[str, Any]) -> Header:
    """The header of a copy that keeps its source's."""
    return {name: value for name, value in header.items() if name != "WebsiteRedirectLocation"} | redirect(request)


def to_response(header: Header) -> Header:
    """The members of a response."""
    return {**header, "Metadata": header.get("Metadata", {})}


def overrides(request: Mapping[str, Any]) -> Header:
    """The response's members that the caller of a read replaces: `ResponseContentType` and its kin."""
    replaced = {name: request[f"Response{name}"] for name in TEXTS if f"Response{name}" in request}
    if "Expires" in replaced:
        replaced["Expires"] = format_datetime(replaced["Expires"], usegmt=True)
    return replaced


def check_encryption(request: Mapping[str, Any]) -> None:
    """Raises NotImplemented for encryption that does not exist here."""
    if request.get("ServerSideEncryption", "AES256") != "AES256":
        raise Unsupported(f"ServerSideEncryption {request['ServerSideEncryption']} is not supported; only AES256 is.")


def _without_framing(encoding: str) -> str:
    """`aws-chunked` describes how the request came, not what is stored."""
    return ",".join(item.strip() for item in encoding.split(",") if item.strip().lower() != "aws-chunked")


def _metadata(metadata: Mapping[str, str]) -> dict[str, str]:
    size = sum(len(name.encode()) + len(value.encode()) for name, value in metadata.items())
    if size > METADATA_BYTES:
        raise MetadataTooLarge(
            "Your metadata headers exceed the maximum allowed metadata size",
            Size=str(size),
            MaxSizeAllowed=str(METADATA_BYTES),
        )
    return {name.lower(): value for name, value in metadata.items()}
