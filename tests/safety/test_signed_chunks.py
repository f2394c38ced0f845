"""Bodies that are signed chunk by chunk: none can be changed, moved, dropped or added, nor what trails them."""

import base64
import hashlib
import hmac
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth
from tests.auth.conftest import ROOT, Place
from tests.safety.raw import Answer, Raw, signed

PIECES = (b"0123456", b"789", b"abc")
EMPTY = hashlib.sha256(b"").hexdigest()


def mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


@dataclass(frozen=True)
class Chunk:
    """A chunk with its signature. Written by AWS's description, without the product's code."""

    data: bytes
    signature: str

    def __bytes__(self) -> bytes:
        return b"%x;chunk-signature=%s\r\n%s" % (len(self.data), self.signature.encode(),
                                                 self.data + b"\r\n" if self.data else b"")  # fmt: skip


@dataclass(frozen=True)
class Upload:
    """A signed put, its chunks and what trails them."""

    head: Raw
    chunks: tuple[Chunk, ...]
    trailers: tuple[str, ...] = ()

    def send(self, place: Place) -> Answer:
        body = b"".join(map(bytes, self.chunks)) + "".join(f"{line}\r\n" for line in self.trailers).encode() + b"\r\n"
        return replace(self.head, body=body).send(place.app.endpoint)


def upload(place: Place, trailer: str = "") -> Upload:
    kind = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" + ("-TRAILER" if trailer else "")

    class Auth(S3SigV4Auth):  # type: ignore[misc]  # botocore has no types
        def payload(self, request: Any) -> str:
            return kind

    headers = {
        "Content-Encoding": "aws-chunked", "X-Amz-Decoded-Content-Length": str(len(b"".join(PIECES))),
        **({"X-Amz-Trailer": "x-amz-checksum-crc32"} if trailer else {}),
    }  # fmt: skip
    head = signed(place.app.endpoint, "s3", Raw("PUT", "/lake/k", headers), auth=Auth)
    time, last = head.headers["X-Amz-Date"], head.headers["Authorization"].rpartition("Signature=")[2]
    scope = f"{time[:8]}/us-east-1/s3/aws4_request"
    key = b"AWS4" + ROOT[1].encode()
    for part in scope.split("/"):
        key = mac(key, part)
    chunks = []
    for data in (*PIECES, b""):
        digest = hashlib.sha256(data).hexdigest()
        last = mac(key, f"AWS4-HMAC-SHA256-PAYLOAD\n{time}\n{scope}\n{last}\n{EMPTY}\n{digest}").hex()
        chunks.append(Chunk(data, last))
    if not trailer:
        return Upload(head, tuple(chunks))
    digest = hashlib.sha256(f"{trailer}\n".encode()).hexdigest()
    last = mac(key, f"AWS4-HMAC-SHA256-TRAILER\n{time}\n{scope}\n{last}\n{digest}").hex()
    return Upload(head, tuple(chunks), (trailer, f"x-amz-trailer-signature:{last}"))


CRC = base64.b64encode(zlib.crc32(b"".join(PIECES)).to_bytes(4)).decode()
TRAILER = f"x-amz-checksum-crc32:{CRC}"


@pytest.fixture
def lake(place: Place) -> Any:
    s3 = place.client("s3")
    s3.create_bucket(Bucket="lake")
    return s3


@pytest.mark.parametrize("trailer", ["", TRAILER])
def test_as_it_was_signed(place: Place, lake: Any, trailer: str) -> None:
    assert upload(place, trailer).send(place).status == 200
    assert lake.get_object(Bucket="lake", Key="k")["Body"].read() == b"".join(PIECES)


def changed(chunks: tuple[Chunk, ...]) -> tuple[Chunk, ...]:
    return (chunks[0], chunks[1], Chunk(b"abX", chunks[2].signature), chunks[3])


def moved(chunks: tuple[Chunk, ...]) -> tuple[Chunk, ...]:
    return (chunks[0], chunks[2], chunks[1], chunks[3])


def doubled(chunks: tuple[Chunk, ...]) -> tuple[Chunk, ...]:
    return (chunks[0], chunks[1], chunks[1], *chunks[2:])


def unsigned(chunks: tuple[Chunk, ...]) -> tuple[Chunk, ...]:
    return tuple(replace(chunk, signature="") for chunk in chunks)


@pytest.mark.parametrize("change", [changed, moved, doubled, unsigned, lambda chunks: chunks[1:]])
def test_chunks_that_somebody_has_touched(
    place: Place, lake: Any, change: Callable[[tuple[Chunk, ...]], tuple[Chunk, ...]]
) -> None:
    given = upload(place)
    assert replace(given, chunks=change(given.chunks)).send(place).code == "SignatureDoesNotMatch"
    assert lake.list_objects_v2(Bucket="lake")["KeyCount"] == 0


def test_a_body_that_was_cut_off(place: Place, lake: Any) -> None:
    given = upload(place)
    assert replace(given, chunks=given.chunks[:2]).send(place).code == "IncompleteBody"
    assert replace(given, chunks=(*given.chunks[:2], Chunk(b"", given.chunks[3].signature))).send(place).status == 403
    assert lake.list_objects_v2(Bucket="lake")["KeyCount"] == 0


ROGUE = "x-amz-acl:public-read"


@pytest.mark.parametrize(
    ("trailers", "code"),
    [
        (lambda lines: (TRAILER.replace(CRC[0], "x"), lines[1]), "SignatureDoesNotMatch"),
        (lambda lines: (lines[0],), "SignatureDoesNotMatch"),
        (lambda lines: (lines[0], ROGUE, lines[1]), "SignatureDoesNotMatch"),
        (lambda lines: (*lines, ROGUE), "MalformedTrailerError"),
        (lambda _: (), "MalformedTrailerError"),
    ],
)
def test_trailers_that_somebody_has_touched(
    place: Place, lake: Any, trailers: Callable[[tuple[str, ...]], tuple[str, ...]], code: str
) -> None:
    given = upload(place, TRAILER)
    assert replace(given, trailers=trailers(given.trailers)).send(place).code == code
    assert lake.list_objects_v2(Bucket="lake")["KeyCount"] == 0


@pytest.mark.parametrize("rogue", [ROGUE, "x-amz-copy-source:lake/secret", "x-amz-tagging:a=b", "authorization:x"])
@pytest.mark.parametrize("announced", [False, True])
def test_trailers_are_checksums_and_never_other_headers(place: Place, lake: Any, rogue: str, announced: bool) -> None:
    headers = {
        "Content-Encoding": "aws-chunked", "X-Amz-Content-SHA256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "X-Amz-Trailer": rogue.partition(":")[0] if announced else "x-amz-checksum-crc32",
    }  # fmt: skip

    class Auth(S3SigV4Auth):  # type: ignore[misc]  # botocore has no types
        def payload(self, request: Any) -> str:
            return headers["X-Amz-Content-SHA256"]

    request = signed(place.app.endpoint, "s3", Raw("PUT", "/lake/k", headers), auth=Auth)
    crc = base64.b64encode(zlib.crc32(b"abc").to_bytes(4)).decode()
    honest = "" if announced else f"x-amz-checksum-crc32:{crc}\r\n"
    body = f"3\r\nabc\r\n0\r\n{honest}{rogue}\r\n\r\n".encode()
    answer = replace(request, body=body).send(place.app.endpoint)
    assert answer.code == ("InvalidRequest" if announced else "MalformedTrailerError")
    assert lake.list_objects_v2(Bucket="lake")["KeyCount"] == 0
