"""Checksums of objects: computing, checking what the caller sent, joining those of parts.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
"""

import base64
import hashlib
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, Literal, NamedTuple, Protocol

from afluente.services.s3.error import BadDigest, InvalidDigest, InvalidRequest, invalid_argument

Data = bytes | memoryview
Kind = Literal["FULL_OBJECT", "COMPOSITE"]

DEFAULT = "CRC64NVME"
SIZES = {"CRC32": 4, "CRC32C": 4, "CRC64NVME": 8, "SHA1": 20, "SHA256": 32}
"""The supported algorithms and how many bytes their checksums have."""

DEFAULT_KIND: dict[str, Kind] = {
    "CRC32": "COMPOSITE",
    "CRC32C": "COMPOSITE",
    "CRC64NVME": "FULL_OBJECT",
    "SHA1": "COMPOSITE",
    "SHA256": "COMPOSITE",
}
"""What a multipart upload of the algorithm ends in when the caller does not say."""

SIDE_BY_SIDE_BYTES = 128 << 10
"""From here on MD5 and the other checksum are computed at the same time; below, handing over to a thread costs more."""

MEMBERS = {f"Checksum{algorithm}": algorithm for algorithm in SIZES}


class Checksum(NamedTuple):
    """A checksum as the API shows it: `value` is base64, with `-N` behind it when it is COMPOSITE."""

    algorithm: str
    kind: Kind
    value: str

    def without_count(self) -> "Checksum":
        """As GetObjectAttributes shows it: a composite one without the number of its parts."""
        return self._replace(value=self.value.partition("-")[0])

    def members(self) -> dict[str, str]:
        """As members of a response."""
        return {f"Checksum{self.algorithm}": self.value, "ChecksumType": self.kind}


class _Hash(Protocol):
    def update(self, data: Data, /) -> None: ...

    def digest(self) -> bytes: ...


class _Crc:
    """A CRC with the face of hashlib's hashes."""

    def __init__(self, algorithm: str) -> None:
        self._function = _crc_function(algorithm.lower())
        self._size = SIZES[algorithm]
        self._value = 0

    def update(self, data: Data, /) -> None:
        self._value = self._function(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._size, "big")


def _crc_function(name: str) -> Callable[..., int]:
    if name == "crc32":
        return zlib.crc32  # nearly twice as quick, and without the interpreter's lock
    from awscrt import checksums  # noqa: PLC0415  a native library: loaded with the first object, not at the start

    function: Callable[..., int] = getattr(checksums, name)
    return function


def _new(algorithm: str) -> _Hash:
    match algorithm:
        case "SHA1" | "SHA256":
            return hashlib.new(algorithm.lower(), usedforsecurity=False)
        case _:
            return _Crc(algorithm)


@cache
def _side() -> ThreadPoolExecutor:
    """Threads that compute one checksum while another is computed; they do so without the interpreter's lock."""
    return ThreadPoolExecutor(2, thread_name_prefix="checksum")


class Digests:
    """The MD5 and the checksums of bytes that pass by."""

    def __init__(self, algorithms: Collection[str]) -> None:
        self.algorithms = tuple(algorithms)
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._hashes = {algorithm: _new(algorithm) for algorithm in algorithms}
        self.size = 0

    def update(self, data: Data) -> None:
        self.size += len(data)
        if len(data) < SIDE_BY_SIDE_BYTES:
            self._md5.update(data)
            self._update_hashes(data)
            return
        others = _side().submit(self._update_hashes, data)
        self._md5.update(data)
        others.result()

    def _update_hashes(self, data: Data) -> None:
        for each in self._hashes.values():
            each.update(data)

    @property
    def etag(self) -> str:
        """The MD5 in hexadecimal: the ETag of an object that was put in one piece."""
        return self._md5.hexdigest()

    @property
    def md5(self) -> str:
        """The MD5 in base64."""
        return _base64(self._md5.digest())

    def value(self, algorithm: str) -> str:
        """The checksum in base64."""
        return _base64(self._hashes[algorithm].digest())


