"""Forms are read to the byte, wherever the pieces of the body end."""

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afluente.core.error import AwsError
from afluente.wire import multipart_form
from afluente.wire.multipart_form import MAX_FIELDS_BYTES, copy_file, read_form

TYPE = "multipart/form-data; boundary=XX"


def body(*parts: tuple[str, bytes], end: bytes = b"\r\n--XX--\r\n") -> bytes:
    """A form of (disposition, content), as RFC 7578 has it."""
    written = [
        b"--XX\r\nContent-Disposition: form-data; " + disposition.encode() + b"\r\n\r\n" + content
        for disposition, content in parts
    ]
    return b"\r\n".join(written) + end


class Dribble(io.BytesIO):
    """Gives a few bytes at a time, but the head as it is asked for."""

    step = 7

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(size if size == MAX_FIELDS_BYTES + 1 else self.step)


@given(st.binary(max_size=300), st.integers(1, 40))
def test_a_file_arrives_as_it_was_sent(content: bytes, step: int) -> None:
    file = content.replace(b"\r\n--XX", b"")
    source = Dribble(body(('name="Key"', b"a b\xc3\xa9"), ('name="file"; filename="x.json"', file), ('name="l"', b"")))
    source.step = step
    form = read_form(source, TYPE)
    written: list[bytes] = []
    assert copy_file(source, form.end, written.append) == len(file)
    assert (form.fields, form.file_name, b"".join(written)) == ({"key": "a bé"}, "x.json", file)


@pytest.mark.parametrize(
    ("content_type", "content", "code"),
    [
        ("multipart/form-data", body(('name="file"', b"x")), "MalformedPOSTRequest"),
        (TYPE, b"", "MalformedPOSTRequest"),
        (TYPE, b"--YY\r\n", "MalformedPOSTRequest"),
        (TYPE, b"--XX", "MalformedPOSTRequest"),
        (TYPE, body(("nam", b"x")), "MalformedPOSTRequest"),
        (TYPE, body(('name="key"', b"x")), "IncorrectNumberOfFilesInPostRequest"),
        (TYPE, body(('name="file"', b"x"), end=b""), "MalformedPOSTRequest"),
        (TYPE, body(('name="key"', b"x" * MAX_FIELDS_BYTES), ('name="file"', b"")), "MaxPostPreDataLengthExceeded"),
    ],
)
def test_what_is_no_form_is_refused(content_type: str, content: bytes, code: str) -> None:
    source = io.BytesIO(content)
    with pytest.raises(AwsError) as caught:
        copy_file(source, read_form(source, content_type).end, bytes)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "disposition", ["name=file; filename=x", 'name="file"; filename="x"', 'filename="x"; name="file"']
)
def test_names_with_quotes_and_without(disposition: str) -> None:
    form = read_form(io.BytesIO(body((disposition, b"1"))), 'multipart/form-data; Boundary="XX"')
    assert form.file_name == "x"


def test_memory_does_not_grow_with_the_file(monkeypatch: Any) -> None:
    monkeypatch.setattr(multipart_form, "READ_BYTES", 1000)
    source = io.BytesIO(body(('name="file"', b"x" * 100_000)))
    pieces: list[int] = []
    copy_file(source, read_form(source, TYPE).end, lambda piece: pieces.append(len(piece)))
    assert sum(pieces) == 100_000
    assert max(pieces) <= 1010
