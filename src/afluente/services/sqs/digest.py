"""The MD5 digests with which clients check that a message arrived whole.

Source: "Calculating the MD5 message digest for message attributes", Amazon SQS Developer Guide.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

STRING, BINARY = b"\x01", b"\x02"


def of_body(body: str) -> str:
    """Of a message's body."""
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()


def of_attributes(attributes: Mapping[str, Mapping[str, Any]]) -> str:
    """Of message attributes, in AWS's shape: each part with its length, ordered by name."""
    digest = hashlib.md5(usedforsecurity=False)
    for name in sorted(attributes):
        value = attributes[name]
        digest.update(_sized(name.encode()) + _sized(value["DataType"].encode()))
        if value.get("StringValue") is not None:
            digest.update(STRING + _sized(value["StringValue"].encode()))
        else:
            digest.update(BINARY + _sized(value["BinaryValue"]))
    return digest.hexdigest()


def _sized(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data
