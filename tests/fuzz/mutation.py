"""Changes to requests: in the tree of a body, in its bytes, and in the head."""

import gzip
from collections.abc import Mapping
from copy import deepcopy
from random import Random
from typing import Any

from tests.fuzz import text
from tests.fuzz.encoding import CBOR_TYPE, FORM_TYPE, Message
from tests.fuzz.framing import FRAMINGS

SCALARS: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    1e308,
    1 << 31,
    (1 << 63) - 1,
    1 << 63,
    -(1 << 63) - 1,
    1 << 200,
    "",
    "text",
    [],
    {},
    [None],
    {"": None},
    [[[]]],
    "MjE=",
    "not base64!",
    "2026-11-25T00:00:00Z",
)


class Mutator:
    """Makes changes with `random`."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def tree(self, tree: Any) -> Any:
        """`tree` with one place changed."""
        changed = deepcopy(tree)
        places = list(_places(changed))
        if not places:
            return self._random.choice([None, [], "x", 1, [changed]])
        holder, key = self._random.choice(places)
        self._change(holder, key)
        return changed

    def _change(self, holder: Any, key: Any) -> None:
        value = holder[key]
        match self._random.randrange(9):
            case 0:
                del holder[key]
            case 1:
                holder[key] = deepcopy(self._random.choice(SCALARS))
            case 2:
                holder[key] = text.odd(self._random)
            case 3:
                holder[key] = _nested(self._random.choice([2, 10, 50]), self._random.random() < 0.5)
            case 4 if isinstance(holder, dict):
                holder[self._random.choice([str(key).lower(), str(key).upper(), key + "s", "Unknown", ""])] = value
            case 5 if isinstance(value, list) and value:
                holder[key] = value * self._random.choice([2, 11, 60, 501])
            case 6 if isinstance(value, str):
                holder[key] = self.string(value)
            case 7 if isinstance(value, int | float):
                holder[key] = self._random.choice([-value, value * 1000, str(value), value + 0.5, [value]])
            case _:
                holder[key] = self._random.choice([[value], {"Value": value}, {"": value}, str(value)[:2000]])

    def string(self, value: str) -> str:
        """`value` with something inserted, removed, doubled, or in another case."""
        at = self._random.randrange(len(value) + 1)
        end = min(len(value), at + self._random.randrange(1, 6))
        match self._random.randrange(6):
            case 0:
                return value[:at] + value[end:]
            case 1:
                return value[:at] + text.odd(self._random) + value[at:]
            case 2:
                return value[:at] + value[at:end] * 3 + value[end:]
            case 3:
                return value.swapcase()
            case 4:
                return value[:at]
            case _:
                return value[end:] + value[:at]

    def body(self, message: Message) -> None:
        """Other bytes in the body."""
        body, random = bytearray(message.body), self._random
        at = random.randrange(len(body) + 1)
        match random.randrange(9):
            case 0:
                del body[at:]
            case 1:
                body[at:at] = random.randbytes(random.randrange(1, 9))
            case 2:
                for _ in range(random.randrange(1, 4)):
                    if body:
                        body[random.randrange(len(body))] = random.randrange(256)
            case 3:
                body[at:at] = random.choice(
                    [b"\x00", b"\xff", b"\xc3", b"\xed\xa0\x80", b"<", b"&", b"&#0;", b'"', b"%", b"\x7f"]
                )
            case 4:
                body[:] = body.decode("utf-8", "replace").encode("utf-16")
            case 5:
                body[:0] = b"\xef\xbb\xbf"
            case 6:
                body[:] = gzip.compress(bytes(body))
                message.headers["Content-Encoding"] = "gzip"
            case 7:
                body[:] = random.choice(DOCUMENTS)
            case _:
                body *= 2
        message.body = bytes(body)

    def head(self, message: Message) -> None:
        """Another method, path, query or header."""
        random, headers = self._random, message.headers
        match random.randrange(10):
            case 0:
                message.method = random.choice(["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH"])
            case 1:
                message.path += random.choice(
                    ["/", "//", "/..", "?", "?x", "%", "%2F..", "%zz", "%ff", "?a=%ff&b", ";"]
                )
            case 2:
                name = random.choice([*message.query, *QUERIES])
                message.query[name] = text.odd(random).replace("\r\n", "")
            case 3:
                headers.pop(random.choice(list(headers)))
            case 4:
                name = random.choice(list(headers))
                headers[name] = _line(self.string(headers[name]))
            case 5:
                headers["Content-Type"] = random.choice(TYPES)
            case 6 | 7:
                name, values = random.choice(HEADERS)
                headers[name] = random.choice(values)
            case 8:
                headers[random.choice([*dict(HEADERS), "X-" + "y" * 300])] = _line(text.odd(random))
            case _:
                headers["Authorization"] = random.choice(AUTHORIZATIONS)

    def framing(self, message: Message) -> list[bytes]:
        """The request as pieces that break the rules of HTTP or stretch them; each piece is sent on its own."""
        return self._random.choice(FRAMINGS)(message, self._random)


def _places(tree: Any) -> Any:
    """Every (container, key) in the tree."""
    if isinstance(tree, Mapping):
        entries: Any = list(tree.items())
    elif isinstance(tree, list):
        entries = list(enumerate(tree[:50]))
    else:
        return
    for key, value in entries:
        yield tree, key
        yield from _places(value)


def _nested(depth: int, lists: bool) -> Any:
    tree: Any = "deep"
    for _ in range(depth):
        tree = [tree] if lists else {"Member": tree}
    return tree


def _line(value: str) -> str:
    """A header's value in one line, without half characters."""
    return value.replace("\r", "").replace("\n", "").encode("utf-8", "replace").decode()


