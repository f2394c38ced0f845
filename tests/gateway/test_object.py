"""Objects' bytes in and out: spooling, aws-chunked, hashes, files, keys and hosts."""

import base64
import hashlib
import json
import os
import resource
import zlib
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.gateway.conftest import Serve, Served, authorization, http

from afluente.core.call import Call
from afluente.core.provider import FileSlice, Provider, SpooledBody

LARGE = os.urandom(3 << 20)


class S3(Provider):
    """Keeps the last object."""

    service = "s3"
    operations = ("PutObject", "GetObject", "HeadObject", "DeleteObjects", "GetBucketLocation", "ListBuckets")

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keep = False
        self.request: dict[str, Any] = {}
        self.data = b""
        self.was_spooled = False

    def put_object(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        self.request = request
        body = request.pop("Body")
        self.data = body.read()
        self.was_spooled = isinstance(body, SpooledBody)
        if self.keep:
            body.path.rename(self.folder / "kept")
            body.release()
        return {"ETag": '"0"'}

    def get_object(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        self.request = request
        path = self.folder / f"object-{call.request_id}"
        path.write_bytes(self.data)
        length = len(self.data) - 1
        return {
            "Body": FileSlice(path, 1, length, path.open("rb")),
            "ContentLength": length,
            "ContentRange": f"bytes 1-{length}/{length + 1}",
            "Metadata": {"farm": "ação".encode().decode("latin-1")},
            "ContentType": request.get("ResponseContentType", "text/plain"),
        }

    def head_object(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        return {"ContentLength": 12345}

    def delete_objects(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        self.request = request
        return {"Deleted": request["Delete"]["Objects"]}

    def get_bucket_location(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        return {"LocationConstraint": "sa-east-1"}

    def list_buckets(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        return {"Buckets": []}


@pytest.fixture
def s3(tmp_path: Path) -> S3:
    return S3(tmp_path)


def client(served: Served, **config: Any) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{served.port}",
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(retries={"total_max_attempts": 1}, **config),
    )


def put(body: bytes, path: str = "/bucket/key", **headers: str) -> bytes:
    fields = {"Authorization": authorization("s3"), **{n.replace("_", "-"): v for n, v in headers.items()}}
    return http("PUT", path, fields, body)


def test_put_object_small_is_in_memory(serve: Serve, s3: S3) -> None:
    client(serve(s3)).put_object(Bucket="b", Key="k", Body=b"data", Metadata={"a": "1"})
    assert (s3.data, s3.was_spooled) == (b"data", False)
    assert s3.request["Metadata"] == {"a": "1"}
    assert s3.request["ChecksumCRC32"] == base64.b64encode(zlib.crc32(b"data").to_bytes(4)).decode()


@pytest.mark.parametrize("size", [(1 << 20) + 5, 3 << 20, 9 << 20])
def test_put_object_for_which_the_disk_has_no_room_is_told_so(serve: Serve, s3: S3, size: int) -> None:
    served = serve(s3)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        answer = served.ask(http("PUT", "/bucket/key", {"Authorization": authorization("s3")}, bytes(size)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (answer.status, b"File too large, in its data folder" in answer.body) == (500, True)
    assert served.spooled() == []
    assert served.ask(http("PUT", "/bucket/key", {"Authorization": authorization("s3")}, LARGE)).status == 200


def test_put_object_large_is_spooled_and_the_file_removed(serve: Serve, s3: S3) -> None:
    served = serve(s3)
    client(served).put_object(Bucket="b", Key="k", Body=LARGE)
    assert (s3.data == LARGE, s3.was_spooled) == (True, True)
    assert served.spooled() == []


def test_put_object_whose_file_is_taken_stays_taken(serve: Serve, s3: S3, tmp_path: Path) -> None:
    s3.keep = True
    client(serve(s3)).put_object(Bucket="b", Key="k", Body=LARGE)
    assert (tmp_path / "kept").read_bytes() == LARGE


def test_put_object_cut_off_leaves_no_file(serve: Serve, s3: S3) -> None:
    served = serve(s3)
    wire = served.wire().send(put(LARGE)[:-1])
    wire.close()
    served.gateway.stop()
    assert served.spooled() == []
    assert s3.request == {}


def test_put_object_with_a_wrong_hash_is_refused(serve: Serve, s3: S3) -> None:
    served = serve(s3)
    for body in (b"data", LARGE):
        answer = served.ask(put(body, X_Amz_Content_SHA256=hashlib.sha256(b"other").hexdigest()))
        assert answer.status == 400
        assert b"<Code>XAmzContentSHA256Mismatch</Code>" in answer.body
    assert s3.request == {}
    assert served.spooled() == []


def framed(data: bytes, size: int, *, trailer: str = "", signed: bool = False) -> bytes:
    pieces = [data[start : start + size] for start in range(0, len(data), size)] + [b""]
    extension = b";chunk-signature=" + b"0" * 64 if signed else b""
    frames = b"".join(b"%x%s\r\n%s" % (len(p), extension, p + b"\r\n" if p else b"") for p in pieces)
    return frames + (trailer + "\r\n").encode()


@pytest.mark.parametrize("size", [1, 5, 70_000])
@pytest.mark.parametrize("signed", [False, True])
def test_put_object_aws_chunked(serve: Serve, s3: S3, size: int, signed: bool) -> None:
    data = b"0123456789" * (7 if size < 10 else 300_000)
    kind = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" if signed else "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    crc = base64.b64encode(zlib.crc32(data).to_bytes(4)).decode()
    body = framed(data, size, trailer=f"x-amz-checksum-crc32:{crc}\r\n", signed=signed)
    answer = serve(s3).ask(
        put(
            body,
            X_Amz_Content_SHA256=kind,
            Content_Encoding="gzip,aws-chunked",
            X_Amz_Trailer="x-amz-checksum-crc32",
            X_Amz_Decoded_Content_Length=str(len(data)),
        )
    )
    assert answer.status == 200
    assert s3.data == data
    assert s3.request["ChecksumCRC32"] == crc
    assert (s3.request["ContentEncoding"], s3.request["ContentLength"]) == ("gzip", len(data))


def test_put_object_aws_chunked_alone_leaves_no_encoding(serve: Serve, s3: S3) -> None:
    kind = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    body = framed(b"x", 1)
    answer = serve(s3).ask(put(body, X_Amz_Content_SHA256=kind, Content_Encoding="aws-chunked"))
    assert answer.status == 200
    assert "ContentEncoding" not in s3.request


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"5\r\nabc",
        b"zz\r\nabc\r\n0\r\n\r\n",
        b"3\r\nabcd\r\n0\r\n\r\n",
        b"-1\r\n",
        b"1" * 9000,
        b"ffffffffffffffff1\r\n",
    ],
)
def test_put_object_with_broken_frames_is_refused(serve: Serve, s3: S3, body: bytes) -> None:
    answer = serve(s3).ask(put(body, X_Amz_Content_SHA256="STREAMING-UNSIGNED-PAYLOAD-TRAILER"))
    assert (answer.status, b"<Code>IncompleteBody</Code>" in answer.body) == (400, True)
    assert s3.request == {}


def test_put_object_shorter_than_announced_is_refused(serve: Serve, s3: S3) -> None:
    kind = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    answer = serve(s3).ask(put(framed(b"abc", 2), X_Amz_Content_SHA256=kind, X_Amz_Decoded_Content_Length="4"))
    assert (answer.status, b"<Code>IncompleteBody</Code>" in answer.body) == (400, True)


@pytest.mark.parametrize("data", [b"0123456789", LARGE])
def test_get_object_sends_the_slice_of_the_file(serve: Serve, s3: S3, data: bytes) -> None:
    s3.data = data
    answer = client(serve(s3)).get_object(Bucket="b", Key="k")
    assert answer["Body"].read() == data[1:]
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 206


def test_get_object_between_other_answers(serve: Serve, s3: S3) -> None:
    s3.data = LARGE
    signed = {"Authorization": authorization("s3")}
    wire = serve(s3).wire()
    wire.send((http("GET", "/", signed) + http("GET", "/b/k", signed)) * 3)
    for _ in range(3):
        assert b"<ListAllMyBucketsResult " in wire.answer().body
        assert wire.answer().body == LARGE[1:]


def test_get_object_cut_off_by_the_client_harms_nobody(serve: Serve, s3: S3) -> None:
    s3.data = LARGE * 4
    served = serve(s3)
    served.wire().send(http("GET", "/b/k", {"Authorization": authorization("s3")})).close()
    assert served.ask(http("GET", "/b/k", {"Authorization": authorization("s3")})).body == s3.data[1:]


def test_get_object_header_values_cannot_begin_new_headers(serve: Serve, s3: S3) -> None:
    s3.data = b"01"
    url = "/b/k?response-content-type=text%2Fplain%0D%0AX-Evil%3A%201"
    answer = serve(s3).ask(http("GET", url, {"Authorization": authorization("s3")}))
    assert "x-evil" not in answer.headers
    assert answer.headers["content-type"] == "text/plain  X-Evil: 1"


def test_head_object_states_the_length_without_a_body(serve: Serve, s3: S3) -> None:
    wire = serve(s3).wire()
    signed = {"Authorization": authorization("s3")}
    answer = wire.send(http("HEAD", "/b/k", signed) + http("HEAD", "/b", signed)).answer(to_head=True)
    assert (answer.status, answer.headers["content-length"]) == (200, "12345")
    refused = wire.answer(to_head=True)
    assert (refused.status, refused.headers["content-length"]) == (501, "0")


def test_get_bucket_location_is_the_root_elements_text(serve: Serve, s3: S3) -> None:
    assert client(serve(s3)).get_bucket_location(Bucket="b")["LocationConstraint"] == "sa-east-1"


@pytest.mark.parametrize(
    "key", ["a", "a/b", "..", "../../etc/passwd", "a//b/", "/a", "./", "ção/日本 +%&?#=;", "\x01\x7f"]
)
def test_keys_arrive_as_they_are(serve: Serve, s3: S3, key: str) -> None:
    client(serve(s3)).put_object(Bucket="bucket", Key=key, Body=b"")
    assert (s3.request["Bucket"], s3.request["Key"]) == ("bucket", key)


def test_key_that_is_no_utf8_is_refused(serve: Serve, s3: S3) -> None:
    served = serve(s3)
    for path in ("/bucket/%FF", "/%C3/key"):
        answer = served.ask(put(b"", path))
        assert (answer.status, b"<Code>InvalidURI</Code>" in answer.body) == (400, True)
    assert s3.request == {}


@pytest.mark.parametrize(
    "host",
    ["bucket.localhost:4566", "bucket.s3.localhost", "bucket.s3.us-east-1.amazonaws.com", "bucket.127.0.0.1.nip.io"],
)
def test_bucket_in_the_host(serve: Serve, s3: S3, host: str) -> None:
    served = serve(s3)
    assert served.ask(put(b"", "/bucket/a//b", Host=host)).status == 200
    assert (s3.request["Bucket"], s3.request["Key"]) == ("bucket", "bucket/a//b")


@pytest.mark.parametrize(
    "host", ["localhost:4566", "127.0.0.1", "s3.us-east-1.amazonaws.com", "s3.localhost", "afluente"]
)
def test_bucket_in_the_path(serve: Serve, s3: S3, host: str) -> None:
    assert serve(s3).ask(put(b"", "/bucket/key", Host=host)).status == 200
    assert (s3.request["Bucket"], s3.request["Key"]) == ("bucket", "key")


def test_anonymous_requests_are_the_roots_in_open_mode(serve: Serve, s3: S3) -> None:
    assert serve(s3).ask(http("PUT", "/bucket/key")).status == 200


def test_presigned_url_works_until_it_expires(serve: Serve, s3: S3) -> None:
    served = serve(s3)
    now = "20260921T141320Z"  # the manual clock's
    url = f"/b/k?X-Amz-Credential=a%2F20260921%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date={now}&X-Amz-Expires=60"
    assert served.ask(http("PUT", url)).status == 200
    served.clock.advance(61)
    answer = served.ask(http("PUT", url))
    assert (answer.status, b"<Message>Request has expired</Message>" in answer.body) == (403, True)


def test_delete_objects_needs_a_checksum_and_the_right_one(serve: Serve, s3: S3) -> None:
    served = serve(s3)
    document = b"<Delete><Object><Key>a</Key></Object></Delete>"
    signed = {"Authorization": authorization("s3")}
    assert b"<Code>InvalidRequest</Code>" in served.ask(http("POST", "/b?delete", signed, document)).body
    wrong = base64.b64encode(hashlib.md5(b"").digest()).decode()
    assert (
        b"<Code>BadDigest</Code>"
        in served.ask(http("POST", "/b?delete", {**signed, "Content-MD5": wrong}, document)).body
    )
    client(served).delete_objects(Bucket="b", Delete={"Objects": [{"Key": "a"}]})
    assert s3.request["Delete"] == {"Objects": [{"Key": "a"}]}


BOMB = b"""<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<Delete><Object><Key>&b;</Key></Object></Delete>"""
OUTSIDE = b'<!DOCTYPE d [<!ENTITY f SYSTEM "file:///etc/passwd">]><Delete><Object><Key>&f;</Key></Object></Delete>'


@pytest.mark.parametrize(
    "document",
    [
        BOMB,
        OUTSIDE,
        b"<Delete>",
        b"not xml",
        b"<Delete><Object><Key>\xff</Key></Object></Delete>",
        b"<Delete><Object><Name>a</Name></Object></Delete>",
        b"<Delete><Object></Object></Delete>",
        b"<Delete><Quiet>maybe</Quiet><Object><Key>a</Key></Object></Delete>",
        b"<a>" * 50_000 + b"</a>" * 50_000,
        b"<?xml version='1.0' encoding='no-such'?><Delete/>",
        b"",
    ],
)
def test_delete_objects_with_a_bad_document_is_refused(serve: Serve, s3: S3, document: bytes) -> None:
    digest = base64.b64encode(hashlib.md5(document).digest()).decode()
    answer = serve(s3).ask(
        http("POST", "/b?delete", {"Authorization": authorization("s3"), "Content-MD5": digest}, document)
    )
    assert (answer.status, b"<Code>MalformedXML</Code>" in answer.body) == (400, True)
    assert s3.request == {}


@pytest.mark.parametrize(
    ("method", "url", "status", "code"),
    [
        ("PATCH", "/b/k", 405, "MethodNotAllowed"),
        ("POST", "/b", 405, "MethodNotAllowed"),
        ("PUT", "/b?versions", 405, "MethodNotAllowed"),
        ("PUT", "/b/k?acl", 501, "NotImplemented"),
        ("GET", "/b/k?torrent", 501, "NotImplemented"),
        ("GET", "/b/k?partNumber=abc", 400, "InvalidArgument"),
        ("GET", "/b/k?%FF=1", 400, "InvalidURI"),
    ],
)
def test_requests_that_s3_does_not_take(serve: Serve, s3: S3, method: str, url: str, status: int, code: str) -> None:
    answer = serve(s3).ask(http(method, url, {"Authorization": authorization("s3")}))
    assert (answer.status, f"<Code>{code}</Code>" in answer.body.decode()) == (status, True)
    assert answer.headers["x-amz-request-id"] in answer.body.decode()


def test_put_object_with_a_storage_class_that_is_none(serve: Serve, s3: S3) -> None:
    answer = serve(s3).ask(put(b"", X_Amz_Storage_Class="WARM"))
    assert (answer.status, b"<Code>InvalidStorageClass</Code>" in answer.body) == (400, True)


def test_no_such_operation_in_a_client_is_a_clear_error(serve: Serve, s3: S3) -> None:
    with pytest.raises(ClientError, match="does not support s3:GetBucketAcl"):
        client(serve(s3)).get_bucket_acl(Bucket="b")


def test_preflight_of_a_bucket_is_turned_down(serve: Serve, s3: S3) -> None:
    served = serve(s3)
    refused = served.ask(http("OPTIONS", "/bucket/key", {"Origin": "http://localhost"}))
    assert (refused.status, b"CORSResponse: Bucket not found" in refused.body) == (403, True)
    assert served.ask(http("OPTIONS", "/bucket/key")).status == 400
    assert json.loads(served.ask(http("GET", "/_afluente/health")).body)
