"""Requests as pieces that break the rules of HTTP/1.1, or stretch them; each piece is sent on its own."""

import json
from collections.abc import Callable
from random import Random

from tests.fuzz.encoding import Message


def _chunked(message: Message, random: Random, sizes: str = "") -> list[bytes]:
    message.headers["Transfer-Encoding"] = "chunked"
    at = random.randrange(len(message.body) + 1)
    pieces = [message.head(length=None)]
    parts = filter(None, (message.body[:at], message.body[at:]))
    pieces += [(sizes or f"{len(part):x}").encode() + b"\r\n" + part + b"\r\n" for part in parts]
    return [*pieces, b"0\r\n\r\n"]


def _slowly(message: Message, random: Random) -> list[bytes]:
    written = message.written()
    cuts = sorted(random.randrange(len(written)) for _ in range(5))
    return [written[start:end] for start, end in zip([0, *cuts], [*cuts, None], strict=True)]


def _aws_chunked(message: Message, random: Random) -> list[bytes]:
    message.headers["x-amz-content-sha256"] = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    message.headers["x-amz-decoded-content-length"] = str(len(message.body))
    message.headers["x-amz-trailer"] = "x-amz-checksum-crc32"
    message.headers["Content-Encoding"] = "aws-chunked"
    signature = random.choice([b"", b";chunk-signature=" + b"0" * 64, b";" + b"x" * 9000])
    frames = b"%x%s\r\n%s\r\n" % (len(message.body) + random.choice([0, 0, 0, 1, -1]), signature, message.body)
    end = random.choice([b"0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", b"0\r\n\r\n", b"0", b"", b"-1\r\n\r\n"])
    message.body = frames + end
    return [message.written()]


def _with(change: Callable[[bytes], bytes]) -> Callable[[Message, Random], list[bytes]]:
    return lambda message, _: [change(message.written())]


FRAMINGS: tuple[Callable[[Message, Random], list[bytes]], ...] = (
    _chunked,
    _slowly,
    _aws_chunked,
    lambda message, random: _chunked(message, random, random.choice(["zz", "-1", "ffffffffffffffffff", "5;x=y", ""])),
    lambda message, _: [message.head(length=len(message.body) + 10) + message.body],
    lambda message, _: [message.head(length=max(0, len(message.body) - 3)) + message.body],
    lambda message, random: [message.head(length=random.choice([-1, 1 << 40, 1 << 70])) + message.body],
    lambda message, _: [message.head(length=0).replace(b"Content-Length: 0", b"Content-Length: 0x5") + message.body],
    lambda message, _: [message.head(length=5).replace(b"Host", b"Content-Length: 6\r\nHost") + message.body],
    lambda message, _: [message.head(length=5).replace(b"Host", b"Transfer-Encoding: chunked\r\nHost") + message.body],
    lambda message, _: [message.written() * 3],
    _with(lambda raw: raw[: len(raw) // 2]),
    _with(lambda raw: raw.replace(b"HTTP/1.1", b"HTTP/1.0", 1)),
    _with(lambda raw: raw.replace(b"HTTP/1.1", b"HTTP/9.9", 1)),
    _with(lambda raw: raw.replace(b" HTTP/1.1", b"", 1)),
    _with(lambda raw: raw.replace(b"\r\n", b"\n")),
    _with(lambda raw: raw.replace(b"\r\n", b"\r\n\r\n", 1)),
    _with(lambda raw: raw.replace(b"Host: ", b"Host : ", 1)),
    _with(lambda raw: raw.replace(b"Host", b"A" * 70_000 + b": b\r\nHost", 1)),
    _with(lambda raw: raw.replace(b"Host", b"A: b\r\n" * 2000 + b"Host", 1)),
    _with(lambda raw: raw.replace(b" / ", b" http://127.0.0.1/ ", 1)),
    _with(lambda raw: raw.replace(b" /", b" *", 1)),
    _with(lambda raw: raw.replace(b"Host", b"Upgrade: h2c\r\nConnection: Upgrade\r\nHost", 1)),
    _with(lambda raw: raw.replace(b"Host", b"Connection: close\r\nHost", 1)),
    _with(lambda raw: raw.replace(b"Host", b"Expect: 100-continue\r\nHost", 1)),
    _with(lambda raw: raw.replace(b"Host", b"\x00\x01\xff: \x00\r\nHost", 1)),
    lambda _, random: [random.randbytes(random.randrange(1, 400))],
    lambda _, __: [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 100],
    lambda _, __: [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"],
    lambda _, __: [b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n\r\n"],
    lambda _, __: [json.dumps({"not": "http"}).encode()],
)
