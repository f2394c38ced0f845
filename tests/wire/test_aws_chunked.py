"""aws-chunked: the same bytes whatever the pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afluente.wire.aws_chunked import IncompleteBody, Unframer


def frame(pieces: list[bytes], trailers: dict[str, str]) -> bytes:
    chunks = b"".join(b"%X;chunk-signature=ab\r\n%s\r\n" % (len(piece), piece) for piece in pieces if piece)
    return chunks + b"0\r\n" + "".join(f"{k}:{v}\r\n" for k, v in trailers.items()).encode() + b"\r\n"


@given(st.lists(st.binary(max_size=50), max_size=5), st.lists(st.integers(1, 20), min_size=1))
def test_unframe_gives_the_bytes_back(pieces: list[bytes], steps: list[int]) -> None:
    trailers = {"x-amz-checksum-crc32": "AAAAAA=="}
    framed, unframer, found, position, turn = frame(pieces, trailers), Unframer(), b"", 0, 0
    while position < len(framed):
        step = steps[turn % len(steps)]
        found += b"".join(unframer.feed(framed[position : position + step]))
        position, turn = position + step, turn + 1
    unframer.finish()
    assert found == b"".join(pieces)
    assert unframer.trailers == trailers


@given(st.lists(st.binary(min_size=1, max_size=50), min_size=1, max_size=3), st.data())
def test_unframe_of_a_cut_body_is_incomplete(pieces: list[bytes], data: st.DataObject) -> None:
    framed = frame(pieces, {"a": "b"})
    cut = data.draw(st.integers(0, len(framed) - len(b"a:b\r\n\r\n") - 1))
    unframer = Unframer()
    unframer.feed(framed[:cut])
    with pytest.raises(IncompleteBody):
        unframer.finish()


@pytest.mark.parametrize(
    "framed", [b"g\r\n", b"\r\n", b"-5\r\n", b"0x5\r\n", b"2\r\nabc\r\n", b"0\r\nno colon\r\n", b"f" * 17 + b"\r\n"]
)
def test_unframe_of_broken_frames(framed: bytes) -> None:
    with pytest.raises(IncompleteBody):
        Unframer().feed(framed)


def test_unframe_without_the_last_empty_line() -> None:
    unframer = Unframer()
    assert unframer.feed(b"1\r\na\r\n0\r\n") == [b"a"]
    unframer.finish()
