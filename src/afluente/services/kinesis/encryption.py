"""Server-side encryption as a setting: which key, since when, and what the answers say of it.

The bytes on disk are not encrypted: there is no KMS behind it, and every key id of a valid form is taken. See
docs/storage-format.md.
"""

import re

from afluente.core.clock import Clock
from afluente.services.kinesis import quota
from afluente.services.kinesis.control import Control
from afluente.services.kinesis.error import InvalidArgumentException, KMSNotFoundException
from afluente.services.kinesis.stream import Key

CHANGES_IN_DAY = 25
"""Starts, and stops, of a stream."""

KEY_ID = re.compile(
    r"(mrk-)?[0-9a-f-]{8,64}|alias/[a-zA-Z0-9/_-]+"
    r"|arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:(key/(mrk-)?[0-9a-f-]{8,64}|alias/[a-zA-Z0-9/_-]+)"
)
"""https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id"""


def start(control: Control, key: Key, encryption_type: str, key_id: str, clock: Clock) -> None:
    """Begin to encrypt with a key; with the one that is used already too, as AWS does."""
    _check(encryption_type, key_id)
    with control.lock:
        stream = quota.count_in_day(control.active(key), "start_encryption", CHANGES_IN_DAY, clock.now_ms())
        control.change(stream, key_id=key_id)


def stop(control: Control, key: Key, encryption_type: str, key_id: str, clock: Clock) -> None:
    """Encrypt no longer; what is encrypted stays so."""
    _check(encryption_type, key_id)
    with control.lock:
        stream = control.active(key)
        if stream.key_id is None:
            raise InvalidArgumentException("Cannot stop encrypting an unencrypted stream.")
        stream = quota.count_in_day(stream, "stop_encryption", CHANGES_IN_DAY, clock.now_ms())
        control.change(stream, key_id=None)


def _check(encryption_type: str, key_id: str) -> None:
    if encryption_type != "KMS":
        raise InvalidArgumentException(f"EncryptionType {encryption_type} is not supported here. The one type is KMS.")
    if not KEY_ID.fullmatch(key_id):
        raise KMSNotFoundException(f"Invalid keyId {key_id}")
