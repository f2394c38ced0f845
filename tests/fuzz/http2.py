"""The same requests over HTTP/2, with prior knowledge; and conversations in HTTP/2 whose frames are broken."""

import time
from collections.abc import Callable
from contextlib import suppress
from random import Random

import h2.events
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.exceptions import ProtocolError
from tests.fuzz.encoding import Message
from tests.fuzz.transport import ANSWER_S, Answer, Hang, connected

CONFIG = H2Configuration(validate_outbound_headers=False, normalize_outbound_headers=False, header_encoding="latin-1")
WINDOW_BYTES = 65_535
FRAME_BYTES = 16_384
PREFACE_BYTES = 24
NOT_OF_HTTP2 = frozenset({"host", "connection", "transfer-encoding", "upgrade", "expect"})

Frames = list[bytes]


def fits(message: Message) -> bool:
    """Whether it can be sent in one go, without waiting for the server to widen the window."""
    return len(message.body) <= WINDOW_BYTES


def conversation(message: Message) -> tuple[H2Connection, bytes]:
    """A client that asks for `message` on stream 1, and what it sends."""
    client = H2Connection(CONFIG)
    client.initiate_connection()
    own = {name.lower(): value for name, value in message.headers.items()}
    head = [
        (":method", message.method),
        (":scheme", "http"),
        (":authority", own.get("host", "127.0.0.1")),
        (":path", message.target),
        *((name, value) for name, value in own.items() if name not in NOT_OF_HTTP2),
        ("content-length", str(len(message.body))),
    ]
    client.send_headers(
        1, [(name.encode("utf-8", "replace"), value.encode("utf-8", "replace")) for name, value in head]
    )
    for start in range(0, len(message.body), FRAME_BYTES):
        client.send_data(1, message.body[start : start + FRAME_BYTES])
    client.end_stream(1)
    return client, client.data_to_send()


def ask(port: int, message: Message) -> Answer:
    """The answer to `message`. `status` 0: the stream was reset, or the connection closed, without one. Raises Hang."""
    client, written = conversation(message)
    started = time.perf_counter()
    status, headers, body = 0, dict[str, str](), b""
    with connected(port) as line:
        try:
            line.sendall(written)
            while data := line.recv(1 << 16):
                for event in client.receive_data(data):
                    if isinstance(event, h2.events.ResponseReceived):
                        headers = {str(name): str(value) for name, value in event.headers}
                        status = int(headers.get(":status", "0"))
                    elif isinstance(event, h2.events.DataReceived):
                        body += event.data
                        client.acknowledge_received_data(event.flow_controlled_length, 1)
                    elif isinstance(
                        event, h2.events.StreamEnded | h2.events.StreamReset | h2.events.ConnectionTerminated
                    ):
                        return Answer(status, headers, body, time.perf_counter() - started)
                if "eventstream" in headers.get("content-type", ""):
                    break
                line.sendall(client.data_to_send())
        except TimeoutError:
            raise Hang(f"no answer in HTTP/2 within {ANSWER_S} s") from None
        except (ConnectionError, ProtocolError):
            pass
    return Answer(status, headers, body, time.perf_counter() - started)


def broken(message: Message, random: Random) -> list[bytes]:
    """A conversation whose frames are no longer in order; each is sent on its own."""
    _, written = conversation(message)
    frames = [written[:PREFACE_BYTES], *_frames(written[PREFACE_BYTES:])]
    for _ in range(random.randint(1, 3)):
        with suppress(IndexError, ValueError):  # of frames that were taken away before
            random.choice(BREAKS)(frames, random)
    return frames


def _frames(written: bytes) -> Frames:
    frames = []
    while written:
        size = 9 + int.from_bytes(written[:3], "big")
        frames.append(written[:size])
        written = written[size:]
    return frames


def _frame(kind: int, flags: int, stream: int, payload: bytes, length: int | None = None) -> bytes:
    size = len(payload) if length is None else length
    return size.to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def _flip(frames: Frames, random: Random) -> None:
    at = random.randrange(len(frames))
    data = bytearray(frames[at])
    data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    frames[at] = bytes(data)


def _insert(frames: Frames, random: Random) -> None:
    frames.insert(random.randrange(1, len(frames) + 1), random.choice(ODD_FRAMES))


def _cut(frames: Frames, random: Random) -> None:
    at = random.randrange(len(frames))
    frames[at] = frames[at][: random.randrange(len(frames[at]))]
    del frames[at + 1 :]


def _double(frames: Frames, random: Random) -> None:
    at = random.randrange(len(frames))
    frames[at:at] = [frames[at]] * random.choice([1, 2, 300])


def _swap(frames: Frames, random: Random) -> None:
    one, other = random.sample(range(1, len(frames)), 2)
    frames[one], frames[other] = frames[other], frames[one]


def _drop(frames: Frames, random: Random) -> None:
    del frames[random.randrange(len(frames))]


BREAKS: tuple[Callable[[Frames, Random], None], ...] = (_flip, _flip, _insert, _insert, _cut, _double, _swap, _drop)

DATA, HEADERS, PRIORITY, RESET, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION = range(10)
ODD_FRAMES = (
    _frame(DATA, 0, 0, b"x"),
    _frame(DATA, 1, 3, b"never begun"),
    _frame(DATA, 8, 1, b"\xff" + b"padding longer than the frame"),
    _frame(HEADERS, 0, 3, b"\x82"),
    _frame(HEADERS, 4, 2, b"\x82\x86\x84"),
    _frame(HEADERS, 5, 3, b"\x82\x86\x84\x41\x8c"),
    _frame(HEADERS, 5, 5, b"\xff\xff\xff\xff\xff\xff"),
    _frame(HEADERS, 5, 7, b"\x82"),
    _frame(PRIORITY, 0, 1, b"\x00\x00\x00\x01\x10"),
    _frame(RESET, 0, 1, b"\x00\x00\x00\x08"),
    _frame(RESET, 0, 9, b"\x00\x00\x00\x08"),
    _frame(SETTINGS, 0, 0, b"\x00\x04\xff\xff\xff\xff"),
    _frame(SETTINGS, 0, 0, b"\x00\x05\x00\x00\x00\x01"),
    _frame(SETTINGS, 0, 0, b"\x00\x04\x00\x00\x00\x00"),
    _frame(SETTINGS, 1, 0, b"ack with a body"),
    _frame(SETTINGS, 0, 1, b""),
    _frame(PUSH, 4, 1, b"\x00\x00\x00\x02\x82"),
    _frame(PING, 0, 0, b"12345678"),
    _frame(PING, 0, 0, b"short"),
    _frame(GOAWAY, 0, 0, b"\x00\x00\x00\x00\x00\x00\x00\x00"),
    _frame(GOAWAY, 0, 0, b"\x00\x00\x00\x00\x00\x00\x00\x02debug"),
    _frame(WINDOW, 0, 0, b"\x00\x00\x00\x00"),
    _frame(WINDOW, 0, 1, b"\x7f\xff\xff\xff"),
    _frame(CONTINUATION, 4, 1, b"\x82"),
    _frame(CONTINUATION, 0, 1, b"\x00" * 16_000),
    _frame(99, 255, 1, b"unknown"),
    _frame(DATA, 0, 1, b"", length=(1 << 24) - 1),
    b"\x00" * 9,
    b"GET / HTTP/1.1\r\n\r\n",
)
