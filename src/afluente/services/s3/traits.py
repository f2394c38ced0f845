"""What few objects have, and each version for itself: a lock, a storage class, an ACL."""

import msgspec

STANDARD = "STANDARD"


class Retention(msgspec.Struct, frozen=True, array_like=True):
    """GOVERNANCE or COMPLIANCE, until a time."""

    mode: str
    until_ms: int


class Restore(msgspec.Struct, frozen=True, array_like=True):
    """Of an archived object: a copy that can be read from a time on, and until another."""

    tier: str
    ready_at_ms: int
    expires_at_ms: int


class Grant(msgspec.Struct, frozen=True, array_like=True):
    """Of an ACL. `grantee`: a canonical user's id, or a group's URI."""

    grantee: str
    permission: str


class Traits(msgspec.Struct, frozen=True, omit_defaults=True):
    """See lock.py, storage_class.py and acl.py. `legal_hold` is None when nobody ever spoke of it."""

    retention: Retention | None = None
    legal_hold: bool | None = None
    storage_class: str = STANDARD
    restore: Restore | None = None
    acl: tuple[Grant, ...] | None = None


PLAIN = Traits()
_decode = msgspec.json.Decoder(Traits).decode


def packed(traits: Traits) -> bytes | None:
    """As they are stored: nothing, for nearly all objects."""
    return None if traits == PLAIN else msgspec.json.encode(traits)


def unpacked(stored: bytes | None) -> Traits:
    """What `packed` packed."""
    return PLAIN if stored is None else _decode(stored)