DOCUMENTS = (
    b"",
    b"{",
    b"[]",
    b"null",
    b"{}" * 2,
    b'{"a":' * 5000,
    b'{"Tags":' + b"[" * 3000 + b"]" * 3000 + b"}",
    b'{"Name":' * 3000 + b"1" + b"}" * 3000,
    b"[" * 100_000,
    b"{" + b'"a":1,' * 1000,
    b"<a>" * 20_000,
    b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;">]><a>&d;</a>',
    b"<a/>",
    b"<?xml version='1.0' encoding='utf-7'?><a/>",
    b"&".join(b"a.member.%d=1" % number for number in range(30_000)),
    b"Action=ListRoles&Version=2010-05-08" + b"&a.b.c" * 100,
    b"a" + b".b" * 20_000 + b"=1",
    b"\xbf" + b"\x61a" + b"\x9f" * 5000,
    b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\x5b\x7f\xff\xff\xff\xff\xff\xff\xff",
    b"\xa1\x61a\xf9\x7e\x00",
    b"\xd8\x1e\x82\x01\x00",
    b"\x00" * 1000,
)
TYPES = (
    "",
    "application/x-amz-json-1.1",
    CBOR_TYPE,
    FORM_TYPE,
    "application/x-amz-json-1.0",
    "application/json; charset=utf-16",
    "text/xml",
    "multipart/form-data; boundary=x",
    "application/octet-stream",
    "nonsense",
    "a" * 300,
)
QUERIES = (
    "list-type", "prefix", "delimiter", "max-keys", "marker", "continuation-token", "start-after", "encoding-type",
    "uploadId", "partNumber", "versionId", "uploads", "tagging", "acl", "policy", "lifecycle", "delete", "location",
    "X-Amz-Expires", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Signature", "AWSAccessKeyId", "Action", "Version",
    "response-content-type", "response-expires", "max-parts", "part-number-marker", "key-marker", "upload-id-marker",
)  # fmt: skip
HEADERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "Range",
        ("bytes=0-0", "bytes=-1", "bytes=5-2", "bytes=99999999999999999999-", "bytes=0-1,3-4", "lines=1", "bytes=-0"),
    ),
    ("If-Match", ("*", '"x"', "", 'W/"a"', '"a", "b"')),
    ("If-None-Match", ("*", '"x"', '"\\"')),
    ("If-Modified-Since", ("Wed, 25 Nov 2026 00:00:00 GMT", "never", "Thu, 99 Foo 0000 25:61:61 GMT")),
    ("If-Unmodified-Since", ("Wed, 25 Nov 1970 00:00:00 GMT", "0")),
    (
        "x-amz-content-sha256",
        ("UNSIGNED-PAYLOAD", "0" * 64, "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "x"),
    ),
    ("x-amz-decoded-content-length", ("0", "5", "-1", "x", "99999999999999999999")),
    ("Content-MD5", ("", "AAAA", "1B2M2Y8AsgTpgAmY7PhCfg==", "not base64")),
    ("x-amz-checksum-crc32", ("AAAAAA==", "x", "")),
    ("x-amz-sdk-checksum-algorithm", ("CRC32", "MD6", "SHA256")),
    ("x-amz-trailer", ("x-amz-checksum-crc32", "y")),
    (
        "x-amz-copy-source",
        ("/base-raw/one", "base-raw/one?versionId=null", "base-raw", "/", "%", "base-raw/%ff", "missing/x"),
    ),
    ("x-amz-copy-source-range", ("bytes=0-5", "bytes=5-", "x")),
    ("x-amz-metadata-directive", ("REPLACE", "COPY", "x")),
    ("x-amz-tagging", ("a=b", "a=b&a=c", "=", "&" * 50, "a=%ff")),
    ("x-amz-meta-a", ("b", "\u00e9", "=?UTF-8?B?w6k=?=", "x" * 3000)),
    ("x-amz-storage-class", ("STANDARD", "GLACIER", "x")),
    ("x-amz-acl", ("private", "public-read", "x")),
    ("x-amz-server-side-encryption", ("AES256", "aws:kms", "x")),
    ("x-amz-security-token", ("", "x" * 3000)),
    (
        "X-Amz-Target",
        ("", ".", "Kinesis_20131202.", "AWSGlue.Nothing", "AWSGlue.GetTable.", "Kinesis_20131202.PutRecords", "x"),
    ),
    (
        "Host",
        ("", "base-raw.s3.localhost", "base-raw.s3.amazonaws.com", "..", "a" * 300, "[::1", "base-raw.localhost:x"),
    ),
    ("Origin", ("null", "http://evil.example", "http://localhost:3000", "x")),
    ("Sec-Fetch-Site", ("cross-site", "same-origin")),
    ("Accept-Encoding", ("gzip", "identity;q=0")),
    ("Content-Encoding", ("gzip", "aws-chunked", "aws-chunked,gzip", ",,,")),
    ("X-HTTP-Method-Override", ("DELETE",)),
    ("Transfer-Encoding", ("identity", "gzip, chunked")),
    ("Expect", ("200-ok",)),
)
AUTHORIZATIONS = (
    "",
    "AWS",
    "AWS a:b",
    "Basic YTpi",
    "AWS4-HMAC-SHA256",
    "AWS4-HMAC-SHA256 Credential=",
    "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request",
    "AWS4-HMAC-SHA256 Credential=any/20261125/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
    "AWS4-HMAC-SHA256 Credential=any/20261125/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0",
    "AWS4-HMAC-SHA256 Credential=any/20261125/us-east-1/glue/aws4_request, SignedHeaders=host, Signature=0",
    "AWS4-HMAC-SHA256 Credential=any/20261125/../kinesis/aws4_request, SignedHeaders=host, Signature=0",
    "Bearer " + "x" * 5000,
)
