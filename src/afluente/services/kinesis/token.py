"""Opaque tokens that only this installation can make: shard iterators and NextTokens.

A token is base64 of eight fixed bytes (AWS's begin alike), a payload, and a MAC over both under a key that is made at
random when the database is, so that a token cannot be forged and survives a restart.
"""

import base64
import binascii
import hmac
import secrets
from typing import Any

import msgspec

from afluente.store.document import Documents

HEAD = (1).to_bytes(8, "big")
MAC_BYTES = 16
LIFE_MS = 300_000
"""How long a shard iterator or NextToken is good."""


class TokenMaker:
    """Makes and reads tokens. The key lies in `documents`."""

    def __init__(self, documents: Documents) -> None:
        found = documents.get(("token",))
        if found is None:
            found = {"key": secrets.token_hex(32)}
            documents.put(("token",), found)
        self._key = bytes.fromhex(found["key"])

    def make(self, content: msgspec.Struct) -> str:
        """The token that carries `content`."""
        payload = HEAD + msgspec.msgpack.encode(content)
        return base64.b64encode(payload + self._mac(payload)).decode()

    def read(self, token: str, decoder: "msgspec.msgpack.Decoder[Any]") -> Any:
        """What `token` carries. Raises ValueError when this installation did not make it, or not for this use."""
        try:
            whole = base64.b64decode(token, validate=True)
        except (binascii.Error, ValueError):
            raise ValueError("the token is not base64") from None
        payload, mac = whole[:-MAC_BYTES], whole[-MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(payload)):
            raise ValueError("the token was not made here")
        try:
            return decoder.decode(payload[len(HEAD) :])
        except msgspec.MsgspecError as error:
            raise ValueError("the token was made for another use") from error

    def _mac(self, payload: bytes) -> bytes:
        return hmac.digest(self._key, payload, "sha256")[:MAC_BYTES]