class Expected:
    """What the caller says the bytes' checksums are. Raises AWS's errors for values that cannot be right."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        given = {algorithm: request[member] for member, algorithm in MEMBERS.items() if member in request}
        if len(given) > 1:
            raise InvalidRequest("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
        self.algorithm: str | None = next(iter(given), None)
        self.value: str = next(iter(given.values()), "")
        self.md5: str | None = request.get("ContentMD5")
        self._check_form(request.get("ChecksumAlgorithm"))

    def _check_form(self, announced: str | None) -> None:
        if announced is not None:
            supported(announced)
            if self.algorithm is None:
                raise InvalidRequest(
                    "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer "
                    "headers were found."
                )
            if announced != self.algorithm:
                raise InvalidRequest("Value for x-amz-sdk-checksum-algorithm header is invalid.")
        if self.algorithm and len(_decoded(self.value)) != SIZES[self.algorithm]:
            raise InvalidRequest(f"Value for x-amz-checksum-{self.algorithm.lower()} header is invalid.")
        if self.md5 is not None and len(_decoded(self.md5)) != 16:
            raise InvalidDigest("The Content-MD5 you specified was invalid.")

    def check(self, digests: Digests) -> None:
        """Raises BadDigest when the bytes are others than the caller meant."""
        if self.md5 is not None and self.md5 != digests.md5:
            raise BadDigest(
                "The Content-MD5 you specified did not match what we received.",
                ExpectedDigest=self.md5,
                CalculatedDigest=digests.md5,
            )
        if self.algorithm and self.value != digests.value(self.algorithm):
            raise BadDigest(f"The {self.algorithm} you specified did not match the calculated checksum.")


def supported(algorithm: str) -> str:
    """`algorithm`, if it is one that S3 stores. Raises InvalidRequest."""
    if algorithm not in SIZES:
        raise InvalidRequest(
            "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
            f"[{', '.join(SIZES)}]"
        )
    return algorithm


def kind_of(algorithm: str, kind: str | None) -> Kind:
    """The type of a multipart upload's checksum. Raises InvalidRequest for a type that the algorithm cannot have."""
    impossible = "COMPOSITE" if algorithm == "CRC64NVME" else "FULL_OBJECT" if algorithm.startswith("SHA") else None
    if kind is not None and kind == impossible:
        raise InvalidRequest(
            f"The {kind} checksum type cannot be used with the {algorithm.lower()} checksum algorithm."
        )
    if kind is None:
        return DEFAULT_KIND[algorithm]
    if kind not in {"COMPOSITE", "FULL_OBJECT"}:
        raise invalid_argument("Value for x-amz-checksum-type header is invalid.", "x-amz-checksum-type", kind)
    return "COMPOSITE" if kind == "COMPOSITE" else "FULL_OBJECT"


def joined(algorithm: str, kind: Kind, parts: Sequence[tuple[str, int]]) -> Checksum:
    """The checksum of an object made of parts, each (checksum, size)."""
    if kind == "FULL_OBJECT":
        return Checksum(algorithm, kind, _combined(algorithm, parts))
    digest = _new(algorithm)
    for value, _ in parts:
        digest.update(base64.b64decode(value))
    return Checksum(algorithm, kind, f"{_base64(digest.digest())}-{len(parts)}")


def _combined(algorithm: str, parts: Sequence[tuple[str, int]]) -> str:
    combine = _crc_function(f"combine_{algorithm.lower()}")
    total = 0
    for value, size in parts:
        total = combine(total, int.from_bytes(base64.b64decode(value), "big"), size)
    return _base64(total.to_bytes(SIZES[algorithm], "big"))


def joined_etag(etags: Sequence[str]) -> str:
    """The ETag of an object made of parts with these ETags."""
    digest = hashlib.md5(b"".join(map(bytes.fromhex, etags)), usedforsecurity=False)
    return f"{digest.hexdigest()}-{len(etags)}"


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:  # binascii.Error, or characters beyond ASCII
        return b""


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
