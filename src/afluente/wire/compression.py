"""Request bodies that the client has compressed, as models let it for large ones.

https://smithy.io/2.0/spec/behavior-traits.html#requestcompression-trait
"""

import zlib

from afluente.core.error import AwsError, SerializationException
from afluente.wire.message import HttpRequest

MAX_BYTES = 20 << 20
"""Of an inflated body: as large as one that is not compressed may be."""

GZIP = 31
"""zlib's window bits for gzip's format."""


def inflate(request: HttpRequest) -> None:
    """Leave `request` with a plain body. Raises AwsError when it is too large, or not what its header says."""
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if encoding in {"", "identity"}:
        return
    if encoding != "gzip":
        raise SerializationException(f"Content-Encoding {encoding} is not supported; gzip is.")
    decompressor = zlib.decompressobj(GZIP)
    try:
        body = decompressor.decompress(request.content(), MAX_BYTES)
    except zlib.error:
        raise SerializationException("The body is not gzip, as its Content-Encoding says.") from None
    if decompressor.unconsumed_tail or (len(body) == MAX_BYTES and not decompressor.eof):
        raise AwsError("The request body is too large.", code="RequestEntityTooLarge", status=413)
    if not decompressor.eof or decompressor.unused_data:
        raise SerializationException("The body is not gzip, as its Content-Encoding says.")
    request.body = body
