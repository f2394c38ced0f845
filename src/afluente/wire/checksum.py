"""The checksums that S3 requests carry for their bodies, checked for bodies that are documents.

Bodies that are objects' bytes are the S3 service's to check: it stores their checksums too.
"""

import base64
import binascii
import hashlib
import zlib
from collections.abc import Callable, Mapping

from afluente.core.error import AwsError


class BadDigest(AwsError):
    """The body is not what its checksum says."""


class InvalidDigest(AwsError):
    """A Content-MD5 that is no MD5."""


class InvalidRequest(AwsError):
    """A checksum header that is missing or unreadable."""


def _crc32(content: bytes) -> bytes:
    return zlib.crc32(content).to_bytes(4)


def _crc32c(content: bytes) -> bytes:
    from awscrt import checksums  # noqa: PLC0415  # 50 ms that most starts do not need

    return int(checksums.crc32c(content)).to_bytes(4)


def _crc64nvme(content: bytes) -> bytes:
    from awscrt import checksums  # noqa: PLC0415  # as above

    return int(checksums.crc64nvme(content)).to_bytes(8)


ALGORITHMS: dict[str, Callable[[bytes], bytes]] = {
    "CRC32": _crc32,
    "CRC32C": _crc32c,
    "CRC64NVME": _crc64nvme,
    "SHA1": lambda content: hashlib.sha1(content).digest(),
    "SHA256": lambda content: hashlib.sha256(content).digest(),
}


def verify(content: bytes, headers: Mapping[str, str], *, required: bool) -> None:
    """Raise S3's error when a checksum is missing though `required`, unreadable, or not the body's."""
    given = {name for name in ALGORITHMS if f"x-amz-checksum-{name.lower()}" in headers}
    if len(given) > 1:
        raise InvalidRequest("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
    if required and not given and "content-md5" not in headers:
        raise InvalidRequest("Missing required header for this request: Content-MD5 OR x-amz-checksum-*")
    if "content-md5" in headers:
        _verify_md5(content, headers["content-md5"])
    for name in given:
        _verify(content, name, headers[f"x-amz-checksum-{name.lower()}"])


def _verify_md5(content: bytes, text: str) -> None:
    wanted = _decode(text)
    if wanted is None or len(wanted) != 16:
        raise InvalidDigest("The Content-MD5 you specified was invalid.")
    found = hashlib.md5(content).digest()
    if found != wanted:
        raise BadDigest(
            "The Content-MD5 you specified did not match what we received.",
            ExpectedDigest=text,
            CalculatedDigest=base64.b64encode(found).decode(),
        )


def _verify(content: bytes, name: str, text: str) -> None:
    found = ALGORITHMS[name](content)
    wanted = _decode(text)
    if wanted is None or len(wanted) != len(found):
        raise InvalidRequest(f"Value for x-amz-checksum-{name.lower()} header is invalid.")
    if found != wanted:
        raise BadDigest(f"The {name} you specified did not match the calculated checksum.")


def _decode(text: str) -> bytes | None:
    try:
        return binascii.a2b_base64(text.encode(), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError):
        return None
