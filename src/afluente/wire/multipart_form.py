"""multipart/form-data with a file behind its fields, as web pages upload to S3. Pure; the file may be of any size.

https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html and RFC 7578
"""

import re
from collections.abc import Callable
from typing import NamedTuple, Protocol

from afluente.core.error import AwsError

MAX_FIELDS_BYTES = 20 << 10
"""What may stand before the file."""

READ_BYTES = 1 << 20
BOUNDARY = re.compile(r'boundary=(?:"([^"]{1,70})"|([^\s;,"]{1,70}))', re.IGNORECASE)
NAME = re.compile(r';\s*name="?((?<=")[^"]*|[^";\r\n]*)', re.IGNORECASE)
FILE_NAME = re.compile(r';\s*filename="?((?<=")[^"]*|[^";\r\n]*)', re.IGNORECASE)


class MalformedPOSTRequest(AwsError):
    """The body is no such form."""


class MaxPostPreDataLengthExceeded(AwsError):
    """The fields are too large."""


class IncorrectNumberOfFilesInPostRequest(AwsError):
    """There is no file."""


class Source(Protocol):
    """The body."""

    def read(self, size: int = -1, /) -> bytes: ...

    def seek(self, offset: int, whence: int = 0, /) -> int: ...


class Form(NamedTuple):
    """The fields before the file, names in lower case; the last of a name counts. `end`: what comes after the file."""

    fields: dict[str, str]
    file_name: str
    end: bytes


def read_form(source: Source, content_type: str) -> Form:
    """The fields; `source` is then where the file begins. Raises AwsError."""
    found = BOUNDARY.search(content_type)
    if found is None:
        raise _malformed()
    mark = b"--" + (found[1] or found[2]).encode("latin-1", "replace")
    source.seek(0)
    head = source.read(MAX_FIELDS_BYTES + 1)
    fields: dict[str, str] = {}
    position = head.find(mark) + len(mark)
    if position < len(mark):
        raise _malformed()
    while head[position : position + 2] != b"--":
        begin = _after(head, b"\r\n\r\n", position)
        part = head[position:begin].decode("utf-8", "replace")
        name = NAME.search(part)
        if name is None:
            raise _malformed()
        if name[1].lower() == "file":
            source.seek(begin)
            file_name = FILE_NAME.search(part)
            return Form(fields, file_name[1] if file_name else "", b"\r\n" + mark)
        position = _after(head, b"\r\n" + mark, begin)
        value = head[begin : position - len(mark) - 2]
        fields[name[1].lower()] = value.decode("utf-8", "replace")
    raise IncorrectNumberOfFilesInPostRequest("POST requires exactly one file upload per request.")


def copy_file(source: Source, end: bytes, write: Callable[[bytes], object]) -> int:
    """Hand the file to `write`, piece by piece; its size. Raises MalformedPOSTRequest when it never ends."""
    size, data = 0, b""
    while more := source.read(READ_BYTES):
        data += more
        found = data.find(end)
        ready = found if found >= 0 else max(0, len(data) - len(end) + 1)
        write(data[:ready])
        size += ready
        if found >= 0:
            return size
        data = data[ready:]
    raise _malformed()


def _after(head: bytes, mark: bytes, start: int) -> int:
    found = head.find(mark, start)
    if found >= 0:
        return found + len(mark)
    if len(head) > MAX_FIELDS_BYTES:
        raise MaxPostPreDataLengthExceeded("Your POST request fields preceding the upload file were too large.")
    raise _malformed()


def _malformed() -> MalformedPOSTRequest:
    return MalformedPOSTRequest("The body of your POST request is not well-formed multipart/form-data.")
