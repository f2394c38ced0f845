"""The aws-chunked framing of S3 bodies: `<size hex>[;chunk-signature=...]CRLF<bytes>CRLF` ..., then trailing headers.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
"""

from collections.abc import Callable

from afluente.core.error import AwsError
from afluente.wire.signature import ChunkSignatures

MAX_LINE = 8192
"""Of a size line or a trailing header, in bytes."""

STREAMING = "STREAMING-"
"""How x-amz-content-sha256 begins when the body is framed."""


class IncompleteBody(AwsError):
    """A body that ends before its framing says, or whose framing is broken."""

    def __init__(self) -> None:
        super().__init__("The request body terminated unexpectedly")


class SignatureDoesNotMatch(AwsError):
    """A chunk, or the trailers, that somebody else has written."""

    status = 403

    def __init__(self) -> None:
        super().__init__(
            "The request signature we calculated does not match the signature you provided. Check your key and "
            "signing method."
        )


class MalformedTrailerError(AwsError):
    """Trailing headers other than those that the head has announced."""

    def __init__(self) -> None:
        super().__init__(
            "The request contained trailing data that was not well-formed or did not conform to our published schema."
        )


def announced_trailers(header: str) -> frozenset[str]:
    """The names in x-amz-trailer: of checksums alone, since trailers become headers. Raises InvalidRequest."""
    names = frozenset(name for name in (part.strip().lower() for part in header.split(",")) if name)
    if not all(name.startswith("x-amz-checksum-") for name in names):
        raise AwsError("The value specified in the x-amz-trailer header is not supported", code="InvalidRequest")
    return names


class Unframer:
    """Takes a framed body piece by piece and gives back its bytes. `trailers` are complete after `finish`.

    signatures: what verifies each chunk; without, signatures are read over.
    """

    def __init__(self, signatures: ChunkSignatures | None = None) -> None:
        self.trailers: dict[str, str] = {}
        self._signatures = signatures
        self._signature = ""
        self._trailer_lines = b""
        self._trailers_signed = False
        self._buffer = bytearray()
        self._remaining = 0
        self._state: Callable[[list[bytes]], bool] = self._size_line

    def feed(self, data: bytes) -> list[bytes]:
        """The body's next pieces. Raises IncompleteBody when the framing is broken."""
        self._buffer += data
        pieces: list[bytes] = []
        while self._state(pieces):
            pass
        return pieces

    def finish(self) -> None:
        """Raises IncompleteBody unless the last chunk and the trailers have been seen."""
        # some clients leave out the empty line after the last trailer
        if self._state != self._done and (self._state != self._trailer or self._buffer):
            raise IncompleteBody
        if self._signatures is not None and self._trailer_lines and not self._trailers_signed:
            raise SignatureDoesNotMatch

    def _line(self) -> bytes | None:
        end = self._buffer.find(b"\r\n")
        if end < 0:
            if len(self._buffer) > MAX_LINE:
                raise IncompleteBody
            return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line

    def _size_line(self, _: list[bytes]) -> bool:
        line = self._line()
        if line is None:
            return False
        text, _semicolon, extension = line.partition(b";")
        size = text.strip()
        if not size or len(size) > 16 or size.strip(b"0123456789abcdefABCDEF"):
            raise IncompleteBody
        self._remaining = int(size, 16)
        self._signature = extension.strip().removeprefix(b"chunk-signature=").decode("latin-1")
        if not self._remaining:
            self._check_chunk()
        self._state = self._data if self._remaining else self._trailer
        return True

    def _check_chunk(self) -> None:
        if self._signatures is not None and not self._signatures.ends_with(self._signature):
            raise SignatureDoesNotMatch

    def _data(self, pieces: list[bytes]) -> bool:
        piece = bytes(self._buffer[: self._remaining])
        if piece:
            if self._signatures is not None:
                self._signatures.feed(piece)
            pieces.append(piece)
            del self._buffer[: len(piece)]
            self._remaining -= len(piece)
        if self._remaining:
            return False
        self._state = self._data_end
        return True

    def _data_end(self, _: list[bytes]) -> bool:
        if len(self._buffer) < 2:
            return False
        if self._buffer[:2] != b"\r\n":
            raise IncompleteBody
        del self._buffer[:2]
        self._check_chunk()
        self._state = self._size_line
        return True

    def _trailer(self, _: list[bytes]) -> bool:
        line = self._line()
        if line is None:
            return False
        if not line:
            self._state = self._done
            return True
        name, colon, value = line.partition(b":")
        if not colon or len(self.trailers) >= 20:
            raise IncompleteBody
        key, text = name.decode("latin-1").strip().lower(), value.decode("latin-1").strip()
        if key == "x-amz-trailer-signature":
            self._trailers_signed = True
            if self._signatures is not None and not self._signatures.trailers_have(text, self._trailer_lines):
                raise SignatureDoesNotMatch
        else:
            self.trailers[key] = text
            self._trailer_lines += f"{key}:{text}\n".encode("latin-1")
        return True

    def _done(self, _: list[bytes]) -> bool:
        return False
