"""JSON and CBOR: bytes to trees of plain values and back, and how each spells blobs and timestamps.

`Native` is the same for requests that never were bytes: those of one service to another in this process.
"""

import base64
import binascii
from datetime import UTC, datetime
from typing import Any, Protocol

import msgspec

from afluente.core.provider import EventPayload
from afluente.wire import timestamp


class Malformed(ValueError):
    """Bytes that are no message in the codec's format."""


class Codec(Protocol):
    """One format of trees. `read_blob` and `read_timestamp` raise ValueError, whose text may be shown to the caller."""

    def decode(self, content: bytes) -> Any:
        """The tree that `content` spells. Raises Malformed."""

    def encode(self, tree: Any) -> bytes:
        """The bytes of `tree`."""

    def compiled(self, payload: EventPayload) -> bytes:
        """The bytes of what writes itself."""

    def read_blob(self, value: Any) -> bytes:
        """Bytes of a leaf. Raises TypeError when the leaf has no fitting type."""

    def write_blob(self, value: bytes) -> Any:
        """The leaf for bytes."""

    def read_timestamp(self, value: Any) -> datetime:
        """The aware UTC datetime of a leaf. Raises TypeError when the leaf has no fitting type."""

    def write_timestamp(self, value: datetime) -> Any:
        """The leaf for a datetime."""


class JsonCodec:
    """JSON: blobs are Base64, timestamps epoch seconds whose fraction is milliseconds."""

    def decode(self, content: bytes) -> Any:
        try:
            return msgspec.json.decode(content)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise Malformed(str(error)) from None

    def encode(self, tree: Any) -> bytes:
        return msgspec.json.encode(tree)

    def compiled(self, payload: EventPayload) -> bytes:
        return payload.json()

    def read_blob(self, value: Any) -> bytes:
        if not isinstance(value, str):
            raise TypeError
        try:
            return binascii.a2b_base64(value.encode(), strict_mode=True)
        except (binascii.Error, UnicodeEncodeError):
            raise ValueError(_base64_fault(value)) from None

    def write_blob(self, value: bytes) -> str:
        return base64.b64encode(value).decode()

    def read_timestamp(self, value: Any) -> datetime:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise TypeError
        return timestamp.from_milliseconds(value * 1000)

    def write_timestamp(self, value: datetime) -> float:
        return timestamp.to_seconds(value)


def _base64_fault(text: str) -> str:
    # Wording: validations of a Kinesis whose test suite was also run against AWS (kinesalite, "checkType")
    start = f"'{text}' can not be converted to a Blob: "
    if len(text) % 4:
        return f"{start}Base64 encoded length is expected a multiple of 4 bytes but found: {len(text)}"
    for position, character in enumerate(text):
        padding = character == "=" and position >= len(text) - 2
        if not padding and not (character.isascii() and (character.isalnum() or character in "+/")):
            return f"{start}Invalid Base64 character: '{character}'"
    return f"{start}Invalid last non-pad Base64 character dectected"


class CborCodec:
    """CBOR as Kinesis speaks it: blobs are byte strings, timestamps integer milliseconds (answers: under tag 1).

    Requests come with lists and maps of definite or indefinite length; answers go with the latter, as AWS's do.
    """

    def decode(self, content: bytes) -> Any:
        return _without_undefined(self.load(content))

    def load(self, content: bytes) -> Any:
        """As `decode`, but with `undefined` where it stands. Raises Malformed."""
        import cbor2  # noqa: PLC0415  # only the Java SDK speaks CBOR; the others need not wait for the import

        try:
            return cbor2.loads(
                content,
                max_depth=100,
                strict_hashable_types=True,
                tag_hook=_refuse_unknown_tag,
                semantic_decoders=CBOR_TAGS,
            )
        except (cbor2.CBORError, ValueError, TypeError, OverflowError, RecursionError) as error:
            raise Malformed(str(error)) from None

    def encode(self, tree: Any) -> bytes:
        import cbor2  # noqa: PLC0415  # as above

        encoded: bytes = cbor2.dumps(tree, indefinite_containers=True)
        return encoded

    def compiled(self, payload: EventPayload) -> bytes:
        return payload.cbor()

    def read_blob(self, value: Any) -> bytes:
        if not isinstance(value, bytes):
            raise TypeError
        return value

    def write_blob(self, value: bytes) -> bytes:
        return bytes(value)

    def read_timestamp(self, value: Any) -> datetime:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise TypeError
        return timestamp.from_milliseconds(value)

    def write_timestamp(self, value: datetime) -> Any:
        import cbor2  # noqa: PLC0415  # as above

        return cbor2.CBORTag(1, timestamp.to_milliseconds(value))


def _refuse_unknown_tag(*_: Any) -> Any:
    raise ValueError("this CBOR tag is not part of the protocol")


def _untagged(value: Any, _immutable: bool) -> Any:  # as the library calls it
    return value


# Tag 1 is Kinesis's timestamp, in milliseconds against the standard, so its number is taken as it stands. What else
# the library would interpret (dates, big numbers, shared references, regular expressions ...) is refused.
CBOR_TAGS = {
    **dict.fromkeys(
        (0, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 100, 256, 258, 260, 261, 1004, 43000), _refuse_unknown_tag
    ),
    1: _untagged,
    55799: _untagged,
}


def _without_undefined(tree: Any) -> Any:
    import cbor2  # noqa: PLC0415  # as above

    if isinstance(tree, dict):
        return {key: _without_undefined(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_without_undefined(value) for value in tree]
    return None if tree is cbor2.undefined else tree


class SmithyCborCodec(CborCodec):
    """CBOR as Smithy's RPC v2 has it: timestamps are epoch seconds under tag 1, whose fraction is milliseconds."""

    def read_timestamp(self, value: Any) -> datetime:
        return JSON.read_timestamp(value)

    def write_timestamp(self, value: datetime) -> Any:
        import cbor2  # noqa: PLC0415  # as above

        return cbor2.CBORTag(1, timestamp.to_seconds(value))


class NativeCodec:
    """Values as Python has them: bytes and datetimes; ISO 8601 texts and epoch seconds are taken too."""

    def decode(self, content: bytes) -> Any:
        raise NotImplementedError

    def encode(self, tree: Any) -> bytes:
        raise NotImplementedError

    def compiled(self, payload: EventPayload) -> bytes:
        raise NotImplementedError

    def read_blob(self, value: Any) -> bytes:
        if isinstance(value, str):
            return value.encode()  # as botocore does with a text given for a blob
        if not isinstance(value, bytes | bytearray | memoryview):
            raise TypeError
        return bytes(value)

    def write_blob(self, value: bytes) -> bytes:
        return value

    def read_timestamp(self, value: Any) -> datetime:
        if isinstance(value, datetime):
            return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        if isinstance(value, str):
            return timestamp.from_text(value)
        return JSON.read_timestamp(value)

    def write_timestamp(self, value: datetime) -> datetime:
        return value


JSON = JsonCodec()
CBOR = CborCodec()
SMITHY_CBOR = SmithyCborCodec()
NATIVE = NativeCodec()
