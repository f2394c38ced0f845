"""What few objects have, and each version of them for itself: a lock."""

import msgspec


class Retention(msgspec.Struct, frozen=True, array_like=True):
    """GOVERNANCE or COMPLIANCE, until a time."""

    mode: str
    until_ms: int


class Traits(msgspec.Struct, frozen=True, omit_defaults=True):
    """See lock.py. `legal_hold` is None when nobody ever spoke of it."""

    retention: Retention | None = None
    legal_hold: bool | None = None


PLAIN = Traits()
_decode = msgspec.json.Decoder(Traits).decode


def packed(traits: Traits) -> bytes | None:
    """As they are stored: nothing, for nearly all objects."""
    return None if traits == PLAIN else msgspec.json.encode(traits)


def unpacked(stored: bytes | None) -> Traits:
    """What `packed` packed."""
    return PLAIN if stored is None else _decode(stored)
